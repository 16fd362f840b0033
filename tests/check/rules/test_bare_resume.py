"""Bare values for several questions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.check.rules.reading_code import seen, seen_in_source

if TYPE_CHECKING:
    from pathlib import Path

ASKS = """
def one(state: State):
    return {"many": [interrupt("?")]}

def two(state: State):
    return {"many": [interrupt("?")]}

def tells(state: State):
    return {"many": ["x"]}

def maybe(state: State):
    if state.get("a"):
        return {"many": [interrupt("?")]}
    return {}

def fan(state: State):
    return [Send("one", {"a": each}) for each in state["items"]]

def choose(state: State):
    return "one" if state.get("a") else "two"

builder = StateGraph(State)
builder.add_node("one", one)
"""
SAVED = "\ngraph = builder.compile(checkpointer=InMemorySaver())\n"
BESIDE = """
builder.add_node("two", two)
builder.add_edge(START, "one")
builder.add_edge(START, "two")
"""
MAYBE = """
builder.add_node("maybe", maybe)
builder.add_edge(START, "one")
builder.add_edge(START, "maybe")
"""
FAN = 'builder.add_conditional_edges(START, fan, ["one"])\n'
ALONE = """
builder.add_node("tells", tells)
builder.add_edge(START, "one")
builder.add_edge(START, "tells")
"""
BEHIND = """
builder.add_node("two", two)
builder.add_edge(START, "one")
builder.add_edge("one", "two")
"""
CHOSEN = """
builder.add_node("two", two)
builder.add_conditional_edges(START, choose, ["one", "two"])
"""
BARE = "\ndef go_on(config):\n    return graph.invoke(Command(resume='yes'), config)\n"
APPROVED = BARE.replace("'yes'", "{'approved': True}")
TYPED = BARE.replace("'yes'", "input('? ')")
ASKED = BARE.replace("    return", "    said = input('? ')\n    return").replace("'yes'", "said")
IDS = BARE.replace("'yes'", "{each.id: 'yes' for each in graph.get_state(config).interrupts}")
GIVEN = BARE.replace("config)", "config, answer)", 1).replace("'yes'", "answer")


@pytest.mark.parametrize(
    ("shape", "use", "certainty"),
    [
        (BESIDE, BARE, "proved"),
        (BESIDE, APPROVED, "proved"),
        (BESIDE, TYPED, "proved"),
        (BESIDE, ASKED, "proved"),
        (MAYBE, BARE, "possible"),
        (FAN, BARE, "possible"),
    ],
)
def test_a_bare_value_for_several_questions_is_found(
    shape: str, use: str, certainty: str, tmp_path: Path
):
    """Nodes side by side, or one that is sent to several times."""
    source = shape + SAVED + use
    assert [f.certainty for f in seen(ASKS, tmp_path, "E303", source)] == [certainty]
    assert [f.certainty for f in seen_in_source(ASKS, tmp_path, "E303", source)] == [certainty]


@pytest.mark.parametrize(
    ("shape", "use"),
    [
        (BESIDE, IDS),
        (BESIDE, GIVEN),
        (BESIDE, ""),
        (BESIDE, ASKED.replace("input('? ')", "answers(config)")),
        (BESIDE, ASKED.replace("said = input('? ')", "for said in config: pass")),
        (BESIDE, IDS + BARE.replace("go_on", "first")),
        (ALONE, BARE),
        (BEHIND, BARE),
        (CHOSEN, BARE),
    ],
)
def test_nothing_is_said_where_one_question_is_open(shape: str, use: str, tmp_path: Path):
    """One at a time, answers by id, and answers that are not known."""
    assert seen(ASKS, tmp_path, "E303", shape + SAVED + use) == []
    assert seen_in_source(ASKS, tmp_path, "E303", shape + SAVED + use) == []
