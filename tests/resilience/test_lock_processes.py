"""Locks between real processes, of which some are killed."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from contextlib import contextmanager
from contextvars import Context
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from stretto.errors import LockBusy
from stretto.members.locking import lock
from stretto.resilience.lock import NamedLock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PROGRAM = Path(__file__).with_name("locking.py")
TAKING = """
import asyncio, os, sys
from stretto.resilience.lock import Locking, NamedLock
log, times, dies = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "dies"
async def main():
    for turn in range(times):
        async with Locking(NamedLock("a"), None) as token:
            with open(log, "a") as file:
                print("in", token.number, file=file, flush=True)
                await asyncio.sleep(0.001)
                if dies and turn == times - 1:
                    print("killed", token.number, file=file, flush=True)
                    os.kill(os.getpid(), 9)
                print("out", token.number, file=file, flush=True)
asyncio.run(main())
"""


class Process:
    """A process with locks; see locking.py."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=dict(os.environ),
        )

    def ask(self, line: str) -> None:
        """Tell it to do something."""
        assert self._process.stdin
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def told(self) -> str:
        """What it tells next."""
        assert self._process.stdout
        return self._process.stdout.readline().strip()

    def does(self, line: str) -> str:
        """Tell it to do something, and wait for what it tells next."""
        self.ask(line)
        return self.told()

    def kill(self) -> None:
        """End it as a machine's memory killer would: kill -9."""
        self._process.kill()
        self._process.communicate(timeout=30)


@contextmanager
def processes(number: int) -> Iterator[list[Process]]:
    """So many processes, which are killed in the end."""
    started = [Process() for _ in range(number)]
    try:
        yield started
    finally:
        for each in started:
            each.kill()


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


def test_never_two_at_a_time_and_numbers_rise_whoever_is_killed(kept: str, tmp_path: Path) -> None:
    """Three processes take turns on their own, one of them is killed while it has the lock."""
    log = tmp_path / "log"
    run = [sys.executable, "-c", TAKING, str(log), "5"]
    started = [subprocess.Popen([*run, how], env=dict(os.environ)) for how in ("dies", "", "")]
    assert [each.wait(120) for each in started] == [-9, 0, 0]
    told = [line.split() for line in log.read_text().splitlines()]
    assert [what for what, _ in told[::2]] == ["in"] * 15
    assert sorted(what for what, _ in told[1::2]) == ["killed", *["out"] * 14]
    assert [int(number) for _, number in told] == [n for n in range(1, 16) for _ in "io"]


async def test_another_process_has_it_until_it_is_killed(kept: str) -> None:
    """`kill -9` frees it at once; the next number is higher, and who had it was told."""
    with processes(1) as (other,):
        assert other.does("x take a") == "x has a 1"
        with pytest.raises(LockBusy, match=r"held by task 'x', process \d+ on ") as caught:
            async with lock("a", wait=0):
                raise AssertionError
        assert "process" in caught.value.holder
        waiting = asyncio.create_task(stranger())
        found = await NamedLock("a").found()
        await until(lambda: found.room.working == 1)
        other.kill()
        async with asyncio.timeout(60):
            assert await waiting == 2


async def test_a_killed_process_takes_what_it_lent_with_it(kept: str) -> None:
    """Several locks of one process are all free again."""
    with processes(1) as (other,):
        for number, name in enumerate("abc"):
            assert other.does(f"t{number} take {name}") == f"t{number} has {name} 1"
        other.kill()
        async with asyncio.timeout(60):
            assert await asyncio.gather(*(stranger(name) for name in "abc")) == [2, 2, 2]


def test_two_processes_that_wait_for_each_other_are_told_the_cycle(kept: str) -> None:
    """One of them; the other goes on."""
    with processes(2) as (one, two):
        assert one.does("x take a") == "x has a 1"
        assert two.does("y take b") == "y has b 1"
        one.ask("x take b")
        two.ask("y take a")
        said = sorted([one.told(), two.told()], key=lambda each: "deadlock" in each)
        assert said[0] in ("x has b 2", "y has a 2")
        assert "this would wait for ever: lock " in said[1]
        assert "lock 'a' held by task 'x' waits for lock 'b'" in said[1]
        assert "lock 'b' held by task 'y' waits for lock 'a'" in said[1]


def test_one_who_queues_behind_another_of_its_process_is_told_too(kept: str) -> None:
    """Who asks the other process for it holds nothing, and is left alone."""
    with processes(2) as (one, two):
        assert two.does("z take a") == "z has a 1"
        assert one.does("x take c") == "x has c 1"
        one.ask("y take a")
        assert one.does("- queued a 1") == "- queued"
        one.ask("x take a")
        assert one.does("- queued a 2") == "- queued"
        two.ask("z take c")
        said = two.told()
        assert said.startswith("z deadlock this would wait for ever: lock 'a' held by task 'z'")
        assert "waits for lock 'c' held by task 'x' waits for lock 'a'." in said
        assert one.told() == "y has a 2"
        one.ask("y drop")
        assert sorted([one.told(), one.told()]) == ["x has a 3", "y dropped a"]
