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


def test_a_function_may_tell_prices() -> None:
    """Of what the table does not name; what it raises, and what is no price, is told."""

    def by(model: str, given: int, written: int) -> float | None:
        if model == "bad":
            raise KeyError(model)
        if model == "wrong":
            return -1.0
        return given * 0.001 if model == "mine" else None

    prices = Prices(models={"a": Price(input=1, output=1)}, by=by)
    assert prices.cost("mine", 3, 9) == 0.003
    assert prices.cost("a", 1_000_000, 0) == 1
    assert prices.has("mine")
    assert not prices.has("other")
    with pytest.raises(InvalidInput, match="KeyError for the model 'bad'"):
        prices.cost("bad", 1, 1)
    with pytest.raises(InvalidInput, match=r"-1.0 for the model 'wrong'"):
        prices.cost("wrong", 1, 1)


def test_the_offline_model_costs_nothing() -> None:
    """Whatever patterns say; only its own name counts."""
    assert Prices(models={"*": Price(input=1, output=1)}).cost("offline", 5, 5) == 0
    assert Prices(models={"offline": Price(input=1, output=1)}).cost("offline", 10**6, 0) == 1


@pytest.mark.parametrize(
    ("named", "cost"), [("table", 1.0), ("function", 7.0), ("prices", 1.0), ("missing", None)]
)
def test_the_environment_may_name_a_modules_attribute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str, cost: float | None
) -> None:
    """`Prices`, a table or a function, of a module in the working directory."""
    text = (
        "from stretto.policy import Prices\n"
        "table = {'m': {'input': 1, 'output': 1}}\n"
        "prices = Prices.model_validate({'models': table})\n"
        "def function(model, given, written): return 7.0\n"
    )
    module = f"stretto_prices_{named}"
    (tmp_path / f"{module}.py").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv(PRICES, f"{module}:{named}")
    if cost is None:
        with pytest.raises(InvalidInput, match="cannot be used"):
            prices_from_environment()
    else:
        assert prices_from_environment().cost("m", 1_000_000, 0) == cost
