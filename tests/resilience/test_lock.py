from __future__ import annotations

import asyncio
import os
import threading
from contextvars import Context
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stretto.errors import Deadlock, InvalidInput, LockBusy, StateUnavailable, StateUnreadable
from stretto.members.locking import lock
from stretto.resilience import lock_table
from stretto.resilience.lock import NamedLock
from stretto.resilience.waiting import GRAPH

if TYPE_CHECKING:
    from collections.abc import Callable


async def until(true: Callable[[], bool]) -> None:
    """Go round until it is true; what another thread does takes its time."""
    async with asyncio.timeout(30):
        while not true():  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.001)


async def stranger(name: str = "a", wait: float | None = None) -> int:
    """Take the lock in a task that has nothing, and give it back."""

    async def take() -> int:
        async with lock(name, wait=wait) as token:
            return token.number

    return await asyncio.create_task(take(), context=Context())


async def test_one_holds_it_and_its_number_is_higher_than_those_before(kept: str) -> None:
    """Others wait in the order of asking; another name is another lock."""
    inside, numbers, most = 0, list[int](), 0

    async def member() -> None:
        nonlocal inside, most
        async with lock("a") as token:
            inside += 1
            most = max(most, inside)
            numbers.append(token.number)
            await asyncio.sleep(0)
            inside -= 1

    async with asyncio.timeout(60):
        await asyncio.gather(*(member() for _ in range(10)), stranger("b"))
    assert most == 1
    assert numbers == list(range(1, 11))


async def test_who_is_within_borrows_it(kept: str) -> None:
    """At any depth, one at a time, under the same number; a stranger still finds it taken."""
    inside, most = 0, 0

    async def member(depth: int) -> int:
        nonlocal inside, most
        async with lock("a") as token:
            if depth:
                assert set(await asyncio.gather(*(member(depth - 1) for _ in range(2)))) == {1}
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1
            return token.number

    async with asyncio.timeout(60), lock("a"):
        await member(2)
        with pytest.raises(LockBusy, match=r"the lock 'a' is held by task .* Try later, raise"):
            await stranger(wait=0)
    assert most == 1
    assert await stranger() == 2


async def test_one_that_outlives_the_holder_keeps_it(kept: str) -> None:
    """It is free when the last of them leaves."""
    began, end = asyncio.Event(), asyncio.Event()

    async def child() -> None:
        async with lock("a") as token:
            began.set()
            await end.wait()
            assert await token.stands()

    async with lock("a"):
        task = asyncio.create_task(child())
        await began.wait()
    with pytest.raises(LockBusy):
        await stranger(wait=0)
    end.set()
    await task
    assert await stranger() == 2


async def test_an_error_frees_it_and_goes_through(kept: str) -> None:
    """Unchanged."""
    with pytest.raises(ZeroDivisionError):
        async with lock("a"):
            raise ZeroDivisionError
    assert await stranger(wait=0) == 2


@pytest.mark.parametrize("when", ["waiting", "holding", "asking"])
async def test_who_is_cancelled_gives_it_back(
    kept: str, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it waits, while it has it, and while the keeper is just giving it."""
    held, go = asyncio.Event(), threading.Event()
    found = await NamedLock("a").found()

    async def holder() -> None:
        async with lock("a"):
            held.set()
            await asyncio.Event().wait()

    attempt, asked = found.keeper.attempt, threading.Event()

    def slow(name: str, by: str) -> object:
        asked.set()
        go.wait(30)
        return attempt(name, by)

    if when == "asking":
        monkeypatch.setattr(found.keeper, "attempt", slow)
    task = asyncio.create_task(holder())
    if when == "waiting":
        async with lock("a"):
            await until(lambda: found.room.waiting == 1)
            task.cancel()
            await asyncio.wait([task])
    else:
        await (held.wait() if when == "holding" else asyncio.to_thread(asked.wait, 30))
        task.cancel()
        go.set()
        await asyncio.wait([task])
    assert task.cancelled()
    async with asyncio.timeout(30):
        assert await stranger() > 0
    assert (found.room.working, found.room.waiting) == (0, 0)


def test_threads_take_turns(kept: str) -> None:
    """Each with an event loop of its own."""
    inside, most, done, guard = 0, 0, 0, threading.Lock()

    async def member() -> None:
        nonlocal inside, most, done
        for _ in range(5):
            async with lock("a"):
                with guard:
                    inside += 1
                    most = max(most, inside)
                await asyncio.sleep(0)
                with guard:
                    inside -= 1
                    done += 1

    threads = [threading.Thread(target=lambda: asyncio.run(member())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (most, done) == (1, 20)


async def test_two_tasks_that_take_two_in_opposite_orders(kept: str) -> None:
    """At once, without asking anybody else; all is given back."""
    ready = asyncio.Barrier(2)

    async def take(first: str, second: str) -> str:
        async with lock(first):
            await ready.wait()
            async with lock(second):
                return "done"

    async with asyncio.timeout(60):
        results = await asyncio.gather(take("a", "b"), take("b", "a"), return_exceptions=True)
    (error,) = [each for each in results if isinstance(each, Deadlock)]
    assert "done" in results
    assert {each[:8] for each in error.cycle} == {"lock 'a'", "lock 'b'"}
    assert sorted([await stranger("a", 0), await stranger("b", 0)]) == [2, 3]
    assert not GRAPH.waits()


@settings(max_examples=20)
@given(
    st.lists(
        st.lists(st.sampled_from("abc"), min_size=1, max_size=3, unique=True),
        min_size=2,
        max_size=5,
    )
)
def test_whatever_the_order_all_end_and_one_order_is_no_deadlock(orders: list[list[str]]) -> None:
    """Those who take locks by name, in one order, are never told of a deadlock."""

    async def take(names: list[str]) -> str:
        if not names:
            await asyncio.sleep(0)
            return "done"
        async with lock(names[0]):
            return await take(names[1:])

    async def all_of(many: list[list[str]]) -> list[object]:
        async with asyncio.timeout(60):
            return await asyncio.gather(*map(take, many), return_exceptions=True)

    for each in asyncio.run(all_of(orders)):
        assert each == "done" or isinstance(each, Deadlock)
    assert set(asyncio.run(all_of([sorted(each) for each in orders]))) == {"done"}


async def test_a_lock_is_entered_once() -> None:
    """So that one that is shared does not give back what another holds."""
    one = lock("a")
    async with one:
        with pytest.raises(InvalidInput, match=r"entered a second time. Call `lock` anew"):
            async with one:
                raise AssertionError


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 256])
def test_a_name_that_names_nothing_is_refused(name: str) -> None:
    """Where the lock is asked for."""
    with pytest.raises(InvalidInput, match=r"cannot name a lock. Use 1 to 255 printable"):
        lock(name)


@pytest.mark.parametrize("bad", [{"wait": -1}, {"wait": float("nan")}, {"lease": 1}, {"wait": "1"}])
def test_a_time_that_is_none_is_refused(bad: dict[str, float]) -> None:
    """With what it may be."""
    with pytest.raises(InvalidInput, match=r"of a lock is .* Give seconds, at least"):
        lock("a", **bad)


async def test_a_folder_that_cannot_be_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody holds a lock that could not be kept."""
    home = tmp_path / "home"
    (home / "locks").mkdir(parents=True)
    (home / "locks" / "named").write_text("in the way")
    monkeypatch.setenv("STRETTO_HOME", str(home))
    with pytest.raises(StateUnavailable, match=r"cannot take the lock 'a'.*Set STRETTO_HOME"):
        await stranger()


async def test_a_database_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the password; nobody goes alone."""
    monkeypatch.setenv("STRETTO_DATABASE_URL", "postgresql://me:secret@127.0.0.1:1/none")
    with pytest.raises(StateUnavailable) as caught:
        await stranger()
    assert "cannot take the lock 'a' in postgresql://me:***@127.0.0.1:1/none" in str(caught.value)
    assert "secret" not in str(caught.value)
    lock_table._LOCK_TABLES.forget()


async def test_a_file_that_is_no_lock_is_left_alone(tmp_path: Path) -> None:
    """Its numbers would begin anew."""
    assert await stranger() == 1
    (path,) = (Path(os.environ["STRETTO_HOME"]) / "locks" / "named").glob("*.lock")
    path.write_text("my notes")
    with pytest.raises(
        StateUnreadable, match=r"is no lock of Stretto, or is damaged. Move it away"
    ):
        await stranger()
    assert path.read_text() == "my notes"


async def test_a_lock_that_is_lost_no_longer_stands(
    kept: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Its file was removed, or its session ended: the token says so, the next number is higher."""
    async with lock("a") as token:
        assert await token.stands()
        if kept == "files":
            (path,) = (Path(os.environ["STRETTO_HOME"]) / "locks" / "named").glob("*.lock")
            path.unlink()
        else:
            import psycopg

            with psycopg.connect(os.environ["STRETTO_DATABASE_URL"], autocommit=True) as session:
                session.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE application_name = 'stretto locks' AND datname = current_database()"
                )
        assert not await token.stands()
    assert "the lock 'a' was lost while it was held" in caplog.text
    assert await stranger() == (1 if kept == "files" else 2)


async def test_a_database_forgets_a_machine_that_is_silent_for_the_lease(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server is told after how many seconds to end the session."""
    monkeypatch.setenv("STRETTO_DATABASE_URL", postgres_url)
    async with lock("a", lease=30):
        (table,) = lock_table._LOCK_TABLES._derived.values()

        def shown(name: str) -> str:
            assert table.session
            row = table.session.execute(f"SHOW tcp_{name}".encode()).fetchone()
            return str(row[0]) if row else ""

        names = ("keepalives_idle", "keepalives_interval", "keepalives_count", "user_timeout")
        told = [table.worker.submit(lambda name=name: shown(name)).result() for name in names]
        assert told == ["10", "10", "2", "30000"]
    lock_table._LOCK_TABLES.forget()
