"""What a team's run may be given beside the question: the contexts that its members take."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, get_args

from langchain.tools import ToolRuntime
from langgraph.runtime import Runtime
from typing_extensions import TypedDict, get_type_hints, is_typeddict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from stretto.members import Member


def context_of(title: str, members: Iterable[Member]) -> Any:
    """Make the type of a team's context: all fields of the TypedDicts that its members take.

    An agent takes what its tools say (`runtime: ToolRuntime[Context, ...]`), a function what it
    says (`runtime: Runtime[Context]`), a graph what it was made with. `None` when none takes any.

    Args:
        title: What the type's name begins with.
        members: The team's.
    """
    fields: dict[str, Any] = {}
    for one in members:
        for kind in _taken(one):
            if is_typeddict(kind):
                fields |= get_type_hints(kind, include_extras=True)
    made: Any = TypedDict  # its fields are only known now, so no type checker can follow
    return made(f"{title}Context", fields, total=False) if fields else None


def _taken(one: Member) -> Iterator[Any]:
    if one.agent is not None:
        for tool in one.agent.tools:
            for does in (tool, getattr(tool, "coroutine", None), getattr(tool, "func", None)):
                yield from _said(does)
    elif one.function is not None:
        yield from _said(one.source)
    else:
        yield getattr(getattr(one.runnable, "builder", None), "context_schema", None)


def _said(function: Callable[..., Any] | Any) -> Iterator[Any]:
    """The context that a function's `runtime` has, as its annotation says."""
    if not inspect.isroutine(function):
        return
    function = inspect.unwrap(function)
    said = getattr(function, "__annotations__", {}).get("runtime")
    alone = type("Alone", (), {"__annotations__": {"runtime": said}})  # whatever the others name
    try:
        runtime = get_type_hints(alone, getattr(function, "__globals__", {}))["runtime"]
    except (NameError, TypeError, AttributeError):
        return  # a name that is there for type checkers only
    if getattr(runtime, "__origin__", None) in {ToolRuntime, Runtime}:
        yield get_args(runtime)[0]
