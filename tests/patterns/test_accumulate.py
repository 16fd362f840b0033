"""Partial results are folded in order, and failed chunks counted and bounded."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stretto.errors import InvalidInput
from stretto.patterns.accumulate import ENOUGH, MOST_KEPT, beyond, folded, through
from stretto.patterns.chunks import Missed
from stretto.state import Mapped


def join(one: str, other: str) -> str:
    """Associative, not commutative."""
    return one + other


@given(partials=st.lists(st.text(min_size=1, max_size=2), max_size=9), tree=st.booleans())
async def test_the_order_is_kept_as_a_tree_too(*, partials: list[str], tree: bool) -> None:
    """Pair by pair or one by one, an associative reduce gives the same."""
    assert await folded(join, ">", partials, tree=tree) == ">" + "".join(partials)
    assert (await folded(join, None, partials, tree=tree) or "") == "".join(partials)


async def test_what_came_before_is_not_changed() -> None:
    """A reduce may change what is accumulated in place: the step may have to run again."""
    before = {"n": [1]}

    async def grow(one: dict[str, Any], other: int) -> dict[str, Any]:
        one["n"].append(other)
        return one

    assert await folded(grow, before, [2, 3]) == {"n": [1, 2, 3]}
    assert before == {"n": [1]}


async def test_a_reduce_must_return() -> None:
    """One that gives nothing is told what to do."""
    with pytest.raises(InvalidInput, match=r"gave nothing\. Return what is accumulated"):
        await folded(lambda one, other: one.update(other), {}, [{"a": 1}])


def done(number: int, items: int = 2, **more: Any) -> dict[str, Any]:
    """What is stored of a chunk."""
    told = {"start": {"record": number * 2 - 2}, "end": {"record": number * 2}, "bad": []}
    return {"chunk": number, "items": items, "ended": False, **told, **more}


def missed(number: int) -> Missed:
    """A chunk that failed."""
    return Missed(done(number), ValueError(f"no {number}"))


def test_failed_chunks_are_counted_and_the_first_kept() -> None:
    """Counts grow with the source; what is kept of it does not."""
    now = Mapped()
    for number in range(1, 101):
        now = through(now, [missed(number)], lambda one: 3)
    assert (now.chunks, now.failed_chunks, now.failed_items) == (100, 100, 200)
    assert [one.chunk for one in now.failed] == list(range(1, MOST_KEPT + 1))
    assert now.failed[4].error == "ValueError: no 5"
    assert (now.failed[4].start, now.failed[4].rows, now.failed[4].attempts) == (
        {"record": 8},
        2,
        3,
    )
    assert now.position == {"record": 200}


def test_unreadable_records_are_counted_and_the_first_kept() -> None:
    """Each with where it stands; a chunk of nothing else is no chunk."""
    bad = [{"where": f"line {n}", "error": "x"} for n in range(30)]
    now = through(Mapped(), [done(1, bad=bad), done(2, items=0, bad=bad, ended=True)], lambda _: 1)
    assert (now.failed_rows, len(now.rows), now.chunks, now.ended) == (60, MOST_KEPT, 1, True)


def test_how_many_may_fail() -> None:
    """A number at once, a share when there are enough chunks or no more, never all."""

    def so(failed: int, chunks: int, *, ended: bool = False) -> Mapped:
        return Mapped(failed_chunks=failed, chunks=chunks, ended=ended)

    assert not beyond(so(2, 4), 2)
    assert "max_failed=2" in beyond(so(3, 4), 2)
    assert not beyond(so(3, 4), 0.5)
    assert "share" in beyond(so(3, 4, ended=True), 0.5)
    assert "share" in beyond(so(11, ENOUGH), 0.5)
    assert not beyond(so(2, 2), None)
    assert beyond(so(2, 2, ended=True), None) == "all"
    assert beyond(so(ENOUGH, ENOUGH), None) == "all"
    assert not beyond(so(0, 0, ended=True), 0)
