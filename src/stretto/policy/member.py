"""All that a member can carry, and what in it could not take effect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from stretto.policy.budget import Budget
from stretto.policy.resilience import (
    Breaker,
    Bulkhead,
    Cache,
    Constant,
    Fallback,
    Hedge,
    Rate,
    Retry,
    Timeout,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


class Policy(BaseModel):
    """How a member is bounded, repeated, replaced and undone. What is `None` is not done.

    The order is always the same, whatever the order in which it is written. Outermost first:
    compensate, fallback to members, undo, budget, total timeout; then for each call cache, fallback
    to models, retry, hedge, breaker, rate, bulkhead, call timeout. A call is each call of its model
    for an agent, and the member itself for all else.

    Raises `pydantic.ValidationError` where a part could not take effect beside the others.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, defer_build=True
    )

    retry: Retry | None = None
    timeout: Timeout | None = None
    fallback: Fallback | None = None
    breaker: Breaker | None = None
    bulkhead: Bulkhead | None = None
    rate: Rate | None = None
    hedge: Hedge | None = None
    cache: Cache | None = None
    budget: Budget | None = None
    undo: Any = None
    """A function that undoes the member's work; see `docs/compensation.md`."""
    compensate: bool = False
    """Undo what was done within the member when it fails, is rejected or cancelled."""

    @field_validator("undo")
    @classmethod
    def _callable(cls, value: Any) -> Any:
        if value is None or callable(value) or isinstance(value, str):
            return value
        raise ValueError(
            f"{value!r} undoes nothing. Give a function at the top of a module, or its name"
        )

    @model_validator(mode="after")
    def _takes_effect(self) -> Self:
        if problem := next(_idle(self), ""):
            raise ValueError(problem)
        return self


def _idle(policy: Policy) -> Iterator[str]:
    """What could never take effect, each with the remedy."""
    call = policy.timeout.call if policy.timeout else None
    total = policy.timeout.total if policy.timeout else None
    yield from _idle_retry(policy, call, total)
    yield from _idle_bounds(policy, call, total)
    if policy.fallback:
        yield from _unreached(policy.fallback)
        yield from _undegraded(policy.fallback, policy.budget)


def _idle_retry(policy: Policy, call: float | None, total: float | None) -> Iterator[str]:
    retry, hedge, breaker = policy.retry, policy.hedge, policy.breaker
    if policy.timeout and call is None and total is None:
        yield "the timeout bounds nothing. Set `call` or `total`"
    if call is not None and total is not None and total < call:
        yield f"the total timeout ({total:g} s) ends before a call's ({call:g} s). Raise `total`"
    for name, bound in (
        ("total timeout", total),
        ("retry's `total`", retry.total if retry else None),
    ):
        if retry and bound is not None and bound <= retry.wait * (1 - retry.jitter):
            yield (
                f"the {name} ({bound:g} s) is over before the retry's first wait "
                f"({retry.wait:g} s). Raise it, or lower `wait`"
            )
    if retry and retry.longest < retry.wait:
        yield f"the longest wait ({retry.longest:g} s) is below the first. Raise `longest`"
    for name, bound in (("call", call), ("total", total)):
        if hedge and bound is not None and hedge.after >= bound:
            yield (
                f"the hedge begins after {hedge.after:g} s, when the {name} timeout "
                f"({bound:g} s) has ended the call. Lower `after`"
            )
    if breaker and retry and "open" in retry.on and retry.longest < breaker.cooldown:
        yield "no retry outlasts the breaker's `cooldown`. Leave 'open' out of the retry's `on`"


def _idle_bounds(policy: Policy, call: float | None, total: float | None) -> Iterator[str]:
    rate, bulkhead, breaker = policy.rate, policy.bulkhead, policy.breaker
    if rate and total is not None and rate.per / rate.calls >= total:
        yield (
            f"the rate lets a call begin every {rate.per / rate.calls:g} s, and the total timeout "
            f"ends after {total:g} s. Raise `total`"
        )
    if bulkhead and bulkhead.wait is not None and total is not None and bulkhead.wait >= total:
        yield f"the bulkhead waits {bulkhead.wait:g} s, beyond the total timeout. Lower `wait`"
    if breaker and breaker.slow is not None and call is not None and breaker.slow >= call:
        yield (
            f"a call counts as slow after {breaker.slow:g} s, when the call timeout ({call:g} s) "
            "has ended it. Lower `slow`"
        )


def _unreached(fallback: Fallback) -> Iterator[str]:
    kinds = [_kind(each) for each in fallback.to]
    if kinds != sorted(kinds):
        yield (
            "the fallback's order cannot be kept: models take over a call, members the whole work, "
            "a constant always answers. Put models first, then members, a constant last"
        )
    if kinds.count(2) > 1:
        yield "a constant always answers, so a second one is never reached. Leave it out"
    if any(one == other for i, one in enumerate(fallback.to) for other in fallback.to[:i]):
        yield "the fallback names the same one twice. Leave one of them out"


def _undegraded(fallback: Fallback, budget: Budget | None) -> Iterator[str]:
    if budget is None or "budget" not in fallback.on or any(map(_kind, fallback.to)):
        return
    if budget.money is None:
        yield (
            "a model that takes over draws on the same budget, which is used up. Add a constant or "
            "another member to the fallback"
        )


def _kind(thing: Any) -> int:
    """0 for a model, 1 for a member, 2 for a constant."""
    if isinstance(thing, Constant):
        return 2
    return 0 if isinstance(thing, str) or hasattr(thing, "bind_tools") else 1
