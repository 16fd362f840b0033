"""What must be known of a run and of the steps in it until they end."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from stretto.journal.budgets import limit_reached
from stretto.journal.following import Failures
from stretto.journal.handoffs import Handoffs
from stretto.journal.values import cut
from stretto.records import AGENT_KEY, TASK_KEY, VERSION_KEY
from stretto.resilience.budget_tree import Accounts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from stretto.policy import Limits
    from stretto.resilience.budget import Reservation

PLACE = 5_000
"""Characters of a place that a record keeps."""
Kind = Literal["run", "node", "model", "tool", "other"]
"""What a span is; of `other` no record tells, it only leads from a child to its parent."""


@dataclass(slots=True, eq=False)
class Run:
    """A call of a graph while it goes on."""

    id: str
    thread: str
    accounts: Accounts = field(default_factory=Accounts)
    """What it may spend, and has."""
    tool_calls: int = 0
    held: dict[str, Call] = field(default_factory=dict[str, "Call"])
    """Model calls that go on, by the id of their span."""
    asked: dict[str, Span] = field(default_factory=dict[str, "Span"])
    """The innermost node of each interrupt, by its id."""
    told: set[str] = field(default_factory=set[str])
    """Ids of the interrupts that were written."""
    interrupted: bool = False
    spans: set[UUID] = field(default_factory=set["UUID"])
    failures: Failures = field(default_factory=Failures)
    handoffs: Handoffs = field(default_factory=Handoffs)
    given: set[str] = field(default_factory=set[str])
    """Digests of the payloads that the journal was given in this run."""
    began: float = 0.0
    """When it began, on the clock of who made it, in seconds."""
    cpu: float = field(default_factory=time.process_time)
    """Seconds of CPU that the process had used when it began."""
    origin: str = ""
    """The run that this one is another attempt of, as a server calls it."""


@dataclass(slots=True, kw_only=True, eq=False)
class Span:
    """A step of a run while it goes on; never changed (`frozen` would triple what one costs)."""

    run: Run
    kind: Kind
    started: float
    id: str
    parent: str = ""
    place: str = ""
    node: str = ""
    agent: str = ""
    version: str = ""
    task: str = ""
    within: str = ""
    """Id of the innermost node's span: its own, or of the one it is in."""
    name: str = ""
    """Of the node, model or tool."""
    call: str = ""
    """The tool call id."""
    asked: str = ""
    """Digest of what it was given."""
    step: str = ""
    """Place in the chain that it is in, such as "3 of 7"."""

    @property
    def work(self) -> tuple[str, ...]:
        """What is done in it, whoever does it: a retry and a fallback do the same."""
        if self.kind == "node":
            return "", self.place
        return self.within, self.kind, self.call or self.asked

    def is_in(self, node: Span) -> bool:
        """Whether it is a step of that node, or of a graph in it."""
        below = bool(node.place) and self.place.startswith(f"{node.place}|")
        return self.within == node.id or below

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
            "version": self.version,
            "task": self.task,
        }

    def at(self, metadata: Mapping[str, Any]) -> Span:
        """The same span, where the metadata of a callback says it is."""
        told: dict[str, Any] = self._told(metadata)
        return replace(self, **told)

    def below(
        self, kind: Kind, key: str, now: float, metadata: Mapping[str, Any], **names: str
    ) -> Span:
        """A step that begins within this one, where the metadata of its callback says.

        `key` is LangChain's run id of it.
        """
        is_told = kind != "other"
        return Span(
            run=self.run,
            kind=kind,
            started=now,
            id=key if is_told else self.id,
            parent=self.id if is_told else self.parent,
            within=key if kind == "node" else self.within,
            **self._told(metadata),
            **names,
        )

    def _told(self, metadata: Mapping[str, Any]) -> dict[str, str]:
        said = metadata.get
        place, node = said("langgraph_checkpoint_ns"), said("langgraph_node")
        agent, version, task = (
            said(AGENT_KEY) or said("lc_agent_name"),
            said(VERSION_KEY),
            said(TASK_KEY),
        )
        step = said("step")
        told = {
            "step": cut(step) if isinstance(step, str) else self.step,
            "place": cut(str(place), PLACE) if place else self.place,
            "node": cut(str(node)) if node else self.node,
            "agent": cut(str(agent)) if agent else self.agent,
            "task": cut(str(task)) if task else self.task,
        }
        same = self.version if told["agent"] == self.agent else ""
        return told | {"version": cut(str(version)) if version else same}


class Call(NamedTuple):
    """A model call that goes on."""

    span: Span
    reservation: Reservation
    task: asyncio.Task[Any] | None
    """Who waits for it; `None` where that is a thread without an event loop."""

    @property
    def is_left(self) -> bool:
        """Whether nobody waits for it any more, as seen from where its node ends."""
        task = self.task
        return task is not None and (task.done() or task is running_task())


def running_task() -> asyncio.Task[Any] | None:
    """The task that runs this code."""
    try:
        return asyncio.current_task()
    except RuntimeError:  # no event loop runs in this thread
        return None


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

    def count_tool(self, run: Run, limits: Limits) -> None:
        """Count a tool call that is about to be made.

        Raises:
            LimitReached: It would be one too many; it is not counted.
        """
        limit = limits.tool_calls
        with self._counting:
            if limit is not None and run.tool_calls >= limit:
                raise limit_reached("tool_calls", limit)
            run.tool_calls += 1

    def uncount_tool(self, run: Run) -> None:
        """Take back a tool call that waits for a person: it will be started again."""
        with self._counting:
            run.tool_calls -= 1
