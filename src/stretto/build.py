"""A graph from what a caller names: a team, an agent alone, a file's or a module's attribute."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from stretto.errors import InvalidInput, UnknownName
from stretto.project import Project
from stretto.teams import SUFFIXES, team, team_graph, teams

if TYPE_CHECKING:
    from stretto.spec.target import AnyGraph

AGENT = "agent:"


def build(target: str, *, start: Path | None = None) -> AnyGraph:
    """Give the graph of a target, ready to run.

    Args:
        target: A team of langgraph.json or of a file in `graphs/`; a team's file,
            `path/to/team.yaml`; `agent:NAME`, one agent of the project alone, with a conversation
            of its own; `path/to/file.py:attribute`; or `package.module:attribute`. A team of a
            file is followed by `@VERSION` for an older version.
        start: Where the project and relative paths are looked for; the working directory by
            default.

    Raises:
        UnknownName: There is no such team, agent or attribute; the text offers the nearest.
        InvalidInput: A team or agent is named where no project is, or an agent without `agent:`.
        BadDefinition: The file that defines it is wrong.
    """
    folder = (start or Path.cwd()).absolute()
    if target.startswith(AGENT):
        return _agent(target.removeprefix(AGENT), folder)
    if is_file(target):
        return team(folder / target)
    if ":" in target:
        return _attribute(target, folder)
    project = Project.find(folder)
    named = project.graphs()
    if target in named:
        return project.graph(target)
    files = teams(project)
    if target.partition("@")[0] in files:
        return team_graph(project, target)
    agents = project.agents()
    if target in agents:
        raise InvalidInput(f"no team {target!r}; it is an agent. Did you mean '{AGENT}{target}'?")
    known = [*named, *files, *(f"{AGENT}{agent}" for agent in agents)]
    raise UnknownName("team", target, known)


def is_file(target: str) -> bool:
    """Tell whether a target is a team's file, perhaps in an older version."""
    return Path(target.partition("@")[0]).suffix in SUFFIXES


def lasting(target: str, *, start: Path | None = None) -> str:
    """Give the target in a form that means the same from any folder: a file with its whole path."""
    if is_file(target):
        plain, at, version = target.partition("@")
        return f"{((start or Path.cwd()) / plain).resolve()}{at}{version}"
    place, colon, attribute = target.rpartition(":")
    if not colon or not place.endswith(".py"):
        return target
    return f"{((start or Path.cwd()) / place).resolve()}:{attribute}"


def _agent(name: str, folder: Path) -> AnyGraph:
    from stretto.members import Compaction, agent_graph
    from stretto.state import ResearchContext

    agent = Project.find(folder).agent(name)
    return agent_graph(agent, compaction=Compaction(), context=ResearchContext)


def _attribute(target: str, folder: Path) -> AnyGraph:
    from stretto.spec.target import Target

    name = Path(target.rpartition(":")[0]).stem.rpartition(".")[2] or "graph"
    found = Target(name, target, folder, Path(target.rpartition(":")[0]))
    return found.graph(found.module())
