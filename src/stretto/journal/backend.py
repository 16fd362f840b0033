"""What a store of the journal must do, whatever database it is."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from stretto.journal.values import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from stretto.journal.payloads import Payload

VERSION = 2
"""Of the tables and of the records in them; an older store is brought up to it when opened."""

RUN_TYPES = ("run_started", "run_ended")
RUNS = "type IN ('run_started', 'run_ended')"
"""Selects them in just these words, which let databases use the index that is made for it."""

T = TypeVar("T")
Values = tuple[Any, ...]


MOST_KEY = 1_000
"""Characters of a text that is looked up in an index; databases hold no longer ones there."""


def column(text: str) -> str:
    """A text as a column holds it that is looked up; the end of a very long one is its digest."""
    text = clean(text)
    if len(text) <= MOST_KEY:
        return text
    return f"{text[: MOST_KEY - 64]}{sha256(text.encode()).hexdigest()}"


class Row(NamedTuple):
    """A record that is to be stored: the columns to select by, its JSON, and what it refers to."""

    thread: str
    run: str
    type: str
    time: float
    key: str | None
    family: str | None
    body: str
    payloads: tuple[Payload, ...] = ()
    fence: int = 0
    """Under which taking of its thread it was made; 0 for none."""


class Link(NamedTuple):
    """A record in its place in the chain of its thread, column by column."""

    thread: str
    position: int
    run: str
    type: str
    time: float
    key: str | None
    family: str | None
    prev: str
    hash: str
    body: str


class Kept(NamedTuple):
    """A payload as it is stored, column by column."""

    thread: str
    digest: str
    kind: str
    exact: bool
    body: bytes


class Tip(NamedTuple):
    """The end of a thread's chain."""

    next: int = 0
    """Position of the record that comes next."""
    hash: str = ""
    """Of the last one."""
    fence: int = 0
    """How often the thread has been taken."""
    dropped: int = 0
    """How often payloads of it have been dropped."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which records to read; what is `None` does not restrict."""

    thread: str | None = None
    run: str | None = None
    types: tuple[str, ...] | None = None
    after: int = 0
    """Only records with a higher `seq`."""
    key: str | None = None
    family: str | None = None

    @property
    def order(self) -> str:
        """The column to order by: in a thread positions rise with `seq`, and have an index."""
        return "seq" if self.thread is None else "position"

    def where(self) -> tuple[str, list[object]]:
        """The condition in SQL, with its parameters."""
        terms, values = ["seq > ?"], list[object]([self.after])
        for column in ("thread", "run", "key", "family"):
            if (value := getattr(self, column)) is not None:
                terms.append(f"{column} = ?")
                values.append(value)
        if self.types is not None and set(self.types) == set(RUN_TYPES):
            terms.append(RUNS)
        elif self.types is not None:
            wanted = ", ".join(["?"] * len(self.types))
            terms.append(f"type IN ({wanted})" if wanted else "1 = 0")
            values.extend(self.types)
        return " AND ".join(terms), values


class Session(Protocol):
    """A transaction that no other writer is in at the same time.

    Queries are written once for all databases: `$records`, `$payloads` and `$fences` stand for the
    tables, `?` for a parameter.
    """

    def rows(self, query: str, *values: object) -> list[Values]:
        """What a query gives."""
        ...

    def many(self, query: str, values: Iterable[Sequence[object]]) -> None:
        """Execute a statement once for each."""
        ...

    def tips(self, threads: Sequence[str]) -> dict[str, Tip]:
        """Where each thread ends."""
        ...

    def insert(self, links: Sequence[Link]) -> Sequence[int]:
        """Add records; the `seq` of each."""
        ...

    def keep(self, payloads: Sequence[Kept]) -> None:
        """Add the payloads that are not there."""
        ...


class Backend(Protocol):
    """A database that holds records. Its methods block: they are called outside the event loop.

    All raise `StateBusy`, `StateUnavailable` or `StateUnreadable`. `write` and `scrub` are called
    from one thread only, `read` from any.
    """

    def write(self, work: Callable[[Session], T]) -> T:
        """Do all of `work` or none of it.

        Whether a commit that raised has happened is not always known. The same `work` given again
        is done once: if it has happened, its result is returned.
        """
        ...

    def read(self, query: str, *values: object) -> list[Values]:
        """What a query gives, written as for a `Session`."""
        ...

    def scrub(self) -> None:
        """Leave nothing of what was deleted in files of ours, as far as the database lets us."""
        ...

    def close(self) -> None:
        """Release the connections."""
        ...
