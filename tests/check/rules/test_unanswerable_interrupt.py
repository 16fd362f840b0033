"""M802: questions that no answer ends, and loops that an answer leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stretto.check import check
from tests.check.loading import loaded

if TYPE_CHECKING:
    from pathlib import Path

TEXT = """
from contextlib import suppress

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.types import interrupt
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    status: str


def accept(answer):
    if answer == "yes":
        raise StopIteration


def ask(state: State):
{body}


builder = StateGraph(State)
builder.add_node("ask", ask)
builder.add_edge(START, "ask")
graph = builder.compile(checkpointer=InMemorySaver())
"""
FOUND = [
    "    while True:\n        interrupt('?')",
    "    while 1:\n        if interrupt('?') == 'yes':\n            continue",
    "    answers = []\n    while True:\n        for each in 'ab':\n            answers.append(interrupt(each))",
]
SOUND = [
    "    while True:\n        if interrupt('?') == 'yes':\n            return {}",
    "    while True:\n        if interrupt('?') == 'yes':\n            break\n    return {}",
    "    answer = ''\n    while answer != 'yes':\n        answer = interrupt('?')\n    return {}",
    (
        "    try:\n        while True:\n            accept(interrupt('?'))\n"
        "    except StopIteration:\n        return {}"
    ),
    (
        "    with suppress(StopIteration):\n        while True:\n            accept(interrupt('?'))\n"
        "    return {}"
    ),
    "    while True:\n        if interrupt('?') == 'no':\n            raise ValueError",
]


@pytest.mark.parametrize("body", FOUND)
def test_a_question_without_an_end_is_found(body: str, tmp_path: Path):
    """No answer is enough."""
    graph = loaded(TEXT.format(body=body), tmp_path, f"asks_{FOUND.index(body)}").graph
    assert [each.code for each in check(graph) if each.code == "M802"] == ["M802"]


@pytest.mark.parametrize("body", SOUND)
def test_a_loop_that_an_answer_leaves_is_not(body: str, tmp_path: Path):
    """Some answer ends it."""
    graph = loaded(TEXT.format(body=body), tmp_path, f"leaves_{SOUND.index(body)}").graph
    assert [each for each in check(graph) if each.code == "M802"] == []
