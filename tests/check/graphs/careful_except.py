"""Handlers around interrupts that let them through: raised again, or narrow, or not around."""

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.errors import GraphBubbleUp
from langgraph.graph import END, START, StateGraph
from langgraph.types import interrupt
from typing_extensions import TypedDict


class State(TypedDict):
    amount: float
    currency: str
    problem: str
    result: str


def ask(question: str) -> str:
    return str(interrupt(question))


def ask_amount(state: State):
    try:
        return {"amount": float(ask("How much?"))}
    except ValueError:
        return {"amount": 0.0}


def ask_currency(state: State):
    try:
        currency = ask("In which currency?")
        return {"currency": currency.upper()}
    except GraphBubbleUp:
        raise
    except Exception as error:  # noqa: BLE001
        return {"problem": str(error)}


def compute(state: State):
    try:
        rate = {"EUR": 1.0, "NOK": 11.5}[state["currency"]]
        result = f"{state['amount'] * rate:.2f}"
    except Exception as error:  # noqa: BLE001
        return {"problem": repr(error), "result": ""}
    return {"result": result}


builder = StateGraph(State)
builder.add_node("ask_amount", ask_amount)
builder.add_node("ask_currency", ask_currency)
builder.add_node("compute", compute)
builder.add_edge(START, "ask_amount")
builder.add_edge("ask_amount", "ask_currency")
builder.add_edge("ask_currency", "compute")
builder.add_edge("compute", END)
graph = builder.compile(checkpointer=InMemorySaver())

given = {"problem": ""}
answers = ["12.5", "nok"]
