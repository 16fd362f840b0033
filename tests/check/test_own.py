"""Nothing is wrong with what the project itself ships; its pages are held to it in `tests/docs`."""

from __future__ import annotations

import json

import pytest

from stretto.check.checking import found_in
from stretto.check.reading.compiled import read_graph
from stretto.check.reading.source import graphs_in_source
from stretto.check.rules import all_rules
from stretto.project import Project
from tests.docs.pages import ROOT

RULES = [rule for rule in all_rules() if not rule.advice]
TEAMS = json.loads((ROOT / "langgraph.json").read_text())["graphs"]
FILES = [file for folder in ("examples", "graphs") for file in sorted((ROOT / folder).glob("*.py"))]


@pytest.mark.parametrize("team", TEAMS)
def test_a_team_is_sound(team: str):
    """A graph of langgraph.json, as the server serves it."""
    file = ROOT / TEAMS[team].partition(":")[0]
    graph = read_graph(Project(ROOT).graph(team), name=team, file=str(file), served=True)
    assert found_in(graph, RULES) == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_shipped_file_is_sound(file):
    """A file of the project, from its source alone; with no ignore in it."""
    assert [f for graph in graphs_in_source(file) for f in found_in(graph, RULES)] == []
    assert "stretto: ignore" not in file.read_text()
