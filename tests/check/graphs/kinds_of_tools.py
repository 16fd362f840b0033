"""Tools of all kinds under one ToolNode; the loop ends when few steps remain."""

import itertools
from typing import Annotated, Literal

from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool, StructuredTool, tool
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.managed import RemainingSteps
from langgraph.prebuilt import InjectedStore, ToolNode
from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore
from pydantic import BaseModel, Field


class FakeModel(GenericFakeChatModel):
    def bind_tools(self, tools, **kwargs):
        return self


class Distance(BaseModel):
    """Convert a distance."""

    kilometres: float = Field(description="How far it is")


def to_miles(kilometres: float) -> float:
    return kilometres / 1.609


class Reverse(BaseTool):
    name: str = "reverse"
    description: str = "Reverse a text."

    def _run(self, text: str) -> str:
        return text[::-1]


@tool("lookup", parse_docstring=True)
async def look_up(word: str, config: RunnableConfig) -> str:
    """Look a word up.

    Args:
        word: What to look for.
    """
    return f"{word}: a word"


@tool
async def known(key: str, store: Annotated[BaseStore, InjectedStore()]) -> str:
    """Tell what is known under a key."""
    item = await store.aget(("known",), key)
    return item.value["text"] if item else "nothing"


miles = StructuredTool.from_function(
    to_miles, name="miles", description="Convert kilometres to miles.", args_schema=Distance
)
tools = [miles, Reverse(), look_up, known]


def call(tool_name: str, **args):
    return {"name": tool_name, "args": args, "id": f"call_{tool_name}", "type": "tool_call"}


script = [
    AIMessage("", tool_calls=[call("miles", kilometres=5), call("reverse", text="abc")]),
    AIMessage("", tool_calls=[call("lookup", word="fugue"), call("known", key="x")]),
    AIMessage("That is all."),
]
model = FakeModel(messages=itertools.cycle(script)).bind_tools(tools)


class State(MessagesState):
    remaining_steps: RemainingSteps


async def agent(state: State):
    said = await model.ainvoke(state["messages"])
    if state["remaining_steps"] < 2 and said.tool_calls:
        return {"messages": [AIMessage("Sorry, need more steps.", id=said.id)]}
    return {"messages": [said]}


def should_continue(state: State) -> Literal["tools", "__end__"]:
    last = state["messages"][-1]
    return "tools" if isinstance(last, AIMessage) and last.tool_calls else END


builder = StateGraph(State)
builder.add_node("agent", agent)
builder.add_node("tools", ToolNode(tools, handle_tool_errors="It did not work."))
builder.add_edge(START, "agent")
builder.add_conditional_edges("agent", should_continue)
builder.add_edge("tools", "agent")
graph = builder.compile(store=InMemoryStore()).with_config(recursion_limit=30)

given = {"messages": [("user", "Do what you can.")]}
