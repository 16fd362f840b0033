"""What whoever starts a run knows of it and LangChain's callbacks do not tell."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What the caller knows of a run and the callbacks do not tell."""

    team: str = ""
    question: str = ""
    """Taken from the input when empty."""
    version: str = ""
    """Of the team, where a file declares it."""
    model: str = ""
    context: Mapping[str, Any] = field(default_factory=dict[str, Any])
    by: str = ""
    """Who gives the answers that this run resumes with."""
    gave: Mapping[str, str] = field(default_factory=dict[str, str])
    """Who gave those of them that are given once more, by interrupt id."""
    checkpoint: str = ""
    """The checkpoint it starts from, where it is not the thread's newest."""
    fence: int = 0
    """Number of the taking of the thread that it writes under."""
