"""The condition in one cell of a decision table, as the set of values that it lets through."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from stretto.errors import InvalidInput
from stretto.routing.reading import MISSING, checked_function
from stretto.routing.threshold import Number, as_number

ANY = "-"
"""The cell that lets everything through."""
_INFINITE = float("inf")
_COMPARISON = re.compile(r"(<=|>=|<|>|!=|=)\s*(.+)", re.DOTALL)
_RANGE = re.compile(r"([\[\](])\s*(\S+?)\s*\.\.\s*(\S+?)\s*([\])\[])")


@dataclass(frozen=True)
class Interval:
    """Numbers from `low` to `high`."""

    low: Number
    high: Number
    low_in: bool
    high_in: bool

    def __contains__(self, number: Number) -> bool:
        above = self.low <= number if self.low_in else self.low < number
        return above and (number <= self.high if self.high_in else number < self.high)

    @property
    def empty(self) -> bool:
        """Whether no number lies in it."""
        return self.low > self.high or (
            self.low == self.high and not (self.low_in and self.high_in)
        )

    def meet(self, other: Interval) -> Interval:
        """The numbers that are in both."""
        low, low_in = max((self.low, not self.low_in), (other.low, not other.low_in))
        high, high_in = min((self.high, self.high_in), (other.high, other.high_in))
        return Interval(low, high, not low_in, high_in)


EVERY_NUMBER = Interval(-_INFINITE, _INFINITE, low_in=True, high_in=True)


@dataclass(frozen=True)
class Condition:
    """Numbers in intervals, other values by name or all but those named, and functions."""

    written: str
    """As it stands in the table."""
    intervals: tuple[Interval, ...] = ()
    others: frozenset[Hashable] = frozenset()
    """Values that are no numbers, each with its kind, so that `True` is not 1."""
    but: bool = False
    """Whether `others` are those that are not let through."""
    functions: tuple[Callable[[Any], Any], ...] = ()

    def matches(self, value: Any) -> bool:
        """Whether a value is let through; what is missing is as `None`."""
        value = None if value is MISSING else value
        number = as_number(value)
        if number is not None:
            inside = any(number in interval for interval in self.intervals)
        else:
            inside = (_key(value) in self.others) != self.but
        return inside or any(bool(function(value)) for function in self.functions)

    def meets(self, other: Condition) -> bool:
        """Whether it is proved that some value passes both; functions prove nothing."""
        pairs = ((a, b) for a in self.intervals for b in other.intervals)
        return any(not a.meet(b).empty for a, b in pairs) or self._shares(other)

    def _shares(self, other: Condition) -> bool:
        match self.but, other.but:
            case True, True:
                return True
            case True, False:
                return bool(other.others - self.others)
            case False, True:
                return bool(self.others - other.others)
            case _:
                return bool(self.others & other.others)

    def covers(self, other: Condition) -> bool:
        """Whether it is proved that whatever passes the other passes this one."""
        if self.everything:
            return True
        if not set(other.functions) <= set(self.functions):
            return False
        mine = joined(self.intervals)
        within = (any(a.meet(b) == b for a in mine) for b in other.intervals)
        return all(within) and self._holds(other)

    def _holds(self, other: Condition) -> bool:
        match self.but, other.but:
            case True, True:
                return self.others <= other.others
            case True, False:
                return not self.others & other.others
            case False, True:
                return False
            case _:
                return other.others <= self.others

    @property
    def everything(self) -> bool:
        """Whether all values pass."""
        return self.but and not self.others and EVERY_NUMBER in joined(self.intervals)


def joined(intervals: tuple[Interval, ...]) -> list[Interval]:
    """The same numbers in as few intervals as can be, in ascending order."""
    found: list[Interval] = []
    for each in sorted(intervals, key=lambda one: (one.low, not one.low_in)):
        last = found[-1] if found else None
        touches = last and (
            each.low < last.high or (each.low == last.high and (each.low_in or last.high_in))
        )
        if last and touches:
            high, high_in = max((last.high, last.high_in), (each.high, each.high_in))
            found[-1] = Interval(last.low, high, last.low_in, high_in)
        else:
            found.append(each)
    return found


def condition(place: str, cell: Any) -> Condition:
    """What a cell lets through.

    `"-"` lets everything through, a list what one of its parts does, a function what it is true
    of. Text such as `">= 10"`, `"!= gold"` or `"[1..5)"` is a comparison or a range. All else is
    the value itself; `None` is one that is missing.

    Args:
        place: Where the cell stands, for errors.
        cell: As it is written.

    Raises:
        InvalidInput: It cannot be read, or no value could pass.
    """
    if isinstance(cell, str):
        return _text(place, cell)
    if isinstance(cell, set | frozenset):
        return _one_of(place, sorted(cast("set[Any]", cell), key=repr))
    if isinstance(cell, list | tuple):
        return _one_of(place, cast("list[Any]", cell))
    if callable(cell):
        _checked_test(place, cell)
        return Condition(getattr(cell, "__name__", "function"), functions=(cell,))
    number = as_number(cell)
    if number is not None:
        return Condition(str(cell), intervals=(_only(number),))
    if isinstance(cell, float | Decimal) or not isinstance(cell, Hashable) or cell is MISSING:
        raise InvalidInput(
            f"{place}: {cell!r} is no condition. Write a value, a comparison such as '>= 10', a "
            "range such as '[1..5)', a list, a function, or '-' for any."
        )
    return Condition(repr(cell), others=frozenset([_key(cell)]))


def _text(place: str, cell: str) -> Condition:
    written = cell.strip()
    if written == ANY:
        return Condition(ANY, (EVERY_NUMBER,), but=True)
    if not written:
        raise InvalidInput(f"{place} is empty. Write '-' for any value, or None for a missing one.")
    if found := _RANGE.fullmatch(written):
        return _range(place, written, found)
    if found := _COMPARISON.fullmatch(written):
        return _comparison(place, written, found[1], found[2].strip())
    if written[0] in "<>=!" or (".." in written and written[0] in "[]("):
        raise InvalidInput(
            f"{place}: {cell!r} cannot be read. Write a comparison as '>= 10', a range as '[1..5)'."
        )
    return Condition(repr(cell), others=frozenset([_key(cell)]))


def _range(place: str, written: str, parts: re.Match[str]) -> Condition:
    left, low, high, right = parts.groups()
    ends = [_bound(place, written, end) for end in (low, high)]
    found = Interval(ends[0], ends[1], low_in=left == "[", high_in=right == "]")
    if found.empty:
        raise InvalidInput(f"{place}: no number lies in {written!r}. Write the lower bound first.")
    return Condition(written, (found,))


def _comparison(place: str, written: str, sign: str, operand: str) -> Condition:
    if sign in ("=", "!="):
        return _equal(written, operand, but=sign == "!=")
    bound = _bound(place, written, operand)
    if sign in ("<", "<="):
        found = Interval(-_INFINITE, bound, low_in=True, high_in=sign == "<=")
    else:
        found = Interval(bound, _INFINITE, low_in=sign == ">=", high_in=True)
    return Condition(written, (found,))


def _equal(written: str, operand: str, *, but: bool) -> Condition:
    number = _number(operand)
    if number is None:
        others = frozenset([_key(operand)])
        return Condition(written, (EVERY_NUMBER,) if but else (), others, but=but)
    if not but:
        return Condition(written, (_only(number),))
    below = Interval(-_INFINITE, number, low_in=True, high_in=False)
    above = Interval(number, _INFINITE, low_in=False, high_in=True)
    return Condition(written, (below, above), but=True)


def _bound(place: str, written: str, operand: str) -> Number:
    number = _number(operand)
    if number is None:
        raise InvalidInput(
            f"{place}: {operand!r} in {written!r} is no number. Write one, or a function that "
            "compares."
        )
    return number


def _number(text: str) -> Number | None:
    """A finite number as Python writes it."""
    try:
        found = int(text)
    except ValueError:
        pass
    else:
        return found
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < _INFINITE else None


def _one_of(place: str, cells: Sequence[Any]) -> Condition:
    parts = [condition(place, cell) for cell in cells]
    if not parts:
        raise InvalidInput(
            f"{place} is an empty list, and nothing passes. Write '-' for any value."
        )
    held = [part.others for part in parts if not part.but]
    listed = frozenset[Hashable]().union(*held)
    kept_out = [part.others for part in parts if part.but]
    others = frozenset.intersection(*kept_out) - listed if kept_out else listed
    return Condition(
        ", ".join(part.written for part in parts),
        tuple(interval for part in parts for interval in part.intervals),
        others,
        but=bool(kept_out),
        functions=tuple(function for part in parts for function in part.functions),
    )


def _only(number: Number) -> Interval:
    return Interval(number, number, low_in=True, high_in=True)


def _key(value: Any) -> Hashable:
    """A value apart from those of other kinds; what cannot be hashed is like nothing else."""
    try:
        hash(value)
    except TypeError:
        return ("unhashable", id(value))
    kind = "truth" if isinstance(value, bool) else "text" if isinstance(value, str) else "other"
    return (kind, value)


def _checked_test(place: str, test: Callable[[Any], Any]) -> None:
    try:
        checked_function(place, test)
    except InvalidInput as error:
        said = str(error).replace("the state", "the value")
        raise InvalidInput(said) from None
