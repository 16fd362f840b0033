"""A trained classifier that decides by the text in the state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from langchain_core.messages import BaseMessage, convert_to_messages

from stretto.errors import InvalidInput
from stretto.routing.choice import NOBODY, Choice
from stretto.routing.reading import MISSING, Read, reading
from stretto.routing.saved import save

if TYPE_CHECKING:
    from stretto.routing.model import Model, Verdict
    from stretto.routing.saved import Trained
    from stretto.routing.training import Measured

OTHERS = 3
"""How many labels beside the chosen one a choice names."""


class Classifier:
    """Chooses the label whose examples a text is like; made by `Examples`.

    Args:
        trained: The numbers.
        of: The field, path or function that gives the text; of messages the last counts.
        name: What the journal calls it.

    Raises:
        InvalidInput: The text cannot be read that way.
    """

    def __init__(self, trained: Trained, *, of: Read, name: str) -> None:
        self.name = name
        self._of = reading(f"the examples {name!r}", of)
        self._trained = trained

    @property
    def labels(self) -> frozenset[str] | None:
        """All labels that have examples."""
        return frozenset(self._model.classes) - {NOBODY}

    @property
    def digest(self) -> str:
        """SHA-256 of the examples, in any order, and of the settings."""
        return self._trained.digest

    @property
    def measured(self) -> Measured:
        """How it did on examples that were held out."""
        return self._trained.measured

    @property
    def _model(self) -> Model:
        return self._trained.model

    def decide(self, state: Mapping[str, Any]) -> Choice:
        """The label of the text in the state.

        Its confidence is the chance that it is right; of what is out of scope, the chance that the
        nearest label would be wrong.

        Raises:
            InvalidInput: There is no text.
        """
        text = last_text(self._of.find(state))
        if text is None or not text.strip():
            raise InvalidInput(
                f"the examples {self.name!r}: {self._of.name!r} holds no text to decide by. Put "
                "one there, or set `of` to the field that has it."
            )
        return self.of_text(text)

    def of_text(self, text: str) -> Choice:
        """The label of a text."""
        verdict = self._model.verdict(text)
        if verdict is None:
            return Choice(NOBODY, "none of its words is in the examples", data={"nearest": None})
        sure = self._model.confidence(verdict)
        near, others = verdict.ranked[0], verdict.ranked[1 : OTHERS + 1]
        data = self._data(verdict, sure)
        if far := self._too_far(verdict, sure):
            reason = f"nearest is {near!r}, but {far}"
            return Choice(NOBODY, reason, 1 - sure, (near, *others)[:OTHERS], data)
        by = f" by {', '.join(map(repr, verdict.words))}" if verdict.words else ""
        return Choice(near, f"like the examples of {near!r}{by}", sure, others, data)

    def _data(self, verdict: Verdict, sure: float) -> dict[str, Any]:
        bound = self._model.bound
        return {
            "nearest": verdict.ranked[0],
            "confidence": sure,
            "scope": verdict.scope,
            "bound": bound if bound > float("-inf") else None,
            "gap": verdict.gap,
            "words": list(verdict.words),
        }

    def _too_far(self, verdict: Verdict, sure: float) -> str:
        """Why it is out of scope, or nothing."""
        threshold = self._trained.settings.threshold
        if threshold is not None:
            low = sure < threshold
            return f"its confidence {sure:.2f} is below {threshold:g}" if low else ""
        bound, scope = self._model.bound, verdict.scope
        return f"its margin {scope:.2f} is below the bound {bound:.2f}" if scope < bound else ""

    def save(self, path: str | Path) -> None:
        """Write it to a file, whole or not at all: arrays and JSON, nothing that is executed.

        Raises:
            InvalidInput: The file cannot be written.
        """
        save(Path(path), self._trained)


def last_text(value: Any) -> str | None:
    """The text of a value: of a list of messages, the last; `None` when there is none."""
    if isinstance(value, str):
        return value
    if isinstance(value, BaseMessage):
        return str(value.text)
    if isinstance(value, Mapping) and "content" in value:
        return str(convert_to_messages([cast("dict[str, Any]", value)])[0].text)
    if isinstance(value, Sequence):
        return last_text(value[-1]) if value else None
    return None if value is MISSING or value is None else str(value)
