"""Values, functions and what they are made of: whether two are the same, and what differs."""

from __future__ import annotations

import ast
import dataclasses
import functools
import inspect
from types import FunctionType
from typing import TYPE_CHECKING, Any, cast

from pydantic import BaseModel

from stretto.check.reading.live import definition, is_library

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_DEPTH = 4
"""How many calls and parts deep is looked."""
_PLAIN = (str, int, float, bool, bytes, type(None))
_LONG = 60


def same(old: Any, new: Any) -> bool:
    """Whether two values say the same; functions do by their source, not by where they stand."""
    return old is new or fingerprint(old) == fingerprint(new)


def fingerprint(  # noqa: C901, PLR0911 - one case a kind of value
    thing: Any, depth: int = 0, seen: frozenset[int] = frozenset()
) -> str:
    """What a value says, as text: of a function its source, and that of functions it calls.

    Args:
        thing: Anything.
        depth: How deep it lies in what was asked for.
        seen: What it lies in.
    """
    if isinstance(thing, _PLAIN):
        return repr(thing)
    if depth > _DEPTH or id(thing) in seen:
        return type(thing).__qualname__
    inner = functools.partial(fingerprint, depth=depth + 1, seen=seen | {id(thing)})
    if isinstance(thing, FunctionType):
        return _of_function(thing, inner)
    if inspect.ismethod(thing):
        return f"{inner(thing.__func__)} of {inner(thing.__self__)}"
    if isinstance(thing, functools.partial):
        partial: functools.partial[Any] = thing
        return f"{inner(partial.func)}({inner(partial.args)}, {inner(partial.keywords)})"
    if isinstance(thing, dict):
        given: dict[Any, Any] = thing
        pairs = [f"{inner(key)}: {inner(each)}" for key, each in given.items()]
        return f"{{{', '.join(pairs)}}}"
    if isinstance(thing, list | tuple):
        return f"[{', '.join(inner(each) for each in cast('list[Any]', thing))}]"
    if isinstance(thing, set | frozenset):
        return f"{{{', '.join(sorted(inner(each) for each in cast('set[Any]', thing)))}}}"
    if isinstance(thing, type):
        return thing.__qualname__
    parts = parts_of(thing)
    if parts is not None:
        return f"{type(thing).__qualname__}({inner(parts)})"
    called: Any = getattr(thing, "func", None) or getattr(thing, "coroutine", None)
    return inner(called) if called is not None else type(thing).__qualname__


def parts_of(thing: Any) -> dict[str, Any] | None:
    """The fields of a pydantic value or dataclass; `None` of all else."""
    if isinstance(thing, BaseModel):
        return {name: getattr(thing, name) for name in type(thing).model_fields}
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        return {each.name: getattr(thing, each.name, None) for each in dataclasses.fields(thing)}
    return None


def _of_function(function: FunctionType, inner: Any) -> str:
    if is_library(function):
        return f"{function.__module__}.{function.__qualname__}"
    tree = definition(function)
    said = function.__code__.co_code.hex() if tree is None else _source(tree)
    return f"{said} with {inner(dict(_used(function)))}"


def _source(tree: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> str:
    """The code of a definition, without its name, its docstring, layout and annotations' places."""
    if isinstance(tree, ast.Lambda):
        return ast.dump(tree)
    body = list(tree.body)
    if ast.get_docstring(tree) is not None:
        body = body[1:]
    parts = [*tree.decorator_list, tree.args, *body]
    return f"{type(tree).__name__} {' '.join(map(ast.dump, parts))}"


def _used(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """The functions and plain values that a function names outside of itself."""
    names = function.__code__.co_names
    known: dict[str, Any] = {n: function.__globals__[n] for n in names if n in function.__globals__}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=False):
        try:
            known[name] = cell.cell_contents
        except ValueError:
            continue
    for name in sorted(known):
        value = known[name]
        if isinstance(value, (*_PLAIN, list, tuple, set, frozenset, dict)) or (
            isinstance(value, FunctionType) and not is_library(value)
        ):
            yield name, value


def value_changes(name: str, old: Any, new: Any) -> Iterator[str]:
    """What differs between two values, a line each: "budget.money: 5 -> 3".

    Args:
        name: What to call the value.
        old: As it was.
        new: As it is now.
    """
    if same(old, new):
        return
    before, after = _parts(old), _parts(new)
    if before is not None and after is not None and type(old) is type(new):
        for key in dict.fromkeys([*before, *after]):
            yield from value_changes(f"{name}.{key}", before.get(key), after.get(key))
        return
    yield f"{name}: {said(old)} -> {said(new)}"


def _parts(value: Any) -> Mapping[str, Any] | None:
    if isinstance(value, dict):
        given: dict[Any, Any] = value
        return {str(key): each for key, each in given.items()}
    return parts_of(value)


def said(value: Any) -> str:
    """A value in a few words."""
    if isinstance(value, FunctionType | functools.partial) or inspect.ismethod(value):
        return _name(value)
    if isinstance(value, type):
        return value.__name__
    if isinstance(value, list | tuple | set | frozenset):
        many: list[Any] = list(cast("Any", value))
        return _cut(f"[{', '.join(said(each) for each in many)}]")
    parts = parts_of(value)
    if parts is not None:
        told = [f"{key}={said(each)}" for key, each in parts.items() if _told(value, key, each)]
        return _cut(f"{type(value).__name__}({', '.join(told)})")
    if isinstance(value, (*_PLAIN, dict)):
        return _cut(repr(cast("Any", value)))
    return str(getattr(value, "name", "") or type(value).__name__)


def _name(value: Any) -> str:
    while isinstance(value, functools.partial):
        value = cast("Any", value).func
    return str(getattr(value, "__name__", type(value).__name__))


def _told(owner: Any, key: str, value: Any) -> bool:
    """Whether a field is worth a word: it is not as it is by default."""
    if isinstance(owner, BaseModel):
        return bool(value != type(owner).model_fields[key].default)
    return value is not None


def _cut(text: str) -> str:
    return text if len(text) <= _LONG else f"{text[: _LONG - 3]}..."
