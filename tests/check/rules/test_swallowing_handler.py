"""Error handlers that leave no trace."""

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
    raise ConnectionError("the line is dead")
def after(state: State):
    return {"b": "after"}
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
    "def handler(state: State, error: NodeError):\n    return {}",
    "def handler(state: State):\n    return None",
    "def handler(state: State):\n    pass",
    "async def handler(state: State, error: NodeError) -> dict:\n    return {}",
]
GOOD = [
    "def handler(state: State, error: NodeError):\n    return {'a': str(error.error)}",
    "def handler(state: State):\n    return {'a': 'unknown'}",
    "def handler(state: State):\n    return Command(goto=END)",
    "def handler(state: State, error: NodeError):\n    raise error.error",
    "def handler(state: State, error: NodeError):\n    logging.error(error.error)",
    "def handler(state: State, error: NodeError):\n    print(error.node)\n    return {}",
]


@pytest.mark.parametrize("handler", BAD)
def test_a_handler_that_leaves_no_trace_is_found(handler: str, tmp_path: Path):
    """The run ends as a success all the same."""
    module = loaded(source_of(NODE + handler, TAIL), tmp_path, "swallows")
    if "async" not in handler:
        assert module.graph.invoke({"a": "x"}) == {"a": "x", "many": []}
    for found in (seen, seen_in_source):
        assert len(found(NODE + handler, tmp_path, "P405", TAIL)) == 1


@pytest.mark.parametrize("handler", GOOD)
def test_a_handler_that_tells_is_not(handler: str, tmp_path: Path):
    """It says what happened, goes elsewhere, or lets the run fail."""
    assert seen(NODE + handler, tmp_path, "P405", TAIL) == []
    assert seen_in_source(NODE + handler, tmp_path, "P405", TAIL) == []
