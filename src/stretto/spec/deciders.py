"""Who decides the way in a `route`, as a file declares it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from stretto.spec.named import Said, Step, StepName


class ThresholdSaid(Said):
    """A number against bounds that go up."""

    threshold: str
    """The field or path that holds the number."""
    bounds: dict[str, float] = Field(min_length=1)
    """Labels, each with the number below which it is chosen, in ascending order."""
    above: str
    """The label from the last bound on."""
    inclusive: bool = False
    """Whether a bound belongs to the label below."""
    missing: Literal["out_of_scope", "error"] = "out_of_scope"
    """What a missing number is."""


class TableSaid(Said):
    """A decision table: a row a rule."""

    table: list[str] = Field(min_length=1)
    """The fields or paths that the rules look at."""
    rules: list[list[Any]] = Field(min_length=1)
    """A condition for each input, then the label."""
    hit: Literal["unique", "first", "priority", "any", "collect"] = "unique"
    """Which of several rules that match decides."""
    priority: list[str] | None = None
    """All labels, the highest first; for `priority` alone."""


class CriteriaSaid(Said):
    """Facts that count more or less."""

    criteria: dict[str, StepName] = Field(min_length=1)
    """Functions that give a number in 0..1, by name."""
    weights: dict[str, dict[str, float]] = Field(min_length=1)
    """What each criterion weighs, by label."""
    least: float | None = None
    """The sum that a winner must reach."""


class ExamplesSaid(Said):
    """Texts that were sorted by hand."""

    examples: dict[str, list[str]] | str
    """Texts by label, or a JSON or YAML file of the project that holds them so."""
    out_of_scope: list[str] = []
    """Texts that belong to none. In a file they stand under the label ""."""
    threshold: float | None = None
    """The confidence below which a text is out of scope."""
    refuse: float | None = None
    """The share of good texts that may be sent away to find those out of scope."""
    of: str = "messages"
    """The field or path that holds the text."""


class AgentDecides(Said):
    """An agent that reads the conversation and names a label."""

    agent: str


DECIDERS: dict[str, type[Said]] = {
    "agent": AgentDecides,
    "step": Step,
    "threshold": ThresholdSaid,
    "table": TableSaid,
    "criteria": CriteriaSaid,
    "examples": ExamplesSaid,
}
"""The classes by the key that tells them apart."""


def _kind(said: Any) -> str | None:
    if isinstance(said, dict):
        return next((f"decides by {key}" for key in DECIDERS if key in said), None)
    return next((f"decides by {key}" for key, kind in DECIDERS.items() if type(said) is kind), None)


OneDecider = Annotated[
    Annotated[AgentDecides, Tag("decides by agent")]
    | Annotated[Step, Tag("decides by step")]
    | Annotated[ThresholdSaid, Tag("decides by threshold")]
    | Annotated[TableSaid, Tag("decides by table")]
    | Annotated[CriteriaSaid, Tag("decides by criteria")]
    | Annotated[ExamplesSaid, Tag("decides by examples")],
    Discriminator(
        _kind,
        custom_error_type="unsaid",
        custom_error_message="it does not say who decides. Write one of `agent:`, `step:`, "
        "`threshold:`, `table:`, `criteria:`, `examples:`",
    ),
]
"""One that decides."""
