"""A graph from what a team's file says: names looked up, members made, patterns called."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, cast

from stretto import patterns
from stretto.errors import BadDefinition, BadDefinitions, InvalidInput, StrettoError
from stretto.members import Compaction, member
from stretto.patterns import rules
from stretto.patterns.handing_over import handoff
from stretto.patterns.hierarchy import level
from stretto.patterns.rows import File
from stretto.patterns.rules import Rule
from stretto.policy import Policy
from stretto.routing.holds import Holds
from stretto.spec.definition import Definition, Mark, refuse
from stretto.spec.named import RuleName, Said, Step, StepName, TypeName
from stretto.spec.team import UNREAD, Team, said
from stretto.spec.wiring import (
    AgentMember,
    ByName,
    Escalation,
    FieldSource,
    FileSource,
    GraphMember,
    Handing,
    Pattern,
    Placed,
    SagaStep,
    Say,
    StepMember,
    Summarise,
    Supervisor,
    TeamMember,
    Way,
)
from stretto.spec.yaml import policy_of
from stretto.teams.deciding import DECIDER_CLASSES, decider
from stretto.teams.fitting import own_name, refuse_class, refuse_misfit, unforeseen
from stretto.teams.names import TeamNames, building
from stretto.teams.types import state_of, type_named

if TYPE_CHECKING:
    from collections.abc import Callable

    from langgraph.graph import StateGraph

    from stretto.project import Project
    from stretto.spec.definition import Place

    AnyBuilder = StateGraph[Any, Any, Any, Any]

_TEAM = "stretto_team"
_PROJECT = "stretto_project"
RENAMED = {"approve": {"member": "thing"}}
"""Keys of a file that are called otherwise in Python, by pattern."""


class _Bad:
    """Stands for what could not be made; why has been told."""


_BAD = _Bad()


def build_team(
    team: Team,
    project: Project,
    *,
    definition: Definition | None = None,
    faults: list[StrettoError] | None = None,
) -> AnyBuilder:
    """Make the graph of a team, uncompiled.

    Args:
        team: What its file says.
        project: Where the names in it lead.
        definition: Where the file says what, for errors.
        faults: What is already known to be wrong; it is told together with what is found.

    Raises:
        BadDefinition: A name leads to nothing, or a pattern cannot be made of its members; a
            `BadDefinitions` tells several faults at once, in the file's order.
        InvalidInput: The team is a member of itself.
    """
    where = definition or Definition(f"team {team.name!r}", said(team), {(): Mark(1, 1)})
    maker = _Maker(team, where, project, list(faults or ()))
    with building(where.path):
        graph = maker.root()
    told = {str(fault): fault for fault in sorted(_flat(maker.faults), key=_order)}
    refuse(where.path, list(told.values()))
    setattr(graph, _TEAM, team)
    setattr(graph, _PROJECT, project)
    return cast("AnyBuilder", graph)


def declared_team(graph: object) -> Team | None:
    """The team that a graph, compiled or not, was made of; `None` where Python made it."""
    team: Team | None = getattr(getattr(graph, "builder", graph), _TEAM, None)
    return team


def project_of(graph: object) -> Project | None:
    """The project in which a graph's team was found; `None` where Python made it."""
    project: Project | None = getattr(getattr(graph, "builder", graph), _PROJECT, None)
    return project


def _flat(faults: list[StrettoError]) -> list[StrettoError]:
    return [one for each in faults for one in getattr(each, "errors", (each,))]


def _order(fault: StrettoError) -> tuple[int, int]:
    if isinstance(fault, BadDefinition) and not isinstance(fault, BadDefinitions):
        return fault.line or 0, fault.column or 0
    parts = str(getattr(fault, "where", "")).rsplit(":", 2)
    return (int(parts[1]), int(parts[2])) if len(parts) == 3 and parts[2].isdigit() else (0, 0)


class _Maker:
    """Makes what one team says, and gathers what is wrong with it."""

    def __init__(
        self, team: Team, definition: Definition, project: Project, faults: list[StrettoError]
    ) -> None:
        self.team, self.definition, self.faults = team, definition, faults
        self.unread = UNREAD if faults else None
        self.names = TeamNames(team, definition, project)

    def root(self) -> Any:
        """Make the team's own graph; all its agents are looked at, used or not."""
        for name in self.team.agents:
            self._found(partial(self.names.agent, name), ("agents", name))
        for version, step in self.team.migrates.items():
            self._found(partial(self._step, step.root, ("migrates",)), ("migrates", version))
        return self._pattern(self.team.graph, ("graph",))

    def _found(self, find: Callable[[], Any], place: Place) -> Any:
        """What a name leads to; else the fault is noted, with its place."""
        try:
            return find()
        except StrettoError as error:
            self._told(error, place)
        except Exception as error:  # noqa: BLE001 - what a user's code raises when it is taken in
            self._told(unforeseen(error), place)
        return _BAD

    def _step(self, name: str, place: Place) -> Any:
        found = self.names.step(name)
        refuse_misfit(name, found, place)
        return found

    def _runnable(self, find: Callable[[str], Any], name: str) -> Any:
        found = find(name)
        refuse_class(name, found)
        return found

    def _member(self, told: Placed | ByName, place: Place) -> Any:
        if isinstance(told, ByName):
            if told.root == self.unread:
                return _BAD
            return self._found(lambda: self.names.agent(told.root), place)
        thing = self._thing(told, place)
        options = {key: self._option(key, told, place) for key in _OPTIONS if getattr(told, key)}
        if thing is _BAD or _BAD in options.values():
            return _BAD
        if told.handoff is not None:
            return self._handed(told.handoff, thing, options, place)
        return self._found(lambda: member(thing, **options), place) if options else thing

    def _thing(self, told: Placed, place: Place) -> Any:
        match told:
            case AgentMember(agent=name):
                return self._found(lambda: self.names.agent(name), (*place, "agent"))
            case StepMember(step=name):
                find = partial(self._runnable, self.names.step, name)
                return self._found(find, (*place, "step"))
            case GraphMember(graph=name):
                find = partial(self._runnable, self.names.graph, name)
                return self._found(find, (*place, "graph"))
            case TeamMember(team=name):
                return self._found(lambda: self._team(name), (*place, "team"))
            case Pattern():
                return self._pattern(told, place)
            case _:
                raise AssertionError(told)

    def _team(self, name: str) -> Any:
        from stretto.teams.loading import team_graph

        return team_graph(self.names.project, name)

    def _option(self, key: str, told: Placed, place: Place) -> Any:
        value, place = getattr(told, key), (*place, key)
        match value:
            case Policy():
                return self._policy(cast("Any", value), place)
            case dict():
                return self._found(lambda: Holds(cast("dict[str, Any]", value)), place)
            case _:
                return self._value(value, place)

    def _policy(self, told: Any, place: Place) -> Any:
        before = len(self.faults)

        def fault(error: StrettoError, within: Place) -> None:
            self._told(error, (*place, *within))

        made = policy_of(told, self.names, fault)
        return made if len(self.faults) == before else _BAD

    def _handed(self, told: Handing, thing: Any, options: dict[str, Any], place: Place) -> Any:
        payload = self._value(told.payload, (*place, "handoff", "payload"))
        context = self._value(told.context, (*place, "handoff", "context"))
        if _BAD in (payload, context):
            return _BAD
        return self._found(
            lambda: handoff(
                member(thing, **options) if options else thing, payload=payload, context=context
            ),
            place,
        )

    def _pattern(self, told: Pattern, place: Place) -> Any:
        name = cast("Any", told).pattern
        given = {
            RENAMED.get(name, {}).get(key, key): self._value(getattr(told, key), (*place, key))
            for key, field in type(told).model_fields.items()
            if key not in _NOT_GIVEN
            and not (key == "reassign" and isinstance(told, Supervisor))
            and (field.is_required() or getattr(told, key) != field.get_default())
        }
        if isinstance(told, Supervisor) and "workers" in given:
            given["reassign"] = self._reassigned(told, given["workers"], place)
        if any(_bad(value) for value in given.values()):
            return _BAD
        star = given.pop(told.star, ())
        factory: Any = level if name == "level" else getattr(patterns, name)
        return self._called(lambda: factory(*star, **given), place)

    def _reassigned(self, told: Supervisor, workers: list[Any], place: Place) -> Any:
        """Who takes over: a name is a worker's where one has it, else an agent's."""
        names = {name for each in workers if not _bad(each) and (name := own_name(each))}

        def one(value: Any, at: Place) -> Any:
            match value:
                case ByName(root=name) if name in names:
                    return name
                case list():
                    return [one(each, (*at, i)) for i, each in enumerate(value)]
                case dict():
                    return {key: one(each, (*at, key)) for key, each in value.items()}
                case _:
                    return self._value(value, at)

        return one(told.reassign, (*place, "reassign"))

    def _called(self, make: Callable[[], Any], place: Place) -> Any:
        """What a factory makes; what it refuses is told at the key that it names."""
        try:
            return make()
        except StrettoError as error:
            keys = [key for key in self._keys(place) if f"`{key}`" in str(error)]
            self._told(error, (*place, *keys[:1]))
        except Exception as error:  # noqa: BLE001 - a value that no pattern foresaw
            self._told(unforeseen(error), place)
        return _BAD

    def _keys(self, place: Place) -> list[str]:
        """The keys that the file has at a place."""
        depth = len(place)
        return [
            str(at[-1])
            for at in self.definition.marks
            if len(at) == depth + 1 and at[:depth] == place
        ]

    def _value(self, value: Any, place: Place) -> Any:
        """What Python is given for what the file says."""
        match value:
            case ByName() | Placed():
                return self._member(cast("Any", value), place)
            case Step(step=name) if name == self.unread:
                return _BAD
            case StepName(root=name) | Step(step=name):
                return self._found(lambda: self._step(name, place), place)
            case TypeName(root=name):
                return self._found(lambda: type_named(name, self.names.step), place)
            case RuleName(root=name):
                return self._found(lambda: self._rule(name), place)
            case Said():
                return self._said(value, place)
            case list():
                items: list[Any] = value
                return [self._value(each, (*place, at)) for at, each in enumerate(items)]
            case dict():
                return self._mapping(cast("dict[str, Any]", value), place)
            case _:
                return value

    def _mapping(self, value: dict[str, Any], place: Place) -> Any:
        if place[-1:] == ("state",):

            def tell(error: StrettoError, field: str) -> None:
                self._told(error, (*place, field))

            before = len(self.faults)
            made = state_of(value, self.names.step, tell)
            return made if len(self.faults) == before else _BAD
        return {key: self._value(each, (*place, key)) for key, each in value.items()}

    def _told(self, error: StrettoError, place: Place) -> None:
        self.faults.append(self.definition.located(error, *place))

    def _said(self, value: Said, place: Place) -> Any:
        if type(value) in DECIDER_CLASSES:
            return self._found(lambda: decider(value, self.names), place)
        match value:
            case Say(say=words):
                return words
            case Escalation(to=to, seconds=seconds):
                return (to, seconds)
            case FieldSource(field=field):
                return field
            case FileSource():
                return self._found(lambda: self._file(value), place)
            case Summarise(tokens=tokens, keep=keep):
                return Compaction(tokens, keep)
            case SagaStep(do=do, undo=undo):
                done = self._value(do, (*place, "do"))
                undone = self._value(undo, (*place, "undo"))
                return _BAD if _BAD in (done, undone) else (done, undone)
            case Way(to=to):
                payload = self._value(value.payload, (*place, "payload"))
                context = self._value(value.context, (*place, "context"))
                if _BAD in (payload, context):
                    return _BAD
                return self._found(lambda: handoff(to, payload=payload, context=context), place)
            case _:
                raise AssertionError(value)

    def _file(self, told: FileSource) -> File:
        path = self.names.project.root / told.file
        return File(path, told.format, told.encoding, tuple(told.columns or ()))

    def _rule(self, name: str) -> Rule:
        known = {each: rule for each, rule in vars(rules).items() if isinstance(rule, Rule)}
        if name in known:
            return known[name]
        found = self.names.step(name)
        if isinstance(found, Rule):
            return found
        raise InvalidInput(f"{name!r} is no rule. Write `{name.rpartition('.')[2]} = Rule(...)`")


_OPTIONS = ("name", "role", "when", "policy", "takes", "gives", "detach")
_NOT_GIVEN = {*_OPTIONS, "handoff", "pattern"}


def _bad(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_bad, cast("dict[str, Any]", value).values()))
    if isinstance(value, list | tuple):
        return any(map(_bad, value))
    return value is _BAD
