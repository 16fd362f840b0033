"""Numbers for a schema: from the request, within the bounds."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from stretto.models.offline import values
from stretto.models.offline.schema import Schema, kind

if TYPE_CHECKING:
    from stretto.models.offline.facts import Facts

_CONFIDENCE = frozenset(
    {"confidence", "score", "probability", "certainty", "relevance", "coverage"}
)
_SPARES = 50


def number(schema: Schema, name: str, facts: Facts) -> float | int:
    """A number for a field: from the request, else its default, else the least that is allowed."""
    whole = kind(schema) == "integer"
    low, high = _bounds(schema, whole=whole)
    found = values.number_near(facts.request, f"{name} {schema.get('title', '')}")
    if name.lower() in _CONFIDENCE and high <= 1:
        found = round(min(facts.evidence.coverage, 1.0), 2)
    if found is None:
        given = schema.get("default")
        found = float(given) if isinstance(given, (int, float)) else max(low, min(0.0, high))
    return _clamped(found, low, high, schema.get("multipleOf"), whole=whole)


def numbers(schema: Schema, facts: Facts) -> list[float | int]:
    """All numbers of the request that fit."""
    whole = kind(schema) == "integer"
    low, high = _bounds(schema, whole=whole)
    fit = [
        n
        for n in values.numbers(facts.request)
        if low <= n <= high and (not whole or n.is_integer())
    ]
    step = schema.get("multipleOf")
    return list(dict.fromkeys(_clamped(n, low, high, step, whole=whole) for n in fit))


def spread(schema: Schema) -> list[float | int]:
    """Different numbers for the places of a list that must be filled, the nearest to 0 first."""
    whole = kind(schema) == "integer"
    low, high = _bounds(schema, whole=whole)
    step = schema.get("multipleOf")
    start = max(low, min(0.0, high))
    found = [start + side * place * (step or 1) for place in range(_SPARES) for side in (1, -1)]
    fit = [_clamped(each, low, high, step, whole=whole) for each in found if low <= each <= high]
    return list(dict.fromkeys(fit))


def _bounds(schema: Schema, *, whole: bool) -> tuple[float, float]:
    low = float(schema.get("minimum", -math.inf))
    high = float(schema.get("maximum", math.inf))
    tiny = 1.0 if whole else 1e-9
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    if isinstance(above, (int, float)) and not isinstance(above, bool):
        low = max(low, math.floor(above) + 1 if whole else above + max(tiny, abs(above) * 1e-9))
    if isinstance(below, (int, float)) and not isinstance(below, bool):
        high = min(high, math.ceil(below) - 1 if whole else below - max(tiny, abs(below) * 1e-9))
    if whole:
        low = math.ceil(low) if math.isfinite(low) else low
        high = math.floor(high) if math.isfinite(high) else high
    return low, high


def _clamped(
    value: float, low: float, high: float, step: float | None, *, whole: bool
) -> float | int:
    value = min(max(value, low), high)
    if step:
        value = round(value / step) * step
        value = value + step if value < low else value - step if value > high else value
    if not whole:
        return value
    rounded = round(value)
    return (
        rounded
        if low <= rounded <= high
        else math.ceil(value)
        if rounded < low
        else math.floor(value)
    )
