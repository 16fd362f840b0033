"""Orchestration patterns: each a factory that returns an uncompiled `StateGraph`.

Names are loaded when they are first used: a team of one pattern needs none of the others.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stretto.patterns.plan import plan
    from stretto.patterns.refine import refine
    from stretto.patterns.route import route
    from stretto.patterns.rules import Rule, answered, cited, covers, quoted
    from stretto.patterns.sequential import sequential

__all__ = [
    "Rule",
    "answered",
    "cited",
    "covers",
    "plan",
    "quoted",
    "refine",
    "route",
    "sequential",
]

_HOMES = {
    "stretto.patterns.plan": ("plan",),
    "stretto.patterns.refine": ("refine",),
    "stretto.patterns.route": ("route",),
    "stretto.patterns.rules": ("Rule", "answered", "cited", "covers", "quoted"),
    "stretto.patterns.sequential": ("sequential",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module 'stretto.patterns' has no attribute {name!r}")
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value
