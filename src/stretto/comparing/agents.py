"""Two versions of an agent: its interface told apart from its wording and its bounds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from langchain_core.tools import BaseTool
from langchain_core.tools import tool as as_tool
from pydantic import BaseModel, TypeAdapter

from stretto.check.reading.agents import model_name, read_tool
from stretto.comparing.change import Change
from stretto.comparing.schemas import differences
from stretto.comparing.values import same, value_changes
from stretto.spec.agent import Agent
from stretto.spec.tool import EFFECTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stretto.check.facts import Agent as Known
    from stretto.check.facts import Tool

_VARIABLE = re.compile(r"(?<!\{)\{([A-Za-z_][A-Za-z0-9_]*)\}(?!\})")


def compare_agents(old: Agent | Known, new: Agent | Known) -> list[Change]:
    """Tell what is otherwise in the new version of an agent.

    Its interface is its name, what it answers with, its tools with their effects and arguments,
    and the variables of its prompt. A change of it is breaking where who calls the agent, or reads
    what it says, may no longer work.

    Args:
        old: A `stretto.Agent`, or what `stretto.check` knows of one that `create_agent` made.
        new: The other.

    Returns:
        The changes, those that break first.
    """
    before, after = _face(old), _face(new)
    found = [
        *_interface(before, after),
        *_wording(before, after),
        *_bounds(before, after),
    ]
    at_work = any(each.kind == "interface" for each in found)
    if at_work and before.version == after.version and before.version:
        told = f"its interface changed, but its version is still {after.version!r}: raise it"
        found.append(Change("interface", after.name, told))
    if before.version != after.version:
        told = f"version: {before.version or 'none'} -> {after.version or 'none'}"
        found.append(Change("wording", after.name, told))
    return sorted(found, key=lambda each: not each.breaking)


@dataclass(frozen=True, slots=True)
class _Face:
    """What is compared of an agent, however it was made."""

    name: str
    role: str
    model: str
    prompt: str
    tools: Mapping[str, Tool]
    output: Mapping[str, Any] | None
    version: str
    bounds: Mapping[str, Any]


def _face(agent: Agent | Known) -> _Face:
    spec = agent if isinstance(agent, Agent) else agent.spec
    if isinstance(spec, Agent):
        return _Face(
            name=spec.name,
            role=spec.role,
            model=model_name(spec.model),
            prompt=spec.prompt,
            tools={each.name: each for each in map(read_tool, spec.tools)},
            output=_schema(spec.output),
            version=spec.version,
            bounds={
                "max_model_calls": spec.max_model_calls,
                "policy": spec.policy,
                "screen": spec.screen,
            },
        )
    known = cast("Known", agent)
    return _Face(
        name=known.name,
        role="",
        model=known.model,
        prompt=known.prompt,
        tools={each.name: each for each in known.tools},
        output=_schema(getattr(known.output, "schema", known.output)),
        version="",
        bounds={
            "max_model_calls": known.max_calls,
            "max_tool_calls": known.max_tool_calls,
            "middleware": [_kind(each) for each in known.middleware],
        },
    )


def _kind(middleware: Any) -> str:
    return middleware if isinstance(middleware, str) else type(middleware).__name__


def _schema(output: Any) -> Mapping[str, Any] | None:
    """The JSON Schema of an output; `None` for text."""
    if output is None:
        return None
    if isinstance(output, dict):
        return cast("dict[str, Any]", output)
    if isinstance(output, type) and issubclass(output, BaseModel):
        return output.model_json_schema()
    try:
        return TypeAdapter(output).json_schema()
    except Exception:  # noqa: BLE001 - a schema of another kind is known by its name alone
        return {"type": "object", "title": str(getattr(output, "__name__", output))}


def _interface(old: _Face, new: _Face) -> Iterator[Change]:
    if old.name != new.name:
        told = f"is called {new.name!r} now: whoever names it does not find it"
        yield Change("interface", old.name, told, breaking=True)
    for each in differences(old.output, new.output, "read", "output"):
        text = each.text if each.text.startswith("output ") else f"output {each.text}"
        yield Change("interface", new.name, text, each.breaking)
    yield from _tools(old, new)
    before, after = (frozenset(_VARIABLE.findall(each.prompt)) for each in (old, new))
    for name in sorted(after - before):
        told = f"its prompt has a new variable {name!r}, which callers must fill"
        yield Change("interface", new.name, told, breaking=True)
    for name in sorted(before - after):
        told = f"its prompt has no variable {name!r} any more"
        yield Change("interface", new.name, told)


def _tools(old: _Face, new: _Face) -> Iterator[Change]:
    for name in sorted({*old.tools, *new.tools}):
        before, after = old.tools.get(name), new.tools.get(name)
        if after is None:
            told = f"tool {name!r} is gone"
            yield Change("interface", new.name, told, breaking=True)
        elif before is None:
            effect = f", effect {after.effect}" if after.effect else ", effect not declared"
            yield Change("interface", new.name, f"tool {name!r} is new{effect}")
        else:
            yield from (_named(each, new.name) for each in tool_changes(before, after))


def _named(change: Change, name: str) -> Change:
    return Change(change.kind, name, change.text, change.breaking)


def tool_changes(old: Tool, new: Tool) -> Iterator[Change]:
    """Tell what is otherwise with a tool that both versions have."""
    name = new.name
    if old.effect != new.effect:
        told = f"tool {name!r}: effect {old.effect or 'ask'} -> {new.effect or 'ask'}"
        yield Change("interface", name, told, breaking=_strength(new) > _strength(old))
    for each in differences(arguments(old), arguments(new), "given", "argument"):
        yield Change("interface", name, f"tool {name!r}: {each.text}", each.breaking)
    if old.description.strip() != new.description.strip():
        yield Change("wording", name, f"tool {name!r} is described otherwise")
    if old.undo != new.undo:
        told = "can be undone now" if new.undo else "can no longer be undone"
        yield Change("interface", name, f"tool {name!r} {told}", breaking=old.undo)
    if not same(_work(old), _work(new)):
        yield Change("behaviour", name, f"tool {name!r} does its work otherwise")


def _strength(tool: Tool) -> int:
    """How much is at stake when it is called; what is not declared counts as "ask"."""
    order = [str(each) for each in EFFECTS]
    return order.index(tool.effect or "ask") if (tool.effect or "ask") in order else len(order)


def _work(tool: Tool) -> Any:
    live = tool.live
    if isinstance(live, BaseTool):
        return getattr(live, "coroutine", None) or getattr(live, "func", None) or type(live)
    return live


def arguments(tool: Tool) -> Mapping[str, Any]:
    """The JSON Schema of what a tool is called with, as a model sees it."""
    live = tool.live
    if isinstance(live, dict):
        given = cast("dict[str, Any]", live)
        inner = cast("dict[str, Any]", given.get("function") or given)
        return cast("Mapping[str, Any]", inner.get("parameters") or {"properties": {}})
    try:
        made = live if isinstance(live, BaseTool) else as_tool(live)
    except (ValueError, TypeError, NameError):
        return {"properties": {}}
    schema: Any = made.tool_call_schema
    return cast(
        "Mapping[str, Any]", schema if isinstance(schema, dict) else schema.model_json_schema()
    )


def _wording(old: _Face, new: _Face) -> Iterator[Change]:
    if old.prompt != new.prompt:
        yield Change("wording", new.name, f"prompt: {_lines(old.prompt, new.prompt)}")
    if old.role != new.role:
        yield Change("wording", new.name, f"role: {old.role!r} -> {new.role!r}")
    if old.model != new.model:
        model = f"model: {old.model or 'the default'} -> {new.model or 'the default'}"
        yield Change("wording", new.name, model)


def _lines(old: str, new: str) -> str:
    before, after = old.splitlines(), new.splitlines()
    added = sum(each not in before for each in after)
    gone = sum(each not in after for each in before)
    return f"{added} lines added, {gone} removed" if added or gone else "its lines moved"


def _bounds(old: _Face, new: _Face) -> Iterator[Change]:
    for name in dict.fromkeys([*old.bounds, *new.bounds]):
        for text in value_changes(name, old.bounds.get(name), new.bounds.get(name)):
            yield Change("bounds", new.name, text)
