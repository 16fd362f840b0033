"""Which payloads a record refers to, straight or by way of others."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stretto.journal.chain import Entry
    from stretto.journal.payloads import Payload

DIGESTS = ("payload", "input", "output", "given")
"""The fields of a record that name payloads."""


def fields(entry: Entry) -> dict[str, Any] | None:
    """What a record's text tells; `None` when it is no JSON object."""
    try:
        told = json.loads(entry.body)
    except ValueError:
        return None
    return told if isinstance(told, dict) else None


def digests(entry: Entry) -> list[str]:
    """The payloads that a record names."""
    told = fields(entry) or {}
    return [value for name in DIGESTS if isinstance(value := told.get(name), str) and value]


def request(entry: Entry) -> str:
    """The payload of the request that a record of a model call tells of; empty for others."""
    if not entry.type.startswith(("model", "effect")):
        return ""
    told = fields(entry) or {}
    is_request = entry.type == "model_started" or told.get("kind") == "model"
    return str(told.get("input") or "") if is_request else ""


def next_link(payload: Payload | None) -> str:
    """The payload that one of a model's request names: it holds the messages one by one."""
    try:
        told = json.loads(payload.body) if payload is not None else None
    except ValueError:
        return ""
    names = ("before", "messages")
    found = (told.get(name) for name in names) if isinstance(told, dict) else ()
    return next((digest for digest in found if isinstance(digest, str)), "")


class Uses:
    """Tells the payloads of records one after the other, those of long requests once."""

    def __init__(self, payloads: Mapping[str, Payload | None]) -> None:
        self._payloads = payloads
        self._told: set[str] = set()

    def of(self, entry: Entry) -> list[str]:
        """The payloads a record names, and what is new of the messages of its request."""
        found = dict.fromkeys(digests(entry))
        digest = request(entry)
        while digest and digest not in self._told:
            self._told.add(digest)
            found[digest] = None
            digest = next_link(self._payloads.get(digest))
        return list(found)
