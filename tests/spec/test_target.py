"""Graphs as langgraph.json names them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from langgraph.graph.state import CompiledStateGraph

from stretto.errors import BadDefinition, UnknownName
from stretto.spec.target import Target

if TYPE_CHECKING:
    from pathlib import Path

    from stretto.spec.target import AnyGraph

GRAPH = """
from langgraph.graph import StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    x: int


async def step(state: State) -> State:
    return {"x": state["x"] + 1}


builder = StateGraph(State).add_node(step).set_entry_point("step")
graph = builder.compile(name="mine")


def factory():
    return builder


def configured(config):
    return builder.compile(name=str(config["configurable"]))


async def later():
    return graph


def greedy(a, b):
    return graph


def broken():
    return 1 / 0


nothing = 3
unfinished = StateGraph(State)
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with one graph file."""
    (tmp_path / "graphs").mkdir()
    (tmp_path / "graphs" / "team.py").write_text(GRAPH)
    return tmp_path


def loaded(root: Path, text: str) -> AnyGraph:
    """The graph that a target names."""
    target = Target("team", text, root, root / "langgraph.json", 3)
    return target.graph(target.module())


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("./graphs/team.py:graph", "mine"),
        ("graphs/team.py:graph", "mine"),
        ("graphs.team:graph", "mine"),
        ("./graphs/team.py:builder", "team"),
        ("./graphs/team.py:factory", "team"),
        ("./graphs/team.py:configured", "{}"),
        ("./graphs/team.py:later", "mine"),
    ],
)
async def test_graphs_builders_and_factories_give_compiled_graphs(
    root: Path, text: str, name: str
) -> None:
    """Whichever it is, it runs; a running event loop does not matter."""
    graph = loaded(root, text)
    assert isinstance(graph, CompiledStateGraph)
    assert graph.name == name
    assert await graph.ainvoke({"x": 1}) == {"x": 2}


def test_an_installed_package_can_hold_the_graph(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`package.module:attribute` is imported where there is no such file."""
    monkeypatch.syspath_prepend(root)
    (root / "graphs").rename(root / "installed_package_of_this_test")
    elsewhere = root / "elsewhere"
    elsewhere.mkdir()
    assert loaded(elsewhere, "installed_package_of_this_test.team:graph").name == "mine"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("./graphs/taem.py:graph", "langgraph.json:3: graph 'team': there is no file"),
        ("./graphs/taem.py:graph", "Did you mean './graphs/team.py'?"),
        ("./graphs/team.py", "names no attribute. Write './graphs/team.py:graph'"),
        ("graphs/team.py:", "names no attribute"),
        ("no_such_package.x:graph", "there is no such module. Install it, or name a file"),
        ("./graphs/team.py:greedy", "wants more than a config"),
        ("./graphs/team.py:nothing", "is no graph but of type int. Name a StateGraph"),
        ("./graphs/team.py:State", "is no graph but of type"),
        ("./graphs/team.py:broken", "team.py:35: ZeroDivisionError: division by zero"),
        ("./graphs/team.py:unfinished", "team.py: ValueError: Graph must have an entrypoint"),
    ],
)
def test_what_is_no_graph_is_told_with_the_remedy(root: Path, text: str, said: str) -> None:
    """File and line are those of what is to be mended."""
    with pytest.raises(BadDefinition) as caught:
        loaded(root, text)
    assert said in str(caught.value)


def test_a_wrong_attribute_is_told_with_the_nearest(root: Path) -> None:
    """The known names are the module's."""
    with pytest.raises(UnknownName, match=r"no attribute 'grapf'\. Did you mean 'graph'"):
        loaded(root, "./graphs/team.py:grapf")


def test_a_graph_file_with_a_relative_import_is_refused_with_the_reason(root: Path) -> None:
    """`langgraph dev` could not load it either."""
    (root / "graphs" / "rel.py").write_text("from .team import graph\n")
    with pytest.raises(BadDefinition, match=r"rel\.py:1: .*import absolutely, or use `Project`"):
        loaded(root, "./graphs/rel.py:graph")
