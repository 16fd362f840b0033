from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from stretto.errors import BreakerOpen, InvalidInput, MissingExtra
from stretto.policy import Breaker
from stretto.resilience import shared_table
from stretto.resilience.breaker import dumped, loaded
from stretto.resilience.circuits import circuit
from stretto.resilience.shared import FRESH, SharedCircuit
from stretto.resilience.shared_table import Table
from stretto.testing import Clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Made = Callable[..., SharedCircuit]

RULE = Breaker(failures=2, cooldown=10)
NOWHERE = "postgresql://me:secret@127.0.0.1:1/none"


@pytest.fixture
def make(postgres_url: str) -> Iterator[Made]:
    """Makes a breaker as another process has it: with a table of its own."""
    with ExitStack() as stack:

        def made(now: Clock | None = None, rule: Breaker = RULE) -> SharedCircuit:
            table = Table(postgres_url)
            stack.callback(table.close)
            return SharedCircuit("c", rule, table, "c", now)

        yield made


async def fail(breaker: SharedCircuit, times: int = 2) -> list[str | None]:
    """Let calls through that fail."""
    passes = [await breaker.enter() for _ in range(times)]
    return [await breaker.leave(each, "failed") for each in passes]


async def refused(breaker: SharedCircuit) -> float:
    """Be refused, for so many seconds."""
    with pytest.raises(BreakerOpen) as caught:
        await breaker.enter()
    return caught.value.seconds


def changes(breaker: SharedCircuit, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Counts the transactions of a breaker."""
    table, seen = breaker._table, list[str]()
    change = table.change

    def counted(name: str, work: Any) -> Any:
        seen.append(name)
        return change(name, work)

    monkeypatch.setattr(table, "change", counted)
    return seen


async def test_what_one_opens_is_open_for_the_other(make: Made) -> None:
    """And the one probe of either closes it for both."""
    clock = Clock()
    one, other = make(clock), make(clock)
    assert await fail(one) == [None, "open"]
    assert (await refused(other), await refused(one)) == (10, 10)
    clock.advance(10)
    probe = await other.enter()
    assert probe.changed == "half_open"
    assert await refused(one) == 10
    clock.advance(3)
    assert await other.leave(probe, "ok") == "closed"
    assert (await one.enter()).changed is None


async def test_failures_of_all_count_together(make: Made) -> None:
    """As do successes, which are told with the next failure."""
    clock = Clock()
    one, other = make(clock), make(clock)
    assert await fail(one, 1) == [None]
    assert await fail(other, 1) == ["open"]
    clock.advance(10)
    await one.leave(await one.enter(), "ok")
    for _ in range(4):
        await one.leave(await one.enter(), "ok")
    assert await fail(one, 1) == [None]
    assert await fail(other, 1) == [None], "2 of 6"


async def test_a_closed_breaker_seldom_asks_the_database(
    make: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Successes are told when it asks; an open one asks when its cooldown is over."""
    clock = Clock()
    breaker = make(clock)
    seen = changes(breaker, monkeypatch)
    for _ in range(100):
        await breaker.leave(await breaker.enter(), "ok")
    assert len(seen) == 1
    clock.advance(FRESH)
    await breaker.leave(await breaker.enter(), "ok")
    assert len(seen) == 2
    assert sum(bucket.ok for bucket in breaker._state.buckets) == 100
    clock.advance(60)
    await fail(breaker)
    assert breaker.mode == "open"
    number = len(seen)
    for _ in range(10):
        await refused(breaker)
    assert len(seen) == number


async def test_another_sees_it_open_after_no_more_than_half_a_second(make: Made) -> None:
    """For so long it lets calls through that it should not."""
    clock = Clock()
    one, other = make(clock), make(clock)
    await other.enter()
    await fail(one)
    await other.enter()
    clock.advance(FRESH)
    assert await refused(other) == 10 - FRESH


async def test_it_goes_by_the_clock_of_the_database(make: Made, postgres_url: str) -> None:
    """So the clocks of machines need not agree."""
    import psycopg

    one, other = make(), make()
    await fail(one)
    assert 5 < await refused(one) <= 10
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        query = "SELECT state, extract(epoch FROM clock_timestamp())::float8 FROM stretto_breakers"
        text, now = connection.execute(query).fetchone() or ("", 0)
        state = loaded(text)
        assert abs(state.since - now) < 60
        aged = dumped(state._replace(since=state.since - 10))
        connection.execute("UPDATE stretto_breakers SET state = %s", [aged])
    assert (await other.enter()).changed == "half_open"


async def test_a_damaged_row_takes_no_calls_down(make: Made, postgres_url: str) -> None:
    """It is closed, and written anew."""
    import psycopg

    await make().enter()
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("UPDATE stretto_breakers SET state = 'oops'")
    assert await fail(make()) == [None, "open"]


async def test_without_the_database_each_goes_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Calls go through, the breaker works, and one warning tells it without the password."""
    clock, table = Clock(), Table(NOWHERE)
    breaker = SharedCircuit("c", RULE, table, "c", clock)
    try:
        assert await fail(breaker) == [None, "open"]
        assert await refused(breaker) == 10
        clock.advance(10)
        probe = await breaker.enter()
        assert probe.changed == "half_open"
        assert await refused(breaker) == 10
        assert await breaker.leave(probe, "ok") == "closed"
    finally:
        table.close()
    (warning,) = [record.getMessage() for record in caplog.records]
    assert "not shared with other processes while postgresql://me:***@127.0.0.1:1/none" in warning
    assert "STRETTO_DATABASE_URL" in warning


async def test_when_the_database_is_back_what_was_opened_meanwhile_stays_open(
    make: Made, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """For all; and calls that were let through meanwhile count no more."""
    clock = Clock()
    one, other = make(clock), make(clock)
    await one.enter()
    with gone(one._table, monkeypatch):
        clock.advance(FRESH)
        early = await one.enter()
        assert await fail(one) == [None, "open"]
        clock.advance(10)
        probe = await one.enter()
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert await refused(one) == 10
    assert await refused(other) == 10
    assert await one.leave(probe, "ok") is None
    assert await one.leave(early, "failed") is None
    clock.advance(10)
    assert (await other.enter()).changed == "half_open"


async def test_a_call_from_before_the_outage_counts_in_it(
    make: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process goes on with what it knew."""
    clock = Clock()
    breaker = make(clock)
    assert await fail(breaker, 1) == [None]
    passed = await breaker.enter()
    with gone(breaker._table, monkeypatch):
        assert await breaker.leave(passed, "failed") == "open"


async def test_a_database_that_does_not_answer_is_left_alone(
    make: Made, monkeypatch: pytest.MonkeyPatch, postgres_url: str
) -> None:
    """A call waits for it once, then for a while none does."""
    import psycopg

    breaker = make()
    await breaker.enter()
    monkeypatch.setattr(shared_table, "PATIENCE", 0.02)
    with psycopg.connect(postgres_url) as connection:
        connection.execute("SELECT * FROM stretto_breakers FOR UPDATE")
        assert await fail(breaker) == [None, "open"]
        assert breaker._apart


@contextmanager
def gone(table: Table, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The database cannot be reached for a while."""
    table._worker.submit(table._drop).result()
    with monkeypatch.context() as patch:
        patch.setattr(table, "url", NOWHERE)
        yield
    table._down_until = float("-inf")


def test_a_name_nobody_chose_is_shared_by_equal_rules(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other rules have other rows."""
    monkeypatch.setenv("STRETTO_DATABASE_URL", postgres_url)
    rows = [
        circuit("m", rule, named=named)._row  # type: ignore[attr-defined]
        for rule, named in ((RULE, True), (RULE, False), (Breaker(), False))
    ]
    assert rows[0] == "m"
    assert len({row.partition(" ")[2] for row in rows}) == 3


def test_a_place_that_is_no_database_is_told_when_it_is_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not when the first call is made."""
    monkeypatch.setenv("STRETTO_DATABASE_URL", "mysql://here")
    with pytest.raises(InvalidInput, match="no Postgres URL"):
        circuit("c", RULE)


def test_without_psycopg_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the way to install it."""
    monkeypatch.setenv("STRETTO_DATABASE_URL", NOWHERE)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtra, match="'postgres'"):
        circuit("c", RULE)


class Process:
    """A process with a breaker that does what it is told."""

    def __init__(self, url: str, probes: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("breaking.py")), str(probes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "STRETTO_DATABASE_URL": url},
        )

    def ask(self, *lines: str) -> None:
        """Tell it to do all this."""
        assert self._process.stdin
        self._process.stdin.write("".join(f"{line}\n" for line in lines))
        self._process.stdin.flush()

    def told(self, number: int = 1) -> list[str]:
        """What it has answered."""
        assert self._process.stdout
        return [self._process.stdout.readline().strip() for _ in range(number)]

    def end(self) -> None:
        """End it."""
        self._process.communicate(timeout=30)


def test_two_processes_share_a_breaker_and_its_probes(postgres_url: str) -> None:
    """Opened by one it is open in the other; at most as many probes as allowed in both."""
    one, other = Process(postgres_url, 3), Process(postgres_url, 3)
    try:
        one.ask("time 100", "enter 2", "leave failed", "leave failed")
        assert one.told(4) == ["100", "2", "None", "open"]
        other.ask("time 101", "enter 5")
        assert other.told(2) == ["101", "0"]
        for time in (110, 120):  # the first probes are abandoned
            for each in (one, other):
                each.ask(f"time {time}", "enter 20")
            through = [each.told(2) for each in (one, other)]
            assert sum(int(number) for _, number in through) == 3
        changed: list[str] = []
        for each, (_, number) in zip((one, other), through, strict=True):
            each.ask(*["leave ok"] * int(number))
            changed += each.told(int(number))
        assert changed == ["None", "None", "closed"]
        for each in (one, other):
            each.ask("enter 5")
            assert each.told() == ["5"]
    finally:
        one.end()
        other.end()
