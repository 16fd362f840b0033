"""Conditions on fields of a state that must all hold: whether a member works at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stretto.errors import InvalidInput
from stretto.routing.condition import Condition, condition
from stretto.routing.reading import MISSING, Reading, reading

if TYPE_CHECKING:
    from collections.abc import Mapping


class Holds:
    """A function of the state: `True`, or which condition does not hold.

    Two of the same conditions are equal.

    Args:
        conditions: By field or path of the state, as in a cell of a `Table`.

    Raises:
        InvalidInput: There is none, or one cannot be read.
    """

    def __init__(self, conditions: Mapping[str, Any]) -> None:
        self.conditions = dict(conditions)
        if not conditions:
            raise InvalidInput("no condition is given. Write one by field, or leave `when` out.")
        self._parts: list[tuple[Reading, Condition]] = [
            (
                reading(f"the condition on {field!r}", field),
                condition(f"the condition on {field!r}", cell),
            )
            for field, cell in self.conditions.items()
        ]

    def __call__(self, state: Mapping[str, Any]) -> bool | str:
        """Say whether all hold, or else of the first that does not what the field is."""
        for read, wanted in self._parts:
            value = read.find(state)
            if not wanted.matches(value):
                told = "missing" if value is MISSING else repr(value)
                return f"{read.name} is {told}, not {wanted.written}"
        return True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Holds) and other.conditions == self.conditions

    def __hash__(self) -> int:
        return hash(tuple(self.conditions))
