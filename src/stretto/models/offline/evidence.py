"""Which quotations answer a question, and whether they do: lexical, and strict about no.

A unit is scored by the share of the question's weight it meets: in its own words fully, in its
heading or symbol a little less, elsewhere in its passage least. The weights are those of the terms,
raised for terms that few passages have (inverse document frequency, Sparck Jones 1972, over the
passages at hand) and lowered for words that name the whole collection.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from stretto.models.offline.lexical import Term, met, stems, terms
from stretto.models.offline.passages import Source, Unit, units

if TYPE_CHECKING:
    from collections.abc import Sequence

ENOUGH = 0.6
"""Share of the question's weight that the best quotation must meet, heading and passage counted."""
TOGETHER = 0.66
"""Share that its passage must meet as a whole."""
ITSELF = 0.4
"""Share that its passage must meet by the very words of the question, not by near meanings."""
_HEADING, _PASSAGE = 0.85, 0.4
_MOST = 3
_NEXT_BEST = 0.78
_SAME = 0.6
_BESIDE = 1.25

_NUMBER = re.compile(
    r"\bhow (?:many|much|long|old|far|large|big|high|fast|often)\b|\bwhen (?:was|were|did)\b"
    r"|\b(?:which|what) (?:port|version|percent\w*|year|date|time|number|amount|rate|price|fee|cost"
    r"|size)\b",
    re.IGNORECASE,
)
_WHAT = re.compile(r"^\W*what (?:is|are|does|do) (?:a|an|the)\b", re.IGNORECASE)
_FOCUS = 1.5
_DEFINITION = re.compile(r"\bwhat (?:is|are|does|do)\b|\bhow (?:does|do)\b.*\bwork", re.IGNORECASE)
_WHO = re.compile(r"^\W*(?:and )?who(?:se|m)?\b", re.IGNORECASE)
_DIGIT = re.compile(
    r"\d|\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|twice|unlimited|never|always"
    r"|seconds|minutes|hours|days|no)\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?<=[a-z,] )[A-Z]\w+")
_CUES = {
    r"\bwhy\b": r"\b(?:because|since|rel(?:y|ies)|if|so that|due to|therefore|as|in order|cause)\b",
    r"\bwhen\b": r"\b(?:before|after|while|when|until|once|only|during|each time|immediately)\b",
    r"\bhow\b": r"\b(?:use|call|set|pass|by|via|with|must|should|add|provide)\b",
    r"\bwhat (?:is|are)\b": r"\b(?:is|are) (?:a|an|the)\b|^(?:a|an|the)\b",
}
"""Words that a question of a kind is often answered with."""
_ANSWERS = tuple(
    (re.compile(asks, re.IGNORECASE), re.compile(answers, re.IGNORECASE))
    for asks, answers in _CUES.items()
)
_DEICTIC = re.compile(r"(?:It|They|This|These|That|Those|Such)\b")
_SHORT, _LONG = 5, 60


def _names(question: str, source: Source) -> bool:
    """Whether a question asks about the very thing that a passage describes."""
    last = re.split(r"[.>]", source.symbol)[-1].strip()
    name = stems(last)
    return bool(name) and _DEFINITION.search(question) is not None and name <= stems(question)


@dataclass(frozen=True, slots=True)
class Quote:
    """A unit of a passage, and how well it answers."""

    source: Source
    unit: Unit
    score: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the passages at hand say to a question."""

    found: bool
    quotes: tuple[Quote, ...] = ()
    """Those that answer it, best first, none when not found."""
    best: tuple[Source, ...] = ()
    """The passages that come nearest, best first, found or not."""
    coverage: float = 0.0
    """Share of the question's weight that the nearest unit meets."""
    missing: tuple[str, ...] = ()
    """Words of the question that the nearest passage has not."""


def gather(question: str, sources: Sequence[Source]) -> Evidence:
    """Find the quotations that answer a question. Order of `sources` breaks ties."""
    bags = [_bag(source) for source in sources]
    weighed = _weighed(_focused(question), bags)
    ranked: list[tuple[Quote, float]] = []
    for place, (source, bag) in enumerate(zip(sources, bags, strict=True)):
        for unit in (unit for unit in units(source) if not unit.code):
            suits = _suited(question, unit, source, bag)
            reached = _reach(weighed, suits.met) * suits.fit
            place_factor = 1 + 0.06 * (1 - place / len(sources))
            score = reached * suits.shape * place_factor
            ranked.append((Quote(source, unit, score), reached))
    if not ranked or not weighed:
        return Evidence(found=False, missing=tuple(term.word for term in weighed))
    ranked.sort(key=lambda each: -each[0].score)
    (first, reached) = ranked[0]
    bag = _bag(first.source)
    found = (
        reached >= ENOUGH
        and _share(weighed, bag) >= TOGETHER
        and _share(weighed, bag, itself=True) >= ITSELF
    )
    return Evidence(
        found,
        _chosen([quote for quote, _ in ranked]) if found else (),
        tuple(dict.fromkeys(quote.source for quote, _ in ranked[:8])),
        reached,
        tuple(term.word for term in weighed if not met(term, bag)),
    )


def _focused(question: str) -> Sequence[Term]:
    """The terms of a question; where it asks what something is, that thing weighs more."""
    wanted = terms(question)
    if not wanted or not _WHAT.search(question):
        return wanted
    return (replace(wanted[0], weight=wanted[0].weight * _FOCUS), *wanted[1:])


@lru_cache(maxsize=4096)
def _bag(source: Source) -> frozenset[str]:
    """All that a passage can be matched by: its words, its symbol, the names in its path."""
    return stems(f"{source.symbol}\n{source.text}") | _path_stems(source.path)


def _weighed(wanted: Sequence[Term], bags: Sequence[frozenset[str]]) -> tuple[Term, ...]:
    """The terms, weighed by how few of the passages have them."""
    many = len(bags)
    weighed: list[Term] = []
    for term in wanted:
        having = sum(term.stem in bag for bag in bags)
        rarity = math.log(1 + many / (having + 0.5)) / math.log(1 + many / 0.5) if many else 1.0
        weighed.append(replace(term, weight=term.weight * (0.6 + 0.4 * rarity)))
    return tuple(weighed)


@lru_cache(maxsize=4096)
def _path_stems(path: str) -> frozenset[str]:
    return stems(re.sub(r"[/\\.]", " ", path))


def _share(wanted: Sequence[Term], bag: frozenset[str], *, itself: bool = False) -> float:
    """Share of the weight that a passage meets; with `itself`, by the very words only."""
    total = sum(term.weight for term in wanted)
    got = ((term.weight, met(term, bag)) for term in wanted)
    return sum(w * m for w, m in got if not itself or m == 1) / total if total else 0.0


@dataclass(frozen=True, slots=True)
class _Suits:
    """What of a unit's worth does not depend on the other passages."""

    met: tuple[float, ...]
    """How well it meets each term of the question, in their order."""
    fit: float
    shape: float


@lru_cache(maxsize=32768)
def _suited(question: str, unit: Unit, source: Source, whole: frozenset[str]) -> _Suits:
    own = stems(unit.quote)
    around = stems(f"{source.symbol} {unit.context}")
    meets = tuple(_meets(term, own, around, whole) for term in terms(question))
    return _Suits(meets, _fit(question, unit), _shape(question, unit, source))


def _meets(term: Term, own: frozenset[str], around: frozenset[str], whole: frozenset[str]) -> float:
    best = met(term, own)
    if best < _HEADING:
        best = max(best, _HEADING * met(term, around))
    if best < _PASSAGE:
        best = max(best, _PASSAGE * met(term, whole))
    return best


def _reach(wanted: Sequence[Term], meets: Sequence[float]) -> float:
    total = sum(term.weight for term in wanted)
    reached = sum(term.weight * met for term, met in zip(wanted, meets, strict=True))
    return reached / total if total else 0.0


def _fit(question: str, unit: Unit) -> float:
    """Whether a unit can be an answer of the sort that is asked for: a number, a name."""
    if _NUMBER.search(question) and not _DIGIT.search(unit.quote):
        return 0.7
    if _WHO.search(question) and not _NAME.search(unit.quote):
        return 0.8
    return 1.0


def _shape(question: str, unit: Unit, source: Source) -> float:
    """How well a unit reads as an answer; only orders, never decides."""
    factor = 1.0
    length = len(unit.quote.split())
    if length < _SHORT:
        factor *= 0.6
    if length > _LONG:
        factor *= max(0.8, 1 - 0.002 * (length - _LONG))
    if unit.quote.endswith("?"):
        factor *= 0.5
    if unit.quote.endswith(":"):
        factor *= 0.85
    if _DEICTIC.match(unit.quote):
        factor *= 0.95
    if _names(question, source) and unit is units(source)[0]:
        factor *= 1.12
    for asks, answers in _ANSWERS:
        if asks.search(question) and answers.search(unit.quote):
            factor *= 1.08
    return factor


def _chosen(ranked: Sequence[Quote]) -> tuple[Quote, ...]:
    """The best, then those that come near and say something else, then one that says the same.

    A sentence beside the best one needs less: it belongs to the same thought.
    """
    best = ranked[0]
    beside = _beside(best)
    others = [replace(q, score=q.score * _BESIDE) if q.unit in beside else q for q in ranked[1:]]
    others = [q for q in others if q.score >= _NEXT_BEST * best.score and _stands_alone(q.unit)]
    chosen, same = [best], list[Quote]()
    for quote in sorted(others, key=lambda each: -each.score):
        if not any(alike(quote.unit.quote, other.unit.quote) for other in chosen):
            chosen.append(quote)
        elif quote.source.symbol != best.source.symbol and alike(quote.unit.quote, best.unit.quote):
            same.append(quote)
    return (*chosen[:_MOST], *same[:1])[:_MOST]


def _beside(quote: Quote) -> tuple[Unit, ...]:
    """The units before and after one in its passage."""
    every = [unit for unit in units(quote.source) if not unit.code]
    at = every.index(quote.unit)
    return (*every[max(at - 1, 0) : at], *every[at + 1 : at + 2])


def _stands_alone(unit: Unit) -> bool:
    return len(unit.quote.split()) >= _SHORT - 1 and not unit.quote.endswith((":", "?"))


def alike(one: str, other: str) -> bool:
    """Whether two quotations say the same: one holds the other, or most of its words."""
    if one in other or other in one:
        return True
    a, b = stems(one), stems(other)
    return len(a & b) >= _SAME * min(len(a), len(b))
