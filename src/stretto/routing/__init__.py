"""Deciders: who goes on, by a rule, a number, criteria, a table or examples; pure decisions.

`Examples` is loaded when it is first used: nothing else needs what a classifier does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stretto.lazy import load_lazily
from stretto.routing.cascade import Cascade
from stretto.routing.choice import Choice, Decider, choose
from stretto.routing.criteria import Criteria
from stretto.routing.rule import rule
from stretto.routing.table import Table
from stretto.routing.threshold import Threshold

if TYPE_CHECKING:
    from stretto.routing.examples import Examples

__all__ = [
    "Cascade",
    "Choice",
    "Criteria",
    "Decider",
    "Examples",
    "Table",
    "Threshold",
    "choose",
    "rule",
]

__getattr__ = load_lazily(__name__, {"stretto.routing.examples": ("Examples",)})
