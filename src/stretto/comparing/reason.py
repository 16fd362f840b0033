"""Why a thread cannot go on, or not quite as it was."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason."""

    text: str
    """In words, without a full stop."""
    fatal: bool = True
    """Whether the thread cannot go on; else it can, but this is to be known."""
