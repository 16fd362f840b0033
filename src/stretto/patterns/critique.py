"""What follows from a critique: pure decisions."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol, cast

from pydantic import ValidationError

from stretto.state import Critique

if TYPE_CHECKING:
    from stretto.members import Reply
    from stretto.state import Refining


class Rules(Protocol):
    """How long a turn goes on."""

    @property
    def max_rounds(self) -> int:
        """Drafts in a turn."""
        ...

    @property
    def patience(self) -> int:
        """Rounds in a row without a better score."""
        ...


def read_critique(said: Reply) -> Critique | None:
    """Read a critic's reply: typed, JSON, or a number as the score; `None` when it is none."""
    value: Any = said.value
    if isinstance(value, Critique):
        return _finite(value)
    if value is None:
        with suppress(ValueError):
            value = json.loads(said.text)
    if isinstance(value, list | tuple):
        value = dict(zip(("score", "feedback"), cast("list[Any]", value), strict=False))
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = {"score": value}
    data = value if isinstance(value, Mapping) else getattr(value, "model_dump", dict[str, Any])()
    known = {k: v for k, v in cast("dict[str, Any]", data).items() if k in Critique.model_fields}
    try:
        return _finite(Critique.model_validate(known))
    except ValidationError:
        return None


def _finite(critique: Critique) -> Critique | None:
    return critique if math.isfinite(critique.score) else None


def judged(now: Refining, critique: Critique, *, enough: bool, rules: Rules) -> Refining:
    """Tell how far a turn is after a critique.

    Returns:
        The next round, or the same one with why the turn ended.
    """
    better = now.score is None or critique.score > now.score
    told: dict[str, Any] = {
        "feedback": critique.feedback,
        "attempts": 0,
        "stale": 0 if better else now.stale + 1,
    }
    if better:
        told |= {"score": critique.score, "best": now.round}
    then = now.model_copy(update=told)
    if enough:
        ended = "good enough"
        then = then.model_copy(update={"score": critique.score, "best": now.round})
    elif then.stale >= rules.patience:
        ended = "no more progress"
    elif now.round >= rules.max_rounds:
        ended = "rounds used up"
    else:
        return then.model_copy(update={"round": now.round + 1})
    return then.model_copy(update={"ended": ended})
