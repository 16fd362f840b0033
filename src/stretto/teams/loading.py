"""Teams from their files: found by name and version, read, and made into graphs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stretto.errors import BadDefinition, InvalidInput, UnknownName
from stretto.project import Project
from stretto.spec.definition import refuse
from stretto.spec.team import read_team
from stretto.teams.building import build_team

if TYPE_CHECKING:
    from stretto.spec.team import Team

FOLDER = "graphs"
SUFFIXES = (".yaml", ".yml")
_FILE = re.compile(r"(?P<name>[\w.-]+?)(?:@(?P<version>[^@/]+))?")


def team(path: Path | str) -> Any:
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


def load_team(path: Path | str) -> Team:
    """Read a team's file as a value; raises as `team`, but looks up no names."""
    file = team_file(Path(path))
    told, _, faults = read_team(file)
    refuse(file, faults)
    return told


def teams(project: Project) -> dict[str, Path]:
    """Give the team files of a project's `graphs/` by name, without older versions."""
    folder = project.root / FOLDER
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    return {p.stem: p for p in found if p.suffix in SUFFIXES and "@" not in p.stem}


def team_graph(project: Project, name: str) -> Any:
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


def team_file(path: Path) -> Path:
    """Give the file of a team, and of one of its versions.

    The version stands in the file that is named, or beside it in `NAME@VERSION.yaml`.

    Raises:
        BadDefinition: There is no such file.
        UnknownName: There is no such version.
    """
    text = str(path)
    plain, at, version = text.rpartition("@")
    if at and not path.is_file() and not version.endswith(SUFFIXES):
        return _version(team_file(Path(plain)), version)
    if path.suffix == ".py":
        beside = [path.with_suffix(suffix) for suffix in SUFFIXES]
        path = next((each for each in beside if each.is_file()), beside[0])
    if not path.is_file():
        near = [p.name for p in path.parent.glob("*.y*ml")] if path.parent.is_dir() else []
        raise BadDefinition(path, None, "there is no such file", _near(path.name, near))
    return path


def _near(name: str, known: list[str]) -> str:
    from stretto.spec.definition import nearest

    return nearest(name, known) if known else "Write it"


def versions(path: Path) -> dict[str, Path]:
    """Give the files of all versions of a team that stand beside each other, by version."""
    stem = path.stem.partition("@")[0]
    files = [p for suffix in SUFFIXES for p in path.parent.glob(f"{stem}@*{suffix}")]
    found = {p.stem.partition("@")[2]: p for p in sorted(files)}
    current = next(
        (path.parent / f"{stem}{s}" for s in SUFFIXES if (path.parent / f"{stem}{s}").is_file()),
        None,
    )
    if current is not None:
        found[read_team(current)[0].version] = current
    return found


def _version(path: Path, version: str) -> Path:
    known = versions(path)
    if version not in known:
        raise UnknownName("version", version, known, where=str(path))
    return known[version]
