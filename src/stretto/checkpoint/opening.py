"""Opens checkpoints in an SQLite file or in a Postgres database."""

from __future__ import annotations

import asyncio
import importlib
import sqlite3
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stretto.checkpoint.fenced import FencedSqliteSaver
from stretto.checkpoint.saver import journaled
from stretto.checkpoint.serializer import serializer
from stretto.errors import MissingExtra, StateUnreadable
from stretto.home import database_url, is_database_url, state_home, state_wait
from stretto.journal.privacy import privacy_from_environment
from stretto.journal.sqlite import WAIT_SECONDS, open_file, translated

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from contextlib import AbstractAsyncContextManager

    from stretto.checkpoint.fenced_postgres import FencedPostgresSaver
    from stretto.checkpoint.saver import Guard, JournaledSaver
    from stretto.journal import Journal
    from stretto.journal.cipher import Cipher

APPLICATION_ID = 0x53747243
"""Marks a file as Stretto's checkpoints (`StrC`), in SQLite's `application_id`."""


@asynccontextmanager
async def open_checkpointer(
    url: str | Path,
    *,
    journal: Journal | None = None,
    cipher: Cipher | None = None,
    wait: float | None = None,
    takes: bool = False,
) -> AsyncGenerator[JournaledSaver]:
    """Open checkpoints in an SQLite file or in a Postgres database; the first use makes them.

    Args:
        url: A file, or a Postgres URL.
        journal: Flushed before anything is stored.
        cipher: Encrypts what is stored; by default the one of STRETTO_KEY, if that is set.
        wait: Seconds to wait for a database that is gone or locked; by default STRETTO_STATE_WAIT,
            else 10 for a locked file and none for a database that is gone.
        takes: Whether each run takes its thread when it first writes.

    Raises:
        StateUnreadable: The file is damaged or holds something else; it is left as it is.
        StateUnavailable: It cannot be reached or written.
        MissingExtra: A Postgres URL without the extra `postgres`.
    """
    cipher = cipher or privacy_from_environment().cipher
    patience = state_wait() if wait is None else wait
    opened: AbstractAsyncContextManager[tuple[Any, Guard]]
    if is_database_url(url):
        opened = _postgres(str(url), cipher)
    else:
        opened = _sqlite(Path(url), cipher, WAIT_SECONDS if patience is None else patience)
    async with opened as (inner, guard):
        yield journaled(inner, journal, guard, fence=inner, wait=patience or 0.0, takes=takes)


@asynccontextmanager
async def _sqlite(
    path: Path, cipher: Cipher | None, patience: float
) -> AsyncGenerator[tuple[FencedSqliteSaver, Guard]]:
    path = await asyncio.to_thread(_prepare, path)

    @asynccontextmanager
    async def guard() -> AsyncGenerator[None]:
        with translated(path):
            yield

    with translated(path):
        connection = sqlite3.connect(path, timeout=patience, check_same_thread=False)
    saver = FencedSqliteSaver(connection, serde=serializer(cipher))
    try:
        with translated(path):
            await saver.execute(("PRAGMA synchronous=NORMAL", ()))
            await saver.setup()
        yield saver, guard
    finally:
        await saver.aclose()


def _prepare(given: Path) -> Path:
    path = given.expanduser()
    connection = open_file(path, _check)
    with translated(path):
        if not _tables(connection):
            connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        connection.close()
    return path


def _check(connection: sqlite3.Connection, path: Path) -> None:
    tables = _tables(connection)  # first: another process may make them in between
    (owner,) = connection.execute("PRAGMA application_id").fetchone()
    if owner not in {0, APPLICATION_ID} or (tables and "checkpoints" not in tables):
        raise StateUnreadable(
            f"{str(path)!r} is an SQLite file, but holds no checkpoints of LangGraph. "
            "It was left as it is; move it away to start a new one."
        )


def _tables(connection: sqlite3.Connection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}


@asynccontextmanager
async def _postgres(
    url: str, cipher: Cipher | None
) -> AsyncGenerator[tuple[FencedPostgresSaver, Guard]]:
    try:
        postgres = importlib.import_module("stretto.journal.postgres")
        savers = importlib.import_module("stretto.checkpoint.fenced_postgres")
    except ImportError as error:
        raise MissingExtra("State in Postgres", "postgres") from error

    @asynccontextmanager
    async def guard() -> AsyncGenerator[None]:
        with postgres.translated(url):
            yield

    async with postgres.open_pool(url) as pool:
        saver = savers.FencedPostgresSaver(pool, serializer(cipher), seals=cipher is not None)
        async with guard(), postgres.setting_up(pool):
            await saver.setup()
        yield saver, guard


def places() -> tuple[str | Path, str | Path]:
    """Where the project keeps its checkpoints and its journal: one URL, or two files."""
    if url := database_url():
        return url, url
    home = state_home()
    return home / "checkpoints.sqlite", home / "journal.sqlite"
