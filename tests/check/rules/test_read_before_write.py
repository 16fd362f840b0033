"""Keys that are read before anything can have written them."""

from __future__ import annotations

import operator
from typing import Annotated, Any

import pytest
from langgraph.graph import START, StateGraph
from langgraph.types import Send, interrupt
from typing_extensions import TypedDict

from tests.check.rules.chains import chain, found, keys


class Input(TypedDict):
    """What is given."""

    question: str


class State(Input):
    """What is known."""

    notes: Annotated[list[str], operator.add]
    sources: list[str]
    answer: str


def reply(state: State) -> dict[str, Any]:
    """Read the sources."""
    return {"answer": str(state["sources"])}


def cite(state: State) -> dict[str, Any]:
    """Write the sources."""
    return {"sources": [state["question"]]}


def test_what_nothing_writes_raises():
    """No node writes it, and the input has it not."""
    graph = chain(State, reply, input_schema=Input)
    with pytest.raises(KeyError):
        graph.compile().invoke({"question": "why"})
    (finding,) = found(graph, "S202")
    assert finding.certainty == "proved"
    assert "nothing writes" in finding.message


def test_what_is_written_later_raises():
    """The node that writes it comes after."""
    (finding,) = found(chain(State, reply, cite, input_schema=Input), "S202")
    assert "only later" in finding.message


def test_a_key_of_no_schema_raises():
    """Even where every field may be given."""

    def node(state: State) -> dict[str, Any]:
        return {"answer": state["sauces"]}  # type: ignore[typeddict-item]

    graph = chain(State, node)
    with pytest.raises(KeyError):
        graph.compile().invoke({"question": "why"})
    assert keys(graph, "S202") == ["sauces"]


def test_a_field_that_the_nodes_own_schema_leaves_out_raises():
    """A node is given the fields of its parameter's class only."""

    def node(state: Input) -> dict[str, Any]:
        return {"answer": state["sources"]}  # type: ignore[typeddict-item]

    graph = chain(State, cite, node)
    with pytest.raises(KeyError):
        graph.compile().invoke({"question": "why"})
    assert keys(graph, "S202") == ["sources"]


def test_what_may_be_given_is_there():
    """With no input schema of its own every field may be given."""
    assert keys(chain(State, reply, cite), "S202") == []


def test_what_was_written_before_is_there():
    """A node before writes it."""
    assert keys(chain(State, cite, reply, input_schema=Input), "S202") == []


def test_a_reducer_begins_with_something():
    """A list with a reducer is empty at first."""

    def node(state: State) -> dict[str, Any]:
        return {"answer": str(state["notes"])}

    graph = chain(State, node, input_schema=Input)
    assert graph.compile().invoke({"question": "why"})["answer"] == "[]"
    assert keys(graph, "S202") == []


def test_a_key_that_is_looked_for_may_be_missing():
    """`.get`, `in` and a caught KeyError are no faults."""

    def get(state: State) -> dict[str, Any]:
        return {"answer": str(state.get("sources"))}

    def look(state: State) -> dict[str, Any]:
        return {"answer": str(state["sources"]) if "sources" in state else ""}

    def catch(state: State) -> dict[str, Any]:
        try:
            return {"answer": str(state["sources"])}
        except KeyError:
            return {"answer": ""}

    assert keys(chain(State, get, look, catch, input_schema=Input), "S202") == []


def test_what_is_sent_is_not_looked_into():
    """A Send gives a node whatever it likes."""

    def spread(state: State) -> list[Send]:
        return [Send("work", {"item": each}) for each in state["question"]]

    def work(state: Any) -> dict[str, Any]:
        return {"notes": [state["item"]]}

    graph = StateGraph(State)
    graph.add_node("work", work)
    graph.add_conditional_edges(START, spread, ["work"])
    assert keys(graph.compile(), "S202") == []


def test_who_answers_an_interrupt_may_write_the_state():
    """Between pause and resume a field may be given."""

    def ask(state: State) -> dict[str, Any]:
        return {"answer": interrupt("May I?")}

    assert keys(chain(State, ask, reply, input_schema=Input), "S202") == []


def test_another_turn_may_have_what_is_written_later():
    """Behind a branch, a thread's turn before may have written it."""

    def choose(state: State) -> str:
        return "cite" if state["question"] else "reply"

    graph = StateGraph(State, input_schema=Input)
    graph.add_node(cite)
    graph.add_node(reply)
    graph.add_conditional_edges(START, choose, ["cite", "reply"])
    assert keys(graph.compile(), "S202") == []
