"""The shipped teams in both forms: the YAML that is served, and the same in Python."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from stretto import Project, check
from stretto.cli.card import card_of
from stretto.spec.definition import Definition
from stretto.spec.team import Team, dump_team, parse_team, team_schema
from stretto.teams import declared, load_team, teams

ROOT = Path(__file__).parent.parent.parent
FORMS = {path.stem: path for path in sorted((Path(__file__).parent / "forms").glob("*.py"))}
PROJECT = Project.at(ROOT)


def in_python(name: str) -> Any:
    """The graph that the Python form builds."""
    return runpy.run_path(str(FORMS[name]))["graph"]


def drawn(graph: Any) -> str:
    """All that a graph shows of itself: nodes with what they tell, edges, schemas."""
    told = graph.get_graph(xray=True).to_json(with_schemas=True)
    schemas = [graph.get_input_jsonschema(), graph.get_output_jsonschema()]
    return json.dumps([told, schemas, graph.get_context_jsonschema()], default=str, sort_keys=True)


def test_every_team_has_both_forms_and_is_served() -> None:
    """None is only in one place."""
    assert set(FORMS) == set(teams(PROJECT)) == set(PROJECT.graphs())


@pytest.mark.parametrize("name", FORMS)
def test_both_forms_build_equal_graphs(name: str) -> None:
    """And the Python form is told as that YAML."""
    graph = in_python(name)
    assert drawn(PROJECT.graph(name)) == drawn(graph)
    told = declared(graph, PROJECT)
    assert told.graph == load_team(teams(PROJECT)[name]).graph


@pytest.mark.parametrize("name", FORMS)
def test_a_shipped_team_is_a_good_example(name: str) -> None:
    """Its file fits the schema, comes back as it is, says what it is for, and is sound."""
    path = teams(PROJECT)[name]
    text = path.read_text(encoding="utf-8")
    data = Definition.parse(text, path).data
    jsonschema.Draft202012Validator(team_schema()).validate(data)
    team = load_team(path)
    assert team.description
    assert parse_team(dump_team(team), path)[0] == team
    assert isinstance(team, Team)
    assert check(PROJECT.graph(name)) == []


@pytest.mark.parametrize("name", FORMS)
def test_a_card_tells_the_team_on_a_page(name: str) -> None:
    """Who is in it, what a run comes to at most, a picture; no line longer than a reader can bear."""
    told = card_of(PROJECT.graph(name), name)
    assert told.startswith(f"# {name}\n")
    assert "## Bounds" in told
    assert "```mermaid" in told
    page = told.partition("## Picture")[0].splitlines()
    assert 10 < len(page) < 80
