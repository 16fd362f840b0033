"""Faults that are no crash: a full disk, a database that is gone or held, two who resume."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

import stretto
from bench.crash.person import answers
from bench.crash.shapes import question
from stretto.errors import InvalidInput, StateBusy, StateUnavailable, ThreadBusy, ThreadUnknown
from stretto.testing import at_write, fail_at
from tests.crash.conftest import DONE
from tests.crash.proxy import Proxy

if TYPE_CHECKING:
    from pathlib import Path

    from bench.crash.world import World

START = question("chain")
CHILD = """
import asyncio, os, signal, sqlite3, sys
from contextlib import closing
from pathlib import Path
import stretto
from bench.crash.shapes import chain, question
from bench.crash.world import World

async def main(place, path, stop):
    where = {"url": place} if "://" in place else {"home": Path(place)}
    async with stretto.open_storage(**where) as storage:

        class Stopping(World):
            def _happen(self, name, who, key=""):
                if f"{name} {who}" == stop:
                    storage.journal.flush_now()  # a file is not to be held while it is paused
                    for _ in range(3):  # lets the writes end that are still under way
                        for file in [] if "://" in place else Path(place).glob("*.sqlite"):
                            with closing(sqlite3.connect(file, timeout=10)) as connection:
                                connection.execute("BEGIN IMMEDIATE")
                    os.kill(os.getpid(), signal.SIGSTOP)
                return super()._happen(name, who, key)

        graph = chain(Stopping(Path(path)), 0)
        try:
            await stretto.run(graph, question("chain"), thread="t", storage=storage)
        except stretto.StrettoError as error:
            print(type(error).__name__)

asyncio.run(main(*sys.argv[1:]))
"""


async def go_on(graph: Any, world: World, *, take_over: bool = False, **place: Any) -> None:
    """Resume as a truthful person does, until the run is done."""
    async with stretto.open_storage(**place) as storage:
        options: Any = {"storage": storage, "take_over": take_over}
        try:
            result = await stretto.resume(graph, "t", **options)
        except ThreadUnknown:
            result = await stretto.run(graph, START, thread="t", **options)
        while result.interrupts:
            waiting = [(i.id, i.value) for i in result.interrupts]
            told = answers(waiting, world, together=True)
            result = await stretto.resume(graph, "t", answers=told, **options)
        assert result.status == "done"


async def unjournaled(world: World, **place: Any) -> list[str]:
    """Bookings that happened though the journal does not hold that they began."""
    async with stretto.open_storage(**place) as storage:
        records: list[Any] = await storage.journal.records("t", types=["effect_started"])
    begun = {record.args["args"][0] for record in records if record.name == "book"}
    return [who for name, who in world.counts() if name == "book" and who not in begun]


@pytest.mark.parametrize("stop", ["look first 0", "pay second 0", "pay last 1"])
async def test_a_paused_process_keeps_its_thread_until_another_takes_it_over(
    place: dict[str, Any], stop: str, graph: Any, world: World
) -> None:
    """Who resumes meanwhile is told so; taken over, the paused one can neither write nor act."""
    where = str(place.get("url") or place["home"])
    paused = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CHILD, where, world.path, stop, stdout=asyncio.subprocess.PIPE
    )
    try:
        _, status = await asyncio.to_thread(os.waitpid, paused.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        before = world.counts()
        with pytest.raises(ThreadBusy, match="another turn is being written"):
            await go_on(graph, world, **place)
        assert world.counts() == before
        await go_on(graph, world, take_over=True, **place)
        assert world.counts() == DONE
        paused.send_signal(signal.SIGCONT)
        said, _ = await paused.communicate()
    except BaseException:
        paused.kill()
        raise
    assert said == b"ThreadTaken\n"
    assert world.counts() == DONE


async def test_of_two_that_resume_at_once_one_wins(
    place: dict[str, Any], graph: Any, world: World
) -> None:
    """The other is told that a turn is being written; no effect happens twice."""
    async with stretto.open_storage(**place) as storage:
        fail_at(storage, 14)
        with pytest.raises(StateUnavailable):
            await stretto.run(graph, START, thread="t", storage=storage)
    ends = await asyncio.gather(
        *(go_on(graph, world, **place) for _ in range(2)), return_exceptions=True
    )
    lost = [end for end in ends if end is not None]
    assert len(lost) == 1
    assert isinstance(lost[0], ThreadBusy | InvalidInput), lost  # it came while, or after
    assert world.counts() == DONE


@pytest.mark.parametrize(
    ("file", "pages"),
    [("journal", n) for n in (0, 1, 2)] + [("checkpoints", n) for n in (0, 10, 25)],
)
async def test_a_full_disk_stops_the_run_until_there_is_space(
    tmp_path: Path, file: str, pages: int, graph: Any, world: World
) -> None:
    """The run says so and stops; nothing happened unjournaled, and a resume ends it."""
    home, large = tmp_path / "state", {"done": ["x" * 20_000]}
    async with stretto.open_storage(home=home) as storage:
        journal: Any = storage.journal
        held = journal._backend._writing
        used = "PRAGMA page_count"
        if file == "journal":
            (count,) = held.execute(used).fetchone()
            held.execute(f"PRAGMA max_page_count={count + pages}")
        else:
            saver = storage.checkpointer.inner
            ((count,),) = await saver.execute((used, ()))
            await saver.execute((f"PRAGMA max_page_count={count + pages}", ()))
        with pytest.raises(StateUnavailable, match="Free some space, then resume"):
            await stretto.run(graph, large, thread="t", storage=storage)
    assert world.counts() != DONE
    assert await unjournaled(world, home=home) == []
    await go_on(graph, world, home=home)
    assert world.counts() == DONE


@pytest.mark.parametrize("n", [3, 8, 13, 14, 16])
@pytest.mark.parametrize("file", ["journal", "checkpoints"])
async def test_a_run_stops_when_another_holds_the_file_and_does_not_let_go(
    tmp_path: Path, file: str, n: int, graph: Any, world: World
) -> None:
    """It waits as long as it is told to, here not at all; a resume ends it."""
    home = tmp_path / "state"
    async with stretto.open_storage(home=home, wait=0) as storage:
        with closing(_holder(home / f"{file}.sqlite")) as holder:
            at_write(storage, n, lambda: holder.execute("BEGIN IMMEDIATE"))
            with pytest.raises(StateBusy, match="Another process holds it"):
                await stretto.run(graph, START, thread="t", storage=storage)
    assert world.counts() != DONE
    assert await unjournaled(world, home=home) == []
    await go_on(graph, world, home=home)
    assert world.counts() == DONE


@pytest.mark.parametrize("n", [8, 13, 14])
@pytest.mark.parametrize("file", ["journal", "checkpoints"])
async def test_a_run_waits_for_a_file_that_another_holds_for_a_while(
    tmp_path: Path, file: str, n: int, graph: Any, world: World
) -> None:
    """It goes on when the other lets go, and nothing is done twice."""
    home = tmp_path / "state"
    async with stretto.open_storage(home=home, wait=30) as storage:
        with closing(_holder(home / f"{file}.sqlite")) as holder:

            def hold() -> None:
                holder.execute("BEGIN IMMEDIATE")
                threading.Timer(0.2, lambda: holder.execute("ROLLBACK")).start()

            at_write(storage, n, hold)
            result = await stretto.run(graph, START, thread="t", storage=storage)
    assert result.status == "done"
    assert world.counts() == DONE


def _holder(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)


@pytest.mark.parametrize("n", [3, 8, 13, 14, 20])
async def test_a_run_stops_when_the_database_is_gone(
    postgres_url: str, n: int, graph: Any, world: World
) -> None:
    """It says so and stops at once; when the database is back, a resume ends it."""
    async with Proxy(postgres_url).listening() as proxy:
        async with stretto.open_storage(proxy.url, wait=0) as storage:
            at_write(storage, n, proxy.close_now)
            with pytest.raises(StateUnavailable):
                await stretto.run(graph, START, thread="t", storage=storage)
            proxy.open()
        assert world.counts() != DONE
        assert await unjournaled(world, url=proxy.url) == []
        await go_on(graph, world, url=proxy.url)
    assert world.counts() == DONE


@pytest.mark.parametrize("n", [8, 13, 14])
async def test_a_run_waits_for_a_database_that_is_gone_for_a_while(
    postgres_url: str, n: int, graph: Any, world: World
) -> None:
    """It goes on when the database is back, and nothing is done twice."""
    async with Proxy(postgres_url).listening() as proxy:
        proxy.opens_after = 3
        async with stretto.open_storage(proxy.url, wait=30) as storage:
            at_write(storage, n, proxy.close_now)
            result = await stretto.run(graph, START, thread="t", storage=storage)
        assert proxy.refused == 3
    assert result.status == "done"
    assert world.counts() == DONE
