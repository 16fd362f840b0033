"""Teams from their files, made into graphs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from stretto.errors import InvalidInput, UnknownName
from stretto.project import Project
from stretto.spec.team import read_team
from stretto.teams.building import build_team
from stretto.teams.finding import team_file, teams

if TYPE_CHECKING:
    from stretto.spec.target import AnyGraph


def team(path: Path | str) -> AnyGraph:
    """Give the compiled graph of a team's file.

    Args:
        path: Of the YAML file; of a Python file the YAML beside it of the same name, so that
            `graph = team(__file__)` serves it. `FILE@VERSION` is an older version.

    Raises:
        BadDefinition: The file is not there or is wrong; a `BadDefinitions` tells all at once.
        UnknownName: There is no such version.
    """
    file = team_file(Path(path))
    told, definition, faults = read_team(file)
    graph = build_team(told, Project.at(file), definition=definition, faults=faults)
    return graph.compile(name=told.name)


def team_graph(project: Project, name: str) -> AnyGraph:
    """Give a project's team by name: of `graphs/NAME.yaml`, else as langgraph.json names it.

    Raises:
        UnknownName: There is none, or not in that version.
        BadDefinition: Its file is wrong.
    """
    plain, _, version = name.partition("@")
    known = teams(project)
    if plain in known:
        return team(f"{known[plain]}@{version}" if version else known[plain])
    if plain not in (graphs := project.graphs()):
        raise UnknownName("team", plain, [*known, *graphs])
    if version:
        raise InvalidInput(
            f"team {plain!r} is written in Python, which has no versions. Name it alone"
        )
    return project.graph(plain)
