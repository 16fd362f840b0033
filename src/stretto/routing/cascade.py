"""Deciders one after another: cheap first, the next only when one is unsure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stretto.errors import InvalidInput
from stretto.routing.choice import NOBODY, Choice, Decider, choose

if TYPE_CHECKING:
    from collections.abc import Mapping


class Cascade:
    """Asks deciders in turn until one is sure.

    One is sure when it gives a label with a confidence of at least `unsure`, or without one. The
    next is asked only when it is not. What the last says stands, sure or not.

    Args:
        stages: Two or more deciders, the cheapest first.
        unsure: The confidence, in 0..1, below which the next is asked.
        name: What the journal calls it.

    Raises:
        InvalidInput: There are fewer than two, one is no decider, two have one name, or `unsure`
            is outside of 0..1.
    """

    def __init__(self, *stages: Decider, unsure: float = 0.8, name: str = "cascade") -> None:
        self.name, self.unsure = name, unsure
        place = f"the cascade {name!r}"
        _checked(place, stages)
        if isinstance(unsure, bool) or not 0 <= unsure <= 1:
            raise InvalidInput(
                f"{place}: `unsure` is {unsure!r}. Give the confidence below which the next stage "
                "is asked, in 0..1."
            )
        self.stages = stages
        known = [stage.labels for stage in stages]
        found = frozenset(label for labels in known for label in labels or ())
        self.labels: frozenset[str] | None = None if None in known else found

    async def decide(self, state: Mapping[str, Any]) -> Choice:
        """What the first stage that is sure says, else the last; `data` tells what each said."""
        asked: list[tuple[str, Choice]] = []
        for stage in self.stages:
            asked.append((stage.name, await choose(stage, state)))
            if self.sure(asked[-1][1]):
                break
        name, last = asked[-1]
        before = ", ".join(f"{stage} was {self._doubt(choice)}" for stage, choice in asked[:-1])
        reason = f"{before}; {name}: {last.reason}" if before else f"{name}: {last.reason}"
        data = {"decided": name, "stages": [_told(*each) for each in asked]}
        return Choice(last.label, reason, last.confidence, _others(asked), data)

    def sure(self, choice: Choice) -> bool:
        """Whether a choice stands without asking the next stage."""
        if choice.label == NOBODY:
            return False
        return choice.confidence is None or choice.confidence >= self.unsure

    def _doubt(self, choice: Choice) -> str:
        if choice.label == NOBODY:
            return "out of scope"
        return f"unsure of {choice.label!r} ({choice.confidence:.2f} < {self.unsure:g})"


def _told(name: str, choice: Choice) -> dict[str, Any]:
    return {
        "name": name,
        "label": choice.label,
        "reason": choice.reason,
        "confidence": choice.confidence,
        "data": choice.data,
    }


def _others(asked: list[tuple[str, Choice]]) -> tuple[str, ...]:
    """The last stage's alternatives, then what earlier ones chose."""
    last = asked[-1][1]
    earlier = [choice.label for _, choice in asked[:-1] if choice.label != NOBODY]
    found = dict.fromkeys((*last.alternatives, *earlier))
    return tuple(label for label in found if label != last.label)


def _checked(place: str, stages: tuple[Any, ...]) -> None:
    if len(stages) < 2:
        raise InvalidInput(
            f"{place} needs two stages, and has {len(stages)}. Give more, or use the one alone."
        )
    for number, stage in enumerate(stages, 1):
        if not isinstance(stage, Decider) or isinstance(stage, type):
            raise InvalidInput(
                f"{place}: stage {number} is {stage!r}, which is no decider. Give one, such as "
                "`rule(function)` or `Table(...)`."
            )
    names = [stage.name for stage in stages]
    for name in names:
        if names.count(name) > 1:
            raise InvalidInput(
                f"{place}: two stages are called {name!r}. Give each a `name` of its own."
            )
