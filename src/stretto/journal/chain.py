"""The hash chain of a thread: each record is linked to the one before it."""

from __future__ import annotations

from hashlib import sha256
from typing import NamedTuple


class Entry(NamedTuple):
    """A record as it is stored: the columns of its row, unparsed."""

    seq: int
    thread: str
    position: int
    """In its thread, from 0; those of a pruned thread go on counting."""
    prev: str
    """Hash of the one before; empty for the first."""
    hash: str
    type: str
    run: str
    time: float
    body: str
    """The record's JSON, without what was said and without `seq`."""
    key: str | None = None
    """Of an effect."""
    family: str | None = None
    """Of the checkpoints an effect was begun from."""


def link(prev: str, body: str) -> str:
    """The hash of a record: SHA-256 of the one before's, a line feed, and the record's JSON."""
    return sha256(f"{prev}\n{body}".encode()).hexdigest()
