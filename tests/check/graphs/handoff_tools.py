"""Tools that return Commands: a tool updates the state, another hands over to a second agent."""

import itertools
from typing import Annotated, Literal

from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.tools import InjectedToolCallId, tool
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import InjectedState, ToolNode
from langgraph.types import Command


class FakeModel(GenericFakeChatModel):
    def bind_tools(self, tools, **kwargs):
        return self


class State(MessagesState):
    customer: str
    rounds: int


@tool
def remember_customer(name: str, tool_call_id: Annotated[str, InjectedToolCallId]) -> Command:
    """Remember what the customer is called."""
    said = ToolMessage(f"The customer is {name}.", tool_call_id=tool_call_id)
    return Command(update={"customer": name, "messages": [said]})


@tool
def to_billing(
    state: Annotated[State, InjectedState], tool_call_id: Annotated[str, InjectedToolCallId]
) -> Command[Literal["billing"]]:
    """Hand over to billing."""
    said = ToolMessage(f"Handed over {state['customer']}.", tool_call_id=tool_call_id)
    return Command(goto="billing", update={"messages": [said]})


def call(name: str, args: dict):
    return AIMessage("", tool_calls=[{"name": name, "args": args, "id": f"call_{name}"}])


tools = [remember_customer, to_billing]
script = [call("remember_customer", {"name": "Ada"}), call("to_billing", {})]
desk_model = FakeModel(messages=itertools.cycle(script)).bind_tools(tools)
billing_model = FakeModel(messages=itertools.cycle([AIMessage("The invoice is on its way.")]))


def desk(state: State):
    said = desk_model.invoke(state["messages"])
    return {"messages": [said], "rounds": state.get("rounds", 0) + 1}


def to_tools(state: State) -> Literal["desk_tools", "__end__"]:
    last = state["messages"][-1]
    return "desk_tools" if last.tool_calls and state["rounds"] < 6 else END


def after_tools(state: State) -> Literal["desk", "__end__"]:
    handed = state["messages"][-1].text.startswith("Handed over")
    return END if handed else "desk"


def billing(state: State):
    return {"messages": [billing_model.invoke(state["messages"])]}


builder = StateGraph(State)
builder.add_node("desk", desk)
builder.add_node("desk_tools", ToolNode(tools), destinations=("billing",))
builder.add_node("billing", billing)
builder.add_edge(START, "desk")
builder.add_conditional_edges("desk", to_tools)
builder.add_conditional_edges("desk_tools", after_tools)
builder.add_edge("billing", END)
graph = builder.compile()

given = {"messages": [("user", "I am Ada. Where is my invoice?")]}
