from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stretto.errors import InvalidInput
from stretto.routing.condition import condition
from stretto.routing.reading import MISSING


class Tier(StrEnum):
    """Text that is a name."""

    GOLD = "gold"


def even(value: Any) -> bool:
    """A test of a value."""
    return isinstance(value, int) and value % 2 == 0


@pytest.mark.parametrize(
    ("cell", "passes", "fails"),
    [
        ("-", [1, "a", None, MISSING, True, float("nan"), [1]], []),
        (5, [5, 5.0, Decimal(5)], [4, "5", None, MISSING]),
        (True, [True], [1, False, "True"]),
        (1, [1], [True]),
        ("gold", ["gold", Tier.GOLD], ["Gold", 1, None]),
        (None, [None, MISSING], [0, "", False]),
        (">= 10", [10, 10.5, float("inf")], [9.99, "12", None, True, float("nan")]),
        ("> -1.5", [-1.4], [-1.5]),
        ("<3", [2, float("-inf")], [3]),
        ("<= 1e3", [1000], [1001]),
        ("= 3", [3], [4]),
        ("= gold", ["gold"], ["silver"]),
        ("!= 3", [4, "a", None], [3]),
        ("!= gold", ["silver", 3, None], ["gold"]),
        ("[1..5)", [1, 4.9], [5, 0.9]),
        ("(1..5]", [1.1, 5], [1, 5.1]),
        ("[ -2 .. 2.5 ]", [-2, 2.5], [3]),
        (["a", ">= 3", None], ["a", 3, None], ["b", 2]),
        ({"a", "b"}, ["a", "b"], ["c"]),
        (["!= a", "!= b"], ["a", "b", "c"], []),
        (even, [2], [3, "a", None]),
        ([even, "a"], [2, "a"], [3]),
        ("[sic]", ["[sic]"], ["sic"]),
    ],
)
def test_a_cell_lets_values_through(cell: Any, passes: list[Any], fails: list[Any]) -> None:
    """Anything, one value, a comparison, a range, one of a list, or what a function is true of."""
    read = condition("it", cell)
    assert [value for value in passes if not read.matches(value)] == []
    assert [value for value in fails if read.matches(value)] == []


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        ("", "is empty. Write '-' for any value"),
        (">= ten", "'ten' in '>= ten' is no number. Write one, or a function"),
        ("> inf", "'inf' in '> inf' is no number"),
        (">", "'>' cannot be read. Write a comparison as '>= 10'"),
        ("[1..", r"'\[1\.\.' cannot be read"),
        ("[1..b]", "'b' in .* is no number"),
        ("[5..1]", r"no number lies in '\[5..1\]'. Write the lower bound first"),
        ("(5..5]", "no number lies in"),
        ([], "is an empty list, and nothing passes. Write '-'"),
        (float("nan"), "nan is no condition. Write a value"),
        ({"a": 1}, "is no condition. Write a value"),
        (lambda: True, "cannot be called with the value. Let it take 1 argument"),
    ],
)
def test_what_no_value_could_pass_is_refused(cell: Any, problem: str) -> None:
    """At build, with the place and what to write."""
    with pytest.raises(InvalidInput, match=f"it.*{problem}"):
        condition("it", cell)


NUMBERS = st.integers(0, 4)
ATOMS = st.one_of(
    st.just("-"),
    NUMBERS,
    st.sampled_from(["a", "b", "!= a", "!= b", None, True]),
    st.builds("{} {}".format, st.sampled_from(["<", "<=", ">", ">=", "=", "!="]), NUMBERS),
    st.builds(
        lambda ends, left, right: f"{left}{ends[0]}..{ends[1]}{right}",
        st.lists(NUMBERS, min_size=2, max_size=2, unique=True).map(sorted),
        st.sampled_from("[("),
        st.sampled_from("])"),
    ),
)
CELLS = st.one_of(ATOMS, st.lists(ATOMS, min_size=1, max_size=3))
VALUES = [n / 2 for n in range(-2, 12)] + ["a", "b", "c", None, True, False]
"""One of each stretch that cells of whole numbers from 0 to 4 can tell apart."""


@given(CELLS, CELLS)
def test_what_is_proved_of_two_cells_is_so(one: Any, other: Any) -> None:
    """Whether they meet, and whether one covers the other, is what trying all values says."""
    first, second = condition("it", one), condition("it", other)
    passing = [[v for v in VALUES if each.matches(v)] for each in (first, second)]
    assert first.meets(second) == any(v is w for v in passing[0] for w in passing[1])
    covered = all(any(v is w for w in passing[0]) for v in passing[1])
    assert first.covers(second) == covered


def test_a_function_proves_nothing() -> None:
    """Only that it covers itself."""
    read, any_value = condition("it", even), condition("it", "-")
    assert not read.meets(any_value)
    assert read.covers(condition("it", even))
    assert any_value.covers(read)
    assert not read.covers(any_value)
