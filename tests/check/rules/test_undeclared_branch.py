"""G105: conditional edges that do not say where they lead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from stretto.check import check
from stretto.check.fixing import fixes
from stretto.check.reading.source import graphs_in_source
from stretto.check.rules.undeclared_branch import check as undeclared
from tests.check.loading import loaded

if TYPE_CHECKING:
    from pathlib import Path

HEAD = """\
from typing import Literal, Sequence
from functools import partial
from langgraph.graph import END, START, StateGraph
from langgraph.types import Send
from typing_extensions import TypedDict

class State(TypedDict):
    rounds: int

def write(state: State) -> dict:
    return {"rounds": state.get("rounds", 0) + 1}

Ways = Literal["write", "__end__"]
"""
BODY = """
builder = StateGraph(State)
builder.add_node("write", write)
builder.add_edge(START, "write")
"""
BARE = {
    "no annotation": ("def on(state):\n    return END if state['rounds'] else 'write'", "on"),
    "text": ("def on(state) -> str:\n    return END if state['rounds'] else 'write'", "on"),
    "one line": ("def on(s: dict[str, int] = {'a': 1}): return 'write' if s else END", "on"),
    "several lines": (
        "async def on(\n    state,  # a: b\n):\n    return END if state['rounds'] else 'write'",
        "on",
    ),
    "lambda": ("", "lambda s: END if s['rounds'] else 'write'"),
    "lambda with a comma": ("", "lambda s: END if s['rounds'] else 'write',\n"),
    "list": ("def on(s) -> list[str]:\n    return ['write'] if s['rounds'] else [END]", "on"),
    "sends": ("def on(s):\n    return [Send('write', s) for _ in range(s['rounds'])]", "on"),
    "partial": (
        "def on(n, s):\n    return 'write' if s['rounds'] < n else END",
        "partial(on, 3)",
    ),
}
DECLARED = {
    "literal": ("def on(s) -> Literal['write', '__end__']:\n    return 'write'", "on"),
    "alias": ("def on(s) -> Ways:\n    return 'write'", "on"),
    "list": ("", "lambda s: 'write', ['write', END]"),
    "map": ("", "lambda s: s['rounds'] > 3, {True: END, False: 'write'}"),
    "sends": ("def on(s):\n    return [Send('write', s)]", "on, ['write']"),
}


def source(function: str, given: str) -> str:
    """A graph with one conditional edge."""
    edge = f"builder.add_conditional_edges('write', {given})"
    return f"{HEAD}\n{function}\n{BODY}{edge}\ngraph = builder.compile()\n"


def codes(graph: Any) -> list[str]:
    """What is found of a graph's structure."""
    return [f.code for f in check(graph) if f.code.startswith("G")]


@pytest.mark.parametrize("kind", BARE)
def test_an_edge_that_declares_nothing_is_found(kind: str, tmp_path: Path):
    """It is found in the compiled graph and in its source."""
    text = source(*BARE[kind])
    assert codes(loaded(text, tmp_path, "bare").graph) == ["G105"]
    (graph,) = graphs_in_source(tmp_path / "bare.py", text)
    assert len(list(undeclared(graph))) == 1


@pytest.mark.parametrize("kind", [kind for kind in BARE if kind != "partial"])
def test_an_edge_is_mended(kind: str, tmp_path: Path):
    """What `--fix` makes of the file has no fault, and draws the two edges."""
    module = loaded(source(*BARE[kind]), tmp_path, "bare")
    (fixed,) = fixes(f for f in check(module.graph) if f.code == "G105")
    mended = loaded(fixed.after, tmp_path, "mended").graph
    assert codes(mended) == []
    drawn = {(edge.source, edge.target) for edge in mended.get_graph().edges}
    assert ("write", "write") in drawn


@pytest.mark.parametrize("kind", DECLARED)
def test_an_edge_that_declares_its_targets_is_sound(kind: str, tmp_path: Path):
    """A `Literal` will do, by whatever name, and so will a path_map."""
    text = source(*DECLARED[kind])
    assert "G105" not in codes(loaded(text, tmp_path, "declared").graph)
    (graph,) = graphs_in_source(tmp_path / "declared.py", text)
    assert not list(undeclared(graph))


def test_a_target_that_is_not_there_is_not_declared(tmp_path: Path):
    """LangGraph would not compile it then."""
    text = source("", "lambda s: 'writer' if s['rounds'] else END")
    (finding,) = [f for f in check(loaded(text, tmp_path, "gone").graph) if f.code == "G105"]
    assert finding.edits == ()
