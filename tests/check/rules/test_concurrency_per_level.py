"""Limits of concurrency that nested graphs multiply."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.check.rules.reading_code import seen, seen_in_source

if TYPE_CHECKING:
    from pathlib import Path

TWO = """
class Parts(TypedDict, total=False):
    many: Annotated[list, operator.add]
def one(state):
    return {"many": ["one"]}
def two(state):
    return {"many": ["two"]}
"""
INNER = """
inner = StateGraph(Parts)
inner.add_node("one", one)
inner.add_node("two", two)
inner.add_edge(START, "one")
inner.add_edge({second}, "two")
inner = inner.compile()
builder = StateGraph(State)
builder.add_node("inner", inner)
builder.add_node("beside", two)
builder.add_edge(START, "inner")
builder.add_edge({beside}, "beside")
graph = builder.compile(){config}
"""
LIMIT = ".with_config(max_concurrency=3)"


def test_graphs_that_fan_out_beside_others_are_found(tmp_path: Path):
    """Side by side without, side by side within, under one limit."""
    tail = INNER.format(second="START", beside="START", config=LIMIT)
    for found in (seen, seen_in_source):
        assert [f.node for f in found(TWO, tmp_path, "P410", tail)] == ["inner"]


@pytest.mark.parametrize(
    ("second", "beside", "config"),
    [
        ("'one'", "START", LIMIT),
        ("START", "'inner'", LIMIT),
        ("START", "START", ""),
        ("START", "START", ".with_config(recursion_limit=9)"),
    ],
)
def test_what_the_limit_holds_for_is_not(second: str, beside: str, config: str, tmp_path: Path):
    """One after the other within or without, or no limit at all."""
    tail = INNER.format(second=second, beside=beside, config=config)
    assert seen(TWO, tmp_path, "P410", tail) == []
    assert seen_in_source(TWO, tmp_path, "P410", tail) == []
