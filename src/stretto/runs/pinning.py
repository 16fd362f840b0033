"""Threads keep to the version of a team in which their turn began, also when its file is gone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from stretto.build import build, is_file
from stretto.errors import BadDefinition, InvalidInput, UnknownName, VersionGone
from stretto.project import Project
from stretto.spec.team import Team, dump_team, parse_team
from stretto.teams import build_team, declared_team, project_of, team_graph, whole_team

if TYPE_CHECKING:
    from langgraph.store.base import BaseStore

    from stretto.spec.target import AnyGraph

_SPACE = ("stretto", "teams")
_TEXT = "stretto_text"


def version_of(graph: object) -> str:
    """The version of the team that a graph was made of; "" where it was made in Python."""
    team = declared_team(graph)
    return team.version if team is not None else ""


async def keep_version(
    graph: object, store: BaseStore, target: str = "", *, begins: bool = True
) -> None:
    """Keep a team's file, its agents in it, so that paused threads find it when it is gone.

    Args:
        graph: Of the team; one that Python made is not kept.
        store: Where it is kept.
        target: What the caller names the team, where that is not the team's own name.
        begins: Whether a turn begins; who goes on with one leaves what was kept as it is.
    """
    team = declared_team(graph)
    if team is None:
        return
    text = _text(graph, team)
    for name in dict.fromkeys((team.name, _called(target) or team.name)):
        kept = await store.aget((*_SPACE, name), team.version)
        if kept is None or (begins and kept.value.get("text") != text):
            await store.aput((*_SPACE, name), team.version, {"text": text}, index=False)


def _text(graph: object, team: Team) -> str:
    """The file of a graph's team with its agents in it, made once: the graph does not change."""
    builder: Any = getattr(graph, "builder", graph)
    text: str | None = getattr(builder, _TEXT, None)
    if text is None:
        text = dump_team(whole_team(team, _project(graph)))
        setattr(builder, _TEXT, text)
    return text


def _gone(target: str) -> bool:
    """Whether a target is a team's file that is not there any more."""
    return is_file(target) and not Path(target.partition("@")[0]).exists()


def _called(target: str) -> str:
    """The name under which the versions of a target are kept; "" where it has none."""
    name = target.partition("@")[0]
    name = Path(name).stem if is_file(name) else name
    return "" if {".", ":"} & {*name} else name  # no label of a store's place


async def pinned(target: str, version: str, store: BaseStore) -> AnyGraph:
    """Give the graph of a target in a version: of its file, one beside it, or what was kept.

    Args:
        target: As `stretto.build.build` takes it.
        version: In which a turn began; "" for whatever the target is now.
        store: Where versions are kept.

    Raises:
        VersionGone: It is neither in a file nor kept.
        UnknownName, BadDefinition: As `build`; also where a kept version names what is not there.
    """
    try:
        graph = build(target)
    except UnknownName:
        if not version:
            raise
        return await _kept(target, version, store)
    except BadDefinition:
        if not version or not _gone(target):
            raise
        return await _kept(target, version, store)
    if version and declared_team(graph) is None:  # it was a file then, and is Python now
        return await _kept(target, version, store)
    return await in_version(graph, version, store) if version else graph


async def in_version(graph: AnyGraph, version: str, store: BaseStore) -> AnyGraph:
    """Give the team of a graph in a version: itself, a file beside it, or what was kept.

    Raises as `pinned`.
    """
    team = declared_team(graph)
    if team is None or team.version == version:
        return graph
    try:
        return team_graph(_project(graph), f"{team.name}@{version}")
    except UnknownName as error:
        if error.kind not in ("version", "team"):
            raise
        return await _kept(team.name, version, store, _project(graph))


def _project(graph: object) -> Project:
    return project_of(graph) or Project.find()


async def _kept(
    name: str, version: str, store: BaseStore, project: Project | None = None
) -> AnyGraph:
    name = _called(name) or name.rpartition(":")[2]
    found = await store.aget((*_SPACE, name), version)
    if found is None:
        raise VersionGone(name, version, await _versions(name, store))
    text = str(found.value["text"])
    team, definition, faults = parse_team(text, f"{name}@{version} (as it was kept)")
    graph = build_team(team, project or Project.find(), definition=definition, faults=faults)
    return graph.compile(name=team.name)


async def _versions(name: str, store: BaseStore) -> list[str]:
    return [item.key for item in await store.asearch((*_SPACE, name), limit=100)]


def refuse_other_version(graph: object, before: str, thread: str) -> None:
    """Refuse to go on with a turn in another version than the one in which it began.

    Raises:
        InvalidInput: The versions differ.
    """
    now = version_of(graph)
    if before and now and before != now:
        raise InvalidInput(
            f"the turn on thread {thread!r} began in version {before}, and this graph is version "
            f"{now}. Resume it with `stretto resume {thread}`, which keeps to its version, or take "
            "it over with --migrate."
        )


def migration(graph: object, before: str) -> Any:
    """Give the function that takes threads over from a version of a team.

    Raises:
        InvalidInput: The team declares none.
    """
    team: Team | None = declared_team(graph)
    if team is None or before not in team.migrates:
        name = team.name if team is not None else "the team"
        raise InvalidInput(
            f"{name} has no migration from version {before}. Add `migrates: {{'{before}': "
            "family.function}` to its file, or resume without --migrate."
        )
    return _project(graph).step(str(team.migrates[before]))
