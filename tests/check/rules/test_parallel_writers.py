"""Fields that several write at once."""

from __future__ import annotations

import operator
from typing import Annotated, Any

import pytest
from langgraph.errors import InvalidUpdateError
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, Send
from typing_extensions import TypedDict

from tests.check.rules.chains import chain, fork, found, keys


class State(TypedDict):
    """A state."""

    question: str
    answer: str
    answers: Annotated[list[str], operator.add]


def ada(state: State) -> dict[str, Any]:
    """Answer."""
    return {"answer": "a"}


def grace(state: State) -> dict[str, Any]:
    """Answer, too."""
    return {"answer": "g"}


def maybe(state: State) -> dict[str, Any]:
    """Answer or not."""
    if state["question"] == "now":
        return {"answer": "m"}
    return {}


def perhaps(state: State) -> dict[str, Any]:
    """Answer if the other does not."""
    if state["question"] != "now":
        return {"answer": "p"}
    return {}


def test_two_of_a_fork_write_one_field():
    """LangGraph raises at run time; the check proves it before."""
    graph: Any = fork(State, ada, grace).compile()
    with pytest.raises(InvalidUpdateError):
        graph.invoke({"question": "why", "answers": []})
    (finding,) = found(graph, "S204")
    assert finding.certainty == "proved"
    assert finding.path == ("ada", "grace")


def test_one_that_writes_under_a_condition_is_possible():
    """One always writes, the other now and then."""
    (finding,) = found(fork(State, ada, maybe), "S204")
    assert finding.certainty == "possible"


def test_a_node_that_is_sent_to_writes_many_times():
    """Each Send of a list writes the field."""

    def spread(state: State) -> list[Send]:
        return [Send("ada", state) for _ in state["question"]]

    builder = StateGraph(State)
    builder.add_node(ada)
    builder.add_conditional_edges(START, spread, ["ada"])
    graph: Any = builder.compile()
    with pytest.raises(InvalidUpdateError):
        graph.invoke({"question": "why", "answers": []})
    assert keys(graph, "S204") == ["answer"]


def test_two_subgraphs_give_back_what_they_were_given():
    """A field that both only read collides all the same."""

    class One(TypedDict):
        question: str
        one: str

    class Two(TypedDict):
        question: str
        two: str

    class Both(One, Two):
        pass

    def first(state: One) -> dict[str, Any]:
        return {"one": state["question"]}

    def second(state: Two) -> dict[str, Any]:
        return {"two": state["question"]}

    builder = StateGraph(Both)
    builder.add_node("one_graph", chain(One, first).compile())
    builder.add_node("two_graph", chain(Two, second).compile())
    builder.add_edge(START, "one_graph")
    builder.add_edge(START, "two_graph")
    graph: Any = builder.compile()
    with pytest.raises(InvalidUpdateError):
        graph.invoke({"question": "why"})
    assert keys(graph, "S204") == ["question"]


def test_a_goto_beside_an_edge_writes_beside_it():
    """The two that fire both write."""

    def go(state: State) -> Command[Any]:
        return Command(goto="grace")

    builder = StateGraph(State)
    for node in (go, ada, grace):
        builder.add_node(node)
    builder.add_edge(START, "go")
    builder.add_edge("go", "ada")
    assert keys(builder.compile(), "S204") == ["answer"]


def test_a_reducer_merges():
    """With a reducer both are kept."""

    def one(state: State) -> dict[str, Any]:
        return {"answers": ["1"]}

    def two(state: State) -> dict[str, Any]:
        return {"answers": ["2"]}

    assert keys(fork(State, one, two), "S204") == []


def test_one_after_the_other_is_no_conflict():
    """Each superstep has one writer."""
    assert keys(chain(State, ada, grace), "S204") == []


def test_ways_of_unequal_length_write_in_different_steps():
    """Two that write one field, one step apart."""
    builder = StateGraph(State)
    for node in (ada, grace, maybe):
        builder.add_node(node)
    builder.add_edge(START, "ada")
    builder.add_edge(START, "maybe")
    builder.add_edge("maybe", "grace")
    builder.add_edge("ada", END)
    assert [f.path for f in found(builder.compile(), "S204")] == [("ada", "maybe")]


def test_two_that_write_by_turns_are_let_be():
    """Where both write under a condition, the conditions may exclude each other."""
    assert keys(fork(State, maybe, perhaps), "S204") == []


def test_a_branch_chooses_one_writer():
    """What a branch chooses between never runs at once."""

    def choose(state: State) -> str:
        return "ada" if state["question"] else "grace"

    builder = StateGraph(State)
    builder.add_node(ada)
    builder.add_node(grace)
    builder.add_conditional_edges(START, choose, ["ada", "grace"])
    assert keys(builder.compile(), "S204") == []
