"""Frozen values that say how much a run may use."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Limits(BaseModel):
    """What one run may use at most; `None` is no limit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model_calls: int | None = Field(default=100, ge=0)
    """Calls of a model, in all agents together."""
    tool_calls: int | None = Field(default=None, ge=0)
    """Calls of a tool, in all agents together."""
    steps: int | None = Field(default=None, ge=1)
    """Supersteps of each graph of the run, given to LangGraph as its `recursion_limit`."""

    def counts(self) -> dict[str, int]:
        """The limits that are set, by name, as `RunStarted.limits` tells them."""
        return {name: value for name, value in self.model_dump().items() if value is not None}
