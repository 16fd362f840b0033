"""Who gets which permit of a bulkhead: decisions without threads, clocks and event loops."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(eq=False, slots=True)
class Hold:
    """One that asks for a permit, waits for it, has it, perhaps lends it, and leaves.

    It is at work while it has a permit and lends it to nobody.
    """

    outer: Hold | None = None
    """The one within which it asks."""
    told: str = ""
    """What it holds and who it is, for people."""
    key: str = ""
    """What all processes call what it holds; empty when that is of this process alone."""
    granted: bool = False
    ended: bool = False
    closing: bool = False
    """Whether it is about to give its permit back, and lends it no more."""
    lender: Hold | None = None
    """Whose permit it has; `None` when it is one of the bulkhead's own."""
    borrower: Hold | None = None
    """Who has its permit."""
    waiting: dict[Hold, None] = field(default_factory=dict["Hold", None])
    """Who waits for its permit, the first to ask first; nobody unless it is lent."""

    @property
    def working(self) -> bool:
        """Whether it has a permit for itself."""
        return self.granted and not self.ended and self.borrower is None


class Permits:
    """The permits of a bulkhead. Its caller sees to it that one thread at a time uses it.

    Who asks within one that has a permit borrows it. While it is lent to another, who asks gets a
    free one, or waits for either. So never more than `limit` are at work, and one that waits for
    those within it never keeps them from working. Who waits is served in the order of asking.

    Args:
        limit: How many there are.
    """

    def __init__(self, limit: int) -> None:
        self.limit = self.free = limit
        self.own: dict[Hold, None] = {}
        """Who has one of the bulkhead's own permits, lent or not."""
        self.waiting: dict[Hold, None] = {}
        """All that wait, the first to ask first."""

    def ask(self, outer: Hold | None, told: str = "", key: str = "") -> Hold:
        """Ask for a permit within `outer`. Who is not `granted` one waits."""
        above = living(outer)
        hold = Hold(above, told, key)
        if above is not None and above.working and not above.closing:
            _lend(above, hold)
        elif self.free:
            self.free -= 1
            hold.granted = True
            self.own[hold] = None
        else:
            self.waiting[hold] = None
            if above is not None:
                above.waiting[hold] = None
        return hold

    def leave(self, hold: Hold) -> list[Hold]:
        """Give back what it has, or wait no longer. Returns who is granted a permit by it.

        Where it lends its permit to one that outlives it, that one keeps it.
        """
        if hold.ended:
            return []
        hold.ended = True
        self.own.pop(hold, None)
        if not hold.granted:
            self._forget(hold)
            return []
        served: list[Hold] = []
        if hold.borrower is not None:
            self._bequeath(hold, served)
        elif hold.lender is not None:
            hold.lender.borrower = None
            self._offer(hold.lender, served)
        elif self.waiting:
            self._grant(next(iter(self.waiting)), served)
        else:
            self.free += 1
        return served

    def closes(self, hold: Hold) -> bool:
        """Whether one of the bulkhead's own permits comes back when it leaves.

        If so, nobody borrows it from then on.
        """
        hold.closing = hold.working and hold.lender is None
        return hold.closing

    def helpers(self, hold: Hold) -> tuple[Hold, ...]:
        """Those whose end gives a permit to who waits, though perhaps to others before it."""
        above = living(hold.outer)
        lent = above.borrower if above is not None else None
        return (*self.own, *(() if lent is None else (lent,)))

    def _bequeath(self, hold: Hold, served: list[Hold]) -> None:
        """Leave the permit to who has borrowed it; who waits for it waits for the next above."""
        heir, hold.borrower = hold.borrower, None
        if heir is not None:
            heir.lender = hold.lender
            if heir.lender is None:
                self.own[heir] = None
        if hold.lender is not None:
            hold.lender.borrower = heir
        above = living(hold.outer)
        if above is not None:
            asked = {*above.waiting, *hold.waiting}
            above.waiting = {each: None for each in self.waiting if each in asked}
            self._offer(above, served)
        hold.waiting = {}

    def _offer(self, hold: Hold, served: list[Hold]) -> None:
        """Lend the permit to the first that waits for it, if it is there."""
        if hold.waiting and hold.working:
            first = next(iter(hold.waiting))
            self._forget(first)
            _lend(hold, first)
            served.append(first)

    def _grant(self, hold: Hold, served: list[Hold]) -> None:
        """Let it have one of the bulkhead's own permits."""
        self._forget(hold)
        hold.granted = True
        self.own[hold] = None
        served.append(hold)

    def _forget(self, hold: Hold) -> None:
        """Take it from those that wait."""
        self.waiting.pop(hold, None)
        above = living(hold.outer)
        if above is not None:
            above.waiting.pop(hold, None)


def living(hold: Hold | None) -> Hold | None:
    """The nearest that has not ended, from `hold` outwards."""
    while hold is not None and hold.ended:
        hold = hold.outer
    return hold


def _lend(lender: Hold, to: Hold) -> None:
    lender.borrower, to.lender, to.granted = to, lender, True
