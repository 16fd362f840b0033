"""A thread has one writer, and a dead one does not block it."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from stretto.errors import StateUnavailable, ThreadBusy
from stretto.runs.lock import FileLocks, Locks, PostgresLocks

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(params=["files", "postgres"])
def locks(request: pytest.FixtureRequest, tmp_path: Path) -> Locks:
    """Both kinds of locks."""
    if request.param == "files":
        return FileLocks(tmp_path / "locks")
    return PostgresLocks(request.getfixturevalue("postgres_url"))


async def test_a_held_thread_is_busy_and_others_are_not(locks: Locks) -> None:
    """One thread's lock says nothing about another's; released, it can be had again."""
    async with locks.hold("a", wait=0):
        with pytest.raises(ThreadBusy, match="thread 'a'"):
            async with locks.hold("a", wait=0):
                pass
        async with locks.hold("b", wait=0):
            pass
    async with locks.hold("a", wait=0):
        pass


async def test_waiting_gets_the_thread_when_it_is_free(locks: Locks) -> None:
    """The second holder begins after the first has ended."""
    order: list[str] = []
    inside = asyncio.Event()

    async def first() -> None:
        async with locks.hold("a", wait=0):
            inside.set()
            await asyncio.sleep(0)
            order.append("first")

    async def second() -> None:
        await inside.wait()
        async with locks.hold("a", wait=20):
            order.append("second")

    await asyncio.gather(first(), second())
    assert order == ["first", "second"]


HOLDER = """
import asyncio, sys
from pathlib import Path
from stretto.runs.lock import FileLocks, PostgresLocks
kind, place = sys.argv[1:]
locks = FileLocks(Path(place)) if kind == "files" else PostgresLocks(place)
async def main():
    async with locks.hold("a", wait=0):
        print("held", flush=True)
        await asyncio.Event().wait()
asyncio.run(main())
"""


async def test_a_killed_process_leaves_no_lock(locks: Locks) -> None:
    """`kill -9` frees the thread."""
    kind, place = (
        ("files", str(locks._folder)) if isinstance(locks, FileLocks) else ("postgres", locks._url)  # type: ignore[attr-defined]
    )
    with subprocess.Popen(  # noqa: ASYNC220
        [sys.executable, "-c", HOLDER, kind, place], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(ThreadBusy):
            async with locks.hold("a", wait=0):
                pass
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    async with locks.hold("a", wait=20):
        pass


async def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """The error says what to set."""
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StateUnavailable, match="STRETTO_HOME"):
        async with FileLocks(tmp_path / "file" / "locks").hold("a", wait=0):
            pass


async def test_a_database_that_is_down_is_named() -> None:
    """The error says which setting to check."""
    with pytest.raises(StateUnavailable, match="STRETTO_DATABASE_URL"):
        async with PostgresLocks("postgresql://nobody@127.0.0.1:1/none").hold("a", wait=0):
            pass
