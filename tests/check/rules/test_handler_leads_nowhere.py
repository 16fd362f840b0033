"""Error handlers after which nothing follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.check.loading import loaded
from tests.check.rules.reading_code import seen, seen_in_source, source_of

if TYPE_CHECKING:
    from pathlib import Path

NODE = """
from langgraph.errors import NodeError
def node(state: State):
    if state["b"]:
        raise ConnectionError("the line is dead")
    return {"a": "said"}
def after(state: State):
    return {"b": state["a"]}
"""
TAIL = """
builder = StateGraph(State)
builder.add_node("node", node, error_handler=handler)
builder.add_node("after", after)
builder.add_edge(START, "node")
builder.add_edge("node", "after")
builder.add_edge("after", END)
graph = builder.compile()
"""
BAD = [
    "def handler(state: State, error: NodeError):\n    return {'a': 'unknown'}",
    "def handler(state: State, error: NodeError):\n    return {'a': str(error.error), 'items': []}",
]
GOOD = [
    "def handler(state: State):\n    return Command(update={'a': 'unknown'}, goto='after')",
    "def handler(state: State):\n    return {'items': ['it failed']}",
    "def handler(state: State, error: NodeError):\n    raise error.error",
    "def go():\n    return Command(update={'a': '?'}, goto='after')\ndef handler(state: State):\n    return go()",
]


@pytest.mark.parametrize("handler", BAD)
def test_a_handler_after_which_nothing_follows_is_found(handler: str, tmp_path: Path):
    """LangGraph ends the run as a success, without the node that was to follow."""
    module = loaded(source_of(NODE + handler, TAIL), tmp_path, "leads_nowhere")
    assert module.graph.invoke({"b": "x"})["b"] == "x"
    assert module.graph.invoke({"b": ""})["b"] == "said"
    for found in (seen, seen_in_source):
        assert len(found(NODE + handler, tmp_path, "P412", TAIL)) == 1


@pytest.mark.parametrize("handler", GOOD)
def test_a_handler_that_leads_on_or_only_tells_is_not(handler: str, tmp_path: Path):
    """It goes on, writes down what went wrong, or raises."""
    assert seen(NODE + handler, tmp_path, "P412", TAIL) == []
    assert seen_in_source(NODE + handler, tmp_path, "P412", TAIL) == []


def test_a_handler_of_the_last_node_is_not(tmp_path: Path):
    """Nothing was to follow there."""
    tail = TAIL.replace('"node", "after"', '"node", END').replace("START", "START")
    tail = tail.replace('builder.add_edge("after", END)', 'builder.add_edge(START, "after")')
    assert seen(NODE + BAD[0], tmp_path, "P412", tail) == []
