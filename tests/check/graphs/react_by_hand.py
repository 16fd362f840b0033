"""ReAct without prebuilt parts: the tools are called by hand, under a recursion limit."""

import itertools
from typing import Literal

from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool
from langgraph.graph import END, START, MessagesState, StateGraph


class FakeModel(GenericFakeChatModel):
    def bind_tools(self, tools, **kwargs):
        return self


@tool
def divide(a: int, b: int) -> float:
    """Divide a by b."""
    return a / b


tools_by_name = {divide.name: divide}
script = [
    AIMessage("", tool_calls=[{"name": "divide", "args": {"a": 6, "b": 4}, "id": "1"}]),
    AIMessage("1.5"),
]
model = FakeModel(messages=itertools.cycle(script)).bind_tools([divide])


def llm_call(state: MessagesState):
    system = SystemMessage("You do arithmetic.")
    return {"messages": [model.invoke([system, *state["messages"]])]}


def tool_node(state: MessagesState):
    result = []
    for call in state["messages"][-1].tool_calls:
        observation = tools_by_name[call["name"]].invoke(call["args"])
        result.append(ToolMessage(content=str(observation), tool_call_id=call["id"]))
    return {"messages": result}


def should_continue(state: MessagesState) -> Literal["tool_node", "__end__"]:
    if state["messages"][-1].tool_calls:
        return "tool_node"
    return END


builder = StateGraph(MessagesState)
builder.add_node("llm_call", llm_call)
builder.add_node("tool_node", tool_node)
builder.add_edge(START, "llm_call")
builder.add_conditional_edges("llm_call", should_continue, ["tool_node", END])
builder.add_edge("tool_node", "llm_call")
graph = builder.compile().with_config({"recursion_limit": 25})

given = {"messages": [("user", "What is 6 / 4?")]}
