"""The fields of a team's state, as a file declares them."""

from __future__ import annotations

from typing import Any, Literal

from stretto.spec.named import Said, StepName, TypeName


class StateField(Said):
    """A field of the state, with more than its type."""

    type: TypeName = TypeName("any")
    """What it holds."""
    one_of: list[str] = []
    """The texts that it may hold, in place of `type`."""
    merge: Literal["replace", "append"] | StepName = "replace"
    """What becomes of a second value: it replaces the first, is appended to it (lists), or both are
    given to a function, the old one first."""


Fields = dict[str, TypeName | StateField]
"""Types by field; a field that merges what is written to it says so."""

State = Fields | StepName
"""The fields, or the name of a `TypedDict` of `steps/`."""

Conditions = dict[str, Any]
"""A condition for each field or path of the state, as in a decision table: a value, a comparison
(`">= 10"`), a range (`"[1..5)"`), a list of which one must hold, `"-"` for any."""
