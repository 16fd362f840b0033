"""What a member, or a team, may spend."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

UNITS = ("money", "tokens", "calls", "seconds")
"""What a budget counts."""


class Budget(BaseModel):
    """What a member may spend in one run with all its resumes; `None` is no limit of its own.

    Budgets are a tree. What a member spends counts in its team's budget, in that of the team above
    and in the run's `Limits`, and each of them can stop it. A call is reserved in all of them
    before it is made, and settled after.

    Raises `pydantic.ValidationError` when it limits nothing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    money: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """In the currency of the prices; each of the member's models must have a price."""
    tokens: int | None = Field(default=None, ge=0)
    """Given to models and written by them."""
    calls: int | None = Field(default=None, ge=0)
    """Calls of a model."""
    seconds: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Wall time of its work, each time it is at work anew."""
    share: float | None = Field(default=None, gt=0, le=1)
    """The part of its team's budget that it may spend at most, from 0 to 1."""
    warn: float = Field(default=0.8, gt=0, le=1)
    """The part of a limit at which a warning is journaled, from 0 to 1."""

    @model_validator(mode="after")
    def _limits(self) -> Self:
        if self.share is None and all(getattr(self, unit) is None for unit in UNITS):
            raise ValueError(f"the budget limits nothing. Set {', '.join(UNITS)} or share")
        return self
