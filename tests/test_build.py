from __future__ import annotations

import json

import pytest

from stretto.build import build, lasting
from stretto.errors import BadDefinition, InvalidInput

GRAPH = """
from langgraph.graph import START, StateGraph
from stretto.state import ChatState
graph = StateGraph(ChatState).add_node("a", lambda s: {}).add_edge(START, "a")
made = graph.compile(name="made")
def factory():
    return graph
"""


@pytest.fixture
def root(tmp_path):
    """A project with a team and an agent."""
    for name, text in {
        "langgraph.json": json.dumps({"dependencies": ["."], "graphs": {"one": "./g.py:graph"}}),
        "g.py": GRAPH,
        "agents/echo.yaml": "role: says something\n",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_a_team_an_agent_and_an_attribute_are_graphs(root):
    """A team an agent and an attribute are graphs."""
    assert "a" in build("one", start=root).nodes
    assert build("agent:echo", start=root).get_name() == "echo"
    assert build("g.py:made", start=root).get_name() == "made"
    assert "a" in build("g:factory", start=root).nodes
    assert "a" in build(f"{root}/g.py:graph").nodes


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("on", "Did you mean 'one'"),
        ("echo", "Did you mean 'agent:echo'"),
        ("agent:eco", "Did you mean 'echo'"),
        ("g.py:grph", "Did you mean 'graph'"),
    ],
)
def test_an_unknown_name_offers_the_nearest(root, target, words):
    """An unknown name offers the nearest."""
    with pytest.raises(InvalidInput, match=words):
        build(target, start=root)


def test_a_file_or_module_that_is_not_there_is_told(root):
    """A file or module that is not there is told."""
    for target in ("h.py:graph", "no_such_module:graph"):
        with pytest.raises(BadDefinition):
            build(target, start=root)


def test_a_team_needs_a_project(tmp_path):
    """A team needs a project."""
    with pytest.raises(InvalidInput, match=r"langgraph\.json"):
        build("one", start=tmp_path)


def test_a_file_target_lasts_when_the_folder_changes(root):
    """A file target lasts when the folder changes."""
    assert lasting("g.py:graph", start=root) == f"{(root / 'g.py').resolve()}:graph"
    assert lasting("one") == "one"
    assert lasting("agent:echo") == "agent:echo"
    assert lasting("pkg.mod:graph") == "pkg.mod:graph"
