"""Fields that are written for nobody."""

from __future__ import annotations

from typing import Any

from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict

from tests.check.rules.chains import chain, keys


class State(TypedDict):
    """What is known."""

    question: str
    notes: str
    answer: str


class Output(TypedDict):
    """What is given back."""

    answer: str


class Notes(TypedDict):
    """What a subgraph takes."""

    notes: str


def note(state: State) -> dict[str, Any]:
    """Write notes."""
    return {"notes": state["question"]}


def reply(state: State) -> dict[str, Any]:
    """Use no notes."""
    return {"answer": state["question"]}


def test_what_nothing_reads_is_named():
    """No node uses it, and the output has it not."""
    assert keys(chain(State, note, reply, output_schema=Output), "S203") == ["notes"]


def test_what_is_given_back_is_read():
    """Without a narrower output all fields are given back."""
    assert keys(chain(State, note, reply), "S203") == []


def test_what_a_branch_reads_is_read():
    """A branch counts as a reader."""

    def choose(state: State) -> str:
        return "reply" if state["notes"] else "__end__"

    graph = StateGraph(State, output_schema=Output)
    graph.add_node(note)
    graph.add_node(reply)
    graph.add_edge(START, "note")
    graph.add_conditional_edges("note", choose, ["reply", "__end__"])
    assert keys(graph.compile(), "S203") == []


def test_what_a_subgraph_takes_is_read():
    """A subgraph is given the fields of its input."""

    def inner(state: Notes) -> dict[str, Any]:
        return {"notes": state["notes"] + "!"}

    graph = StateGraph(State, output_schema=Output)
    graph.add_node(note)
    graph.add_node("inner", chain(Notes, inner).compile())
    graph.add_edge(START, "note")
    graph.add_edge("note", "inner")
    assert keys(graph.compile(), "S203") == []


def test_who_passes_the_state_on_may_read_all():
    """A state that is given to another function is read as a whole."""

    def whole(state: State) -> dict[str, Any]:
        return {"answer": str(state)}

    assert keys(chain(State, note, whole, output_schema=Output), "S203") == []


def test_a_lambda_within_may_read_it():
    """What a function within a node reads is read."""

    def within(state: State) -> dict[str, Any]:
        def one(word: str) -> str:
            return word + state["notes"]

        return {"answer": " ".join(map(one, "ab"))}

    assert keys(chain(State, note, within, output_schema=Output), "S203") == []
