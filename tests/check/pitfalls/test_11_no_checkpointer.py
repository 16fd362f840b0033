"""FACTS 2.11: a node starts from its top at every resume; without a saver the whole graph does."""

# ruff: noqa: D103 - nodes as strangers write them
from __future__ import annotations

from typing import Any

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.types import Command, interrupt
from typing_extensions import TypedDict

from stretto.check import check

CONFIG: Any = {"configurable": {"thread_id": "1"}}


class State(TypedDict, total=False):
    """A state."""

    name: str
    town: str


def ask_name(state: State) -> dict[str, Any]:
    return {"name": interrupt("Your name?")}


def ask_town(state: State) -> dict[str, Any]:
    return {"town": interrupt("Your town?")}


def made() -> Any:
    form = StateGraph(State)
    form.add_sequence([ask_name, ask_town])
    form.add_edge(START, "ask_name")
    above = StateGraph(State)
    above.add_node("form", form.compile(checkpointer=False))
    above.add_edge(START, "form")
    return above.compile(checkpointer=InMemorySaver())


def test_the_second_question_is_asked_for_ever():
    """Each answer starts the form over, so that it never ends."""
    graph = made()
    graph.invoke({}, CONFIG)
    said = {}
    for answer in ("Ada", "London", "London", "London"):
        said = graph.invoke(Command(resume=answer), CONFIG)
        assert said["__interrupt__"][0].value == "Your town?"
    assert "town" not in said


def test_it_is_found():
    """A graph that asks and must not keep anything."""
    (found,) = [each for each in check(made()) if each.code == "E304"]
    assert found.certainty == "proved"
    assert found.graph.endswith("form")
