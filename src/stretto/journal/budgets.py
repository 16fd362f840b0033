"""Holds the model calls of a run to its budgets: what is asked before a call and told after it."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stretto.errors import BudgetExceeded, LimitReached
from stretto.journal.queries import Spent, Usage
from stretto.models.errors import chained, provider_trouble, status_of
from stretto.records import Budgeted
from stretto.resilience.budget import (
    GRAINS,
    RUN,
    Account,
    Amounts,
    Reservation,
    Short,
    run_limits,
)
from stretto.resilience.budget_checks import unpriced
from stretto.resilience.budget_estimate import (
    LEAST_OUTPUT,
    bound_of,
    input_tokens,
    most_cost,
    output_tokens,
)
from stretto.resilience.budget_tree import Accounts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from langchain_core.messages import BaseMessage

    from stretto.policy import Limits, Prices

_CALLED = Amounts(calls=1)
_UNSENT = frozenset({"ConnectError", "ConnectTimeout", "ConnectionRefusedError", "gaierror"})
"""What clients raise for a request that did not leave."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose work is being done: the names of the members at work, and the innermost account."""

    names: tuple[str, ...] = ()
    account: Account | None = None


_NOBODY = Scope()
scope: ContextVar[Scope] = ContextVar("stretto_spending", default=_NOBODY)
handed: ContextVar[Reservation | None] = ContextVar("stretto_reservation", default=None)
"""What was reserved for the model call that is about to be made."""


def accounts(limits: Limits, spent: Usage, prices: Prices) -> Accounts:
    """The accounts of a run that begins, or goes on with what it has spent before."""
    return Accounts(run_limits(limits), _before(spent), prices=prices, watched=True)


def _before(spent: Usage) -> dict[str, Amounts]:
    if spent.budgets:
        return {p: Amounts.of(s.calls, s.tokens, s.money) for p, s in spent.budgets.items()}
    tokens = spent.input_tokens + spent.output_tokens
    return {"": Amounts.of(spent.model_calls, tokens, spent.money)}


def used(tree: Accounts, tool_calls: int) -> Usage:
    """What a run has used, for one that goes on where it ended."""
    budgets = {p: Spent(a.calls, a.tokens, a.money / GRAINS) for p, a in tree.booked.items()}
    total = tree.spent()
    return Usage(total.calls, tool_calls, money=total.money / GRAINS, budgets=budgets)


def account_of(tree: Accounts) -> Account:
    """The account that a call made now draws on: the innermost open one of this run."""
    account = scope.get().account
    return account if account is not None and account.tree is tree else tree.root


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a call may cost at most, and what part of that its input does."""

    most: Amounts
    given: Amounts
    answer: int = 0
    """The tokens of its answer; 0 when they are not limited."""
    less: Estimate | None = None
    """With the least that is of use for an answer that the request does not bound."""


def estimate(
    account: Account,
    model: str,
    messages: Sequence[BaseMessage],
    tools: Sequence[Any],
    settings: Mapping[str, Any],
) -> Estimate:
    """Estimate a call, as far as its account needs it.

    Raises:
        InvalidInput: Money is limited and the model has no price.
    """
    if not account.weighs:
        return Estimate(_CALLED, _CALLED)
    prices = account.tree.prices
    if account.lowest("money") is not None and not prices.has(model):
        raise unpriced(model, f"budget {account.path or RUN!r}")
    given = input_tokens(messages, tools)
    asked, bound = most_cost(model, given, 0, prices), bound_of(settings)

    def with_answer(tokens: int, less: Estimate | None = None) -> Estimate:
        return Estimate(most_cost(model, given, tokens, prices), asked, tokens, less)

    if bound is not None:
        return with_answer(bound)
    return with_answer(output_tokens(account, model, prices), with_answer(LEAST_OUTPUT))


def taken(tree: Accounts) -> Reservation | None:
    """The reservation that was handed over for this call, if there is one."""
    held = handed.get()
    if held is None or held.taken or not held.open or held.account.tree is not tree:
        return None
    held.taken = True
    return held


def reserve(account: Account, asked: Estimate) -> Reservation:
    """Reserve a call without waiting.

    Raises:
        BudgetExceeded, LimitReached: It does not fit.
    """
    found = account.tree.reserve(account, asked.most)
    if isinstance(found, Short):
        if asked.less is not None:
            return reserve(account, asked.less)
        raise refusal(found)
    found.given = asked.given
    return found


async def reserve_waiting(account: Account, asked: Estimate) -> tuple[Reservation, int]:
    """Reserve a call, and wait while others hold back what it needs.

    Gives the tokens of its answer beside.

    Raises:
        BudgetExceeded, LimitReached: It never fits.
    """
    found = await account.tree.reserved(account, asked.most)
    if isinstance(found, Short):
        if asked.less is not None:
            return await reserve_waiting(account, asked.less)
        raise refusal(found)
    found.given = asked.given
    return found, asked.answer


def refusal(short: Short) -> LimitReached:
    """What is raised for a call that does not fit, with the remedy."""
    if not short.path and short.unit == "calls":
        return limit_reached("model_calls", int(short.limit))
    if not short.path:
        remedy = (
            f"Resume it with a higher --max-{short.unit} (in Python: Limits({short.unit}=...))."
        )
    else:
        remedy = f'Raise its `{short.unit}`, or let a fallback take over `on` "budget".'
    need = f"the call may take {short.wanted:g}"
    wait = ", and others in flight hold the rest" if short.contended else ""
    return BudgetExceeded(
        short.path or RUN,
        short.unit,
        short.used,
        short.limit,
        f"{need[0].upper()}{need[1:]}{wait}. {remedy}",
    )


def limit_reached(kind: str, limit: float) -> LimitReached:
    """What is raised when a run has made all its model or tool calls, or its time is over."""
    return LimitReached(
        f"the run has used its {limit:g} {kind.replace('_', ' ')}; what it has done is "
        f"stored. Resume it with a higher --max-{kind.replace('_', '-')} "
        f"(in Python: Limits({kind}=...))."
    )


def settled(held: Reservation, given: int, written: int, cost: float | None) -> Amounts:
    """Book a call that came back; what it does not tell is booked as reserved.

    Gives what was booked.
    """
    told = bool(given or written)
    tokens = given + written if told else held.amounts.tokens
    money = held.amounts.money if cost is None and not told else Amounts.of(money=cost or 0.0).money
    actual = Amounts(1, tokens, money)
    held.account.tree.settle(held, actual)
    return actual


def given_up(held: Reservation, error: BaseException | None, *, began: bool = False) -> Amounts:
    """Book a call that failed: one that was not served costs nothing, any other its input.

    `began` says that a part of the answer had come. Gives what was booked.
    """
    actual = _CALLED if error is not None and not began and _unserved(error) else held.given
    held.account.tree.settle(held, actual)
    return actual


def _unserved(error: BaseException) -> bool:
    """Whether a provider surely bills nothing: it refused, was overloaded or was not reached."""
    if provider_trouble(error) == "refused":
        return True
    return any(
        status_of(each) is not None or _UNSENT & {kind.__name__ for kind in type(each).__mro__}
        for each in chained(error)
    )


def told(held: Reservation) -> dict[str, Any]:
    """What the record of a call that begins tells of its reservation."""
    amounts = held.amounts
    return {
        "budget": held.account.path,
        "reserved_tokens": amounts.tokens,
        "reserved_money": amounts.money / GRAINS,
    }


def booked(held: Reservation, actual: Amounts, tokens: int) -> dict[str, Any]:
    """What the record of a call that ends tells of what was booked.

    `tokens` are those that the call has told.
    """
    same = actual.tokens == tokens
    more = {"booked_tokens": actual.tokens, "booked_money": actual.money / GRAINS}
    return {"budget": held.account.path, **({} if same else more)}


def crossed(tree: Accounts, fields: Mapping[str, Any]) -> Iterator[Budgeted]:
    """Records of the marks that accounts have passed since they were told last."""
    for one in tree.crossings():
        yield Budgeted(
            **fields,
            budget=one.path or RUN,
            event=one.event,
            unit=one.unit,
            used=one.used,
            limit=one.limit,
        )


def refused(error: LimitReached, fields: Mapping[str, Any]) -> Budgeted | None:
    """The record of a call that a budget refused; `None` for another limit."""
    if not isinstance(error, BudgetExceeded):
        return None
    return Budgeted(
        **fields,
        budget=error.budget,
        event="exceeded",
        unit=error.unit,
        used=error.used,
        limit=error.limit,
    )
