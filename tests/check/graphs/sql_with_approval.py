"""Tools of two kinds: those that read run at once, those that write are approved first."""

import itertools
from typing import Literal

from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode
from langgraph.types import Command, interrupt


class FakeModel(GenericFakeChatModel):
    def bind_tools(self, tools, **kwargs):
        return self


@tool
def list_accounts(owner: str) -> list[str]:
    """List the accounts of an owner."""
    return [f"{owner}-checking", f"{owner}-savings"]


@tool
def rename_account(account: str, name: str) -> str:
    """Propose a new name of an account."""
    return f"{account} is to be called {name}"


def calls(tool_name: str, **args):
    return AIMessage("", tool_calls=[{"name": tool_name, "args": args, "id": f"call_{tool_name}"}])


script = [
    calls("list_accounts", owner="ada"),
    calls("rename_account", account="ada-savings", name="rainy days"),
    AIMessage("It is done."),
]
model = FakeModel(messages=itertools.cycle(script))


class State(MessagesState):
    calls: int


def assistant(state: State) -> Command[Literal["reads", "approve", "__end__"]]:
    said = model.invoke(state["messages"])
    update = {"messages": [said], "calls": state.get("calls", 0) + 1}
    if not said.tool_calls or update["calls"] > 8:
        return Command(update=update, goto="__end__")
    writes = any(call["name"] == "rename_account" for call in said.tool_calls)
    return Command(update=update, goto="approve" if writes else "reads")


def approve(state: State) -> Command[Literal["writes", "assistant"]]:
    asked = state["messages"][-1].tool_calls
    if interrupt({"calls": asked}) == "yes":
        return Command(goto="writes")
    refused = [ToolMessage("The person said no.", tool_call_id=call["id"]) for call in asked]
    return Command(update={"messages": refused}, goto="assistant")


builder = StateGraph(State)
builder.add_node("assistant", assistant)
builder.add_node("approve", approve)
builder.add_node("reads", ToolNode([list_accounts]))
builder.add_node("writes", ToolNode([rename_account]))
builder.add_edge(START, "assistant")
builder.add_edge("reads", "assistant")
builder.add_edge("writes", "assistant")
graph = builder.compile(checkpointer=InMemorySaver())

given = {"messages": [("user", "Rename my savings account.")]}
answers = ["yes"]
