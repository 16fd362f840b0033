"""Records as text, and text as records: what was said goes apart and comes back.

A stored record is its JSON without what its `SAID` fields hold and without `seq`. If they hold
anything, its last field is `payload`, the digest under which that is stored.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from stretto.journal.payloads import Payload, said_payload
from stretto.journal.values import jsonable
from stretto.records import parse, parse_all, said_fields

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stretto.journal.privacy import Privacy
    from stretto.records import AnyRecord, Record

MARK = ',"payload":"'
"""Stands before the digest; it cannot be part of a JSON string, whose quotes are escaped."""
_TAIL = len(MARK) + 64 + 2
_UNSTORED = frozenset({"seq", "payload", "forgotten"})


class Split(NamedTuple):
    """A record in two: what is chained, and what was said."""

    body: str
    said: Payload | None


class _Shape(NamedTuple):
    """What of a type of records goes where."""

    defaults: tuple[tuple[str, Any], ...]
    """Its `SAID` fields, and what they hold when nothing was said."""
    apart: set[str]


def split(record: AnyRecord, privacy: Privacy) -> Split:
    """The record as it is stored; what was said in it is redacted first.

    What cannot be told in JSON is told as `jsonable` tells it.
    """
    try:
        return _split(record, privacy)
    except (ValueError, TypeError, RecursionError):  # pydantic's serialization error is one
        plain = jsonable(record.model_dump(), text=100_000, total=1_000_000)
        return _split(type(record).model_validate(plain), privacy)


def split_text(body: str, kind: type[Record] | None, privacy: Privacy) -> Split:
    """The same for a record of version 1, which held what was said; no field of it is lost."""
    try:
        fields = json.loads(body)
    except ValueError:
        return Split(body, None)
    if kind is None or not isinstance(fields, dict):
        return Split(body, None)
    said = {name: fields.pop(name, default) for name, default in _shape(kind).defaults}
    for name in _UNSTORED:
        fields.pop(name, None)
    defaults = dict(_shape(kind).defaults)
    kept = {name: value for name, value in said.items() if not _same(value, defaults[name])}
    text = json.dumps(fields, separators=(",", ":"), ensure_ascii=False)
    return _joined(text, kept, privacy)


def digest_of(body: str) -> str:
    """The digest of what was said in a stored record; empty if nothing was."""
    return body[-66:-2] if body[-_TAIL:-66] == MARK else ""


def whole(seq: int, body: str, said: bytes | None = None) -> AnyRecord:
    """A stored record, with what was said if that is given.

    Raises:
        pydantic.ValidationError: It is no record.
    """
    end = "" if said is None or said == b"{}" else "," + said[1:-1].decode("utf-8", "replace")
    return parse(f'{{"seq":{seq},{body[1:-1]}{end}}}')


def bare(rows: Iterable[tuple[int, str]]) -> list[AnyRecord]:
    """Stored records without what was said, all at once.

    Raises:
        pydantic.ValidationError: One is no record.
    """
    return parse_all("[" + ",".join([f'{{"seq":{seq},{body[1:-1]}}}' for seq, body in rows]) + "]")


def dropped(seq: int, body: str) -> AnyRecord:
    """A stored record whose words are no longer there."""
    return parse(f'{{"seq":{seq},{body[1:-1]},"forgotten":true}}')


def _split(record: AnyRecord, privacy: Privacy) -> Split:
    shape = _shape(type(record))
    held = {name for name, default in shape.defaults if not _same(getattr(record, name), default)}
    said = record.model_dump(mode="json", include=held) if held else {}
    return _joined(record.model_dump_json(exclude=shape.apart), said, privacy)


def _joined(text: str, said: dict[str, Any], privacy: Privacy) -> Split:
    if not said:
        return Split(text, None)
    payload = said_payload(privacy.redacted(said))
    return Split(f'{text[:-1]}{MARK}{payload.digest}"}}', payload)


def _same(value: Any, default: Any) -> bool:
    return value is default or (type(value) is type(default) and value == default)


@cache
def _shape(kind: type[Record]) -> _Shape:
    names = said_fields(kind)
    defaults = tuple(
        (name, field.get_default(call_default_factory=True))
        for name, field in kind.model_fields.items()
        if name in names
    )
    return _Shape(defaults, {*names, *_UNSTORED})
