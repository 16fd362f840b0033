"""What a store of the journal must do, whatever database it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

VERSION = 1
"""Of the tables and of the records in them; an older store is brought up to it when opened."""


class Row(NamedTuple):
    """A record as it is stored: the columns to select by, and its JSON."""

    thread: str
    run: str
    type: str
    time: float
    body: str


class Stored(NamedTuple):
    """A record's JSON and its position in the journal."""

    seq: int
    body: str


@dataclass(frozen=True, slots=True)
class Selection:
    """Which records to read; what is `None` does not restrict."""

    thread: str | None = None
    run: str | None = None
    types: tuple[str, ...] | None = None
    after: int = 0
    """Only records with a higher `seq`."""

    def where(self, placeholder: str) -> tuple[str, list[object]]:
        """The condition in SQL, with its parameters."""
        terms, values = [f"seq > {placeholder}"], list[object]([self.after])
        for column, value in (("thread", self.thread), ("run", self.run)):
            if value is not None:
                terms.append(f"{column} = {placeholder}")
                values.append(value)
        if self.types is not None:
            wanted = ", ".join([placeholder] * len(self.types))
            terms.append(f"type IN ({wanted})" if wanted else "1 = 0")
            values.extend(self.types)
        return " AND ".join(terms), values


class Backend(Protocol):
    """A database that holds records. Its methods block: they are called outside the event loop.

    All raise `StateUnavailable` or `StateUnreadable`. `write` is called from one thread only,
    `read` and `updated` from any.
    """

    def write(self, rows: Sequence[Row]) -> Sequence[int]:
        """Store all rows or none; returns the `seq` of each. Commits are in the order of `seq`."""
        ...

    def read(self, selection: Selection) -> list[Stored]:
        """The selected records, oldest first."""
        ...

    def updated(self) -> dict[str, float]:
        """The time of the last record of each thread."""
        ...

    def close(self) -> None:
        """Release the connections."""
        ...
