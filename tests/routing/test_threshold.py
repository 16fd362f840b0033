from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stretto.errors import InvalidInput
from stretto.routing import Threshold

CUTS = {"clerk": 100, "manager": 5000}


def test_a_number_lies_in_one_part() -> None:
    """The reason tells the bounds that it lies between."""
    by = Threshold("order.amount", CUTS, above="board")
    said = [by.decide({"order": {"amount": n}}) for n in (99.5, 100, 5000)]
    assert [(choice.label, choice.reason) for choice in said] == [
        ("clerk", "order.amount is 99.5, below 100"),
        ("manager", "order.amount is 100, at least 100 and below 5000"),
        ("board", "order.amount is 5000, at least 5000"),
    ]
    assert said[1].data == {"value": 100, "from": 100, "to": 5000}
    assert said[1].confidence is None
    assert by.labels == {"clerk", "manager", "board"}


def test_a_bound_may_belong_to_the_part_below() -> None:
    """And what is above the last bound may be out of scope."""
    by = Threshold("n", CUTS, above="", inclusive=True)
    said = [by.decide({"n": n}) for n in (100, 101, 5001)]
    assert [choice.label for choice in said] == ["clerk", "manager", ""]
    assert said[1].reason == "n is 101, above 100 and at most 5000"
    assert by.labels == {"clerk", "manager"}


NUMBERS = st.one_of(
    st.integers(),
    st.floats(allow_nan=False),
    st.decimals(allow_nan=False),
    st.fractions(),
)


@given(
    bounds=st.lists(st.integers(-1000, 1000), min_size=1, max_size=6, unique=True).map(sorted),
    number=st.one_of(NUMBERS, st.integers(-1001, 1001)),
    inclusive=st.booleans(),
)
def test_every_number_has_exactly_one_label(
    bounds: list[int], number: Any, *, inclusive: bool
) -> None:
    """That of the part whose bounds it lies between: there is no gap and no overlap."""
    cuts = {f"l{at}": bound for at, bound in enumerate(bounds)}
    choice = Threshold("n", cuts, above="top", inclusive=inclusive).decide({"n": number})
    ends = [Decimal("-Infinity"), *bounds, Decimal("Infinity")]
    value = Fraction(number) if abs(number) != float("inf") else number
    holds = [
        (low < value if inclusive else low <= value) if at else True
        for at, low in enumerate(ends[:-1])
    ]
    under = [(value <= high if inclusive else value < high) for high in bounds] + [True]
    parts = [at for at, both in enumerate(zip(holds, under, strict=True)) if all(both)]
    assert [choice.label] == [[*cuts, "top"][at] for at in parts]


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ({}, "n is missing, which is no number"),
        ({"n": None}, "n is missing, which is no number"),
        ({"n": float("nan")}, "n is 'nan', which is no number"),
        ({"n": Decimal("sNaN")}, "n is \"Decimal('sNaN')\", which is no number"),
        ({"n": "12"}, "n is '12', which is no number"),
        ({"n": True}, "n is True, which is no number"),
    ],
)
def test_what_is_no_number_is_out_of_scope(state: dict[str, Any], reason: str) -> None:
    """Or an error, when it is declared so."""
    choice = Threshold("n", CUTS, above="board").decide(state)
    assert (choice.label, choice.reason) == ("", reason)
    with pytest.raises(InvalidInput, match=r"cannot decide: n is .* Put a number there, or set"):
        Threshold("n", CUTS, above="board", missing="error").decide(state)


@pytest.mark.parametrize(
    ("cuts", "options", "problem"),
    [
        ({}, {"above": "a"}, "has no cuts. Give each label its upper bound"),
        ([1], {"above": "a"}, "has no cuts"),
        (
            {"a": 2, "b": 1},
            {"above": "c"},
            r"bound of 'b' \(1\) is not above that of 'a' \(2\). Wr",
        ),
        ({"a": 1, "b": 1}, {"above": "c"}, "is not above that of 'a'"),
        ({"a": float("nan")}, {"above": "c"}, "bound nan of 'a' is no finite number. Give one"),
        ({"a": float("inf")}, {"above": "c"}, "is no finite number"),
        ({"a": "1"}, {"above": "c"}, "is no finite number"),
        ({"a": 1}, {"above": "a"}, "the label 'a' is there twice. Take one out"),
        ({"a": 1}, {"above": None}, "None is no label. Give a text"),
        ({"": 1}, {"above": "a"}, "'' is no label. Give a text"),
        ({"a": 1}, {"above": "b", "missing": "skip"}, "is 'skip'. Write 'out_of_scope' or 'error'"),
    ],
)
def test_what_could_not_decide_is_refused(cuts: Any, options: Any, problem: str) -> None:
    """At build, with the place and what to change."""
    with pytest.raises(InvalidInput, match=f"the threshold 'threshold'.*{problem}"):
        Threshold("n", cuts, **options)
