"""Which spans are tasks of a plan, and how long each waited for the others.

LangGraph begins all tasks of a plan at once; each waits inside for what it needs and for a slot. So
a task works from its first inner step on. Until the last task it needs had ended it waited for
that; if another task ended after that and before its first step, it waited for the slot.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from stretto.observe.timeline import Wait

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stretto.observe.timeline import Span
    from stretto.records import Decided

APPROVAL = " approval"
"""Ends the name of the step in which a person is asked about a task's result."""


class Tasks:
    """Learns the plan from what was decided, and finds its tasks among the spans."""

    def __init__(self) -> None:
        self._plans: dict[str, dict[str, tuple[str, ...]]] = {}
        """What each task needs, by the task that the plan is within; empty for the outermost."""
        self._found: dict[tuple[int, str], Span] = {}
        """The span of each task, by the number of the span around it."""
        self._named: dict[int, dict[str, tuple[str, ...]]] = {}
        """The needs of tasks, by the number of their span's parent."""

    def take(self, record: Decided) -> None:
        """Take in a decision; a plan is one with tasks."""
        tasks = record.data.get("tasks")
        if isinstance(tasks, list):
            given = [cast("Mapping[str, Any]", t) for t in tasks if isinstance(t, dict)]
            self._plans[record.task] = {
                str(t.get("id", "")): tuple(map(str, _listed(t.get("needs")))) for t in given
            }

    def began(self, span: Span, above: Span) -> None:
        """Take in a span that began: it may be a task's, or that of its approval."""
        name, plan = span.name.removesuffix(APPROVAL), self._plans.get(span.task, {})
        if span.kind != "node" or name not in plan or above.kind != "node":
            return
        needs = (name,) if name != span.name else plan[name]
        self._found[above.number, span.name] = span
        self._named.setdefault(above.number, {})[span.name] = needs
        span.task = name

    def settle(self, spans: Sequence[Span]) -> None:
        """Note what each task needed, and what it waited for."""
        first, last = _inner(spans)
        for (above, name), span in self._found.items():
            known = self._needed(above, name)
            span.needs = tuple(one.number for one in known)
            begun = first.get(span.number, span.end)
            held_up = span.number not in first and any(one.status != "done" for one in known)
            if held_up and span.status == "failed":
                span.status, span.error = "cancelled", ""  # nothing of it was done
            ready = min(max((o.end for o in known), default=span.begin), begun)
            if ready > span.begin:
                names = ", ".join(one.name for one in known)
                span.waits.append(Wait("needs", span.begin, ready, names))
            self._await_slot(above, span, ready, begun, last)

    def _needed(self, above: int, name: str) -> list[Span]:
        """The spans whose end another waits for: the approvals of tasks, where there are some.

        What approves a task waits for the task itself.
        """
        suffixes = ("",) if name.endswith(APPROVAL) else (APPROVAL, "")
        found = [
            next((s for end in suffixes if (s := self._found.get((above, need + end)))), None)
            for need in self._named[above][name]
        ]
        return [span for span in found if span is not None]

    def _await_slot(
        self, above: int, span: Span, ready: float, begun: float, last: Mapping[int, float]
    ) -> None:
        if begun >= span.end:
            return
        others = [o for (a, _), o in self._found.items() if a == above and o is not span]
        freed = [
            (last.get(o.number, o.end), o)
            for o in others
            if ready < last.get(o.number, o.end) <= begun
        ]
        if freed:
            until, by = max(freed, key=lambda one: one[0])
            span.waits.append(Wait("slot", ready, until, by.name))
            if by.end <= begun:
                span.needs = (*span.needs, by.number)


def _inner(spans: Sequence[Span]) -> tuple[dict[int, float], dict[int, float]]:
    """When the first step within each span began, and the last one ended."""
    first: dict[int, float] = {}
    last: dict[int, float] = {}
    for span in spans:
        if span.parent >= 0:
            first.setdefault(span.parent, span.begin)
            last[span.parent] = max(span.end, last.get(span.parent, span.end))
    return first, last


def _listed(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []
