"""What a decider reads from the state: a field, a path into it, or what a function finds there."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from stretto.errors import InvalidInput

Read = str | Callable[[Mapping[str, Any]], Any]
"""A field's name, a dotted path such as `order.items.0.price`, or a function of the state."""


class _Missing:
    """What a path leads to where nothing is."""

    def __repr__(self) -> str:
        return "missing"


MISSING = _Missing()


@dataclass(frozen=True)
class Reading:
    """Something to read, and what it is called."""

    name: str
    find: Callable[[Mapping[str, Any]], Any]
    """Gives the value, or `MISSING`."""


def reading(place: str, read: Read, *, name: str = "") -> Reading:
    """How to read what was asked for.

    Args:
        place: What reads it, for errors.
        read: A field, a path or a function.
        name: What to call it; by default the path, or the function's name.

    Raises:
        InvalidInput: It is none of these, the path has an empty part, or the function takes no
            state or is async.
    """
    if callable(read):
        checked_function(place, read)
        return Reading(name or called(read), read)
    path = _parts(read)
    if not path or not all(part.strip() and not part.startswith("_") for part in path):
        raise InvalidInput(
            f"{place} cannot read {read!r}. Give the name of a field, a path such as "
            "'order.price', or a function of the state."
        )
    return Reading(name or read, lambda state: followed(state, path))


def _parts(read: Any) -> tuple[str, ...]:
    return tuple(read.split(".")) if isinstance(read, str) else ()


def followed(state: Any, path: Sequence[str]) -> Any:
    """What a path leads to, through mappings, sequences (by index) and attributes."""
    for part in path:
        if isinstance(state, Mapping):
            state = cast("Mapping[str, Any]", state).get(part, MISSING)
        elif isinstance(state, Sequence) and not isinstance(state, str | bytes):
            state = _item(state, part)
        else:
            state = getattr(state, part, MISSING)
    return state


def _item(items: Sequence[Any], part: str) -> Any:
    try:
        return items[int(part)]
    except (ValueError, IndexError):
        return MISSING


def called(function: Callable[..., Any]) -> str:
    """What a function is called; a lambda has no name to tell it by."""
    name = str(getattr(function, "__name__", type(function).__name__))
    return "a function" if name == "<lambda>" else name


def checked_function(place: str, function: Any, *, arguments: int = 1) -> None:
    """Make sure that a function can be called with so many arguments, and gives no coroutine.

    Raises:
        InvalidInput: It cannot, or it is async.
    """
    if not callable(function):
        raise InvalidInput(f"{place}: {function!r} is no function. Give one of the state.")
    if inspect.iscoroutinefunction(function):
        raise InvalidInput(
            f"{place}: {called(function)!r} is async, and a value is read at once. Give a plain "
            "function, or decide by `rule`, which may be async."
        )
    if not accepts(function, arguments):
        takes = "the state" if arguments == 1 else "the state and a label"
        raise InvalidInput(
            f"{place}: {called(function)!r} cannot be called with {takes}. Let it take "
            f"{arguments} argument{'s' if arguments > 1 else ''}."
        )


def accepts(function: Callable[..., Any], arguments: int) -> bool:
    """Whether a function can be called with so many arguments by position."""
    try:
        inspect.signature(function).bind(*range(arguments))
    except TypeError:
        return False
    except ValueError:  # a builtin that does not tell
        return True
    return True
