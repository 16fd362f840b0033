"""What a team's file would say of a graph that Python made: the way back from patterns to YAML."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Union, cast, get_args, get_origin

from langgraph.pregel import Pregel
from pydantic import BaseModel, ValidationError
from typing_extensions import is_typeddict

from stretto.errors import InvalidInput, StrettoError
from stretto.members import Compaction, Member, member
from stretto.patterns import rules
from stretto.patterns.handing_over import Handoff
from stretto.patterns.hierarchy import Level
from stretto.patterns.made import made_of
from stretto.patterns.rows import File
from stretto.patterns.rules import Rule
from stretto.policy import Authority
from stretto.routing.holds import Holds
from stretto.spec.agent import Agent
from stretto.spec.definition import Definition
from stretto.spec.named import StepName
from stretto.spec.team import Team
from stretto.spec.wiring import PATTERNS
from stretto.spec.yaml import dump_agent, policy_said
from stretto.teams.building import RENAMED, declared_team
from stretto.teams.fitting import own_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.patterns.made import Made
    from stretto.project import Project


def declared(graph: Any, project: Project, *, description: str = "") -> Team:
    """Give the team that a graph is, with what Python made of it told by name.

    A graph of a team's file gives that file's team. Agents that are none of the project's become
    the team's own; functions, types and values are named where `steps/` defines them.

    Args:
        graph: A graph of our patterns, compiled or not.
        project: Where its names lead.
        description: What the team is for.

    Raises:
        InvalidInput: It has parts that a file cannot say: nodes of the user's own, functions or
            types that are not in `steps/`, model objects.
    """
    known = declared_team(graph)
    if known is not None:
        return known
    made = made_of(graph)
    if made is None:
        raise InvalidInput(
            "the graph was not made by a pattern alone, and a file cannot say the rest. Make it of "
            "patterns, or take it into a team as `graph: package.module:name`."
        )
    telling = _Telling(project)
    told = telling.pattern(made)
    name = graph.get_name() if isinstance(graph, Pregel) else made.pattern
    data: dict[str, Any] = {"name": name, "graph": told}
    if description:
        data["description"] = description
    if telling.agents:
        data["agents"] = telling.agents
    try:
        return Team.model_validate(data)
    except ValidationError as error:  # pragma: no cover  # every factory's values have a form
        raise InvalidInput(f"the graph cannot be told as a file: {error}. Report it") from error


class _Telling:
    """Says the parts of one graph, and gathers the agents that only it has."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.agents: dict[str, Any] = {}
        self._known = dict(_agents(project))

    def pattern(self, made: Made) -> dict[str, Any]:
        """What a file says of a call of a factory."""
        kind, renamed = PATTERNS[made.pattern], RENAMED.get(made.pattern, {})
        back = {python: key for key, python in renamed.items()}
        told: dict[str, Any] = {"pattern": made.pattern}
        for parameter, value in made.given.items():
            key = back.get(parameter, parameter)
            said = self.given(made.pattern, key, value)
            told[key] = _named_alone(kind, key, said)
        return told

    def given(self, pattern: str, key: str, value: Any) -> Any:
        """What a file says of what a factory was given under a key."""
        match key, value:
            case ("state" | "payload", type()):
                return self._type(value)
            case ("context", type()) if pattern == "plan":
                return self._type(value)
            case ("by", list() | tuple()):
                return [self.given(pattern, key, each) for each in value]
            case ("by", Agent()):
                return {"agent": self._agent(value)}
            case ("otherwise", str()):
                return {"say": value}
            case ("source", str()):
                return {"field": value}
            case ("source", Path()):
                return {"file": self._path(value)}
            case ("steps", list() | tuple()) if pattern == "saga":
                return [self._saga_step(each) for each in value]
            case ("escalate", list() | tuple()):
                return [self._escalation(each) for each in value]
            case ("edges", dict()):
                ways = cast("dict[str, list[Any]]", value)
                return {name: [self._way(each) for each in to] for name, to in ways.items()}
            case ("approve", str()):
                return [value]
            case _:
                return self.value(value)

    def value(self, value: Any) -> Any:
        """What a file says of a value."""
        match value:
            case None | bool() | int() | float() | str():
                return value
            case Agent():
                return self._agent(value)
            case Member():
                return self._member(value)
            case Level():
                return self._level(value)
            case Handoff():
                return self._handoff(value)
            case Rule():
                return self._rule(value)
            case File():
                return self._file(value)
            case Compaction():
                return {"tokens": value.tokens, "keep": value.keep}
            case dict():
                return {key: self.value(each) for key, each in cast("Any", value).items()}
            case list() | tuple():
                return [self.value(each) for each in cast("Any", value)]
            case _:
                return self._thing(value)

    def _thing(self, value: Any) -> Any:
        """A graph told by its pattern, all else by its name."""
        if (made := made_of(value)) is not None:
            told = self.pattern(made)
            return {"name": value.get_name(), **told} if isinstance(value, Pregel) else told
        if (name := self._step(value)) is not None:
            return {"step": name}
        if isinstance(value, BaseModel):
            return value.model_dump(mode="json", exclude_defaults=True)
        if (name := _module_name(value)) is not None:
            is_runnable = hasattr(value, "ainvoke")
            return {"graph": name} if is_runnable else {"step": name}
        raise InvalidInput(
            f"{value!r} has no name that a file could say. Define it at the top of a file in "
            "`steps/`."
        )

    def _agent(self, agent: Agent) -> str:
        for name, known in self._known.items():
            if known == agent:
                return name
        if self.agents.setdefault(agent.name, (text := _agent_said(agent))) != text:
            raise InvalidInput(f"two agents are called {agent.name!r}. Rename one.")
        return agent.name

    def _member(self, one: Member) -> Any:
        """A member, with what `member(...)` said of its place."""
        source, options = one.source, self._placed(one)
        told = self._thing(source) if not isinstance(source, Agent) else self._agent(source)
        if isinstance(told, str):
            return {"agent": told, **options} if options else told
        return {**told, **options}

    def _placed(self, one: Member) -> dict[str, Any]:
        """What was said of a member beside what it is: where it differs from itself alone."""
        bare = member(one.source, name=one.name)
        told: dict[str, Any] = {}
        if one.name != own_name(one.source):
            told["name"] = one.name
        if one.role != bare.role:
            told["role"] = one.role
        if one.when is not None:
            told["when"] = self._when(one.when)
        if one.policy is not None and one.policy != bare.policy:
            told["policy"] = policy_said(f"member {one.name!r}", one.policy)
        for key in ("takes", "gives"):
            if (kind := getattr(one, key)) is not None:
                told[key] = self._type(kind)
        if one.detach and not bare.detach:
            told["detach"] = True
        return told

    def _when(self, when: Any) -> Any:
        if isinstance(when, Holds):
            return when.conditions
        told = self._thing(when)
        return told["step"]

    def _level(self, level: Level) -> dict[str, Any]:
        told: dict[str, Any] = {"pattern": "level", "manager": self._member(level.manager)}
        if level.members:
            told["members"] = [self.value(each) for each in level.members]
        if level.authority != Authority():
            told["authority"] = _named_alone(
                PATTERNS["level"], "authority", self.value(level.authority)
            )
        if level.decide is not None:
            told["decide"] = self._thing(level.decide)["step"]
        options = {key: self.value(each) for key, each in level.options.items()}
        return {**told, **{k: _named_alone(PATTERNS["level"], k, v) for k, v in options.items()}}

    def _handoff(self, given: Handoff) -> Any:
        told = self.value(given.agent)
        member = {"agent": told} if isinstance(told, str) else dict(told)
        return {**member, "handoff": self._handed(given)}

    def _handed(self, given: Handoff) -> dict[str, Any]:
        told: dict[str, Any] = {}
        if given.payload is not None:
            told["payload"] = self._type(given.payload)
        if given.context is not None:
            told["context"] = self.value(given.context)
        return told

    def _way(self, to: Any) -> Any:
        return {"to": to.agent, **self._handed(to)} if isinstance(to, Handoff) else to

    def _rule(self, rule: Rule) -> str:
        for name, known in vars(rules).items():
            if known is rule:
                return name
        return cast("str", self._thing(rule)["step"])

    def _file(self, file: File) -> dict[str, Any]:
        told: dict[str, Any] = {"file": self._path(Path(file.path)), "format": file.format}
        told |= {"encoding": file.encoding, "columns": list(file.columns) or None}
        return told

    def _path(self, path: Path) -> str:
        inside = path.is_absolute() and path.is_relative_to(self.project.root)
        return str(path.relative_to(self.project.root) if inside else path)

    def _saga_step(self, step: Any) -> Any:
        if isinstance(step, list):
            return [self._saga_step(each) for each in step]
        if isinstance(step, tuple):
            do, undo = cast("tuple[Any, Any]", step)
            return {"do": self.value(do), "undo": self._thing(undo)["step"]}
        return self.value(step)

    def _escalation(self, step: Any) -> Any:
        return {"to": step[0], "seconds": step[1]} if isinstance(step, tuple) else step

    def _type(self, kind: Any) -> str:
        """A type by the name that a file gives it."""
        if kind is Any:
            return "any"
        if get_origin(kind) in (list, dict):
            within = ", ".join(self._type(each) for each in get_args(kind))
            return f"{cast('type', get_origin(kind)).__name__}[{within}]"
        if get_origin(kind) is Union or type(None) in get_args(kind):
            inner = [each for each in get_args(kind) if each is not type(None)]
            return f"{self._type(inner[0])} | None"
        if isinstance(kind, type) or is_typeddict(kind):
            if kind.__module__ in ("builtins", "stretto.state"):
                return str(kind.__name__)
            if (name := self._step(kind)) is not None:
                return name
        raise InvalidInput(f"the type {kind!r} has no name in a file. Define it in `steps/`.")

    def _step(self, value: Any) -> str | None:
        """The name of a function, class or value that a file in `steps/` has."""
        for family, module in self._modules():
            for name, each in vars(module).items():
                if each is value and not name.startswith("_"):
                    own = getattr(value, "__module__", module.__name__) == module.__name__
                    if own or not callable(value):
                        return f"{family}.{name}"
        return None

    def _modules(self) -> list[tuple[str, Any]]:
        folder = self.project.root / "steps"
        loaded = [m for m in list(sys.modules.values()) if getattr(m, "__file__", None)]
        files = [(Path(str(m.__file__)), m) for m in loaded]
        return sorted(
            ((path.stem, module) for path, module in files if path.parent == folder),
            key=lambda each: each[0],
        )


def _agents(project: Project) -> Iterator[tuple[str, Agent]]:
    """The project's agents, without those whose files are wrong: no graph has one of them."""
    for name in project.agents():
        with suppress(StrettoError):
            yield name, project.agent(name)


def _named_alone(kind: type[BaseModel], key: str, told: Any) -> Any:
    """Say a step by its name alone where nothing else can stand."""
    field = kind.model_fields.get(key)
    if field is None or not isinstance(told, dict) or StepName not in _parts(field.annotation):
        return told
    said = cast("dict[str, Any]", told)
    return _plain(said) if said.keys() == {"step"} else {k: _plain(v) for k, v in said.items()}


def _plain(told: Any) -> Any:
    return (
        cast("dict[str, Any]", told)["step"] if isinstance(told, dict) and "step" in told else told
    )


def _parts(annotation: Any) -> set[Any]:
    inner = get_args(annotation)
    return {annotation}.union(*(_parts(each) for each in inner)) if inner else {annotation}


def _module_name(value: Any) -> str | None:
    """`package.module:name` of what an installed module defines."""
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if not module or not name or not str(name).isidentifier() or "stretto_file_" in module:
        return None
    return f"{module}:{name}" if getattr(sys.modules.get(module), name, None) is value else None


def _agent_said(agent: Agent) -> Any:
    return Definition.parse(dump_agent(agent), f"agent {agent.name!r}").data
