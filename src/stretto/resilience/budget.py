"""An account of a budget: its limits, what is spent, what is reserved, and whether more fits."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stretto.policy import Budget, Limits
    from stretto.resilience.budget_tree import Accounts

Unit = Literal["calls", "tokens", "money"]
UNITS: tuple[Unit, ...] = ("calls", "tokens", "money")
"""What accounts count, in the order in which they are looked at. Seconds are a member's own."""
GRAINS = 1_000_000_000_000
"""Money is counted in whole parts of this size, so that sums and differences are exact."""
RUN = "run"
"""What the account of a whole run is called in texts; its path is empty."""
_SLACK = 1e-9


@dataclass(frozen=True, slots=True)
class Amounts:
    """How much of each unit; money in grains."""

    calls: int = 0
    tokens: int = 0
    money: int = 0

    @classmethod
    def of(cls, calls: int = 0, tokens: int = 0, money: float = 0.0) -> Amounts:
        """The amounts with money in its currency."""
        return cls(calls, tokens, grains(money))

    def __add__(self, other: Amounts) -> Amounts:
        return Amounts(
            self.calls + other.calls, self.tokens + other.tokens, self.money + other.money
        )

    def items(self) -> Iterator[tuple[Unit, int]]:
        """Each unit with its amount."""
        yield "calls", self.calls
        yield "tokens", self.tokens
        yield "money", self.money


def grains(money: float) -> int:
    """Money as it is counted."""
    return round(money * GRAINS)


def told(unit: str, amount: int) -> float:
    """An amount as people are told it: money in its currency."""
    return amount / GRAINS if unit == "money" else amount


@dataclass(frozen=True, slots=True)
class Short:
    """Why a call does not fit: the account in whose way it is, and what is left there."""

    path: str
    unit: Unit
    wanted: float
    used: float
    """Spent or reserved."""
    limit: float
    contended: bool
    """It would fit if the calls in flight turned out to cost nothing, so waiting may help."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """An account has passed its warning mark, or its limit by a call dearer than was reserved."""

    path: str
    event: Literal["warned", "exceeded"]
    unit: Unit
    used: float
    limit: float


@dataclass(slots=True)
class Line:
    """What an account holds of one unit."""

    limit: int | None = None
    spent: int = 0
    reserved: int = 0


def room(line: Line, wanted: int) -> Literal["fits", "contended", "never"]:
    """Whether an amount fits now, may fit when calls in flight are settled, or never does.

    What costs nothing always fits.
    """
    if line.limit is None or not wanted or wanted <= line.limit - line.spent - line.reserved:
        return "fits"
    return "contended" if wanted <= line.limit - line.spent else "never"


@dataclass(slots=True, eq=False)
class Account:
    """What one budget, or a whole run, allows and has spent."""

    tree: Accounts
    path: str
    """Names from the outermost member on, as "research/reviewer"; empty for the run."""
    parent: Account | None
    lines: dict[Unit, Line]
    warn: Mapping[Unit, float]
    """The part of a limit at which is warned, by unit; none where a unit is not named."""
    told: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    """Events and units that were told."""
    began: dict[str, float] = field(default_factory=dict[str, float])
    """When a team that works in several nodes began, by the place of its work; monotonic."""
    levels: tuple[Account, ...] = ()
    """The account itself and all above it, to the run's."""
    weighs: bool = False
    """Whether tokens or money are limited here or above: only then calls must be estimated."""

    def __post_init__(self) -> None:
        above = self.parent.levels if self.parent else ()
        self.levels = (self, *above)
        own = self.lines["tokens"].limit is not None or self.lines["money"].limit is not None
        self.weighs = own or (self.parent is not None and self.parent.weighs)

    def lowest(self, unit: Unit) -> int | None:
        """The lowest limit here and above; `None` without any."""
        found = (level.lines[unit].limit for level in self.levels)
        return min((limit for limit in found if limit is not None), default=None)

    def shortage(self, amounts: Amounts) -> Short | None:
        """What is in the way of the amounts, first what no waiting can mend; `None` for nothing."""
        contended: Short | None = None
        for level in self.levels:
            for unit, wanted in amounts.items():
                line = level.lines[unit]
                found = room(line, wanted)
                if found == "fits":
                    continue
                short = Short(
                    level.path,
                    unit,
                    told(unit, wanted),
                    told(unit, line.spent + line.reserved),
                    told(unit, line.limit or 0),
                    contended=found == "contended",
                )
                if found == "never":
                    return short
                contended = contended or short
        return contended


@dataclass(slots=True, eq=False)
class Reservation:
    """What is held back for one call in its account and in all above, until it is settled."""

    account: Account
    amounts: Amounts
    given: Amounts = field(default_factory=Amounts)
    """What of it is for the call's input: what a call that is given up may have cost."""
    open: bool = True
    taken: bool = False
    """Whether the call it was made for has begun."""


def run_limits(limits: Limits) -> dict[Unit, int | None]:
    """What the account of a run allows."""
    money = None if limits.money is None else grains(limits.money)
    return {"calls": limits.model_calls, "tokens": limits.tokens, "money": money}


def budget_limits(budget: Budget, parent: Mapping[Unit, int | None]) -> dict[Unit, int | None]:
    """What a budget allows under a parent with these limits of its own.

    A share is that part of each of the parent's limits, rounded down; where the budget says an
    amount as well, the lower one counts.
    """
    own: dict[Unit, int | None] = {
        "calls": budget.calls,
        "tokens": budget.tokens,
        "money": None if budget.money is None else grains(budget.money),
    }
    if budget.share is None:
        return own
    found: dict[Unit, int | None] = {}
    for unit in UNITS:
        limit, mine = parent[unit], own[unit]
        part = None if limit is None else math.floor(limit * budget.share + _SLACK)
        found[unit] = min((n for n in (part, mine) if n is not None), default=None)
    return found
