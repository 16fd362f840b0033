"""The rules, one a file; a new file is a new rule."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stretto.check.rule import Rule


@functools.cache
def all_rules() -> tuple[Rule, ...]:
    """All of them, by code."""
    found = [
        importlib.import_module(f"{__name__}.{each.name}").RULE
        for each in pkgutil.iter_modules(__path__)
    ]
    return tuple(sorted(found, key=lambda rule: rule.code))
