from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from stretto.errors import InvalidInput
from stretto.policy import PRICES, Limits, Price, Prices, prices_from_environment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_a_run_is_limited_unless_told_otherwise() -> None:
    """By the calls of models, which cost."""
    assert Limits().counts() == {"model_calls": 100}
    assert Limits(model_calls=None, steps=5).counts() == {"steps": 5}


@pytest.mark.parametrize("field", ["model_calls", "tool_calls", "steps"])
def test_a_limit_below_zero_is_refused(field: str) -> None:
    """It says nothing."""
    with pytest.raises(ValidationError):
        Limits.model_validate({field: -1})


@pytest.fixture
def priced(tmp_path: Path) -> Callable[[str], Prices]:
    """Reads prices from a file with a text."""

    def read(text: str) -> Prices:
        path = tmp_path / "prices.yaml"
        path.write_text(text, encoding="utf-8")
        return Prices.from_file(path)

    return read


def test_a_name_counts_before_a_pattern(priced: Callable[[str], Prices]) -> None:
    """And an earlier pattern before a later one; YAML and JSON."""
    prices = priced(
        "gpt-*: {input: 1, output: 2}\ngpt-5*: {input: 9, output: 9}\ngpt-5-mini: {input: 0.25, output: 2}"
    )
    assert prices.cost("gpt-5-mini", 1_000_000, 500_000) == 1.25
    assert prices.cost("gpt-5", 1_000_000, 0) == 1.0
    assert prices.cost("claude", 1_000_000, 0) is None
    assert priced('{"a": {"input": 1, "output": 2}}').models == {"a": Price(input=1, output=2)}
    assert priced("").models == {}


def test_tokens_that_were_not_told_have_no_cost() -> None:
    """Nothing is not free."""
    prices = Prices(models={"a": Price(input=1, output=1)})
    assert prices.cost("a", 0, 0) is None
    assert Prices(models={"a": Price(input=0, output=0)}).cost("a", 5, 5) == 0.0


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.floats(0, 1e6), st.floats(0, 1e6))
def test_a_cost_is_never_negative(given_: int, written: int, input_: float, output: float) -> None:
    """And grows with the tokens."""
    prices = Prices(models={"*": Price(input=input_, output=output)})
    cost = prices.cost("any", given_ + 1, written)
    more = prices.cost("any", given_ + 2, written)
    assert cost is not None
    assert more is not None
    assert 0 <= cost <= more


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 3", "a"),
        ("a: {input: -1, output: 1}", "a.input"),
        ("a: {input: 1}", "a.output"),
        ("a: {input: .nan, output: 1}", "a.input"),
        ("- a", "the file"),
        ("a: [", "line 1"),
        ("a: {input: 1, output: 1, cached: 3}", "a.cached"),
    ],
)
def test_prices_that_say_nothing_are_refused_by_name(
    text: str, problem: str, priced: Callable[[str], Prices]
) -> None:
    """With what to write instead."""
    with pytest.raises(InvalidInput, match=problem) as told:
        priced(text)
    assert "gpt-5-mini" in str(told.value)


def test_prices_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """None when it says nothing; a file that is not there is named."""
    monkeypatch.delenv(PRICES, raising=False)
    assert prices_from_environment() == Prices()
    path = tmp_path / "prices.json"
    monkeypatch.setenv(PRICES, str(path))
    with pytest.raises(InvalidInput, match=r"prices\.json"):
        prices_from_environment()
    path.write_text('{"a": {"input": 1, "output": 2}}', encoding="utf-8")
    assert prices_from_environment().cost("a", 1_000_000, 0) == 1.0
