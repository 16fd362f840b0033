"""A score of applications, learned from past loans: plain numbers that explain themselves.

A logistic regression over the attributes. Each attribute gives points, and the points of all add up
to the log odds that the loan goes bad. Points are relative to the average applicant, so that those
of one attribute say what it weighed.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from stretto.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

VERSION = 1
"""Of the file's layout."""


@dataclass(frozen=True)
class Costs:
    """What decisions cost, in units of a good loan that was refused."""

    granted_bad: float = 5.0
    refused_good: float = 1.0
    referred: float = 0.5
    """A person who looks at it, and is right."""

    def leaning(self, chance: float) -> str:
        """What costs least on average: "grant", "refuse", or "refer" to a person.

        Args:
            chance: Of going bad, in 0..1.
        """
        each = {
            "grant": chance * self.granted_bad,
            "refuse": (1 - chance) * self.refused_good,
            "refer": self.referred,
        }
        return min(each, key=lambda what: each[what])


@dataclass(frozen=True)
class Numbers:
    """Points of a number: `line * z + curve * (z * z - 1) - offset`."""

    low: float
    high: float
    """What past loans had; beyond it the nearest of the two counts."""
    log: bool
    """Whether the logarithm of one more counts."""
    mean: float
    spread: float
    line: float
    curve: float
    offset: float

    def points(self, value: float) -> float:
        """What a value weighs."""
        z = (scaled(min(max(value, self.low), self.high), log=self.log) - self.mean) / self.spread
        return self.line * z + self.curve * (z * z - 1) - self.offset


@dataclass(frozen=True)
class Score:
    """What each attribute weighs."""

    base: float
    """Log odds of the average applicant."""
    numbers: Mapping[str, Numbers]
    codes: Mapping[str, Mapping[str, float]]
    """Points by attribute and code."""
    measured: Mapping[str, float]
    """How it did on past loans that were held out: `loans`, `bad`, `log_loss`, `calibration`."""
    digest: str = ""
    """SHA-256 of the past loans."""

    def points(self, values: Mapping[str, Any]) -> dict[str, float]:
        """What each attribute of an application weighs; above 0 speaks against it."""
        found = {name: each.points(float(values[name])) for name, each in self.numbers.items()}
        return found | {name: by.get(values[name], 0.0) for name, by in self.codes.items()}

    def chance(self, values: Mapping[str, Any]) -> float:
        """The chance that a loan goes bad, in 0..1."""
        return 1 / (1 + math.exp(-self.base - math.fsum(self.points(values).values())))

    def unseen(self, values: Mapping[str, Any]) -> list[str]:
        """Attributes that are as those of no past loan."""
        far = [n for n, each in self.numbers.items() if not each.low <= values[n] <= each.high]
        return far + [name for name, by in self.codes.items() if values[name] not in by]

    def save(self, path: Path) -> None:
        """Write it as JSON, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.new")
        beside.write_text(json.dumps({"version": VERSION, **asdict(self)}, indent=1))
        beside.replace(path)


def load(path: Path) -> Score:
    """Read a score.

    Raises:
        InvalidInput: The file is not there, is no score, or has another layout.
    """
    try:
        said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if said.pop("version") != VERSION:
            raise ValueError("it has another layout")
        said["numbers"] = {name: Numbers(**each) for name, each in said["numbers"].items()}
        return Score(**said)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        problem = " ".join(str(error).split()) or type(error).__name__
        raise InvalidInput(
            f"no score can be read from {str(path)!r}: {problem}. Train it again from past loans."
        ) from None


def scaled(value: float, *, log: bool) -> float:
    """A number as it counts, by its logarithm or as it is."""
    return math.log1p(value) if log else value
