"""What undoes a step: a function of a module, by a name that means the same in any process."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from stretto.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable

Undo: TypeAlias = "Callable[..., Any] | str"
"""A function of a module, or its name as `module:function`."""

UNDO_KEY = "stretto_undo"
"""Attribute of a function, and key in the metadata of a `BaseTool`, that holds its undo."""

UNDOES_KEY = "undoes_itself"
"""Key in the metadata of a graph's node that says of the whole graph that it undoes what was done
in it when it comes to nothing."""

_declared: dict[str, Callable[..., Any]] = {}


def undo_name(undo: Undo) -> str:
    """The name of what undoes a step, as `module:function`; a function is known by it from now on.

    Raises:
        InvalidInput: No other process could find it: a lambda, a local function, a method.
    """
    if isinstance(undo, str):
        module, colon, function = undo.partition(":")
        if not (colon and module and function):
            raise InvalidInput(f"{undo!r} names no undo. Write it as 'module:function'.")
        return undo
    if not inspect.isfunction(undo):
        raise InvalidInput(
            f"{undo!r} cannot be an undo: only a function is found again by its name. Write a "
            "function at the top of a module."
        )
    name = undo.__qualname__
    if "<" in name:
        what = "a lambda" if name.endswith("<lambda>") else "a function inside of another"
        raise InvalidInput(
            f"{name!r} cannot be an undo: it is {what}, which no other process could find. Write "
            "it at the top of its module."
        )
    found = f"{undo.__module__}:{name}"
    _declared[found] = undo
    return found


def undo_of(tool: object) -> str:
    """The name of what undoes a function or a `BaseTool`; empty when nothing is declared.

    Raises:
        InvalidInput: As `undo_name`.
    """
    metadata = cast("dict[str, Any]", getattr(tool, "metadata", None) or {})
    inside = [getattr(tool, name, None) for name in ("coroutine", "func")]
    declared: tuple[Any, ...] = (
        getattr(tool, UNDO_KEY, None),
        metadata.get(UNDO_KEY),
        *(getattr(each, UNDO_KEY, None) for each in inside),
    )
    found = next((each for each in declared if each), None)
    return "" if found is None else undo_name(found)


def declared_undo(name: str) -> Callable[..., Any] | None:
    """The function that was declared in this process under a name."""
    return _declared.get(name)


def undoes_itself(thing: object) -> bool:
    """Whether a graph, compiled or not, says of itself that it undoes what was done in it."""
    builder = getattr(thing, "builder", thing)
    nodes: Any = getattr(builder, "nodes", None)
    if not isinstance(nodes, dict):
        return False
    specs = cast("dict[str, Any]", nodes).values()
    return any((getattr(spec, "metadata", None) or {}).get(UNDOES_KEY) for spec in specs)
