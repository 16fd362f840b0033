"""Keeps a source open between the supersteps of one process, and opens it again in another."""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from stretto.errors import SourceChanged, StrettoError
from stretto.patterns.source import opened

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stretto.patterns.reader import Reader
    from stretto.patterns.rows import Chunk, Position
    from stretto.patterns.source import Source

_MOST_IDLE = 8
"""Open sources that wait for their next superstep; beyond it the oldest is closed."""
_idle: OrderedDict[str, tuple[Reader, asyncio.AbstractEventLoop]] = OrderedDict()


class Reading:
    """One superstep's reading of a source, in the order of its chunks.

    Args:
        source: What is read.
        state: The team's.
        token: Names the pass over the source.
        fingerprint: What the source was when the turn began.
    """

    def __init__(
        self,
        source: Source,
        state: Mapping[str, Any],
        token: str,
        fingerprint: Mapping[str, Any],
    ) -> None:
        self._source, self._state = source, state
        self._token, self._fingerprint = token, fingerprint
        self._reader: Reader | None = None

    async def take(self, at: Position, most: int) -> Chunk:
        """Read up to `most` records from a position, not before the last one read.

        Raises:
            SourceChanged: The source is not what it was.
            Exception: What the source raised.
        """
        try:
            reader = await self._at(at)
            return await reader.take(most)
        except BaseException as error:
            await self.close()
            if not isinstance(error, StrettoError):
                error.add_note(
                    f"the source {self._source.told} raised this after item "
                    f"{at.get('record', 0):,}. What was done is stored; a resume opens it again "
                    "and goes on there."
                )
            raise

    async def _at(self, at: Position) -> Reader:
        reader = self._reader or _taken(self._token, at)
        if reader is None:
            reader = await opened(self._source, self._state, at)
        self._reader = reader
        if reader.fingerprint != self._fingerprint:
            raise SourceChanged(
                f"the source {self._source.told} has changed since the turn began to read it. Put "
                "it back as it was, its time of change too, or begin anew in another thread."
            )
        if reader.position != at:
            await reader.skip_to(at)
        return reader

    async def keep(self) -> None:
        """Leave the source open for the next superstep."""
        reader, self._reader = self._reader, None
        if reader is not None:
            await keep(self._token, reader)

    async def close(self) -> None:
        """Close the source, if it is open."""
        reader, self._reader = self._reader, None
        if reader is not None:
            await reader.close()


async def keep(token: str, reader: Reader) -> None:
    """Let an open source wait for who reads on where it stands."""
    loop = asyncio.get_running_loop()
    _idle[_key(token, reader.position)] = reader, loop
    while len(_idle) > _MOST_IDLE:
        _, (oldest, its) = _idle.popitem(last=False)
        if its is loop:
            await oldest.close()


def _taken(token: str, at: Position) -> Reader | None:
    reader, loop = _idle.pop(_key(token, at), (None, None))
    return reader if loop is asyncio.get_running_loop() else None


def _key(token: str, at: Position) -> str:
    return f"{token} {json.dumps(at, sort_keys=True)}"
