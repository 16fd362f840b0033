"""A team on a page, in Markdown: who is in it, what they may do, who is asked, what it costs."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from stretto.check.bounds import bounds
from stretto.cli.deeds_declared import effects_declared
from stretto.errors import InvalidInput
from stretto.project import Project
from stretto.spec.definition import Definition, Mark
from stretto.spec.named import StepName
from stretto.spec.team import said
from stretto.spec.tool import effect_of
from stretto.spec.wiring import Approve, Hierarchy, Level, Pattern, Supervisor
from stretto.teams import declared
from stretto.teams.names import TeamNames
from stretto.teams.parts import agents_in, parts, steps_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from stretto.spec.agent import Agent
    from stretto.spec.target import AnyGraph
    from stretto.spec.team import Team


def card_of(graph: AnyGraph, name: str) -> str:
    """Make the card of a graph; of one that no pattern made, what can be told of any."""
    project = Project.find()
    try:
        team: Team | None = declared(graph, project)
    except InvalidInput:
        team = None
    sections = [f"# {team.name if team else name}\n", *(_team(team, project) if team else ())]
    return "\n".join([*sections, *_bounds(graph), *_picture(graph)])


def _team(team: Team, project: Project) -> Iterator[str]:
    if team.description:
        yield f"{team.description}\n"
    yield f"Version {team.version}, made by `{_pattern(team.graph)}`.\n"
    names = TeamNames(team, Definition(team.name, said(team), {(): Mark(1, 1)}), project)
    agents = [names.agent(name) for name in agents_in(team.graph)]
    if agents:
        yield from _section("Agents", _agents(agents))
    if tools := {name: tool for agent in agents for name, tool in _tools(agent)}:
        rows = ((name, str(effect_of(tool)), _first(tool)) for name, tool in sorted(tools.items()))
        yield from _section("Tools", _table(("tool", "effect", "what it does"), rows))
    if steps := steps_in(team.graph):
        yield from _section("Functions", _functions(steps, names))
    if rights := list(_authority(team, names)):
        yield from _section("Authority", rights)
    if people := list(_people(team)):
        yield from _section("People", people)


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    yield f"## {title}\n"
    yield from lines
    yield ""


def _pattern(part: Pattern) -> str:
    return str(said(part)["pattern"])


def _agents(agents: Iterable[Agent]) -> Iterator[str]:
    rows = (
        (
            agent.name,
            agent.version,
            agent.role,
            str(agent.model or "the run's"),
            ", ".join(name for name, _ in _tools(agent)) or "-",
            ", ".join(_screened(agent)) or "-",
        )
        for agent in agents
    )
    return _table(("agent", "version", "role", "model", "tools", "screened"), rows)


def _functions(steps: Iterable[str], names: TeamNames) -> Iterator[str]:
    """Functions; where any does something to the world, with what each does."""
    found = [(name, names.step(name)) for name in steps]
    rows = [(name, ", ".join(effects_declared(step)) or "-", _first(step)) for name, step in found]
    if any(effects != "-" for _, effects, _ in rows):
        return _table(("function", "effects, each once", "what it does"), rows)
    return _table(("function", "what it does"), ((name, told) for name, _, told in rows))


def _tools(agent: Agent) -> list[tuple[str, Any]]:
    return [(str(getattr(t, "name", "") or getattr(t, "__name__", "")), t) for t in agent.tools]


def _screened(agent: Agent) -> list[str]:
    told = said(agent.screen) if agent.screen is not None else {}
    return [*(key for key in told if key != "patterns"), *told.get("patterns", {})]


def _authority(team: Team, names: TeamNames) -> Iterator[str]:
    """What each level may do by itself, and what patterns may spend, in words."""
    for part in parts(team.graph):
        if isinstance(part, Level | Hierarchy) and part.authority is not None:
            yield f"- {_who(part.manager)}: {_rights(part.authority, names)}"
        elif (budget := getattr(part, "budget", None)) is not None:
            yield f"- {part.name or _pattern(part)}: spends at most {_rights(budget, names)}"


def _rights(given: Any, names: TeamNames) -> str:
    told = said(names.step(given.root) if isinstance(given, StepName) else given)
    if not told:
        return "decides nothing alone"
    return ", ".join(f"{key.replace('_', ' ')} {_right(value)}" for key, value in told.items())


def _right(value: Any) -> str:
    match value:
        case dict():
            return ", ".join(
                f"{key}" if most is None else f"{key} up to {most:,.10g}"
                for key, most in value.items()
            )
        case frozenset():
            return ", ".join(sorted(map(str, value)))
        case _:
            return str(value)


def _people(team: Team) -> Iterator[str]:
    """Where the run may wait for a person."""
    for part in parts(team.graph):
        if isinstance(part, Approve):
            asked = part.ask if isinstance(part.ask, str) else f"as `{part.ask.step}` words it"
            to = f" {part.to} is asked" if part.to else " Somebody is asked"
            yield f"-{to} before the result of {_who(part.member)} counts: {asked}"
        elif isinstance(part, Hierarchy):
            yield f"- What goes beyond the authority of {_who(part.manager)} goes to a person."
        elif isinstance(part, Supervisor) and part.escalate == "person":
            yield f"- Work that nobody under {_who(part.manager)} can do goes to a person."


def _who(member: Any) -> str:
    told = said(member)
    if isinstance(told, str):
        return told
    return str(told.get("name") or told.get("agent") or told.get("step") or told.get("pattern"))


def _bounds(graph: AnyGraph) -> Iterator[str]:
    found = bounds(graph)
    rows = (
        (
            name.replace("_", " "),
            str(formula) if not formula.endless else f"no bound: {formula.endless}",
        )
        for name in ("supersteps", "node_runs", "model_calls", "tool_calls")
        for formula in (getattr(found, name),)
    )
    lines = [*_table(("a run comes to at most", ""), rows)]
    lines += [f"\nWhere {one}" for one in found.assumptions]
    yield from _section("Bounds", lines)


def _picture(graph: AnyGraph) -> Iterator[str]:
    drawn = graph.get_graph().draw_mermaid().strip()
    yield from _section("Picture", ["```mermaid", drawn, "```"])


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', '/') for cell in row)} |"


def _first(thing: Any) -> str:
    told = getattr(thing, "description", "") or inspect.getdoc(thing) or ""
    return str(told).partition("\n")[0]
