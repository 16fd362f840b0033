"""Frozen values that a run, a team or a member carries: what it may use, how it is held up.

Names are loaded when they are first used: a run without policies needs none of theirs.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

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
    "Policy",
    "Price",
    "Prices",
    "Rate",
    "Retry",
    "Timeout",
    "Trouble",
    "prices_from_environment",
]

_HOMES = {
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
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module 'stretto.policy' has no attribute {name!r}")
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value
