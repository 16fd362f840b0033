"""What a decider says: a label, why, and how sure it is."""

from __future__ import annotations

import inspect
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from stretto.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

NOBODY = ""
"""The label of what is out of scope: no label fits."""


@dataclass(frozen=True)
class Choice:
    """One decision.

    Raises:
        InvalidInput: The confidence is not in 0..1.
    """

    label: str
    """Who or what is chosen; `""` when nothing fits."""
    reason: str
    """Why, in words for a person."""
    confidence: float | None = None
    """In 0..1; `None` when the decider does not doubt, such as a rule."""
    alternatives: tuple[str, ...] = ()
    """Other labels that came into question, best first."""
    data: dict[str, Any] = field(default_factory=dict[str, Any])
    """The explanation as JSON."""

    def __post_init__(self) -> None:
        sure = self.confidence
        if sure is not None and not 0 <= sure <= 1:  # NaN lies nowhere
            raise InvalidInput(
                f"the confidence {sure!r} of the choice {self.label!r} is not in 0..1. "
                "Give a share, or None when there is no doubt."
            )


@runtime_checkable
class Decider(Protocol):
    """Whatever decides from the state; `rule`, `Threshold`, `Table` and the others are such."""

    @property
    def name(self) -> str:
        """What the journal calls it."""
        ...

    @property
    def labels(self) -> frozenset[str] | None:
        """The labels it can give, without `""`; `None` when they are known only as it runs."""
        ...

    def decide(self, state: Mapping[str, Any]) -> Choice | Awaitable[Choice]:
        """Choose a label for a state."""
        ...


async def choose(by: Decider, state: Mapping[str, Any]) -> Choice:
    """What a decider, async or not, says about a state.

    Raises:
        InvalidInput: It said something that is no choice, or a label that it does not have.
    """
    decided: Any = by.decide(state)
    said: Any = await decided if inspect.isawaitable(decided) else decided
    if not isinstance(said, Choice):
        raise InvalidInput(
            f"the decider {by.name!r} said {said!r}, which is no choice. Let its `decide` return a "
            "`Choice`."
        )
    return permitted(by.name, said, by.labels)


def permitted(name: str, choice: Choice, labels: frozenset[str] | None) -> Choice:
    """The choice, when its label is one of those declared or `""`.

    Raises:
        InvalidInput: It is another.
    """
    if labels is None or choice.label == NOBODY or choice.label in labels:
        return choice
    raise InvalidInput(
        f"the decider {name!r} chose {choice.label!r}, which is none of its labels: "
        f"{listed(labels)}. Add the label, or return one of these."
    )


def listed(labels: frozenset[str] | tuple[str, ...]) -> str:
    """Labels for a text, those of a set in the order of the alphabet."""
    ordered = sorted(labels) if isinstance(labels, frozenset) else labels
    return ", ".join(map(repr, ordered))


def plain(value: object) -> Any:
    """A value as the explanation holds it: as it is when JSON has it, else its text."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    return value[:_LONGEST] if isinstance(value, str) else repr(value)[:_LONGEST]


_LONGEST = 200
"""Characters of a value that an explanation keeps."""


def checked_label(place: str, label: object) -> str:
    """A label that a decider is built with.

    Raises:
        InvalidInput: It is no text, or an empty one.
    """
    if isinstance(label, str) and label.strip():
        return label
    raise InvalidInput(f"{place}: {label!r} is no label. Give a text that is not empty.")


def checked_labels(place: str, labels: Any) -> tuple[str, ...]:
    """Labels that a decider is built with: at least two, each once, in their order.

    Raises:
        InvalidInput: They are fewer, one is no label, or one comes twice.
    """
    found = tuple(checked_label(place, label) for label in labels)
    for label in found:
        if found.count(label) > 1:
            raise InvalidInput(f"{place}: the label {label!r} is there twice. Take one out.")
    if len(found) < 2:
        only = f"only the label {found[0]!r}" if found else "no label"
        raise InvalidInput(f"{place} has {only}, so there is nothing to decide. Give two or more.")
    return found
