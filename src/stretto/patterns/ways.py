"""Who of a swarm may hand over to whom, with what, and who takes whose place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from stretto.errors import InvalidInput, InvalidMember, UnknownName
from stretto.patterns.handing_over import ONE_TOOL, Handoff, handoff, tool_name

if TYPE_CHECKING:
    from stretto.patterns.context import Context

Edges = Mapping[str, Sequence[str | Handoff]]
"""Names, or declared handoffs to names, by the name of the one that hands over."""
StandIns = Mapping[str, Sequence[str]]
"""Names of those that take an agent's place, in this order, by its name."""


@dataclass(frozen=True, slots=True)
class Ways:
    """The handoffs of a swarm, checked."""

    start: str
    edges: Mapping[str, Mapping[str, Handoff]]
    stand_ins: Mapping[str, tuple[str, ...]]
    context: Context
    most: int
    """Handoffs of one turn."""
    tools: Mapping[str, str]
    """Members, by the name of the tool that hands over to them."""

    def targets(self, name: str) -> tuple[str, ...]:
        """All that may go on after this one."""
        return tuple(dict.fromkeys([*self.edges[name], *self.stand_ins[name]]))

    def seen(self, by: str, to: str) -> Context:
        """What `to` sees when `by` has handed over to it."""
        way = self.edges.get(by, {}).get(to)
        return self.context if way is None or way.context is None else way.context


def ways_of(
    team: Sequence[str],
    declared: Mapping[str, Handoff],
    *,
    start: str | None,
    edges: Edges | None,
    stand_ins: StandIns | None,
    context: Context,
    most: int,
) -> Ways:
    """Check who hands over to whom.

    Raises:
        UnknownName: A name is none of the team's.
        InvalidInput: One hands over to itself or takes its own place, nobody hands over to one
            that is not the first, or the bound is none.
        InvalidMember: Two names give one name of a tool.
    """
    names = tuple(team)
    first = names[0] if start is None else _known(start, names, "swarm: start")
    if isinstance(most, bool) or not isinstance(most, int) or most < 1:  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InvalidInput(f"swarm: max_handoffs is {most!r}. Give a whole number from 1.")
    ways = Ways(
        first,
        _edges(names, declared, edges),
        {},
        context,
        most,
        _tools(names),
    )
    places = {n: tuple(ways.edges[n]) for n in names} | _places(names, stand_ins or {})
    ways = replace(ways, stand_ins=places)
    _refuse_unreached(names, ways)
    return ways


def _known(name: Any, names: Sequence[str], where: str) -> str:
    if name in names:
        return str(name)
    raise UnknownName("agent", str(name), names, where=where)


def _edges(
    names: Sequence[str], declared: Mapping[str, Handoff], edges: Edges | None
) -> dict[str, dict[str, Handoff]]:
    for by in edges or {}:
        _known(by, names, "swarm: edges")
    return {
        by: {each.agent: each for each in _from(by, names, declared, edges)}  # type: ignore[misc]
        for by in names
    }


def _from(
    by: str, names: Sequence[str], declared: Mapping[str, Handoff], edges: Edges | None
) -> list[Handoff]:
    if edges is None:
        return [declared.get(to) or handoff(to) for to in names if to != by]
    where, found = f"swarm: edges[{by!r}]", list[Handoff]()
    given: Any = edges.get(by, ())
    for one in (given,) if isinstance(given, str | Handoff) else given:
        to = _known(one.agent if isinstance(one, Handoff) else one, names, where)
        if to == by:
            raise InvalidInput(f"{where}: {by!r} hands over to itself. Leave it out.")
        base = declared.get(to) or handoff(to)
        own = one if isinstance(one, Handoff) else base
        payload = own.payload or base.payload
        context = base.context if own.context is None else own.context
        found.append(Handoff(to, payload, context))
    return found


def _places(names: Sequence[str], given: StandIns) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for of, places in given.items():
        _known(of, names, "swarm: stand_ins")
        where = f"swarm: stand_ins[{of!r}]"
        taken: Any = (places,) if isinstance(places, str) else places
        found[of] = tuple(_known(each, names, where) for each in taken)
        if of in found[of]:
            raise InvalidInput(f"{where}: {of!r} cannot take its own place. Leave it out.")
    return found


def _tools(names: Sequence[str]) -> dict[str, str]:
    tools: dict[str, str] = {}
    for name in names:
        tool = tool_name(name)
        if tool == ONE_TOOL:
            raise InvalidMember(
                f"swarm: {name!r} cannot be the name of an agent: its tool {tool!r} is that "
                "which hands over to any. Give it another name, with `member(it, name=...)`."
            )
        if tool in tools:
            raise InvalidMember(
                f"swarm: {tools[tool]!r} and {name!r} would both be handed over to by the tool "
                f"{tool!r}. Give one another name, with `member(it, name=...)`."
            )
        tools[tool] = name
    return tools


def _refuse_unreached(names: Sequence[str], ways: Ways) -> None:
    reached, todo = {ways.start}, [ways.start]
    while todo:
        for to in ways.targets(todo.pop()):
            if to not in reached:
                reached.add(to)
                todo.append(to)
    if lost := [name for name in names if name not in reached]:
        raise InvalidInput(
            f"swarm: nobody hands over to {lost[0]!r}, directly or through others, and it is not "
            f"the first. Name it in `edges`, make it the `start`, or leave it out."
        )
