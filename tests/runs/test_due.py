"""Questions that wait for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from langgraph.types import interrupt

import stretto
from stretto import clock, member
from stretto.patterns import approve, sequential
from stretto.runs.due import EXPIRED, Waiting, note_reminder, waiting
from stretto.testing import Clock

if TYPE_CHECKING:
    from stretto import Storage


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that stands still until it is advanced."""
    made = Clock()
    monkeypatch.setattr(clock, "now", made)
    return made


async def refund(_state: Any) -> str:
    """Works out a refund."""
    return "pay 30"


async def test_a_question_tells_who_is_asked_until_when(storage: Storage, time: Clock) -> None:
    """Answered ones are not among them."""
    graph = approve(refund, to="ann", deadline=60, escalate=["bob"], remind=10)
    await stretto.run(graph, "go", thread="t", storage=storage)
    (one,) = await waiting(storage.journal)
    assert (one.thread, one.to, one.until, one.remind) == ("t", "ann", time() + 60, 10)
    assert one.what.startswith("Is this to count?")
    time.advance(60)
    await stretto.resume(graph, "t", answers={one.interrupt: EXPIRED}, storage=storage)
    (then,) = await waiting(storage.journal)
    assert (then.to, then.until, then.asked) == ("bob", None, time())
    yes = {"decisions": [{"type": "approve"}]}
    await stretto.resume(graph, "t", yes, storage=storage)
    assert await waiting(storage.journal) == []


async def test_reminders_are_counted(storage: Storage, time: Clock) -> None:
    """One every so many seconds."""
    graph = approve(refund, remind=10)
    await stretto.run(graph, "go", thread="t", storage=storage)
    for count in range(3):
        (one,) = await waiting(storage.journal)
        assert (one.reminded, one.standing(time())) == (count, "waits")
        time.advance(10)
        assert one.standing(time()) == "remind"
        await note_reminder(storage.journal, one, time())


async def test_any_question_is_listed(storage: Storage) -> None:
    """Also one of a graph that knows nothing of deadlines."""

    async def asks(_state: Any) -> str:
        return str(interrupt("go on?"))

    await stretto.run(sequential(member(asks)), "go", thread="t", storage=storage)
    (one,) = await waiting(storage.journal)
    assert (one.what, one.to, one.until, one.standing(1e12)) == ("go on?", "", None, "waits")


@pytest.mark.parametrize(
    ("until", "remind", "now", "standing"),
    [
        (None, None, 1e9, "waits"),
        (50, None, 49, "waits"),
        (50, None, 50, "over"),
        (50, 5, 60, "over"),
        (None, 5, 4, "waits"),
        (None, 5, 5, "remind"),
    ],
)
def test_how_a_question_stands(
    until: float | None, remind: float | None, now: float, standing: str
) -> None:
    """Over counts more than a reminder."""
    one = Waiting(
        thread="t", team="x", interrupt="i", run="r", place="", node="n", what="?", to="",
        asked=0, until=until, remind=remind,
    )  # fmt: skip
    assert one.standing(now) == standing
