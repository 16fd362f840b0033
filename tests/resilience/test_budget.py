from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stretto.policy import Budget, Limits
from stretto.resilience.budget import (
    UNITS,
    Amounts,
    Line,
    Reservation,
    Short,
    budget_limits,
    room,
    run_limits,
)
from stretto.resilience.budget_tree import Accounts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stretto.resilience.budget import Account, Unit

_AMOUNTS = st.builds(Amounts, calls=st.just(1), tokens=st.integers(0, 60), money=st.integers(0, 60))
_LIMIT = st.none() | st.integers(0, 150)


def tree(*limits: Budget, run: Limits | None = None) -> tuple[Accounts, Account]:
    """A run's accounts, and the innermost of budgets one below the other."""
    found = Accounts(run_limits(run or Limits(model_calls=None)))
    account = found.root
    for number, budget in enumerate(limits):
        account = found.open(account, "/".join("abcdef"[: number + 1]), budget)
    return found, account


def held(found: Reservation | Short) -> Reservation:
    """The reservation, which was made."""
    assert isinstance(found, Reservation), found
    return found


def short(found: Reservation | Short) -> Short:
    """Why it was refused, which it was."""
    assert isinstance(found, Short)
    return found


def within(accounts: Accounts) -> bool:
    """Whether no account holds more than it may."""
    lines = [line for account in accounts.every() for line in account.lines.values()]
    return all(x.limit is None or x.spent + x.reserved <= x.limit for x in lines)


@given(
    limits=st.lists(st.tuples(_LIMIT, _LIMIT, _LIMIT), min_size=1, max_size=6),
    parents=st.lists(st.integers(0, 5), min_size=6, max_size=6),
    steps=st.lists(
        st.tuples(st.sampled_from(("reserve", "settle", "cancel")), st.integers(0, 40), _AMOUNTS),
        max_size=60,
    ),
)
def test_no_account_is_ever_exceeded(
    limits: list[tuple[int | None, int | None, int | None]],
    parents: list[int],
    steps: list[tuple[str, int, Amounts]],
) -> None:
    """Whatever the tree, and however reserving, settling and giving back follow one another."""
    found = Accounts(dict(zip(UNITS, limits[0], strict=True)))
    every = [found.root]
    for number, (calls, tokens, money) in enumerate(limits[1:]):
        parent = every[parents[number] % len(every)]
        budget = Budget(
            calls=calls, tokens=tokens, money=None if money is None else money / 1e12, seconds=1
        )
        every.append(found.open(parent, f"{parent.path}/{number}".strip("/"), budget))
    going: list[Reservation] = []
    for step, number, amounts in steps:
        if step == "reserve":
            got = found.reserve(every[number % len(every)], amounts)
            if isinstance(got, Reservation):
                going.append(got)
        elif going:
            one = going.pop(number % len(going))
            actual = Amounts(1, one.amounts.tokens * number // 40, one.amounts.money * number // 40)
            if step == "settle":
                found.settle(one, actual)
            else:
                found.cancel(one)
        assert within(found)
    for one in going:
        found.cancel(one)
    held_back = [x.reserved for account in every for x in account.lines.values()]
    assert held_back == [0] * len(held_back)
    total = sum((found.booked.values()), Amounts())
    assert total == found.spent()


@given(
    limit=st.integers(20, 120),
    calls=st.lists(
        st.tuples(st.integers(0, 2), st.integers(1, 40), st.integers(0, 4)), max_size=20
    ),
    leave=st.sets(st.integers(0, 19), max_size=4),
)
def test_those_that_wait_are_all_answered(
    limit: int, calls: list[tuple[int, int, int]], leave: set[int]
) -> None:
    """And nothing is exceeded meanwhile, also when some of them stop waiting.

    What is refused could not have fitted: the rest that is left is smaller than what it asked for.
    """

    async def run() -> None:
        found, team = tree(Budget(tokens=limit))
        members = [
            found.open(team, f"a/{name}", Budget(tokens=part))
            for name, part in (("x", 40), ("y", limit), ("z", limit // 2))
        ]

        async def call(member: Account, most: int, ticks: int) -> None:
            got = await found.reserved(member, Amounts(1, most))
            if isinstance(got, Short):
                assert not got.contended
                line = found.open(team, got.path, Budget(calls=1)).lines["tokens"]
                assert line.limit is not None
                assert most > line.limit - line.spent
                return
            try:
                for _ in range(ticks):
                    assert within(found)
                    await asyncio.sleep(0)
            finally:
                found.settle(got, Amounts(1, most * ticks // 4))

        tasks = [asyncio.ensure_future(call(members[m], n, t)) for m, n, t in calls]
        await asyncio.sleep(0)
        for number in leave:
            if number < len(tasks):
                tasks[number].cancel()
        async with asyncio.timeout(2):
            done = await asyncio.gather(*tasks, return_exceptions=True)
        assert not [e for e in done if isinstance(e, Exception)]
        assert within(found)

    asyncio.run(run())


def test_a_call_is_reserved_in_all_accounts_or_in_none() -> None:
    """The short one is named."""
    found, member = tree(Budget(tokens=100), Budget(tokens=50), run=Limits(tokens=1000))
    held(found.reserve(member, Amounts(1, 50)))
    refused = short(found.reserve(member, Amounts(1, 10)))
    assert (refused.path, refused.unit, refused.used, refused.limit) == ("a/b", "tokens", 50, 50)
    assert [level.lines["tokens"].reserved for level in member.levels] == [50, 50, 50]
    assert found.spent() == Amounts(calls=1)


def test_what_others_hold_back_may_come_free() -> None:
    """What is spent does not."""
    found, member = tree(Budget(tokens=100))
    one = held(found.reserve(member, Amounts(1, 80)))
    assert short(found.reserve(member, Amounts(1, 30))).contended
    found.settle(one, Amounts(1, 80))
    assert not short(found.reserve(member, Amounts(1, 30))).contended


def test_a_dearer_call_is_booked_in_full_and_the_next_refused() -> None:
    """And it is told, once."""
    found, member = tree(Budget(tokens=100, warn=1))
    found.settle(held(found.reserve(member, Amounts(1, 50))), Amounts(1, 130))
    assert found.spent("a") == Amounts(1, 130)
    (told,) = found.crossings()
    assert (told.path, told.event, told.unit, told.used) == ("a", "exceeded", "tokens", 130)
    short(found.reserve(member, Amounts(1, 1)))
    held(found.reserve(member, Amounts(1, 0)))
    assert found.crossings() == []


def test_a_warning_comes_once() -> None:
    """When its part of the limit is spent."""
    found, member = tree(Budget(tokens=100, warn=0.5))
    for _ in range(3):
        found.settle(held(found.reserve(member, Amounts(1, 30))), Amounts(1, 30))
    events = found.crossings()
    assert [(e.event, e.unit, e.used, e.limit) for e in events] == [("warned", "tokens", 60, 100)]


def test_settling_again_does_nothing() -> None:
    """Whoever comes first books."""
    found, member = tree(Budget(tokens=100))
    one = held(found.reserve(member, Amounts(1, 30)))
    found.settle(one, Amounts(1, 10))
    found.settle(one, Amounts(1, 30))
    found.cancel(one)
    assert found.spent("a") == Amounts(1, 10)


def test_money_adds_up_exactly() -> None:
    """Ten times a tenth is one."""
    found, member = tree(Budget(money=1.0))
    for _ in range(10):
        found.settle(held(found.reserve(member, Amounts.of(1, 0, 0.1))), Amounts.of(1, 0, 0.1))
    assert short(found.reserve(member, Amounts.of(1, 0, 1e-9))).used == 1.0


def test_the_same_path_is_the_same_account() -> None:
    """With the limits that it had first."""
    found, _ = tree(Budget(tokens=10))
    assert found.open(found.root, "a", Budget(tokens=99)) is found.open(
        found.root, "a", Budget(calls=1)
    )


def test_accounts_go_on_where_they_were() -> None:
    """By path: what was spent within a team counts in it, and in the run."""
    before = {"": Amounts(1, 5), "a": Amounts(1, 10), "a/b": Amounts(2, 20), "ab": Amounts(1, 7)}
    found = Accounts({"tokens": 100}, before)
    team = found.open(found.root, "a", Budget(tokens=35))
    member = found.open(team, "a/b", Budget(tokens=35))
    assert found.spent() == Amounts(5, 42)
    assert found.spent("a") == Amounts(3, 30)
    assert found.spent("a/b") == Amounts(2, 20)
    assert short(found.reserve(member, Amounts(1, 10))).path == "a"


@pytest.mark.parametrize(
    ("budget", "expected"),
    [
        (Budget(share=0.5), (5, 50, None)),
        (Budget(share=0.29), (2, 29, None)),
        (Budget(share=0.5, tokens=10, money=1), (5, 10, 10**12)),
        (Budget(tokens=70), (None, 70, None)),
    ],
)
def test_a_share_is_a_part_of_the_teams_limits(
    budget: Budget, expected: Sequence[int | None]
) -> None:
    """Rounded down; the lower of it and an amount counts."""
    team: dict[Unit, int | None] = {"calls": 10, "tokens": 100, "money": None}
    assert tuple(budget_limits(budget, team).values()) == expected


@given(
    line=st.builds(Line, _LIMIT, st.integers(0, 200), st.integers(0, 200)),
    wanted=st.integers(0, 200),
)
def test_what_never_fits_never_fits(line: Line, wanted: int) -> None:
    """And what fits does so without waiting; what costs nothing always fits."""
    found = room(line, wanted)
    free = Line(line.limit, line.spent, 0)
    assert (found == "never") == (room(free, wanted) == "never")
    assert (room(free, wanted) == "fits") == (found != "never")
    if line.limit is None or not wanted:
        assert found == "fits"


async def test_who_came_first_is_served_first() -> None:
    """A small call does not pass one that waits in the same account, others are not held up."""
    found, team = tree(Budget(tokens=100))
    going = held(found.reserve(team, Amounts(1, 90)))
    order: list[str] = []

    async def call(name: str, tokens: int) -> None:
        one = held(await found.reserved(team, Amounts(1, tokens)))
        order.append(name)
        found.settle(one, Amounts(1, 0))

    first = asyncio.ensure_future(call("large", 60))
    await asyncio.sleep(0)
    second = asyncio.ensure_future(call("small", 5))
    await asyncio.sleep(0)
    other = found.open(found.root, "z", Budget(tokens=5))
    held(await found.reserved(other, Amounts(1, 5)))
    assert order == []
    found.settle(going, Amounts(1, 10))
    await asyncio.gather(first, second)
    assert order == ["large", "small"]


async def test_who_stops_waiting_holds_nothing_back() -> None:
    """Also when it was served at the same moment."""
    found, team = tree(Budget(tokens=100))
    going = held(found.reserve(team, Amounts(1, 90)))
    waiting = asyncio.ensure_future(found.reserved(team, Amounts(1, 60)))
    await asyncio.sleep(0)
    found.settle(going, Amounts(1, 0))
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert team.lines["tokens"].reserved == 0
    assert found.spent("a") == Amounts(1, 0)


async def test_those_in_another_event_loop_are_woken() -> None:
    """A synchronous agent has a loop of its own."""
    found, team = tree(Budget(tokens=100))
    going = held(found.reserve(team, Amounts(1, 90)))
    waiting = asyncio.ensure_future(
        asyncio.to_thread(asyncio.run, found.reserved(team, Amounts(1, 60)))
    )
    while not found.waiting:  # noqa: ASYNC110 - another thread does it
        await asyncio.sleep(0)
    found.settle(going, Amounts(1, 30))
    held(await waiting)


@pytest.mark.parametrize("tokens", [30, 90])
async def test_waiting_ends_when_it_never_fits(tokens: int) -> None:
    """The one behind it comes next."""
    found, team = tree(Budget(tokens=100))
    going = held(found.reserve(team, Amounts(1, 90)))
    waiting = asyncio.ensure_future(found.reserved(team, Amounts(1, 80)))
    behind = asyncio.ensure_future(found.reserved(team, Amounts(1, 10)))
    await asyncio.sleep(0)
    found.settle(going, Amounts(1, tokens))
    assert short(await waiting).unit == "tokens"
    held(await behind)
    assert team.lines["tokens"].reserved == 10
