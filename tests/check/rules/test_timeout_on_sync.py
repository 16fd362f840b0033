"""Timeouts of nodes that cannot have one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.check.rules.reading_code import seen, seen_in_source

if TYPE_CHECKING:
    from pathlib import Path

TAIL = """
from functools import partial
from langchain_core.runnables import RunnableLambda
from langgraph.types import TimeoutPolicy
builder = StateGraph(State)
builder.add_node("node", {node}, {timeout})
builder.add_edge(START, "node")
builder.add_edge("node", END)
graph = builder
"""
TWO = """
def blocks(state: State):
    return {"a": "b"}
async def waits(state: State):
    return {"a": "b"}
"""
BAD = [
    ("blocks", "timeout=3"),
    ("blocks", "timeout=TimeoutPolicy(idle_timeout=3)"),
    ("partial(blocks)", "timeout=3"),
    ("lambda state: {'a': 'b'}", "timeout=3"),
]
GOOD = [
    ("waits", "timeout=3"),
    ("partial(waits)", "timeout=3"),
    ("blocks", "timeout=None"),
    ("blocks", "metadata={'timeout': 3}"),
    ("RunnableLambda(blocks, afunc=waits)", "timeout=3"),
]


@pytest.mark.parametrize(("node", "timeout"), BAD)
def test_a_timeout_that_langgraph_refuses_is_found(node: str, timeout: str, tmp_path: Path):
    """LangGraph would say so when it compiles the graph."""
    tail = TAIL.format(node=node, timeout=timeout)
    assert len(seen(TWO, tmp_path, "P403", tail)) == 1
    assert len(seen_in_source(TWO, tmp_path, "P403", tail)) == 1
    with pytest.raises(ValueError, match="only supported for async nodes"):
        seen(TWO, tmp_path, "P403", tail + "graph = builder.compile()")


@pytest.mark.parametrize(("node", "timeout"), GOOD)
def test_a_timeout_that_it_takes_is_not(node: str, timeout: str, tmp_path: Path):
    """What has an async way may have one."""
    tail = TAIL.format(node=node, timeout=timeout) + "graph = builder.compile()\n"
    assert seen(TWO, tmp_path, "P403", tail) == []
    assert seen_in_source(TWO, tmp_path, "P403", tail) == []


def test_a_default_timeout_counts_for_handlers_too(tmp_path: Path):
    """A handler that is synchronous has it as all nodes have."""
    tail = TAIL.format(node="waits", timeout="error_handler=blocks")
    tail += "builder.set_node_defaults(timeout=3)\n"
    for found in (seen, seen_in_source):
        assert [f.node for f in found(TWO, tmp_path, "P403", tail)] == ["__error_handler__node"]
