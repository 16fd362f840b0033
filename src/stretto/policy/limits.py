"""What one run may use."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Limits(BaseModel):
    """What one run may use at most, with all its resumes; `None` is no limit.

    It is the root of the tree of budgets: what members spend counts here too.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    model_calls: int | None = Field(default=100, ge=0)
    """Calls of a model, in all agents together."""
    tool_calls: int | None = Field(default=None, ge=0)
    """Calls of a tool, in all agents together."""
    steps: int | None = Field(default=None, ge=1)
    """Supersteps of each graph of the run, given to LangGraph as its `recursion_limit`."""
    tokens: int | None = Field(default=None, ge=0)
    """Tokens given to models and written by them."""
    money: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """Money, in the currency of the prices; each model that is called must have a price."""
    seconds: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Wall time of one run, or of one resume of it: its deadline."""

    def counts(self) -> dict[str, float]:
        """The limits that are set, by name, as `RunStarted.limits` tells them."""
        return {name: value for name, value in self.model_dump().items() if value is not None}
