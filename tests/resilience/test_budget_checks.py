from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from stretto.errors import InvalidInput
from stretto.policy import Budget, Price, Prices
from stretto.resilience.budget import Amounts
from stretto.resilience.budget_checks import check_priced, check_split
from stretto.resilience.budget_estimate import (
    LEAST_OUTPUT,
    MOST_OUTPUT,
    bound_of,
    input_tokens,
    most_cost,
    output_tokens,
)
from stretto.resilience.budget_tree import Accounts

PRICES = Prices(models={"gpt-5*": Price(input=1, output=4)})


@pytest.mark.parametrize(
    ("team", "members", "said"),
    [
        (Budget(tokens=10), {"a": Budget(tokens=11)}, "'a' allows 11 tokens, and that of its team"),
        (Budget(money=1), {"a": Budget(share=0.6), "b": Budget(share=0.5)}, "add up to 1.1"),
        (None, {"a": Budget(share=0.5)}, "'a' has a share of 0.5"),
        (Budget(seconds=9), {"a": Budget(share=0.5)}, "no budget of money, tokens or calls"),
        (Budget(seconds=9), {"a": Budget(seconds=10)}, "10 seconds"),
    ],
)
def test_parts_beyond_the_whole_are_refused(
    team: Budget | None, members: dict[str, Budget | None], said: str
) -> None:
    """Each with the team and the member."""
    with pytest.raises(InvalidInput, match=f"research: .*{said}"):
        check_split(team, members, "research")


def test_a_team_is_split_over_its_members() -> None:
    """Limits may add up to more than the team's: the team's holds as well. Thirds are a whole."""
    check_split(None, {"a": Budget(tokens=5), "b": None}, "t")
    check_split(Budget(tokens=10), {"a": Budget(tokens=10), "b": Budget(tokens=10)}, "t")
    check_split(Budget(money=1), {n: Budget(share=1 / 3) for n in "abc"}, "t")
    check_split(Budget(share=0.5), {"a": Budget(share=0.5)}, "t")


def test_money_needs_prices() -> None:
    """The model without one is named; the offline model needs none."""
    models = ["gpt-5-mini", "offline", "other"]
    with pytest.raises(InvalidInput, match=r"reader: .*model 'other' has no price"):
        check_priced(Budget(money=1), models, PRICES, "reader")
    with pytest.raises(InvalidInput, match="'other'"):
        check_priced(None, models, PRICES, "reader", under=True)
    check_priced(Budget(money=1), models[:2], PRICES, "reader")
    check_priced(Budget(tokens=1), models, PRICES, "reader")
    check_priced(None, models, PRICES, "reader")


def test_the_input_is_estimated_rather_too_high() -> None:
    """More for scripts of which a character may be a token; tools count."""
    text = "The hull is of oak. " * 50
    plain = input_tokens([SystemMessage("Answer."), HumanMessage(text)])
    assert 250 < plain < 330
    assert input_tokens([HumanMessage("木" * 1000)]) > 1000
    tool = {"name": "look", "parameters": {"text": "x" * 400}}
    assert input_tokens([AIMessage("a")], [tool]) > 120 + input_tokens([AIMessage("a")]) - 10


@pytest.mark.parametrize(
    ("settings", "bound"),
    [
        ({}, None),
        ({"max_tokens": None, "n": 2}, None),
        ({"max_tokens": 50}, 50),
        ({"max_completion_tokens": 60, "n": 2}, 120),
    ],
)
def test_a_request_may_bound_its_answer(settings: dict[str, int], bound: int | None) -> None:
    """All its answers together."""
    assert bound_of(settings) == bound


@given(tokens=st.none() | st.integers(0, 10**6), money=st.none() | st.integers(0, 10**14))
def test_an_answer_takes_a_part_of_the_lowest_limit(tokens: int | None, money: int | None) -> None:
    """Between the least that is of use and the most that is usual; never beyond the part."""
    account = Accounts({"tokens": tokens, "money": money}).root
    found = output_tokens(account, "gpt-5", PRICES)
    assert LEAST_OUTPUT <= found <= MOST_OUTPUT
    if found > LEAST_OUTPUT:
        assert tokens is None or found <= tokens / 8
        assert money is None or most_cost("gpt-5", 0, found, PRICES).money <= money / 8


def test_what_a_call_costs_at_most() -> None:
    """Without a price no money."""
    assert most_cost("gpt-5", 100, 50, PRICES) == Amounts.of(1, 150, 0.0003)
    assert most_cost("other", 100, 50, PRICES) == Amounts(1, 150)
