"""What a run can come to at most: supersteps, node runs, model calls, tool calls, money, time."""

from __future__ import annotations

from stretto.check.bounds.bounding import Bounds, bounds, bounds_of
from stretto.check.bounds.formula import Formula
from stretto.check.bounds.limits import exceeding
from stretto.check.bounds.pricing import price_of_call

__all__ = ["Bounds", "Formula", "bounds", "bounds_of", "exceeding", "price_of_call"]
