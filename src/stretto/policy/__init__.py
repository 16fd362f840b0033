"""Frozen values that a run, a team or a member carries: what it may use, how it is held up."""

from stretto.policy.budget import Budget
from stretto.policy.limits import Limits
from stretto.policy.member import Policy
from stretto.policy.prices import PRICES, Price, Prices, prices_from_environment
from stretto.policy.resilience import (
    TROUBLES,
    Breaker,
    Bulkhead,
    Cache,
    Constant,
    Fallback,
    Hedge,
    Named,
    Rate,
    Retry,
    Timeout,
    Trouble,
)

__all__ = [
    "PRICES",
    "TROUBLES",
    "Breaker",
    "Budget",
    "Bulkhead",
    "Cache",
    "Constant",
    "Fallback",
    "Hedge",
    "Limits",
    "Named",
    "Policy",
    "Price",
    "Prices",
    "Rate",
    "Retry",
    "Timeout",
    "Trouble",
    "prices_from_environment",
]
