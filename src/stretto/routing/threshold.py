"""A decision by a number against ascending bounds."""

from __future__ import annotations

import numbers
from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any, Literal, cast

from stretto.errors import InvalidInput
from stretto.routing.choice import NOBODY, Choice, checked_label, checked_labels, plain
from stretto.routing.reading import MISSING, Read, reading

Number = int | float | Decimal


class Threshold:
    """Chooses by where a number lies: each label reaches up to its bound, the last to infinity.

    `Threshold("amount", {"clerk": 100, "manager": 5000}, above="board")` gives `clerk` below 100,
    `manager` from 100 to below 5000, and `board` from 5000. Every number has exactly one label.
    There is no confidence: a number that is there leaves no doubt.

    Args:
        value: A field of the state, a dotted path, or a function of the state.
        cuts: The upper bound of each label, in ascending order.
        above: The label above the last bound; `""` is out of scope.
        inclusive: Whether a number that equals a bound is still below it.
        missing: What to do with a value that is missing, NaN or no number: `out_of_scope` answers
            so, with the reason; `error` raises.
        name: What the journal calls it.

    Raises:
        InvalidInput: There are no cuts, a bound is no finite number or does not ascend, a label is
            none or there twice, or the value cannot be read.
    """

    def __init__(
        self,
        value: Read,
        cuts: Mapping[str, Number],
        *,
        above: str,
        inclusive: bool = False,
        missing: Literal["out_of_scope", "error"] = "out_of_scope",
        name: str = "threshold",
    ) -> None:
        self.name, self.inclusive, self.missing = name, inclusive, missing
        place = f"the threshold {name!r}"
        if missing not in ("out_of_scope", "error"):
            raise InvalidInput(
                f"{place}: `missing` is {missing!r}. Write 'out_of_scope' or 'error'."
            )
        self._reading = reading(place, value)
        self._cuts = _checked_cuts(place, cuts)
        self._above = above if above == NOBODY else checked_label(place, above)
        named = [label for label, _ in self._cuts] + ([above] if above != NOBODY else [])
        if above != NOBODY or len(named) > 1:
            checked_labels(place, named)
        self.labels: frozenset[str] | None = frozenset(named)

    def decide(self, state: Mapping[str, Any]) -> Choice:
        """The label of the part in which the number lies.

        Raises:
            InvalidInput: There is no number, and `missing` is `error`.
        """
        value, what = self._reading.find(state), self._reading.name
        number = as_number(value)
        if number is None:
            return self._without(value)
        place = sum(not self._under(number, bound) for _, bound in self._cuts)
        label = self._cuts[place][0] if place < len(self._cuts) else self._above
        low = self._cuts[place - 1][1] if place else None
        high = self._cuts[place][1] if place < len(self._cuts) else None
        where = self._words(low, high)
        data = {"value": plain(number), "from": plain(low), "to": plain(high)}
        return Choice(label, f"{what} is {number}, {where}", data=data)

    def _under(self, number: Number, bound: Number) -> bool:
        return number <= bound if self.inclusive else number < bound

    def _words(self, low: Number | None, high: Number | None) -> str:
        over, under = ("above", "at most") if self.inclusive else ("at least", "below")
        parts = [
            *([] if low is None else [f"{over} {low}"]),
            *([] if high is None else [f"{under} {high}"]),
        ]
        return " and ".join(parts)

    def _without(self, value: object) -> Choice:
        told = "missing" if value is None or value is MISSING else repr(plain(value))
        reason = f"{self._reading.name} is {told}, which is no number"
        if self.missing == "error":
            raise InvalidInput(
                f"the threshold {self.name!r} cannot decide: {reason}. Put a number there, or set "
                "missing='out_of_scope'."
            )
        return Choice(NOBODY, reason, data={"value": None if value is MISSING else plain(value)})


def as_number(value: object) -> Number | None:
    """The value when it is a number that can be compared; no booleans, no NaN."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real | Decimal):
        return None
    if isinstance(value, Decimal):
        return None if value.is_nan() else value
    number = cast("float", value)
    return None if number != number else number  # noqa: PLR0124 - how NaN is told


def _checked_cuts(place: str, cuts: Any) -> tuple[tuple[str, Number], ...]:
    if not isinstance(cuts, Mapping) or not cuts:
        raise InvalidInput(f"{place} has no cuts. Give each label its upper bound.")
    found = cast("Mapping[str, Any]", cuts)
    for label, bound in found.items():
        number = as_number(bound)
        if number is None or number in (float("inf"), float("-inf")):
            raise InvalidInput(
                f"{place}: the bound {bound!r} of {label!r} is no finite number. Give one, and let "
                "`above` name the label that has no upper bound."
            )
    for (label, bound), (after, higher) in pairwise(found.items()):
        if not bound < higher:
            raise InvalidInput(
                f"{place}: the bound of {after!r} ({higher}) is not above that of {label!r} "
                f"({bound}). Write the cuts in ascending order."
            )
    return tuple((checked_label(place, label), bound) for label, bound in found.items())
