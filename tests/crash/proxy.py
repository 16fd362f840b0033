"""A TCP proxy that a test closes and opens: a database that is gone for a while."""

from __future__ import annotations

import asyncio
import threading
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Proxy:
    """Passes on what comes to `url`; closed, it cuts all connections and takes no new ones."""

    def __init__(self, target: str) -> None:
        self._to = urlsplit(target)
        self._open = True
        self._writers = set[asyncio.StreamWriter]()
        self._thread = threading.get_ident()
        self._loop = asyncio.get_running_loop()
        self.url = ""
        self.refused = 0
        """How many connections were tried while it was closed."""
        self.opens_after = 0
        """It opens by itself after so many of them; never for 0."""

    def close(self) -> None:
        """Let the database be gone."""
        self._open = False
        for writer in self._writers:
            writer.transport.abort()

    def close_now(self) -> None:
        """Close it, from any thread, and come back when it is closed."""
        if threading.get_ident() == self._thread:
            self.close()
            return
        closed = threading.Event()
        self._loop.call_soon_threadsafe(lambda: (self.close(), closed.set()))
        closed.wait()

    def open(self) -> None:
        """Let it be back."""
        self._open = True

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass one connection on."""
        if not self._open:
            writer.transport.abort()
            self.refused += 1
            self._open = self.refused == self.opens_after
            return
        host, port = self._to.hostname or "127.0.0.1", self._to.port or 5432
        inner, outer = await asyncio.open_connection(host, port)
        self._writers |= {writer, outer}
        with suppress(asyncio.CancelledError):  # the test ends while it is open
            await asyncio.gather(_pipe(reader, outer), _pipe(inner, writer))

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Proxy]:
        """Listen on a free port until the block ends."""
        server = await asyncio.start_server(self.connected, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        login, at, _ = self._to.netloc.rpartition("@")
        self.url = f"postgresql://{login}{at}127.0.0.1:{port}{self._to.path}"
        try:
            yield self
        finally:
            self.close()
            server.close()
            await server.wait_closed()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
    with suppress(ConnectionError):
        writer.close()
        await writer.wait_closed()
