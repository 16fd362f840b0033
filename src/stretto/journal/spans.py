"""What must be known of a run and of the steps in it until they end."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from stretto.errors import LimitReached
from stretto.journal.values import cut
from stretto.records import AGENT_KEY, TASK_KEY

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from stretto.policy import Limits

Kind = Literal["run", "node", "model", "tool", "other"]
"""What a span is; of `other` no record tells, it only leads from a child to its parent."""


@dataclass(slots=True, eq=False)
class Run:
    """A call of a graph while it goes on."""

    id: str
    thread: str
    model_calls: int = 0
    tool_calls: int = 0
    asked: dict[str, Span] = field(default_factory=dict[str, "Span"])
    """The innermost node of each interrupt, by its id."""
    told: set[str] = field(default_factory=set[str])
    """Ids of the interrupts that were written."""
    interrupted: bool = False
    spans: set[UUID] = field(default_factory=set["UUID"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A step of a run while it goes on."""

    run: Run
    kind: Kind
    started: float
    id: str
    parent: str = ""
    place: str = ""
    node: str = ""
    agent: str = ""
    task: str = ""
    name: str = ""
    """Of the model or tool."""
    call: str = ""
    """The tool call id."""

    def fields(self, now: float) -> dict[str, Any]:
        """What every record of this span tells."""
        return {
            "time": now,
            "thread": self.run.thread,
            "run": self.run.id,
            "span": self.id,
            "parent": self.parent,
            "place": self.place,
            "node": self.node,
            "agent": self.agent,
            "task": self.task,
        }

    def at(self, metadata: Mapping[str, Any]) -> Span:
        """The same span, where the metadata of a callback says it is."""
        return replace(
            self,
            place=cut(str(metadata.get("langgraph_checkpoint_ns") or self.place), 5_000),
            node=cut(str(metadata.get("langgraph_node") or self.node)),
            agent=cut(str(metadata.get(AGENT_KEY) or metadata.get("lc_agent_name") or self.agent)),
            task=cut(str(metadata.get(TASK_KEY) or self.task)),
        )


class Spans:
    """The spans that are open, by the run id that LangChain gives to each step."""

    def __init__(self) -> None:
        self._open: dict[UUID, Span] = {}
        self._counting = threading.Lock()

    def __len__(self) -> int:
        return len(self._open)

    def __contains__(self, key: object) -> bool:
        return key in self._open

    def get(self, key: UUID | None) -> Span | None:
        """The open span of that run id."""
        return None if key is None else self._open.get(key)

    def add(self, key: UUID, span: Span) -> Span:
        """Open a span."""
        self._open[key] = span
        span.run.spans.add(key)
        return span

    def pop(self, key: UUID) -> Span | None:
        """Close a span, and with a run all that is left open in it."""
        span = self._open.pop(key, None)
        if span is None:
            return None
        span.run.spans.discard(key)
        if span.kind == "run":
            for left in tuple(span.run.spans):
                self._open.pop(left, None)
        return span

    def count(self, run: Run, kind: Literal["model_calls", "tool_calls"], limits: Limits) -> None:
        """Count a call that is about to be made.

        Raises:
            LimitReached: It would be one too many; it is not counted.
        """
        limit: int | None = getattr(limits, kind)
        with self._counting:
            used: int = getattr(run, kind)
            if limit is not None and used >= limit:
                raise LimitReached(
                    f"the run has used its {limit} {kind.replace('_', ' ')}; what it has done is "
                    f"stored. Resume it with a higher --max-{kind.replace('_', '-')} "
                    f"(in Python: Limits({kind}=...))."
                )
            setattr(run, kind, used + 1)

    def uncount_tool(self, run: Run) -> None:
        """Take back a tool call that waits for a person: it will be started again."""
        with self._counting:
            run.tool_calls -= 1
