"""An open source: a file, a list, an iterator or cursor, an async iterator.

All blocking calls of one are made in one thread of its own: database cursors ask for that, and
servers forbid them on the event loop.
"""

from __future__ import annotations

import asyncio
import contextvars
import hashlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from stretto.errors import SourceChanged, SourceUnusable
from stretto.patterns.rows import Chunk, File, Position, Rows

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence

T = TypeVar("T")

_HEAD = 65_536
"""Bytes at the start of a file that its fingerprint covers."""


class Reader(Protocol):
    """An open source."""

    fingerprint: dict[str, Any]
    """What tells a changed source; empty where nothing can."""
    total: int | None
    """Items in all, where that is known."""
    position: Position
    """Where the next item begins."""

    async def skip_to(self, at: Position) -> None:
        """Go on from a later position.

        Raises:
            SourceChanged: The source ends before.
        """
        ...

    async def take(self, most: int) -> Chunk:
        """Read up to `most` records."""
        ...

    async def close(self) -> None:
        """Close it."""
        ...


def shorter(told: str, offset: int) -> SourceChanged:
    """The error for a source that ends before what was done."""
    return SourceChanged(
        f"the source {told} ends before item {offset + 1:,}, and those before it are done: it is "
        "not what it was. Make it give the same items again, or begin anew in another thread."
    )


async def open_file(file: File, at: Position) -> Reader:
    """Open a file at a position."""
    thread = Thread()
    try:
        rows, told = await thread.run(lambda: (Rows(file, at), _fingerprint(Path(file.path))))
    except BaseException:
        thread.end()
        raise
    return Filed(rows, told, thread)


class Held:
    """A list that is there."""

    def __init__(self, items: Sequence[Any], at: Position) -> None:
        self._items = items
        self.fingerprint: dict[str, Any] = {"items": len(items)}
        self.total: int | None = len(items)
        self.position = {"record": at.get("record", 0)}

    async def skip_to(self, at: Position) -> None:
        """Go on from a later position."""
        self.position = {"record": at["record"]}

    async def take(self, most: int) -> Chunk:
        """Read up to `most` records."""
        begin = self.position["record"]
        items = list(self._items[begin : begin + most])
        end = {"record": begin + len(items)}
        last = end["record"] >= len(self._items)
        chunk = Chunk(self.position, end, items, ended=last)
        self.position = end
        return chunk

    async def close(self) -> None:
        """Nothing is open."""


class Thread:
    """The one thread in which a source is opened, read and closed."""

    def __init__(self) -> None:
        self._executor: ThreadPoolExecutor | None = None

    async def run(self, function: Callable[[], T]) -> T:
        """Call it there, in this context."""
        if self._executor is None:
            self._executor = ThreadPoolExecutor(1, thread_name_prefix="stretto-source")
        context, loop = contextvars.copy_context(), asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, context.run, function)

    def end(self) -> None:
        """Let it end, when what it does is done."""
        if self._executor is not None:
            self._executor.shutdown(wait=False)
            self._executor = None


def _fingerprint(path: Path) -> dict[str, Any]:
    """Size, time of change, and digest of the head."""
    try:
        told = path.stat()
        with path.open("rb") as file:
            head = hashlib.sha256(file.read(_HEAD)).hexdigest()
    except OSError as error:
        raise SourceUnusable(
            f"{path} cannot be read: {error.strerror or error}. Give a file that is there."
        ) from error
    return {"size": told.st_size, "changed": told.st_mtime_ns, "head": head}


class Filed:
    """A file that is open."""

    total: int | None = None

    def __init__(self, rows: Rows, fingerprint: dict[str, Any], thread: Thread) -> None:
        self._rows, self._thread, self.fingerprint = rows, thread, fingerprint
        self.position = rows.position

    async def skip_to(self, at: Position) -> None:
        """Go on from a later position."""
        await self._thread.run(lambda: self._rows.skip_to(at))
        self.position = dict(at)

    async def take(self, most: int) -> Chunk:
        """Read up to `most` records."""
        chunk = await self._thread.run(lambda: self._rows.take(most))
        self.position = chunk.end
        return chunk

    async def close(self) -> None:
        """Close it."""
        await self._thread.run(self._rows.close)
        self._thread.end()


@dataclass(slots=True)
class Iterated:
    """Something to iterate over that blocks: an iterator, a database cursor."""

    items: Iterable[Any]
    told: str
    begin: int
    thread: Thread
    fingerprint: dict[str, Any] = field(default_factory=dict[str, Any])
    total: int | None = None
    position: Position = field(init=False)
    _iterator: Iterator[Any] | None = None

    def __post_init__(self) -> None:
        self.position = {"record": self.begin}

    def _next(self, most: int) -> list[Any]:
        if self._iterator is None:
            self._iterator = iter(self.items)
        return list(islice(self._iterator, most))

    async def skip_to(self, at: Position) -> None:
        """Go on from a later position."""
        left = at["record"] - self.position["record"]
        while left > 0:
            got = len(await self.thread.run(partial(self._next, min(left, 10_000))))
            if not got:
                raise shorter(self.told, at["record"])
            left -= got
        self.position = {"record": at["record"]}

    async def take(self, most: int) -> Chunk:
        """Read up to `most` records."""
        items = await self.thread.run(lambda: self._next(most))
        begin, self.position = self.position, {"record": self.position["record"] + len(items)}
        return Chunk(begin, self.position, items, ended=len(items) < most)

    async def close(self) -> None:
        """Close it."""
        ends = [getattr(each, "close", None) for each in (self._iterator, self.items)]

        def end() -> None:
            for each in ends:
                if callable(each):
                    with suppress(Exception):  # it was read to its end, or has failed already
                        each()

        await self.thread.run(end)
        self.thread.end()


@dataclass(slots=True)
class Flowing:
    """An async iterator, read on the event loop."""

    items: Any
    told: str
    begin: int
    fingerprint: dict[str, Any] = field(default_factory=dict[str, Any])
    total: int | None = None
    position: Position = field(init=False)
    _iterator: AsyncIterator[Any] | None = None

    def __post_init__(self) -> None:
        self.position = {"record": self.begin}

    async def _next(self, most: int) -> list[Any]:
        if self._iterator is None:
            self._iterator = aiter(self.items)
        got: list[Any] = []
        while len(got) < most:
            try:
                got.append(await anext(self._iterator))
            except StopAsyncIteration:
                break
        return got

    async def skip_to(self, at: Position) -> None:
        """Go on from a later position."""
        for _ in range(at["record"] - self.position["record"]):
            if not await self._next(1):
                raise shorter(self.told, at["record"])
        self.position = {"record": at["record"]}

    async def take(self, most: int) -> Chunk:
        """Read up to `most` records."""
        items = await self._next(most)
        begin, self.position = self.position, {"record": self.position["record"] + len(items)}
        return Chunk(begin, self.position, items, ended=len(items) < most)

    async def close(self) -> None:
        """Close it."""
        for each in (self._iterator, self.items):
            end = getattr(each, "aclose", None)
            if callable(end):
                with suppress(Exception):  # it was read to its end, or has failed already
                    await cast("Any", end())
