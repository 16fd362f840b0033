"""create_agent with tools and limits, as a node between two plain ones."""

import itertools

from langchain.agents import create_agent
from langchain.agents.middleware import ModelCallLimitMiddleware, ToolCallLimitMiddleware
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from langgraph.graph import END, START, MessagesState, StateGraph


class FakeModel(GenericFakeChatModel):
    def bind_tools(self, tools, **kwargs):
        return self


@tool
def weather(city: str) -> str:
    """Tell the weather of a city."""
    return f"It rains in {city}."


call = {"name": "weather", "args": {"city": "Oslo"}, "id": "c1", "type": "tool_call"}
model = FakeModel(
    messages=itertools.cycle([AIMessage("", tool_calls=[call]), AIMessage("Take an umbrella.")])
)
agent = create_agent(
    model,
    [weather],
    system_prompt="You advise travellers.",
    middleware=[
        ModelCallLimitMiddleware(run_limit=5),
        ToolCallLimitMiddleware(run_limit=5),
    ],
    name="traveller",
)


class State(MessagesState):
    city: str
    advice: str


def ask(state: State):
    return {"messages": [("user", f"What shall I take to {state['city']}?")]}


def conclude(state: State):
    return {"advice": state["messages"][-1].text}


builder = StateGraph(State)
builder.add_node("ask", ask)
builder.add_node("agent", agent)
builder.add_node("conclude", conclude)
builder.add_edge(START, "ask")
builder.add_edge("ask", "agent")
builder.add_edge("agent", "conclude")
builder.add_edge("conclude", END)
graph = builder.compile()

given = {"city": "Oslo", "messages": []}
