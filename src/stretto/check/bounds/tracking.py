"""Which fields of a state decide where a graph goes, and what nodes make of them."""

from __future__ import annotations

import ast
import dataclasses
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from stretto.check.bounds.known import ABSENT, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stretto.check.facts import Field, Function, Graph

Values = tuple[tuple[str, Any], ...]
"""What is known of the tracked fields, by name."""
_ADDS = ("operator.add", "_operator.add")
_NUMBERS = ("int", "float")
_HELD = (ast.Name, ast.Subscript, ast.Attribute, ast.Call)
LONGEST = 1000
"""The longest list whose length is followed."""


def tracked(graph: Graph) -> tuple[str, ...]:
    """The fields that conditions read; others are not looked at."""
    read: set[str] = set()
    for branch in graph.branches:
        read |= {each.key for each in branch.code.reads} if branch.code else set()
    for node in graph.nodes.values():
        if node.code is not None and node.graph is None and node.code.jumps:
            read |= {each.key for each in node.code.reads}
    return tuple(sorted(name for name in read if name in graph.fields and lasts(graph, name)))


def lasts(graph: Graph, name: str) -> bool:
    """Whether a field keeps its value until it is written again."""
    field = graph.fields[name]
    kind = type(field.channel).__name__ if field.channel is not None else field.kind
    return kind in {"", "LastValue", "BinaryOperatorAggregate"}


def beginning(graph: Graph, names: tuple[str, ...]) -> Values:
    """What the tracked fields are before anything ran."""
    return tuple((name, _first(graph, graph.fields[name])) for name in names)


def _first(graph: Graph, field: Field) -> Any:
    if field.managed:
        return UNKNOWN
    counts = counter(graph, field.name)
    if field.name in graph.input and not counts:
        return UNKNOWN
    default = _default(graph, field.name)
    if default is not ABSENT:
        return frozen(default)
    if field.reducer in _ADDS:
        return () if _is_list(field) else 0 if _is_number(field) else UNKNOWN
    return UNKNOWN if field.reducer else ABSENT


def counter(graph: Graph, name: str) -> bool:
    """Whether nodes count in a field: they add to a number, or append to a list by its reducer."""
    field = graph.fields[name]
    writes = [
        (value, node.code)
        for node in graph.nodes.values()
        if node.code is not None and node.graph is None
        for write in node.code.writes
        if write.key == name
        for value in (write.values or (write.value,))
    ]
    if field.reducer in _ADDS:
        return bool(writes) and (_is_list(field) or _is_number(field))
    counted = [_counts_up(value, code) for value, code in writes]
    constant = [isinstance(value, ast.Constant | ast.Name) for value, _ in writes]
    return (
        _is_number(field)
        and any(counted)
        and all(one or other for one, other in zip(counted, constant, strict=True))
    )


def _counts_up(value: ast.expr | None, code: Function) -> bool:
    """Whether a value is what was there, and a constant more or less."""
    match value:
        case ast.BinOp(left=own, op=ast.Add() | ast.Sub(), right=step):
            return isinstance(own, _HELD) and isinstance(code.scope.value(step), int)
        case _:
            return False


def _is_list(field: Field) -> bool:
    return field.text.startswith(("list", "List", "typing.List"))


def _default(graph: Graph, name: str) -> Any:
    """What a class gives a field that is not given."""
    schema: Any = getattr(graph.builder, "state_schema", None)
    if isinstance(schema, type) and issubclass(schema, BaseModel):
        found = schema.model_fields.get(name)
        return ABSENT if found is None or found.is_required() else found.get_default()
    if dataclasses.is_dataclass(schema):
        for each in dataclasses.fields(schema):
            if each.name == name and each.default is not dataclasses.MISSING:
                return each.default
    return ABSENT


def begun_at(graph: Graph, name: str) -> Any:
    """What a field is taken for that is read without having been given: a number begins at 0."""
    return 0 if _is_number(graph.fields[name]) else UNKNOWN


def _is_number(field: Field) -> bool:
    return field.type in (int, float) or field.text.rpartition(".")[2].strip("'<>") in _NUMBERS


def frozen(value: Any) -> Any:
    """A value that can be compared and kept; `UNKNOWN` for one that cannot."""
    if value is UNKNOWN or value is ABSENT or value is None:
        return value
    if isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple) and len(value) <= LONGEST:
        return tuple(UNKNOWN for _ in value)
    return UNKNOWN


def merged(graph: Graph, values: Values, update: Mapping[str, Any] | None) -> Values:
    """What is known after an update; `None` is an update of which nothing is known."""
    made: list[tuple[str, Any]] = []
    for name, before in values:
        if update is None:
            made.append((name, UNKNOWN))
        elif name in update:
            made.append((name, _written(graph.fields[name], before, update[name])))
        else:
            made.append((name, before))
    return tuple(made)


def _written(field: Field, before: Any, value: Any) -> Any:
    if not field.reducer:
        return frozen(value)
    if field.reducer not in _ADDS or before is UNKNOWN or value is UNKNOWN:
        return UNKNOWN
    if isinstance(before, tuple) and isinstance(value, list | tuple):
        return frozen([*before, *value])
    if isinstance(before, int | float) and isinstance(value, int | float):
        return before + value
    return UNKNOWN


def assumed(graph: Graph, names: tuple[str, ...]) -> Iterator[str]:
    """What is taken for granted of the input."""
    for name, value in beginning(graph, names):
        if name in graph.input and value is not UNKNOWN:
            shown = "0" if value is ABSENT else "empty" if value == () else str(value)
            yield f"{name} begins {'empty' if shown == 'empty' else f'at {shown}'}"
        elif (
            graph.checkpointing == "own" and value is not UNKNOWN and not graph.fields[name].managed
        ):
            yield f"{name} begins as on a new thread"
