"""Two versions of a graph's state: which fields came, went, or hold something else."""

from __future__ import annotations

import warnings
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from stretto.comparing.change import Change
from stretto.comparing.fitting import fits
from stretto.comparing.schemas import type_words
from stretto.comparing.values import same

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stretto.check.facts import Field, Graph

_FREE = frozenset({"LastValue", "BinaryOperatorAggregate"})
"""Channels that keep the bare value, so that each can go on with what the other kept."""


def field_changes(old: Graph, new: Graph) -> Iterator[Change]:
    """Tell what is otherwise with the fields of the state."""
    for name in sorted({*old.fields, *new.fields}):
        before, after = old.fields.get(name), new.fields.get(name)
        if after is None:
            yield Change("behaviour", name, "this field of the state is gone")
        elif before is None:
            told = f"is a new field of the state: {type_said(after)}"
            yield Change("behaviour", name, told)
        else:
            yield from _changed(before, after)


def _changed(old: Field, new: Field) -> Iterator[Change]:
    name = new.name
    if not same_type(old, new):
        was, now = type_said(old), type_said(new)
        told = f": {was} -> {now}" if was != now else ""
        yield Change("behaviour", name, f"this field of the state holds another type{told}")
    if not same(old.live, new.live) or old.kind != new.kind:
        was, now = _merging(old), _merging(new)
        told = f"writes to it are merged otherwise: {was} -> {now}"
        if was == now:
            told = f"writes to it are merged otherwise: {now} does it in another way"
        yield Change("behaviour", name, told)


def _merging(field: Field) -> str:
    if field.managed:
        return "by LangGraph"
    if field.reducer:
        return field.reducer.rpartition(".")[2]
    return "the last one counts" if field.kind == "LastValue" else field.kind


def kept_fits(old: Field, new: Field) -> str:
    """Why what a checkpoint holds of a field does not fit the new version; empty where it does."""
    name = repr(new.name)
    if old.managed != new.managed:
        return f"field {name} is kept in checkpoints by one version only"
    if old.kind != new.kind and not {old.kind, new.kind} <= _FREE:
        return f"field {name} is kept as {old.kind}, and read as {new.kind}"
    if not same_type(old, new):
        known = _schema(old.type), _schema(new.type)
        if None in known or not fits(known[0] or {}, known[1] or {}):
            return f"field {name} holds {type_said(old)}, and {type_said(new)} is wanted"
    moved = _moved(old, new)
    return f"field {name} holds {moved}, a class that has another name now" if moved else ""


def _moved(old: Field, new: Field) -> str:
    """The class of a record whose name in a checkpoint is not that of the new version."""
    before = [each.name for each in old.classes if each.kind == "record"]
    after = {each.name for each in new.classes if each.kind == "record"}
    return next((each for each in before if each not in after), "")


def same_type(old: Field, new: Field) -> bool:
    """Whether two fields hold the same."""
    if old.type is new.type or (_hashable(old.type) and old.type == new.type):
        return True
    known = _schema(old.type), _schema(new.type)
    if None in known:
        return old.text == new.text and bool(old.text)
    return fits(known[0] or {}, known[1] or {}) and fits(known[1] or {}, known[0] or {})


def type_said(field: Field) -> str:
    """The type of a field in a few words."""
    known = _schema(field.type)
    if known:
        return type_words(known)
    return getattr(field.type, "__name__", "") or field.text or "anything"


def _hashable(kind: Any) -> bool:
    try:
        hash(kind)
    except TypeError:
        return False
    return True


def _schema(kind: Any) -> Mapping[str, Any] | None:
    return _schema_of(kind) if _hashable(kind) else None


@cache
def _schema_of(kind: Any) -> Mapping[str, Any] | None:
    if kind is None:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return TypeAdapter(kind).json_schema()
    except Exception:  # noqa: BLE001 - not every type has one
        return None
