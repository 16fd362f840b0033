"""The classes that a type names."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import sys
from enum import Enum
from typing import TYPE_CHECKING, Any, get_args, get_origin

from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from typing_extensions import is_typeddict

from stretto.check.facts import Class
from stretto.check.reading.scope import name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.reading.spaces import Space

DEPTH = 8
"""How deep within brackets classes are looked for."""
_STANDARD = {*sys.stdlib_module_names, "typing_extensions"}
_RECORDS = ("BaseModel", "NamedTuple", "Enum", "StrEnum", "IntEnum", "RootModel")
_DECORATED = ("dataclass", "dataclasses.dataclass", "pydantic.dataclasses.dataclass")
_LIKE_RECORDS = ("model_dump", "dict", "_asdict", "get_secret_value")
"""What LangGraph's serializer asks an object for."""


def classes_of(kind: Any) -> tuple[Class, ...]:
    """The classes that a type names, which was imported."""
    return tuple(dict.fromkeys(_named(kind, 0)))


def _named(kind: Any, depth: int) -> Iterator[Class]:
    if depth > DEPTH:
        return
    origin = get_origin(kind)
    if origin is not None:
        if isinstance(origin, type):
            yield Class(name_of(origin).removeprefix("builtins."), _kind(origin))
        for each in get_args(kind) if origin is not type else ():
            yield from _named(each, depth + 1)
    elif isinstance(kind, type):
        name = name_of(kind).removeprefix("builtins.")
        yield Class(name, _kind(kind), _file(kind))
    elif callable(kind) and name_of(kind):
        yield Class(name_of(kind))


def _kind(kind: type) -> Any:
    if is_typeddict(kind):
        return "dict"
    is_record = dataclasses.is_dataclass(kind) or issubclass(kind, Enum)
    if is_record or any(hasattr(kind, name) for name in _LIKE_RECORDS):
        return "record"
    abstract = inspect.isabstract(kind) or getattr(kind, "_is_protocol", False)
    own = all(each.__module__.partition(".")[0] not in _STANDARD for each in kind.__mro__[:-1])
    return "plain" if own and not abstract and kind is not object and _is_refused(kind) else ""


def _is_refused(kind: type) -> bool:
    """Whether LangGraph's serializer does not take an object of a class."""
    try:
        thing: Any = object.__new__(kind)
    except TypeError:
        return False
    try:
        JsonPlusSerializer().dumps_typed(thing)
    except TypeError:
        return True
    except Exception:  # noqa: BLE001 - an object without its fields may fail in any way
        return False
    return False


def _file(kind: type) -> str:
    try:
        return inspect.getsourcefile(kind) or ""
    except (TypeError, OSError):
        return ""


def classes_in(annotation: ast.expr, space: Space) -> tuple[Class, ...]:
    """The classes that an annotation names, of which only the source is known."""
    found: list[Class] = []
    for node in ast.walk(annotation):
        if isinstance(node, ast.Attribute | ast.Name):
            found += _in_source(node, space)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                found += classes_in(ast.parse(node.value, mode="eval").body, space)
            except SyntaxError:
                continue
    return tuple(dict.fromkeys(found))


def _in_source(node: ast.Name | ast.Attribute, space: Space) -> Iterator[Class]:
    name = space.dotted(node)
    found = space.resolved(node)
    if found is None or not isinstance(found[0], ast.ClassDef):
        if name and not name.startswith("."):
            yield Class(name.removeprefix("builtins."))
        return
    tree, where = found
    assert isinstance(tree, ast.ClassDef)  # noqa: S101 - just seen
    whole = f"{where.module}.<locals>.{tree.name}" if where.parent is not None else name
    yield Class(whole, _kind_in_source(tree, where), where.file)


def _kind_in_source(tree: ast.ClassDef, space: Space) -> Any:
    bases = {space.dotted(base).rpartition(".")[2] for base in tree.bases}
    around = {space.dotted(d.func if isinstance(d, ast.Call) else d) for d in tree.decorator_list}
    if "TypedDict" in bases:
        return "dict"
    if bases & set(_RECORDS) or around & set(_DECORATED):
        return "record"
    names = {each.name for each in tree.body if isinstance(each, ast.FunctionDef)}
    if bases or tree.keywords or tree.decorator_list or names & set(_LIKE_RECORDS):
        return ""
    return "plain"
