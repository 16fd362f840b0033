"""Private state: two nodes share what neither the input nor the output has."""

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class Input(TypedDict):
    user_input: str


class Output(TypedDict):
    graph_output: str


class Overall(TypedDict):
    foo: str
    user_input: str
    graph_output: str


class Private(TypedDict):
    bar: str


def node_1(state: Input) -> Overall:
    return {"foo": state["user_input"] + " name"}


def node_2(state: Overall) -> Private:
    return {"bar": state["foo"] + " is"}


def node_3(state: Private) -> Output:
    return {"graph_output": state["bar"] + " Lance"}


builder = StateGraph(Overall, input_schema=Input, output_schema=Output)
builder.add_node("node_1", node_1)
builder.add_node("node_2", node_2)
builder.add_node("node_3", node_3)
builder.add_edge(START, "node_1")
builder.add_edge("node_1", "node_2")
builder.add_edge("node_2", "node_3")
builder.add_edge("node_3", END)
graph = builder.compile()

given = {"user_input": "My"}
