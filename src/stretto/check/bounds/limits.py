"""Whether a graph may come to more than is allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stretto.check.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stretto.check.bounds.bounding import Bounds
    from stretto.check.bounds.formula import Formula
    from stretto.check.finding import Place

OVER, NO_BOUND, OPEN = "B701", "B702", "B703"
_REMEDIES = {
    "": "Bound the loop by a counter, a limit or a budget.",
    "usd": "Give the tokens of a call (`--tokens 8000,1000`) and prices (`STRETTO_PRICES`).",
    "seconds": "Give each node a timeout.",
}
NAMES = {OVER: "over-bound", NO_BOUND: "unbounded", OPEN: "depends-on-input"}


def exceeding(
    found: Bounds,
    allowed: Mapping[str, float],
    *,
    inputs: Mapping[str, float] | None = None,
    price_of_call: float | None = None,
    place: Place | None = None,
) -> Iterator[Finding]:
    """Say which bounds are above what is allowed, or cannot be told to be below.

    Args:
        found: The bounds of a graph.
        allowed: The most of each: "usd", "model_calls", "tool_calls", "supersteps", "seconds".
        inputs: What the free inputs are at most, such as `{"items": 100}`.
        price_of_call: What a model call costs at most.
        place: Where the graph stands.
    """
    for what, most in allowed.items():
        formula = found.usd(price_of_call) if what == "usd" else getattr(found, what)
        code, message, remedy = _judged(what, formula, most, inputs)
        if code:
            yield Finding(
                code, NAMES[code], "error", "proved", message, remedy, found.graph, place=place,
                path=found.loop,
            )  # fmt: skip


def _judged(
    what: str, formula: Formula, most: float, inputs: Mapping[str, float] | None
) -> tuple[str, str, str]:
    name = what.replace("_", " ")
    if formula.endless:
        said = f"{name} have no bound, {most:g} are allowed: {formula.endless}"
        return NO_BOUND, said, _REMEDIES.get(what, _REMEDIES[""])
    value = formula.value(inputs)
    if value is None:
        missing = ", ".join(sorted(formula.inputs - set(inputs or {})))
        said = f"{name} come to {formula}, {most:g} are allowed: {missing} is not known"
        return OPEN, said, f"Say how many there are at most, as in `--input {missing}=10`."
    if value > most:
        said = f"{name} may come to {value:g} ({formula}), {most:g} are allowed"
        return OVER, said, "Lower the bounds of its loops and members, or allow more."
    return "", "", ""
