"""The team `product_reviews`: figures of a chunk, how they are added up, and what they say.

Every counter is `[reviews, rated, sum]`: how many reviews, how many of them have a rating, and the
sum of these in thousandths. All are whole numbers, so that adding is exact in any order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, cast

from stretto import Project

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Count: TypeAlias = list[int]

PRODUCTS = 10_000
"""Products that are told apart; the reviews of those that come after count as "others"."""
ENOUGH = 30
"""Reviews that a product must have to be ranked."""
PROBLEMS = 5
"""Unreadable ratings that are quoted."""
RANKED = 5
"""Products that are named as the best, and as the worst."""


def together(state: Mapping[str, Any]) -> dict[str, Any]:
    """Adds up what was seen in the reviews of a chunk."""
    step, reading, seen = Project.at(__file__).step, state["reading"], state["results"]
    cell, month = step("product_reviews.cell"), step("product_reviews.month")
    held_out = step("product_reviews_words.held_out")
    low, high = (reading["scale"][name] * 1000 for name in ("low", "high"))
    columns, sums = reading["columns"], nothing()
    for item, rating, mood, topics in zip(
        state["items"], seen["rating"], seen["sentiment"], seen["topics"], strict=True
    ):
        text, date = cell(item, columns.get("text")), month(cell(item, columns.get("date")))
        one = [1, 0, 0] if rating is None else [1, 1, rating]
        _count(sums["all"], one)
        _in(sums["sentiments"], mood if text else "without text", one)
        _in(sums["months"], date or "undated", one)
        for topic in topics:
            _in(sums["topics"], topic, one)
        if product := cell(item, columns.get("product")):
            _in(sums["products"], product[:80], one)
        if rating is None:
            told = cell(item, columns.get("rating")) if isinstance(item, dict) else str(item)
            sums["problems"] = [*sums["problems"], told[:60]][:PROBLEMS]
            continue
        star = str((rating + 500) // 1000)
        sums["ratings"][star] = sums["ratings"].get(star, 0) + 1
        side = "low" if rating <= low else "high" if rating >= high else ""
        if side:
            sums[side] += 1
            if text and held_out(text):
                right = mood == ("positive" if side == "high" else "negative")
                _count(sums["held_out"][side], [1, int(right)])
    return {"structured_response": _worded(sums)}


def nothing() -> dict[str, Any]:
    """The figures of no reviews."""
    return {
        "summary": "counted 0",
        "all": [0, 0, 0],
        "low": 0,
        "high": 0,
        "ratings": {},
        "sentiments": {},
        "topics": {},
        "months": {},
        "products": {},
        "others": [0, 0, 0],
        "held_out": {"low": [0, 0], "high": [0, 0]},
        "problems": [],
    }


def add(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Add the figures of the next chunk; what comes of it is bounded in size."""
    total = cast("dict[str, Any]", _sum(one, other))
    total["problems"] = total["problems"][:PROBLEMS]
    products = total["products"]
    for name in list(products)[PRODUCTS:]:  # those first seen last
        _count(total["others"], products.pop(name))
    return _worded(total)


def total(state: Mapping[str, Any]) -> dict[str, Any]:
    """Ends the count: what all reviews come to, and what could not be read."""
    mapped = state["mapped"]
    first = [f"{row.where}: {row.error}" for row in mapped.rows[:PROBLEMS]]
    figures = state.get("accumulated") or nothing()
    unused = {"rows": mapped.failed_rows, "first": first, "reviews": mapped.failed_items}
    return {"structured_response": {**figures, "unused": unused}}


def facts(state: Mapping[str, Any]) -> dict[str, Any]:
    """Puts the figures into sentences, each of which can be quoted."""
    figures = state["results"]["count"]
    return {"figures": figures, "facts": list(_facts(figures, state["reading"]["scale"]))}


def mean(count: Count) -> float:
    """The mean rating of a counter; 0 where nothing is rated."""
    return count[2] / (1000 * count[1]) if count[1] else 0.0


def share(part: int, whole: int) -> float:
    """A share in percent, 0 of nothing."""
    return 100 * part / whole if whole else 0.0


def ranked(products: Mapping[str, Count]) -> list[tuple[str, Count]]:
    """The products with enough reviews, the best first."""
    many = [(name, count) for name, count in products.items() if count[1] >= ENOUGH]
    return sorted(many, key=lambda each: (-mean(each[1]), -each[1][1], each[0]))


def agreement(figures: Mapping[str, Any]) -> tuple[int, float]:
    """How many held-out reviews were judged, and in what percent their words were right.

    The mean of low and high ones, so that guessing always the more frequent gives 50.
    """
    sides = [each for each in figures["held_out"].values() if each[0]]
    judged = sum(each[0] for each in sides)
    return judged, sum(share(each[1], each[0]) for each in sides) / len(sides) if sides else 0.0


def _facts(figures: dict[str, Any], scale: Mapping[str, float]) -> Iterable[str]:
    all_, rated = figures["all"], figures["all"][1]
    yield (
        f"{all_[0]:,} reviews are rated {mean(all_):.2f} of {scale['best']:g} in the mean; "
        f"{rated:,} have a rating."
    )
    if not rated:
        return
    for name, told in (
        ("high", f"at least {scale['high']:g}"),
        ("low", f"at most {scale['low']:g}"),
    ):
        yield f"{figures[name]:,} ratings, {share(figures[name], rated):.1f}%, are {name}: {told}."
    moods = figures["sentiments"]
    for mood in ("positive", "negative"):
        if mood in moods:
            many = share(moods[mood][0], all_[0])
            yield f"By their words {moods[mood][0]:,} reviews, {many:.1f}%, are {mood}."
    judged, right = agreement(figures)
    if judged:
        yield (
            f"On {judged:,} reviews that were not learned from, the words agree with the rating in "
            f"{right:.1f}% of the low and high ones, each side counted alike."
        )
    for topic, count in sorted(figures["topics"].items(), key=lambda each: -each[1][0]):
        yield f"{count[0]:,} reviews speak of {topic}; they rate {mean(count):.2f}."
    months = sorted(name for name in figures["months"] if name != "undated")
    if months:
        yield f"The reviews are from {months[0]} to {months[-1]}."
    order = ranked(figures["products"])
    for word, some in (("best", order[:RANKED]), ("worst", order[: -RANKED - 1 : -1])):
        for place, (name, count) in enumerate(some, 1):
            told = " ".join(name.split())
            yield (
                f"Number {place} of the {word} products with at least {ENOUGH} ratings is "
                f"{told!r}: {mean(count):.2f} in {count[1]:,} ratings."
            )


def _worded(figures: dict[str, Any]) -> dict[str, Any]:
    """Figures with what they are called where they are a member's reply."""
    figures["summary"] = f"counted {figures['all'][0]:,}"
    return figures


def _count(sums: Count, one: Count) -> None:
    for place, value in enumerate(one):
        sums[place] += value


def _in(counters: dict[str, Count], name: str, one: Count) -> None:
    _count(counters.setdefault(name, [0, 0, 0]), one)


def _sum(one: Any, other: Any) -> Any:
    """Sums of figures: numbers added, dictionaries by key, lists of numbers by place."""
    match one, other:
        case dict(), dict():
            merged: dict[str, Any] = dict(cast("dict[str, Any]", one))
            for name, value in cast("dict[str, Any]", other).items():
                merged[name] = _sum(merged[name], value) if name in merged else value
            return merged
        case [int(), *_], [int(), *_]:
            return [a + b for a, b in zip(one, other, strict=True)]
        case _:
            return one + other
