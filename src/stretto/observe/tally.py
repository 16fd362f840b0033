"""What runs, agents, models and tools came to: a row each, and what rates are worth."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from stretto.observe.spread import Exact

if TYPE_CHECKING:
    from stretto.observe.spread import Spread
    from stretto.observe.steps import StepStatus
    from stretto.records import Feedback, Outcome

By = Literal["team", "agent", "version", "tool", "model", "node"]
"""What rows are kept by. A version is that of an agent: "planner 2"."""
BYS: tuple[By, ...] = ("team", "agent", "version", "tool", "model", "node")
_SURE = 1.96
"""Standard deviations of a normal distribution that 95 of 100 cases lie within."""


def wilson(good: int, count: int) -> tuple[float, float] | None:
    """Between what a rate lies in 95 of 100 cases, seen so often; `None` when it was never seen.

    The score interval of Wilson (1927), which holds for few cases and for rates near 0 and 1.
    """
    if count <= 0:
        return None
    rate, square = good / count, _SURE * _SURE
    middle = (rate + square / (2 * count)) / (1 + square / count)
    half = _SURE * math.sqrt(rate * (1 - rate) / count + square / (4 * count * count))
    half /= 1 + square / count
    return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(slots=True)
class Spent:
    """What model calls used."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    money: float = 0.0
    """What those with a price cost, in the currency of the prices."""
    priced: int = 0
    unpriced: int = 0
    """Calls that used tokens of a model without a price."""

    @property
    def cost(self) -> float | None:
        """The money; `None` when nothing had a price. A lower bound when `unpriced` is not 0."""
        return self.money if self.priced else None


@dataclass(slots=True)
class Quality:
    """What people and reviewers said of answers."""

    answers: int = 0
    """Turns that came to an outcome; plain replies without a plan are left out."""
    accepted: int = 0
    at_once: int = 0
    """Accepted in the first round."""
    rounds: int = 0
    """Of all answers together."""
    edits: int = 0
    """How often a person changed something, in all answers together."""
    up: int = 0
    down: int = 0
    scores: int = 0
    score: float = 0.0
    """Of all scores together."""

    def conclude(self, record: Outcome, *, accepted: bool) -> None:
        """Count an answer."""
        self.answers += 1
        self.accepted += accepted
        self.at_once += accepted and record.rounds <= 1
        self.rounds += record.rounds
        self.edits += record.human_edits

    def judge(self, record: Feedback) -> None:
        """Count what someone said of an answer."""
        self.up += record.thumb == "up"
        self.down += record.thumb == "down"
        if record.score is not None and math.isfinite(record.score):
            self.scores += 1
            self.score += record.score

    @property
    def told(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self.answers or self.up or self.down or self.scores)


@dataclass(slots=True)
class Row:
    """What one team, agent, version, tool, model or node came to."""

    by: By
    name: str
    done: int = 0
    failed: int = 0
    """Killed runs among them."""
    other: dict[str, int] = field(default_factory=dict[str, int])
    """What neither succeeded nor failed, by status: it waits for a person, or was stopped."""
    killed: int = 0
    latency: Spread = field(default_factory=Exact)
    """Of what was done or failed."""
    spent: Spent = field(default_factory=Spent)
    tool_calls: int = 0
    retries: int = 0
    fallbacks: int = 0
    waits: int = 0
    waited: float = 0.0
    """Seconds in all."""
    quality: Quality = field(default_factory=Quality)

    @property
    def count(self) -> int:
        """How many succeeded or failed."""
        return self.done + self.failed

    @property
    def success(self) -> float | None:
        """The part of them that succeeded; `None` when there are none."""
        return self.done / self.count if self.count else None

    @property
    def each(self) -> float | None:
        """Money for an accepted answer, with all that led to none; `None` without a price."""
        cost, accepted = self.spent.cost, self.quality.accepted
        return None if cost is None or not accepted else cost / accepted

    def end(self, status: StepStatus, seconds: float | None) -> None:
        """Count something that came to its end."""
        if status == "done":
            self.done += 1
        elif status in {"failed", "killed"}:
            self.failed += 1
            self.killed += status == "killed"
        else:
            self.other[status] = self.other.get(status, 0) + 1
            return
        if seconds is not None:
            self.latency.add(seconds)

    def told(self) -> dict[str, Any]:
        """The row as JSON; rates and money are `null` where nothing is known."""
        quality, latency = self.quality, self.latency
        sure = wilson(self.done, self.count)
        return {
            "name": self.name,
            "count": self.count,
            "done": self.done,
            "failed": self.failed,
            "killed": self.killed,
            "other": dict(self.other),
            "success": self.success,
            "success_between": None if sure is None else list(sure),
            "p50": latency.at(0.5),
            "p95": latency.at(0.95),
            "p99": latency.at(0.99),
            "model_calls": self.spent.calls,
            "tool_calls": self.tool_calls,
            "input_tokens": self.spent.input_tokens,
            "output_tokens": self.spent.output_tokens,
            "money": self.spent.cost,
            "calls_without_price": self.spent.unpriced,
            "retries": self.retries,
            "fallbacks": self.fallbacks,
            "waits": self.waits,
            "seconds_waited": self.waited,
            "quality": _quality(quality) if quality.told else None,
            "money_each_accepted": self.each,
        }


def _quality(quality: Quality) -> dict[str, Any]:
    answers = quality.answers
    return {
        "answers": answers,
        "accepted": quality.accepted,
        "accepted_first_time": quality.at_once,
        "rounds": quality.rounds / answers if answers else None,
        "human_edits": quality.edits,
        "up": quality.up,
        "down": quality.down,
        "score": quality.score / quality.scores if quality.scores else None,
        "scores": quality.scores,
    }
