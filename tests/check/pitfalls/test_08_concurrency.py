"""A limit that each level has for itself: LangGraph, then what `check` finds."""

from __future__ import annotations

import asyncio
import operator
from typing import Annotated, Any

from langgraph.graph import END, START, StateGraph
from langgraph.types import Send
from typing_extensions import TypedDict

from stretto.check import check

LIMIT = 3
at_work: set[object] = set()
peak = [0]


class State(TypedDict):
    """Parts, and what was made of them."""

    parts: list[int]
    done: Annotated[list[int], operator.add]


class Whole(TypedDict):
    """What is split, and what was made of it."""

    whole: list[int]
    done: Annotated[list[int], operator.add]


async def work(state: State) -> dict[str, Any]:
    """Note how many are at work."""
    at_work.add(me := object())
    peak[0] = max(peak[0], len(at_work))
    await asyncio.sleep(0.02)
    at_work.remove(me)
    return {"done": []}


def split_inner(state: State) -> list[Send]:
    """One for each part."""
    return [Send("work", {"parts": [part]}) for part in state["parts"]]


def split_outer(state: Whole) -> list[Send]:
    """A graph for each part."""
    return [Send("inner", {"parts": state["whole"]}) for _ in state["whole"]]


def _inner() -> StateGraph[Any, Any, Any, Any]:
    builder: StateGraph[Any, Any, Any, Any] = StateGraph(State)
    builder.add_node("work", work)
    builder.add_conditional_edges(START, split_inner, ["work"])
    builder.add_edge("work", END)
    return builder


def _outer() -> Any:
    builder: StateGraph[Any, Any, Any, Any] = StateGraph(Whole)
    builder.add_node("inner", _inner().compile())
    builder.add_conditional_edges(START, split_outer, ["inner"])
    builder.add_edge("inner", END)
    return builder.compile()


async def _peak(graph: Any) -> int:
    peak[0] = 0
    await graph.ainvoke({"parts": list(range(6)), "whole": list(range(6))})
    return peak[0]


async def test_a_limit_of_three_lets_nine_work():
    """It is counted in each graph by itself; in one graph it holds, and nothing is found."""
    flat = _inner().compile().with_config(max_concurrency=LIMIT)
    assert await _peak(flat) == LIMIT
    assert check(flat) == []
    nested = _outer().with_config(max_concurrency=LIMIT)
    assert await _peak(nested) == LIMIT * LIMIT
    assert [finding.code for finding in check(nested)] == ["P410"]
    assert check(_outer()) == []
