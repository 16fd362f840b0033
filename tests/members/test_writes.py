"""What something may write is read from what it says, and from its source."""

from __future__ import annotations

import functools
from typing import Any

import pytest
from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict

from stretto import Agent, Policy, Retry, member
from stretto.members.writes import conflicts, writes_of
from stretto.patterns import sequential
from stretto.testing import ScriptedModel


class Own(TypedDict, total=False):
    """Two fields."""

    x: str
    y: str


class OnlyY(TypedDict, total=False):
    """One of them."""

    y: str


async def literal(state: Any) -> dict[str, Any]:
    """Returns one of two literals."""
    if state:
        return {"x": 1, "y": 2}
    return {"z": 3} if state is None else dict(w=4)  # noqa: C408 - read, too


def declared(state: Any) -> OnlyY:
    """Says what it gives."""
    made: OnlyY = {"y": str(state)}
    return made


def spread(state: Any) -> dict[str, Any]:
    """More than can be seen."""
    return {"x": 1, **state}


def silent(state: Any) -> str:
    """Gives text."""

    def within() -> dict[str, int]:
        return {"inner": 1}

    assert within
    return f"text {state}"


def unknown(state: Any) -> Any:
    """Gives what it has."""
    return state


class Caller:
    """An object whose call writes."""

    async def __call__(self, state: Any) -> dict[str, Any]:
        """Write x."""
        return {"x": state}


@pytest.mark.parametrize(
    ("thing", "fields"),
    [
        (literal, {"x", "y", "z", "w"}),
        (declared, {"y"}),
        (spread, {"x"}),
        (silent, set()),
        (unknown, None),
        (Caller(), {"x"}),
        (functools.partial(spread), {"x"}),
        (member(spread, name="other", policy=Policy(retry=Retry())), {"x"}),
        (Agent(name="a", prompt="p", model=ScriptedModel("")), set()),
        (3, None),
    ],
)
def test_what_a_member_may_write(thing: Any, fields: set[str] | None) -> None:
    """By annotation, by literals, or not known."""
    assert writes_of(thing) == (None if fields is None else frozenset(fields))


def graph_of(function: Any, **schemas: Any) -> StateGraph[Any, Any, Any, Any]:
    """A graph of one node."""
    graph: StateGraph[Any, Any, Any, Any] = StateGraph(Own, **schemas)
    graph.add_node("node", function)
    graph.add_edge(START, "node")
    return graph


def test_what_a_graph_may_write() -> None:
    """What its nodes write where all is known, else its output; compiled or not."""
    assert writes_of(graph_of(declared)) == {"y"}
    assert writes_of(graph_of(declared).compile(name="g")) == {"y"}
    assert writes_of(graph_of(unknown)) == {"x", "y"}
    assert writes_of(graph_of(unknown, output_schema=OnlyY)) == {"y"}
    assert writes_of(graph_of(graph_of(declared).compile())) == {"y"}


def test_steps_of_a_pattern_say_what_they_write() -> None:
    """A field that its steps only read is not among what it writes."""
    written = writes_of(sequential(declared, silent, state=Own))
    assert written is not None
    assert "y" in written
    assert "x" not in written


def test_conflicts_are_pairs_that_nothing_merges() -> None:
    """The first writer and each further one, field by field."""
    writes = {"a": frozenset("xy"), "b": frozenset("xz"), "c": None, "d": frozenset("x")}
    assert list(conflicts(writes, frozenset())) == [("a", "b", "x"), ("a", "d", "x")]
    assert list(conflicts(writes, frozenset("x"))) == []


def test_a_function_that_gives_text_or_a_value_writes_nothing() -> None:
    """As its annotation says."""

    def words(state: Any) -> str:
        return state["x"] or "b"

    assert writes_of(words) == frozenset()
