"""A trained classifier: numbers, and what they say about a text."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stretto.errors import MissingExtra
from stretto.routing.choice import NOBODY
from stretto.routing.terms import WORD, words_and_pieces

if TYPE_CHECKING:
    from types import ModuleType

    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

EXTRA = "routing"
TOLD = 3
"""How many words a verdict tells."""


@dataclass(frozen=True)
class Verdict:
    """What a classifier says about a text."""

    ranked: tuple[str, ...]
    """The labels, the nearest first."""
    scope: float
    """By how much the nearest label lies above what is out of scope, or above nothing."""
    gap: float
    """By how much it lies above the second."""
    words: tuple[str, ...]
    """Its words that speak most for the nearest label."""


@dataclass(frozen=True)
class Model:
    """Weights of a linear classifier over terms.

    A term counts `1 + ln(count)` times `idf`, words and pieces each scaled to length 1 (TF-IDF;
    Salton and Buckley, 1988; here with the root of the idf). Margins are the products with
    `weights`, plus `offsets`.
    """

    classes: tuple[str, ...]
    """Of the columns; `""` is out of scope."""
    vocabulary: dict[str, int]
    """The row of each term."""
    idf: Floats
    """Shape (terms,)."""
    weights: Floats
    """Shape (terms, classes)."""
    offsets: Floats
    """Shape (classes,)."""
    sure: tuple[float, float, float]
    """The confidence is the logistic function of `sure[0] * scope + sure[1] * gap + sure[2]`."""
    bound: float
    """What lies lower in scope than this is out of scope."""

    def verdict(self, text: str) -> Verdict | None:
        """What it says about a text; `None` when it knows no term of it."""
        np = numpy()
        rows, values, names = self._weighed(text)
        if not rows:
            return None
        counts = np.array(values, dtype=np.float32)
        own = self.weights[rows]
        margins = counts @ own + self.offsets
        order = [int(at) for at in np.argsort(-margins, kind="stable")]
        inside = [at for at in order if self.classes[at] != NOBODY]
        best = inside[0]
        outside = float(margins[self.classes.index(NOBODY)]) if NOBODY in self.classes else 0.0
        part = counts[: len(names)] * own[: len(names), best]
        by = [int(at) for at in np.argsort(-part, kind="stable") if part[at] > 0]
        spoke = [names[at] for at in by if " " not in names[at]][:TOLD]
        return Verdict(
            tuple(self.classes[at] for at in inside),
            float(margins[best]) - outside,
            float(margins[best] - margins[inside[1]]),
            tuple(spoke),
        )

    def confidence(self, verdict: Verdict) -> float:
        """The chance, in 0..1, that the nearest label is right."""
        by_scope, by_gap, base = self.sure
        return logistic(by_scope * verdict.scope + by_gap * verdict.gap + base)

    def _weighed(self, text: str) -> tuple[list[int], list[float], list[str]]:
        """Rows and values of the terms of a text, those of words first; the words themselves."""
        rows: list[int] = []
        values: list[float] = []
        names: list[str] = []
        words, pieces = words_and_pieces(text)
        for counts in (words, pieces):
            known = [(self.vocabulary.get(term), count, term) for term, count in counts.items()]
            block = [(at, count, term) for at, count, term in known if at is not None]
            own = [(1 + math.log(n)) * float(self.idf[at]) for at, n, _ in block]
            length = math.sqrt(math.fsum(value * value for value in own)) or 1.0
            rows += [at for at, _, _ in block]
            values += [value / length for value in own]
            names += [term[len(WORD) :] for _, _, term in block if term.startswith(WORD)]
        return rows, values, names


def logistic(x: float) -> float:
    """`1 / (1 + exp(-x))`, for any x."""
    if x >= 0:
        return 1 / (1 + math.exp(-min(x, 700)))
    grown = math.exp(max(x, -700))
    return grown / (1 + grown)


def numpy() -> ModuleType | Any:
    """Numpy, when the extra is installed.

    Raises:
        MissingExtra: It is not.
    """
    try:
        import numpy as np
    except ModuleNotFoundError as error:
        raise MissingExtra("Routing by examples", EXTRA) from error
    return np
