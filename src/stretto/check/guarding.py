"""What stands between an agent's model and what its tools do to the world."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stretto.check.asking import asks_for_tools
from stretto.check.reading.effects import looks_like_effect

if TYPE_CHECKING:
    from stretto.check.facts import Tool

_HOOKS = ("wrap_tool_call", "awrap_tool_call", "after_model", "aafter_model")
"""Where a middleware may keep a tool from being called."""
_ONCE = "EffectsOnce"
_HARMLESS = frozenset({
    "ToolRetryMiddleware", "ToolErrorMiddleware", "ToolCallLimitMiddleware",
    "ModelCallLimitMiddleware", "ModelRetryMiddleware", "ModelFallbackMiddleware",
    "SummarizationMiddleware", "ContextEditingMiddleware", "TodoListMiddleware",
    "LLMToolSelectorMiddleware", "ProviderToolSearchMiddleware", "PIIMiddleware",
    "FilesystemFileSearchMiddleware", "CallLimit", "GuardedCalls",
})  # fmt: skip
"""Middleware that lets each tool call through."""


@dataclass(frozen=True, slots=True)
class Unguarded:
    """What a tool does without a guard."""

    what: str
    """The call that writes, or the effect that it declares."""
    sure: bool


def unguarded(tool: Tool, middleware: tuple[Any, ...]) -> Unguarded | None:
    """Tell what a tool writes that nothing guards; `None` where something does, or nothing is.

    Args:
        tool: The tool.
        middleware: Of the agent that has it.
    """
    held = tool.undo or tool.effect in {"reads", "idempotent"}
    asks = tool.code is not None and bool(tool.code.interrupts)
    if held or asks or any(_guards(each, tool) for each in middleware):
        return None
    return _written(tool)


def _written(tool: Tool) -> Unguarded | None:
    """What a tool does to the world, as far as can be told."""
    if tool.effect:
        return Unguarded(f"effect={tool.effect!r}", sure=True)
    if tool.code is None:
        return Unguarded(tool.name, sure=False) if looks_like_effect(tool.name) else None
    found = [each for each in tool.code.effects if each.kind != "memory" and not each.again]
    for each in sorted(found, key=lambda effect: effect.kind == "named"):
        return Unguarded(each.call, sure=each.kind != "named")
    return None


def _guards(middleware: Any, tool: Tool) -> bool:
    """Whether a middleware asks before a tool is called, or may do so."""
    if isinstance(middleware, str):
        return middleware.rpartition(".")[2] not in _HARMLESS
    name = type(middleware).__name__
    if asks_for_tools(middleware):
        return bool(dict(middleware.interrupt_on).get(tool.name))
    if name == _ONCE:
        return True
    return name not in _HARMLESS and _hooks_in(type(middleware))


def _hooks_in(kind: type) -> bool:
    """Whether a middleware has a hook of its own where a call can be held back."""
    from langchain.agents.middleware import AgentMiddleware, HumanInTheLoopMiddleware

    if issubclass(kind, HumanInTheLoopMiddleware):
        return False  # it asks for no tool
    return any(getattr(kind, name) is not getattr(AgentMiddleware, name) for name in _HOOKS)
