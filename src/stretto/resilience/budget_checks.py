"""What is wrong with budgets before anything runs: too large parts, models without a price."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stretto.errors import InvalidInput
from stretto.policy.prices import PRICES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stretto.policy import Budget, Prices

_UNITS = ("money", "tokens", "calls", "seconds")
_SHARED = ("money", "tokens", "calls")
_SLACK = 1e-9


def check_split(team: Budget | None, members: Mapping[str, Budget | None], where: str) -> None:
    """Check that what members may spend is no more than what their team may.

    Args:
        team: The team's budget, `None` for none.
        members: Each member's, by name.
        where: The team, as errors name it.

    Raises:
        InvalidInput: A member's limit is above the team's, the shares are more than the whole, or
            there is a share of nothing.
    """
    for name, budget in members.items():
        if budget is not None:
            _check_member(team, name, budget, where)
    shares = {n: b.share for n, b in members.items() if b is not None and b.share is not None}
    if sum(shares.values()) > 1 + _SLACK:
        told = ", ".join(f"{name} {share:g}" for name, share in shares.items())
        raise InvalidInput(
            f"{where}: the shares of its budget add up to {sum(shares.values()):g} ({told}). "
            "Lower them to 1 or less together."
        )


def _check_member(team: Budget | None, name: str, budget: Budget, where: str) -> None:
    shared = team is not None and any(getattr(team, unit) is not None for unit in _SHARED)
    if budget.share is not None and not shared and (team is None or team.share is None):
        raise InvalidInput(
            f"{where}: {name!r} has a share of {budget.share:g}, and the team has no budget of "
            "money, tokens or calls to share. Give the team one, or the member its own limits."
        )
    for unit in _UNITS:
        most, own = getattr(team, unit, None), getattr(budget, unit)
        if most is not None and own is not None and own > most:
            raise InvalidInput(
                f"{where}: the budget of {name!r} allows {own:g} {unit}, and that of its team "
                f"{most:g}. Lower the member's, or raise the team's."
            )


def check_priced(
    budget: Budget | None, models: Iterable[str], prices: Prices, where: str, *, under: bool = False
) -> None:
    """Check that each model that spends a budget of money has a price.

    Args:
        budget: The budget; `None`, or one without money, needs no prices.
        models: Names of the models, as their provider calls them ("gpt-5-mini").
        prices: What models cost.
        where: The member or team, as errors name it.
        under: Whether it draws on money limited above it, so that it needs prices in any case.

    Raises:
        InvalidInput: A model has no price; the text names it.
    """
    if not under and (budget is None or budget.money is None):
        return
    for model in models:
        if not prices.has(model):
            raise unpriced(model, where)


def unpriced(model: str, where: str) -> InvalidInput:
    """What is raised for a model without a price under a limit in money."""
    return InvalidInput(
        f"{where}: money is limited, and the model {model!r} has no price. Add "
        f"`{model}: {{input: ..., output: ...}}` (money for a million tokens) to the prices that "
        f"{PRICES} names, or limit tokens instead."
    )
