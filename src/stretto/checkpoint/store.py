"""LangGraph's store, for what is remembered beyond a thread: in an SQLite file, or in Postgres."""

from __future__ import annotations

import asyncio
import base64
import importlib
import json
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langgraph.store.base import BaseStore, Item, PutOp, SearchOp
from typing_extensions import override

from stretto.errors import InvalidInput, MissingExtra, StateUnreadable
from stretto.home import is_database_url, state_wait
from stretto.journal.privacy import privacy_from_environment
from stretto.journal.sqlite import WAIT_SECONDS, open_file, translated

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import AsyncGenerator, Iterable
    from contextlib import AbstractAsyncContextManager

    from langgraph.store.base import Op, Result

    from stretto.journal.cipher import Cipher

APPLICATION_ID = 0x53747254
"""Marks a file as Stretto's store (`StrT`), in SQLite's `application_id`."""
SEALED = "stretto_sealed"
"""The one key of a value that is encrypted."""


@asynccontextmanager
async def open_store(
    url: str | Path, *, cipher: Cipher | None = None, wait: float | None = None
) -> AsyncGenerator[BaseStore]:
    """Open LangGraph's store in an SQLite file or in a Postgres database.

    It is opened when it is first used, and a file is made then: graphs that remember nothing leave
    nothing behind and do not wait for it.

    Args:
        url: A file, or a Postgres URL.
        cipher: Encrypts the values that are stored, not namespaces and keys; by default the one of
            STRETTO_KEY, if that is set.
        wait: Seconds to wait for a file that is locked; by default STRETTO_STATE_WAIT, else 10.

    Raises (when it is used):
        StateUnreadable: The file is damaged or holds something else; it is left as it is.
        StateUnavailable: It cannot be reached or written.
        MissingExtra: A Postgres URL without the extra `postgres`.
        InvalidInput: A search by what encrypted values hold.
    """
    cipher = cipher or privacy_from_environment().cipher
    patience = state_wait() if wait is None else wait
    if is_database_url(url):
        opening = _postgres(str(url))
    else:
        opening = _sqlite(Path(url), WAIT_SECONDS if patience is None else patience)
    async with AsyncExitStack() as stack:
        yield LaterStore(opening, stack, cipher)


class LaterStore(BaseStore):
    """A store that is opened when it is first used, and seals what it keeps. See `open_store`.

    Async code calls `aget`, `aput` and so on; `get`, `put` are for code that runs in a thread.
    """

    __slots__ = ("_cipher", "_lock", "_loop", "_opened", "_opening", "_stack")

    def __init__(
        self,
        opening: AbstractAsyncContextManager[BaseStore],
        stack: AsyncExitStack,
        cipher: Cipher | None,
    ) -> None:
        self._opening, self._stack, self._cipher = opening, stack, cipher
        self._opened: BaseStore | None = None
        self._lock = asyncio.Lock()
        self._loop = asyncio.get_running_loop()

    @override
    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        async with self._lock:
            if self._opened is None:
                self._opened = await self._stack.enter_async_context(self._opening)
        cipher = self._cipher
        if cipher is None:
            return await self._opened.abatch(ops)
        results = await self._opened.abatch([_sealed(op, cipher) for op in ops])
        return [_unsealed(result, cipher) for result in results]

    @override
    def batch(self, ops: Iterable[Op]) -> list[Result]:
        try:
            running = asyncio.get_running_loop()
        except RuntimeError:
            running = None
        if running is self._loop:
            raise InvalidInput(
                "the store was called without `await` in async code, which would wait for itself. "
                "Use `await store.aget(...)`, `aput`, `asearch` or `adelete`."
            )
        return asyncio.run_coroutine_threadsafe(self.abatch(ops), self._loop).result()


def _sealed(op: Op, cipher: Cipher) -> Op:
    if isinstance(op, PutOp) and op.value is not None:
        body = cipher.seal(json.dumps(op.value, ensure_ascii=False).encode())
        return op._replace(value={SEALED: base64.b64encode(body).decode()}, index=False)
    if isinstance(op, SearchOp) and (op.filter or op.query):
        raise InvalidInput(
            "what is stored is encrypted, so it cannot be searched by what it holds. Search by "
            "namespace and look through what comes, or get it by its key."
        )
    return op


def _unsealed(result: Any, cipher: Cipher) -> Any:
    if isinstance(result, list):
        return [_unsealed(each, cipher) for each in result]
    if isinstance(result, Item) and set(result.value) == {SEALED}:
        result.value = json.loads(cipher.unseal(base64.b64decode(result.value[SEALED])))
    return result


@asynccontextmanager
async def _sqlite(given: Path, patience: float) -> AsyncGenerator[BaseStore]:
    import aiosqlite  # here: it takes long to import what most graphs never use
    from langgraph.store.sqlite.aio import AsyncSqliteStore

    path = await asyncio.to_thread(_prepare, given)
    with translated(path):
        connection = await aiosqlite.connect(path, isolation_level=None, timeout=patience)
    try:
        with translated(path):
            await connection.execute("PRAGMA synchronous=NORMAL")
            inner = AsyncSqliteStore(connection)
            await inner.setup()
        async with _ending(inner):
            yield _Translated(inner, lambda: translated(path))
    finally:
        await connection.close()


def _prepare(given: Path) -> Path:
    path = given.expanduser()
    connection = open_file(path, _check)
    with translated(path):
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        connection.close()
    return path


def _check(connection: sqlite3.Connection, path: Path) -> None:
    tables = connection.execute("SELECT name FROM sqlite_schema").fetchall()
    (owner,) = connection.execute("PRAGMA application_id").fetchone()
    if owner != APPLICATION_ID and (owner or tables):
        raise StateUnreadable(
            f"{str(path)!r} is an SQLite file, but no store of ours. "
            "It was left as it is; move it away to start a new one."
        )


@asynccontextmanager
async def _postgres(url: str) -> AsyncGenerator[BaseStore]:
    try:
        postgres = importlib.import_module("stretto.journal.postgres")
        stores = importlib.import_module("langgraph.store.postgres.aio")
    except ImportError as error:
        raise MissingExtra("State in Postgres", "postgres") from error
    async with postgres.open_pool(url) as pool:
        inner = stores.AsyncPostgresStore(pool)
        with postgres.translated(url):
            async with postgres.setting_up(pool):
                await inner.setup()
        async with _ending(inner):
            yield _Translated(inner, lambda: postgres.translated(url))


@asynccontextmanager
async def _ending(inner: Any) -> AsyncGenerator[None]:
    """End the task that LangGraph's stores begin, and leave running."""
    try:
        yield
    finally:
        task: asyncio.Task[None] | None = getattr(inner, "_task", None)
        if task is not None:
            task.cancel()
            await asyncio.wait([task])


class _Translated(BaseStore):
    """Raises a database's errors as ours."""

    __slots__ = ("_guard", "_inner")

    def __init__(self, inner: BaseStore, guard: Any) -> None:
        self._inner, self._guard = inner, guard

    @override
    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        with self._guard():
            return await self._inner.abatch(ops)

    @override
    def batch(self, ops: Iterable[Op]) -> list[Result]:
        with self._guard():
            return self._inner.batch(ops)
