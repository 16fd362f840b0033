"""Frozen values that a run, a team or a member carries: what it may use, how it is held up.

Names are loaded when they are first used: a run without policies needs none of theirs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stretto.lazy import load_lazily

if TYPE_CHECKING:
    from stretto.policy.authority import Authority
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
    from stretto.policy.screen import Pattern, Screen

__all__ = [
    "PRICES",
    "TROUBLES",
    "Authority",
    "Breaker",
    "Budget",
    "Bulkhead",
    "Cache",
    "Constant",
    "Fallback",
    "Hedge",
    "Limits",
    "Named",
    "Pattern",
    "Policy",
    "Price",
    "Prices",
    "Rate",
    "Retry",
    "Screen",
    "Timeout",
    "Trouble",
    "prices_from_environment",
]

__getattr__ = load_lazily(
    __name__,
    {
        "stretto.policy.authority": ("Authority",),
        "stretto.policy.budget": ("Budget",),
        "stretto.policy.limits": ("Limits",),
        "stretto.policy.member": ("Policy",),
        "stretto.policy.prices": ("PRICES", "Price", "Prices", "prices_from_environment"),
        "stretto.policy.resilience": (
            "TROUBLES",
            "Breaker",
            "Bulkhead",
            "Cache",
            "Constant",
            "Fallback",
            "Hedge",
            "Named",
            "Rate",
            "Retry",
            "Timeout",
            "Trouble",
        ),
        "stretto.policy.screen": ("Pattern", "Screen"),
    },
)
