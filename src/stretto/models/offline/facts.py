"""What there is to fill a typed output or a tool's arguments from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from stretto.models.offline.evidence import Evidence, alike, gather
from stretto.models.offline.goals import completed, subject_of
from stretto.models.offline.review import Judgement, judged
from stretto.models.offline.talk import small_talk

if TYPE_CHECKING:
    from stretto.models.offline.brief import Brief


@dataclass(frozen=True)
class Facts:
    """A brief with what follows from it, each worked out once and only when asked for."""

    brief: Brief

    @property
    def request(self) -> str:
        """What is asked, in the asker's words."""
        return self.brief.request

    @cached_property
    def question(self) -> str:
        """What is asked, standing alone: completed from the question before when it refers back."""
        return completed(self.request, subject_of(self.brief.questions))

    @cached_property
    def evidence(self) -> Evidence:
        """What the material says to the question."""
        return gather(self.question, self.brief.sources())

    @cached_property
    def reply(self) -> str:
        """The reply to small talk, empty when there is something to do."""
        return small_talk(self.request)

    @cached_property
    def judgement(self) -> Judgement | None:
        """What the rules of a review come to, `None` when nothing is to be reviewed."""
        return judged(self.brief.parts)

    def about(self, request: str) -> Facts:
        """The same material for another request."""
        return Facts(replace(self.brief, request=request))


def answer(evidence: Evidence) -> str:
    """An answer made of quotations only, each said once; empty when nothing was found."""
    said: list[str] = []
    for quote in evidence.quotes:
        if not any(alike(quote.unit.quote, other) for other in said):
            said.append(quote.unit.quote)
    return " ".join(f'"{each}"' for each in said)
