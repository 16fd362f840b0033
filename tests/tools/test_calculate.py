"""Arithmetic."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stretto.errors import InvalidInput
from stretto.spec.tool import effect_of
from tools.calculate import calculate


@pytest.mark.parametrize(
    ("expression", "number"),
    [
        ("2 * (3 + 4)", "14"),
        ("-2 ** 2 + +1", "-3"),
        ("7 // 2 + 7 % 4", "6"),
        ("1 / 4", "0.25"),
        ("0.1 + 0.2", "0.3"),
        ("2 ** 0.5 - sqrt(2)", "0"),
        ("round(1200 * (1 + 0.035) ** 10, 2)", "1692.72"),
        ("max(1, 2, 3) - min(4, 5)", "-1"),
        ("floor(e) + ceil(pi)", "6"),
        ("10 ** 30 + 1", "1000000000000000000000000000001"),
        ("1 +\n 1", "2"),
    ],
)
def test_an_expression_becomes_a_number(expression: str, number: str) -> None:
    """Whole numbers are exact."""
    assert calculate(expression) == number


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("", "nothing to work out"),
        ("9**9**9", "too many digits"),
        ("10**1000 * 10**1000", "longer than 4096 bits"),
        ("1e308 * 10", "too large"),
        ("exp(1000)", "too large"),
        ("10.0 ** 400", "too large"),
        ("1 / 0", "divides by zero"),
        ("0 ** -1", "divides by zero"),
        ("(-8) ** 0.5", "not a real number"),
        ("sqrt(-1)", "cannot be worked out"),
        ("round(1, 2, 3)", "cannot be worked out"),
        ("max()", "cannot be worked out"),
        ("2 +", "cannot be worked out"),
        ("2 ^ 3", "not arithmetic"),
        ("__import__('os')", "not arithmetic"),
        ("().__class__", "not arithmetic"),
        ("open", "not arithmetic"),
        ("'a' * 9", "not arithmetic"),
        ("True", "not arithmetic"),
        ("[1 for _ in 'ab']", "not arithmetic"),
        ("1j", "not arithmetic"),
        ("1" * 501, "501 characters. Give at most 500"),
        ("(" * 240 + "1" + ")" * 240, "cannot be worked out|too large"),
        ("+".join(["1"] * 80), "40 operations within one another"),
        ("1\0", "cannot be worked out"),
    ],
)
def test_what_is_not_arithmetic_or_too_large_is_refused(expression: str, problem: str) -> None:
    """At once, and with the reason."""
    with pytest.raises(InvalidInput, match=problem):
        calculate(expression)


@given(st.text("0123456789.+-*/%() ,epiroundsqrtmax", max_size=40))
def test_any_text_gives_a_number_or_a_clear_error(expression: str) -> None:
    """Nothing else, and soon."""
    try:
        number = calculate(expression)
    except InvalidInput:
        return
    assert math.isfinite(float(number)) or len(number) > 300


def test_it_changes_nothing() -> None:
    """So it may be called again."""
    assert effect_of(calculate) == "reads"
