"""Where an effect happens: the run, the place in the graph, and the how-many-th of its node."""

from __future__ import annotations

import contextlib
import hashlib
import threading
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakKeyDictionary

from langchain_core.callbacks import BaseCallbackManager
from langgraph.config import get_config

from stretto.errors import InvalidInput
from stretto.journal.handler import JournalHandler

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from langchain_core.runnables import RunnableConfig

    from stretto.journal.deciding import Call

# LangGraph's own names in a config; none of them is a promised API.
_TASK = "__pregel_call"
"""An object that each execution of a task has of its own."""
_DURABILITY = "__pregel_durability"
_CHECKPOINTS = "checkpoint_map"


@dataclass(slots=True)
class _Counts:
    """How many effects an execution of a node has asked for, by kind."""

    attempt: int
    made: dict[str, int] = field(default_factory=dict[str, int])
    branch: int = 0
    """Who of those that take over from one another is at work; 0 for the first."""


_counts: WeakKeyDictionary[Any, _Counts] = WeakKeyDictionary()
_counting = threading.Lock()
_key: ContextVar[str] = ContextVar("stretto_idempotency_key", default="")


@dataclass(frozen=True, slots=True)
class Where:
    """A place in a journaled run."""

    handler: JournalHandler
    fields: Mapping[str, Any]
    """What every record of it tells."""
    place: str
    checkpoints: Mapping[str, str]
    task: Any
    attempt: int

    def ordinal(self, kind: str) -> str:
        """The number of the next effect of this kind in this execution of the node, from 0."""
        with _counting:
            counts = _counts.get(self.task)
            if counts is None or counts.attempt != self.attempt:
                counts = _counts[self.task] = _Counts(self.attempt)
            number = counts.made.get(kind, 0)
            counts.made[kind] = number + 1
            branch = counts.branch
        return f"{branch}.{number}" if branch else str(number)

    def mark(self) -> dict[str, int]:
        """How many effects of each kind this execution has asked for so far."""
        with _counting:
            counts = _counts.get(self.task)
            return {} if counts is None or counts.attempt != self.attempt else dict(counts.made)

    def back(self, mark: Mapping[str, int]) -> None:
        """Count again from there: what follows asks for the same effects once more."""
        with _counting:
            branch = _counts[self.task].branch if self.task in _counts else 0
            _counts[self.task] = _Counts(self.attempt, dict(mark), branch)

    def branched(self, branch: int) -> None:
        """Count the effects of who takes over from the start, apart from those of the others."""
        with _counting:
            _counts[self.task] = _Counts(self.attempt, branch=branch)

    def again(self, kind: str) -> None:
        """Take the last ordinal back: it failed, and who tries again means the same."""
        with _counting:
            counts = _counts.get(self.task)
            if counts is not None and counts.made.get(kind):
                counts.made[kind] -= 1


def here(config: RunnableConfig | None = None) -> Where | None:
    """Where the code that runs now is; `None` outside a journaled run of a graph.

    Raises:
        InvalidInput: The run stores nothing before its end (`durability="exit"`).
    """
    try:
        at = config or get_config()
    except RuntimeError:
        return None
    callbacks = at.get("callbacks")
    if not isinstance(callbacks, BaseCallbackManager):
        return None
    handler = next((h for h in callbacks.handlers if isinstance(h, JournalHandler)), None)
    metadata = at.get("metadata") or {}
    fields = None if handler is None else handler.here(callbacks.parent_run_id, metadata)
    inside = cast("Mapping[str, Any]", at.get("configurable") or {})
    place = str(inside.get("checkpoint_ns") or "")
    if handler is None or fields is None or not place:
        return None
    if inside.get(_DURABILITY) == "exit":
        raise InvalidInput(
            "effects cannot be single in a run with durability='exit', which stores nothing before "
            "its end. Use 'sync' or 'async'."
        )
    attempt = getattr(inside.get("__pregel_runtime"), "execution_info", None)
    agent = fields["agent"] or str(metadata.get("agent") or "")  # of a function: its node tells
    return Where(
        handler,
        {**fields, "place": place, "agent": agent},
        place,
        dict(inside.get(_CHECKPOINTS) or {}),
        inside.get(_TASK) or handler,
        getattr(attempt, "node_attempt", 1),
    )


@contextlib.contextmanager
def keyed(call: Call) -> Generator[None]:
    """Let code inside read the idempotency key of this effect."""
    digest = hashlib.sha256(f"{call.thread}\n{call.key}".encode()).hexdigest()
    token = _key.set(digest[:32])
    try:
        yield
    finally:
        _key.reset(token)


def idempotency_key() -> str:
    """The key of the effect at work, 32 hexadecimal characters; the same each time it is repeated.

    Pass it to a service that drops what it has seen (an `Idempotency-Key` header). Empty outside
    an effect of a journaled run.
    """
    return _key.get()
