from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from stretto.resilience.bulkhead_permits import Hold, Permits, living


def test_who_asks_when_all_are_taken_waits_for_its_turn() -> None:
    """First come, first served."""
    permits = Permits(1)
    first, second, third = (permits.ask(None) for _ in range(3))
    assert (first.granted, second.granted, third.granted) == (True, False, False)
    assert permits.leave(first) == [second]
    assert permits.leave(third) == []
    assert permits.leave(second) == []
    assert permits.free == 1


def test_one_within_another_borrows_its_permit() -> None:
    """At any depth, though there is only one."""
    permits = Permits(1)
    chain = [permits.ask(None)]
    for _ in range(5):
        chain.append(permits.ask(chain[-1]))
    assert [hold.working for hold in chain] == [False] * 5 + [True]
    for hold in reversed(chain):
        assert permits.leave(hold) == []
    assert permits.free == 1


def test_siblings_take_free_permits_or_follow_one_another() -> None:
    """The first borrows, the second takes what is free, the third waits for either."""
    permits = Permits(2)
    parent = permits.ask(None)
    first, second, third, fourth = (permits.ask(parent) for _ in range(4))
    assert (first.lender, second.lender) == (parent, None)
    assert permits.leave(second) == [third]
    assert permits.leave(first) == [fourth]
    assert (third.lender, fourth.lender) == (None, parent)


def test_a_child_that_outlives_its_parent_keeps_the_permit() -> None:
    """And gives it back to the bulkhead; its sibling no longer waits for the parent's."""
    permits = Permits(1)
    parent = permits.ask(None)
    child, sibling = permits.ask(parent), permits.ask(parent)
    assert permits.leave(parent) == []
    assert child.working
    assert permits.leave(child) == [sibling]
    permits.leave(sibling)
    assert permits.free == 1


def test_a_permit_of_a_parent_that_ended_goes_to_the_grandparent() -> None:
    """Who waits within the parent waits within the grandparent from then on."""
    permits = Permits(1)
    top = permits.ask(None)
    parent = permits.ask(top)
    child, sibling, stranger = permits.ask(parent), permits.ask(parent), permits.ask(None)
    permits.leave(parent)
    assert permits.leave(child) == [sibling]
    assert permits.leave(sibling) == []
    assert top.working
    assert permits.leave(top) == [stranger]


def test_who_waits_within_one_that_ends_borrows_from_the_next_above() -> None:
    """At once, if that one has its permit to itself."""
    permits = Permits(2)
    top = permits.ask(None)
    brother, parent = permits.ask(top), permits.ask(top)
    child, sibling = permits.ask(parent), permits.ask(parent)
    permits.leave(brother)
    assert permits.leave(parent) == [sibling]
    assert (sibling.lender, child.lender) == (top, None)


def test_who_leaves_twice_gives_back_once() -> None:
    """As when it is cancelled while it leaves."""
    permits = Permits(2)
    hold = permits.ask(None)
    permits.leave(hold)
    permits.leave(hold)
    assert permits.free == 2


class Asking(RuleBasedStateMachine):
    """Trees of those that ask, wait, lend, and leave in any order, cancelled or not."""

    @initialize(limit=st.integers(1, 4))
    def begin(self, limit: int) -> None:
        self.permits = Permits(limit)
        self.holds: list[Hold] = []
        self.past: list[Hold] = []

    @rule()
    def ask(self) -> None:
        self.holds.append(self.permits.ask(None))

    @rule(which=st.integers(0), past=st.booleans())
    def ask_within(self, which: int, *, past: bool) -> None:
        pool = [each for each in (self.past if past else self.holds) if each.granted]
        if pool:
            self.holds.append(self.permits.ask(pool[which % len(pool)]))

    @precondition(lambda self: self.holds)
    @rule(which=st.integers(0))
    def leave(self, which: int) -> None:
        hold = self.holds.pop(which % len(self.holds))
        self.past.append(hold)
        waited = list(self.permits.waiting)
        above = {each: living(each.outer) for each in waited}
        for served in self.permits.leave(hold):
            assert served.working
            if served.lender is None:
                assert served is waited[0]
            else:
                ahead = waited[: waited.index(served)]
                assert all(above[each] is not above[served] for each in ahead)

    @invariant()
    def each_permit_has_one_at_work(self) -> None:
        """Never more at work than there are permits, and never fewer while somebody waits."""
        working = sum(hold.working for hold in self.holds)
        assert working == self.permits.limit - self.permits.free
        assert self.permits.free == 0 or not self.permits.waiting

    @invariant()
    def who_waits_could_not_borrow(self) -> None:
        """Those within it have the permit; and it is known to whom it waits."""
        waiting = [hold for hold in self.holds if not hold.granted]
        assert waiting == list(self.permits.waiting)
        for hold in waiting:
            above = living(hold.outer)
            assert above is None or (above.borrower is not None and hold in above.waiting)

    def teardown(self) -> None:
        """All permits are back in the end, in whatever order they come."""
        if not hasattr(self, "permits"):
            return
        while working := [hold for hold in self.holds if hold.working]:
            self.holds.remove(working[0])
            self.permits.leave(working[0])
        assert not self.holds
        assert self.permits.free == self.permits.limit


TestAsking = Asking.TestCase
