"""The steps of a run as a tree, to find in which of them a failure began."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stretto.records import (
    AnyRecord,
    ModelEnded,
    ModelStarted,
    NodeEnded,
    NodeStarted,
    RunEnded,
    RunStarted,
    ToolEnded,
    ToolStarted,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Start = NodeStarted | ModelStarted | ToolStarted
End = NodeEnded | ModelEnded | ToolEnded


@dataclass(slots=True, eq=False)
class Step:
    """A node, a model call or a tool call."""

    start: Start
    end: End | None = None
    inner: list[Step] = field(default_factory=list["Step"])

    @property
    def name(self) -> str:
        """Of the node, model or tool."""
        match self.start:
            case NodeStarted(node=node):
                return node
            case ModelStarted(model=model):
                return model
            case ToolStarted(tool=tool):
                return tool

    @property
    def error(self) -> str:
        """Why it failed; empty when it did not."""
        if self.end is None:
            return ""
        failed = isinstance(self.end, ModelEnded) or self.end.status == "failed"
        return self.end.error if failed else ""

    @property
    def failed(self) -> bool:
        """Whether it ended by an error."""
        if isinstance(self.end, ModelEnded):
            return bool(self.end.error) or (self.end.forgotten and not self.end.output)
        return self.end is not None and self.end.status == "failed"

    @property
    def done(self) -> bool:
        """Whether it came to a good end."""
        if isinstance(self.end, ModelEnded):
            return not self.failed
        return self.end is not None and self.end.status == "done"

    @property
    def cancelled(self) -> bool:
        """Whether it was not let finish."""
        return isinstance(self.end, NodeEnded | ToolEnded) and self.end.status == "cancelled"

    def all(self) -> Iterator[Step]:
        """It and all within it."""
        yield self
        for step in self.inner:
            yield from step.all()


@dataclass(slots=True)
class Trace:
    """A run: how it began and ended, and its outermost steps."""

    start: RunStarted
    end: RunEnded | None = None
    steps: list[Step] = field(default_factory=list[Step])

    def all(self) -> Iterator[Step]:
        """All steps, outer ones before those within."""
        for step in self.steps:
            yield from step.all()

    def tasks(self) -> Iterator[tuple[str, Step]]:
        """The outermost step of each task, each time it was worked on."""
        for above in self.all():
            for step in above.inner:
                if step.start.task and step.start.task != above.start.task:
                    yield step.start.task, step

    def failure(self) -> list[Step]:
        """The steps that failed one within the other, from the outermost to the origin."""
        found: list[Step] = []
        inner, error = self.steps, self.end.error if self.end else ""
        while (step := _culprit(inner, error)) is not None:
            found.append(step)
            inner, error = step.inner, step.error
        return found

    def at_work(self) -> list[Step]:
        """The innermost steps that have no end."""
        return [s for s in self.all() if s.end is None and all(i.end for i in s.inner)]


def _culprit(steps: list[Step], error: str) -> Step | None:
    """The step that an error came out of: with the same one, else what failed last for good.

    A node that ran out of time was cancelled; its error is the graph's.
    """
    failed = [s for s in steps if s.failed]
    same = [s for s in failed if s.error == error]
    if same:
        return same[-1]
    if "NodeTimeoutError" in error:
        late = [s for s in steps if s.cancelled and f"'{s.name}'" in error]
        return late[-1] if late else None
    last = failed[-1] if failed else None
    if last is None or any(s.name == last.name for s in steps[steps.index(last) + 1 :]):
        return None
    return last


def traced(records: Iterable[AnyRecord]) -> list[Trace]:
    """The runs among the records, oldest first."""
    runs: dict[str, Trace] = {}
    found: list[Trace] = []
    steps: dict[str, Step] = {}
    for record in records:
        match record:
            case RunStarted():
                runs[record.run] = Trace(record)
                found.append(runs[record.run])
            case RunEnded() if record.run in runs:
                runs[record.run].end = record
            case NodeStarted() | ModelStarted() | ToolStarted() if record.run in runs:
                if isinstance(record, NodeStarted) and record.node == "__start__":
                    continue
                above = steps.get(record.parent)
                step = steps[record.span] = Step(record)
                (above.inner if above is not None else runs[record.run].steps).append(step)
            case NodeEnded() | ModelEnded() | ToolEnded() if record.span in steps:
                steps[record.span].end = record
            case _:
                pass
    return found
