"""Agents as YAML files: read with the line of each fault, written, and told as JSON Schema."""

from __future__ import annotations

import sys
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from stretto.errors import InvalidInput, StrettoError, UnknownName
from stretto.policy import Constant, Named, Policy, Screen
from stretto.spec.agent import Agent, AgentName, tool_name
from stretto.spec.definition import Definition, refuse
from stretto.spec.prompt import Prompt, Value, escape, fill, read_text, used

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from stretto.spec.agent import Tool

RECORDS = (
    "Answer",
    "Citation",
    "Finding",
    "Passage",
    "Plan",
    "Review",
    "RuleOutcome",
    "Task",
    "TaskResult",
    "TaskRevision",
)
"""The record classes of `stretto.state`, which an agent may name as its output."""


class Names(Protocol):
    """What an agent file may refer to by name."""

    def prompts(self) -> list[str]:
        """Names of the prompts."""
        ...

    def prompt_file(self, name: str) -> Prompt:
        """Give the prompt of that name; raises `UnknownName` and `BadDefinition`."""
        ...

    def tools_named(self, name: str) -> Sequence[Tool]:
        """Give the tools for `function`, `family.function` or `mcp:SERVER`; raises likewise."""
        ...

    def agent(self, name: str) -> Agent:
        """Give the agent of that name; raises likewise, and where it leads back to this one."""
        ...


class NoNames:
    """For an agent file that stands alone: there is nothing to refer to."""

    def prompts(self) -> list[str]:
        """Give no names."""
        return []

    def prompt_file(self, name: str) -> Prompt:
        """Raise `UnknownName`."""
        raise UnknownName("prompt", name, [])

    def tools_named(self, name: str) -> Sequence[Tool]:
        """Raise `UnknownName`."""
        raise UnknownName("tool", name, [])

    def agent(self, name: str) -> Agent:
        """Raise `UnknownName`."""
        raise UnknownName("agent", name, [])


class InlineText(BaseModel):
    """A prompt of one word, which would otherwise be taken for the name of a prompt."""

    model_config = ConfigDict(extra="forbid")

    text: str


class PolicyFile(Policy):
    """A policy as a file says it: an undo by the name of a tool."""

    undo: str | None = Field(default=None, description="the tool that undoes its work")


def version_said(version: Any) -> Any:
    """Take a whole number as the version that it writes."""
    return str(version) if type(version) is int else version


class AgentFile(BaseModel):
    """What an agent file may say; everything in it is optional."""

    model_config = ConfigDict(extra="forbid", strict=True, title="A Stretto agent")

    name: AgentName = Field(default="agent", description="default: the name of the file")
    role: str = Field(default="", description="what it is good for; planners choose by it")
    model: str = Field(default="", description="such as openai:NAME; default: the run's model")
    prompt: str | InlineText = Field(
        default="", description="name of a file in prompts/, or the prompt itself"
    )
    variables: dict[str, Value] = Field(default={}, description="values for the prompt's variables")
    tools: list[str] = Field(
        default=[], description="function, family.function, or mcp:SERVER for all of a server"
    )
    output: str | dict[str, Any] = Field(
        default="", description=f"{', '.join(RECORDS)}; or the JSON Schema of an object"
    )
    version: Annotated[str, BeforeValidator(version_said, json_schema_input_type=str | int)] = "1"
    max_model_calls: int = Field(default=12, ge=1, description="most model calls for one task")
    policy: PolicyFile | None = Field(
        default=None, description="how its calls are bounded, repeated and replaced"
    )
    screen: Screen | None = Field(
        default=None, description="what personal data does not reach its model or its answer"
    )


def agent_schema() -> dict[str, Any]:
    """Give the JSON Schema of an agent file, for editors."""
    schema = AgentFile.model_json_schema()
    del schema["properties"]["name"]["default"]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def load_agent(path: Path, names: Names | None = None) -> Agent:
    """Read an agent from its file, looking up what it refers to in `names`.

    Raises:
        BadDefinition: The file is wrong; a `BadDefinitions` tells several faults at once.
        UnknownName: The only fault is a name that leads to nothing.
    """
    return parse_agent(read_text(path), path, names=names)


def parse_agent(text: str, path: Path | str, *, names: Names | None = None) -> Agent:
    """Read an agent from the text of its file; errors name `path`. Raises as `load_agent` does."""
    named = Path(str(path)).stem.partition("@")[0]
    return agent_of(Definition.parse(text, path), names or NoNames(), named)


def agent_of(definition: Definition, names: Names, name: str) -> Agent:
    """Read an agent from what a file says of it; `name` is its name by default.

    Raises as `load_agent` does.
    """
    return _Reading(definition, names, name).agent()


def policy_of(
    said: PolicyFile, names: Names, fault: Callable[[StrettoError, tuple[int | str, ...]], None]
) -> Policy:
    """Give a policy with the agents and the undo that a file names.

    Args:
        said: What the file says.
        names: What it may refer to.
        fault: Is told of a name that leads to nothing, and where in the policy it stands.
    """
    changed: dict[str, Any] = {}
    if said.fallback is not None:
        to: list[Any] = []
        for index, each in enumerate(said.fallback.to):
            try:
                to.append(names.agent(each.agent) if isinstance(each, Named) else each)
            except StrettoError as error:
                fault(error, ("fallback", "to", index))
        changed["fallback"] = said.fallback.model_copy(update={"to": tuple(to)})
    if said.undo is not None:
        try:
            changed["undo"] = _undo(said.undo, names)
        except StrettoError as error:
            fault(error, ("undo",))
    values = {name: getattr(said, name) for name in Policy.model_fields}
    return Policy.model_construct(**{**values, **changed})


def _undo(name: str, names: Names) -> Any:
    found = list(names.tools_named(name))
    if len(found) == 1:
        return found[0]
    raise InvalidInput(f"{name!r} names {len(found)} tools. Name the one that undoes it")


class _Reading:
    """One agent file being read: gathers its faults and goes on."""

    def __init__(self, definition: Definition, names: Names, name: str) -> None:
        self.definition, self.names, self.name = definition, names, name
        self.faults: list[StrettoError] = []
        self.bad: set[str] = set()
        """The keys whose value could not be understood."""

    def agent(self) -> Agent:
        file = self._file()
        values: dict[str, Any] = {
            "name": file.name if "name" in file.model_fields_set else self.name,
            "role": file.role,
            "model": file.model or None,
            "prompt": self._prompt(file),
            "tools": list(self._tools(file)),
            "output": self._output(file),
            "version": file.version,
            "max_model_calls": file.max_model_calls,
            "policy": self._policy(file),
            "screen": file.screen,
        }
        try:
            agent = Agent.model_validate(values)
        except ValidationError as error:
            self.faults += self.definition.faults(error, AgentFile)
            refuse(self.definition.path, self.faults)
            raise
        refuse(self.definition.path, self.faults)
        return agent

    def _file(self) -> AgentFile:
        """Give what the file says, as far as it can be understood."""
        data = self.definition.data
        try:
            return AgentFile.model_validate(data)
        except ValidationError as error:
            self.faults += self.definition.faults(error, AgentFile)
            self.bad = {str(detail["loc"][0]) for detail in error.errors()}
        return AgentFile.model_validate({k: v for k, v in data.items() if str(k) not in self.bad})

    def _prompt(self, file: AgentFile) -> str:
        said = file.prompt
        try:
            if isinstance(said, str) and said in self.names.prompts():
                return self._filled(self.names.prompt_file(said), file)
            text = said if isinstance(said, str) else said.text
            if text and said is text and not any(map(str.isspace, text)):
                raise UnknownName("prompt", text, self.names.prompts())
        except StrettoError as error:
            self.faults.append(self.definition.located(error, "prompt"))
            return ""
        return self._filled(Prompt("", text, variables=dict.fromkeys(used(text))), file)

    def _filled(self, prompt: Prompt, file: AgentFile) -> str:
        if {"prompt", "variables"} & self.bad:
            return ""
        before = len(self.faults)
        for name in file.variables:
            if name not in prompt.variables:
                unknown = UnknownName("variable", name, prompt.variables)
                self.faults.append(self.definition.located(unknown, "variables", name))
        for name in prompt.required():
            if name not in file.variables:
                problem = f"the prompt needs the variable {name!r}"
                remedy = f"Add it under `variables:`, or show the braces with {{{{{name}}}}}"
                self.faults.append(self.definition.bad(("prompt",), problem, remedy))
        if len(self.faults) > before:
            return ""
        return fill(prompt.text, {**prompt.variables, **file.variables})

    def _tools(self, file: AgentFile) -> Iterator[Tool]:
        for index, name in enumerate(file.tools):
            try:
                yield from self.names.tools_named(name)
            except StrettoError as error:
                self.faults.append(self.definition.located(error, "tools", index))

    def _policy(self, file: AgentFile) -> Policy | None:
        if file.policy is None:
            return None
        return policy_of(file.policy, self.names, self._policy_fault)

    def _policy_fault(self, error: StrettoError, place: tuple[int | str, ...]) -> None:
        self.faults.append(self.definition.located(error, "policy", *place))

    def _output(self, file: AgentFile) -> Any:
        if isinstance(file.output, dict) or not file.output:
            return file.output or None
        if file.output in RECORDS:
            return getattr(import_module("stretto.state"), file.output)
        unknown = UnknownName("output class", file.output, RECORDS)
        self.faults.append(self.definition.located(unknown, "output"))
        return None


def dump_agent(agent: Agent) -> str:
    """Write an agent as the text of its file; what is at its default is left out.

    Raises:
        InvalidInput: The agent holds what only Python can say: a model object, or an output class
            that is not one of `RECORDS`.
    """
    said: dict[str, Any] = {
        "name": agent.name,
        "role": agent.role,
        "model": _model_said(agent),
        "prompt": _prompt_said(agent.prompt),
        "tools": [_tool_said(tool) for tool in agent.tools],
        "output": _output_said(agent),
        "version": agent.version,
        "max_model_calls": agent.max_model_calls,
        "policy": agent.policy and policy_said(f"agent {agent.name!r}", agent.policy),
        "screen": agent.screen and agent.screen.model_dump(mode="json", exclude_defaults=True),
    }
    defaults = AgentFile().model_dump(exclude={"name"})
    data = {key: value for key, value in said.items() if value != defaults.get(key)}
    try:
        return written(data)
    except YAMLError as error:
        raise InvalidInput(
            f"agent {agent.name!r} cannot be written: {error}. Use JSON values in its output"
        ) from error


def _model_said(agent: Agent) -> str:
    if agent.model is None or isinstance(agent.model, str):
        return agent.model or ""
    raise InvalidInput(
        f"agent {agent.name!r} holds a model object, which a file cannot. "
        "Name the model, as in 'openai:NAME'"
    )


def policy_said(owner: str, policy: Policy) -> dict[str, Any]:
    """What a file says of a policy.

    Raises:
        InvalidInput: It holds what only Python can say; `owner` is whose policy it is.
    """
    said = policy.model_dump(mode="json", exclude_defaults=True, exclude={"undo", "fallback"})
    if (fallback := policy.fallback) is not None:
        rest = fallback.model_dump(mode="json", exclude_defaults=True, exclude={"to"})
        said["fallback"] = {"to": [_target_said(owner, to) for to in fallback.to], **rest}
    if policy.undo is not None:
        said["undo"] = _tool_said(policy.undo)
    return said


def _target_said(owner: str, to: Any) -> Any:
    match to:
        case str():
            return {"model": to}
        case Constant(value=value):
            return {"constant": value}
        case Agent(name=name) | Named(agent=name):
            return {"agent": name}
        case _:
            raise InvalidInput(
                f"the fallback of {owner} holds {type(to).__name__}, which a file "
                "cannot. Name a model or an agent of the project"
            )


def _prompt_said(prompt: str) -> str | dict[str, str]:
    text = escape(prompt)
    if text and not any(map(str.isspace, text)):
        return {"text": text}
    lines = text.split("\n")
    plain = all(line.isprintable() and line == line.strip() for line in lines)
    return LiteralScalarString(text) if len(lines) > 1 and plain and lines[0] else text


def _tool_said(tool: Tool) -> str:
    module = sys.modules.get(getattr(tool, "__module__", ""))
    file = Path(getattr(module, "__file__", None) or "")
    name = tool_name(tool)
    return f"{file.stem}.{name}" if file.parent.name == "tools" else name


def _output_said(agent: Agent) -> str | dict[str, Any]:
    output = agent.output
    if output is None or isinstance(output, dict):
        return output or ""
    if output.__module__ == "stretto.state" and output.__name__ in RECORDS:
        return output.__name__
    raise InvalidInput(
        f"the output of agent {agent.name!r} is {output.__name__}, which a file cannot name. "
        f"Use {output.__name__}.model_json_schema(), or one of {', '.join(RECORDS)}"
    )


def written(data: dict[str, Any]) -> str:
    """Write a mapping as YAML that is read as the same again."""
    yaml = YAML()
    yaml.width = 1_000_000  # a folded line does not always come back as it was
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = StringIO()
    dump: Callable[[Any, Any], None] = yaml.dump
    dump(_quoted(data), stream)
    return stream.getvalue()


def _quoted(value: Any) -> Any:
    """Quote text that holds more than printable characters: other styles do not keep them."""
    match value:
        case dict():
            items: dict[Any, Any] = value
            return {_quoted(key): _quoted(item) for key, item in items.items()}
        case list() | tuple():
            return [_quoted(item) for item in value]
        case str() if not isinstance(value, LiteralScalarString) and not value.isprintable():
            return DoubleQuotedScalarString(value)
        case _:
            return value
