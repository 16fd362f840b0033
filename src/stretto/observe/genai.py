"""What a step is called in OpenTelemetry: the names of the GenAI semantic conventions.

As of version 1.41 of the conventions, where all of them are in development: a run of a team is
`invoke_workflow`, the work of an agent `invoke_agent`, a model call `chat`, a tool call
`execute_tool`. What has no name there is called `stretto.*`. Nothing that was said is in it: no
question, no text of a model, no arguments, no result, no reason, and of an error its type alone.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, TypeAlias

from stretto.records import (
    AnyRecord,
    ModelEnded,
    ModelStarted,
    RunEnded,
    RunStarted,
    ToolEnded,
    ToolStarted,
    said_fields,
)

if TYPE_CHECKING:
    from stretto.observe.steps import Step

Value: TypeAlias = str | int | float | bool
Attributes: TypeAlias = dict[str, Value]

_ERROR = re.compile(r"([A-Za-z_][A-Za-z0-9_]{0,79})(?::|$)")
_OTHER = "_OTHER"
"""The conventions' word for an error, or a provider, that cannot be named."""
_PROVIDERS = (
    ("gpt", "openai"),
    ("o1", "openai"),
    ("o3", "openai"),
    ("o4", "openai"),
    ("claude", "anthropic"),
    ("gemini", "gcp.gemini"),
    ("mistral", "mistral_ai"),
    ("command", "cohere"),
    ("deepseek", "deepseek"),
    ("grok", "x_ai"),
)
"""Beginnings of the names of models, and whose they are; records tell the model alone."""
_LEFT_OUT = frozenset(
    {"schema_version", "seq", "time", "thread", "run", "span", "parent", "place", "payload"}
    | {"forgotten", "type", "context", "limits", "host", "born", "process", "input", "output"}
)


def trace_id(thread: str, turn: str) -> int:
    """The trace of a turn, the same in every process: from its thread and its first run."""
    return _number(f"trace\n{thread}\n{turn}", 16)


def span_id(run: str, span: str) -> int:
    """The id of a step's span, the same in every process."""
    return _number(f"span\n{run}\n{span}", 8)


def _number(text: str, size: int) -> int:
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:size], "big") or 1  # 0 is no id


def span_name(step: Step) -> str:
    """What the span is called: the operation, and on what."""
    operation, name = _operation(step)
    return f"{operation} {name}".strip() if operation else step.name or step.kind


def attributes(step: Step) -> Attributes:
    """What a span of the step tells."""
    operation, _ = _operation(step)
    told: Attributes = {"gen_ai.conversation.id": step.turn.thread, "stretto.kind": step.kind}
    if operation:
        told["gen_ai.operation.name"] = operation
    record = step.start or step.end
    if record is not None:
        told |= {
            "stretto.run": record.run,
            "stretto.node": record.node,
            "stretto.task": record.task,
        }
    told |= {"gen_ai.agent.name": step.agent, "gen_ai.agent.version": step.version}
    told |= {"stretto.team": step.turn.team, "stretto.status": step.status}
    told |= _own(step)
    if failure := error_type(step):
        told["error.type"] = failure
    return {name: value for name, value in told.items() if value != ""}


def error_type(step: Step) -> str:
    """The type of the error that a step failed with; empty when it did not fail."""
    if step.ok is not False:
        return ""
    if step.status == "killed":
        return "killed"
    found = _ERROR.match(step.end.error) if step.end is not None else None
    return found[1] if found else _OTHER


def provider(model: str) -> str:
    """Whose model it is, in the words of the conventions, as far as its name tells."""
    name = model.rpartition("/")[2].lower()
    if name == "offline":
        return "stretto"
    return next((whose for begin, whose in _PROVIDERS if name.startswith(begin)), _OTHER)


def note(record: AnyRecord) -> tuple[str, Attributes]:
    """What is told from within a step, as an event of its span: name and attributes."""
    said = said_fields(type(record))
    told: Attributes = {}
    for name, value in record:
        plain = isinstance(value, str | int | float | bool) and value != ""
        if plain and name not in said and name not in _LEFT_OUT:
            told[f"stretto.{name}"] = value
    return f"stretto.{record.type}", told


def _operation(step: Step) -> tuple[str, str]:
    match step.kind:
        case "run":
            return "invoke_workflow", step.name
        case "node":
            return ("invoke_agent", step.agent) if step.is_agent else ("", step.name)
        case "model":
            return "chat", step.name
        case "tool":
            return "execute_tool", step.name


def _own(step: Step) -> Attributes:
    """What only this kind of step tells."""
    start, end = step.start, step.end
    told: Attributes = {}
    if step.kind == "run":
        told["gen_ai.workflow.name"] = step.name
        if isinstance(start, RunStarted):
            told["stretto.resumed"] = start.resumed
        if isinstance(end, RunEnded):
            told |= {"stretto.cpu": end.cpu, "stretto.memory": end.memory}
    elif step.kind == "model":
        told |= {"gen_ai.provider.name": provider(step.name), "gen_ai.request.model": step.name}
        if isinstance(start, ModelStarted):
            told["stretto.messages"] = start.messages
        if isinstance(end, ModelEnded):
            told["gen_ai.usage.input_tokens"] = end.input_tokens
            told["gen_ai.usage.output_tokens"] = end.output_tokens
            if end.cost is not None:
                told["stretto.cost"] = end.cost
    elif step.kind == "tool":
        call = start.call if isinstance(start, ToolStarted) else ""
        call = end.call if isinstance(end, ToolEnded) else call
        told |= {"gen_ai.tool.name": step.name, "gen_ai.tool.call.id": call}
        told["gen_ai.tool.type"] = "function"
    return told
