"""A decision by criteria, each with a weight."""

from __future__ import annotations

import inspect
import math
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from stretto.errors import InvalidInput, UnknownName
from stretto.routing.choice import NOBODY, Choice, checked_labels
from stretto.routing.reading import accepts, called

Score = Callable[..., Any]
"""Takes the state, or the state and a label; gives a number in 0..1, async or not."""
_SAME = 1e-9
"""Sums that differ by less, relative to them, are a tie: they differ by rounding."""


@dataclass(frozen=True)
class Part:
    """What one criterion gives one label."""

    label: str
    criterion: str
    weight: float
    score: float

    @property
    def points(self) -> float:
        """Weight times score."""
        return self.weight * self.score


class Criteria:
    """Chooses the label with the highest weighted sum of scores.

    Weights are given for each label, `{"label": {"criterion": weight}}`, or once for all labels,
    `{"criterion": weight}` beside `labels=`. The confidence is the lead of the winner over the
    second as a share of the winner's sum, `(first - second) / first`: 0 is a tie, 1 is a second
    without points. Of labels that tie, the one written first wins, and the reason names the tie.

    Args:
        weights: Numbers, 0 or more.
        scores: A function for each criterion: of the state, or of the state and a label. It gives
            a number in 0..1 and may be async. A truth value is 0 or 1.
        labels: The labels, when all have the same weights.
        least: The sum that a winner must reach; with less, or no points, it is out of scope.
        name: What the journal calls it.

    Raises:
        InvalidInput: A weight is negative or no number, all of a label are 0, a criterion has no
            function or no weight, there are fewer than two labels, or no function could tell them
            apart.
    """

    def __init__(
        self,
        weights: Mapping[str, Mapping[str, float]] | Mapping[str, float],
        scores: Mapping[str, Score],
        *,
        labels: Iterable[str] | None = None,
        least: float = 0.0,
        name: str = "criteria",
    ) -> None:
        self.name, self.least = name, least
        place = f"the criteria {name!r}"
        self._weights = _by_label(place, weights, labels)
        self._scores = dict(scores)
        self._order = checked_labels(place, self._weights)
        self.labels: frozenset[str] | None = frozenset(self._order)
        _checked_scores(place, self._weights, self._scores)
        self._by_label = {c: _takes_label(f) for c, f in self._scores.items()}
        used = [(c, label) for label, given in self._weights.items() for c in given]
        self._keys = tuple(dict.fromkeys(self._key(*each) for each in used))
        if labels is not None and not any(self._by_label.values()):
            raise InvalidInput(
                f"{place}: no function takes a label, so all labels would have the same sum. Let "
                "one take the state and a label, or give each label its own weights."
            )
        _checked_least(place, least, self._weights)

    def decide(self, state: Mapping[str, Any]) -> Choice | Awaitable[Choice]:
        """The label with the highest sum; awaitable when a function is async.

        Raises:
            InvalidInput: A function gave something that is no number in 0..1.
        """
        told = {key: self._told(*key, state) for key in self._keys}
        if any(inspect.isawaitable(score) for score in told.values()):
            return self._awaited(told)
        return self._choice(told)

    def _key(self, criterion: str, label: str) -> tuple[str, str]:
        """What a score is asked for by; without a label when it is the same for all."""
        return criterion, label if self._by_label[criterion] else ""

    def _told(self, criterion: str, label: str, state: Mapping[str, Any]) -> object:
        function = self._scores[criterion]
        return function(state, label) if label else function(state)

    async def _awaited(self, told: dict[tuple[str, str], Any]) -> Choice:
        scores = {k: await s if inspect.isawaitable(s) else s for k, s in told.items()}
        return self._choice(scores)

    def _part(self, label: str, criterion: str, weight: float, score: object) -> Part:
        if isinstance(score, int | float) and 0 <= score <= 1:
            return Part(label, criterion, weight, float(score))
        raise InvalidInput(
            f"the criteria {self.name!r}: {criterion!r} scored {label!r} with {score!r}. Let the "
            "function give a number in 0..1."
        )

    def _choice(self, scores: Mapping[tuple[str, str], object]) -> Choice:
        parts = [
            self._part(label, criterion, weight, scores[self._key(criterion, label)])
            for label, given in self._weights.items()
            for criterion, weight in given.items()
        ]
        sums = {
            label: math.fsum(part.points for part in parts if part.label == label)
            for label in self._order
        }
        most = max(sums.values())
        ties = [
            label for label, points in sums.items() if math.isclose(points, most, rel_tol=_SAME)
        ]
        data = {"sums": sums, "parts": _told_parts(parts), "ties": ties if len(ties) > 1 else []}
        if most == 0 or most < self.least:
            reason = f"the best, {ties[0]!r}, has {most:g} of the {self.least:g} points it needs"
            return Choice(
                NOBODY, reason if most else "no criterion gives any label a point", data=data
            )
        winner = ties[0]
        others = sorted(
            (x for x in self._order if x != winner), key=lambda x: (x not in ties, -sums[x])
        )
        lead = 0.0 if len(ties) > 1 else (most - sums[others[0]]) / most
        reason = _reason(winner, others[0], sums, ties, parts)
        return Choice(winner, reason, lead, tuple(others), data)


def _reason(
    winner: str, second: str, sums: Mapping[str, float], ties: list[str], parts: list[Part]
) -> str:
    own = sorted((p for p in parts if p.label == winner and p.points), key=lambda p: -p.points)
    because = ", ".join(f"{p.criterion} {p.points:.3g}" for p in own)
    if len(ties) > 1:
        tied = ", ".join(map(repr, ties))
        return f"{tied} tie with {sums[winner]:.3g}; {winner!r} is written first ({because})"
    return f"{winner!r} has {sums[winner]:.3g} ({because}), {second!r} {sums[second]:.3g}"


def _told_parts(parts: list[Part]) -> dict[str, dict[str, dict[str, float]]]:
    told: dict[str, dict[str, dict[str, float]]] = {}
    for part in parts:
        entry = {"weight": part.weight, "score": part.score, "points": part.points}
        told.setdefault(part.label, {})[part.criterion] = entry
    return told


def _takes_label(function: Score) -> bool:
    return accepts(function, 2) and not accepts(function, 1)


def _by_label(place: str, weights: Any, labels: Any) -> dict[str, dict[str, float]]:
    """The weights of each label, checked."""
    if not isinstance(weights, Mapping) or not weights:
        raise InvalidInput(f"{place} have no weights. Give each label those of its criteria.")
    given = cast("Mapping[str, Any]", weights)
    nested = [isinstance(value, Mapping) for value in given.values()]
    if labels is None and not all(nested):
        raise InvalidInput(
            f"{place}: weights for all labels need `labels=`. Name the labels, or give each its "
            "own weights as {'label': {'criterion': weight}}."
        )
    if labels is not None and any(nested):
        raise InvalidInput(f"{place}: the weights name the labels already. Leave `labels` out.")
    named = tuple(given) if labels is None else checked_labels(place, labels)
    found = {label: dict(given[label] if labels is None else given) for label in named}
    for label, own in found.items():
        _checked_weights(f"{place}: {label!r}", own)
    return found


def _checked_weights(place: str, weights: Mapping[str, Any]) -> None:
    for criterion, weight in weights.items():
        fine = isinstance(weight, int | float) and not isinstance(weight, bool)
        if not fine or not math.isfinite(weight) or weight < 0:
            raise InvalidInput(
                f"{place}: the weight {weight!r} of {criterion!r} cannot be used. Give a number, 0 "
                "or more; what speaks against a label is a criterion that scores its opposite."
            )
    if not any(weights.values()):
        raise InvalidInput(f"{place} has no weight above 0 and could never win. Give it one.")


def _checked_scores(
    place: str, weights: Mapping[str, Mapping[str, float]], scores: Mapping[str, Score]
) -> None:
    used = {criterion for given in weights.values() for criterion in given}
    for criterion in sorted(used):
        if criterion not in scores:
            raise UnknownName("criterion", criterion, scores, where=place)
        function = scores[criterion]
        if not callable(function) or not (accepts(function, 1) or accepts(function, 2)):
            named = called(function) if callable(function) else repr(function)
            raise InvalidInput(
                f"{place}: {criterion!r} cannot be scored by {named}. Give a function of the "
                "state, or of the state and a label."
            )
    for criterion in scores:
        if criterion not in used:
            raise InvalidInput(
                f"{place}: no label weighs {criterion!r}. Give it a weight, or take it out."
            )


def _checked_least(place: str, least: Any, weights: Mapping[str, Mapping[str, float]]) -> None:
    most = max(sum(given.values()) for given in weights.values())
    if not isinstance(least, int | float) or isinstance(least, bool) or not 0 <= least <= most:
        raise InvalidInput(
            f"{place}: `least` is {least!r}, and the sums go from 0 to {most:g}. Choose one there."
        )
