"""Works out from records how a turn came to stand as it does: what one saw, back to its origin."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from stretto.cli.account import LONG, MANY, SHORT, Account, Line, who
from stretto.cli.ask import actions, answering
from stretto.cli.circumstances import Circumstances
from stretto.cli.remedies import going_on
from stretto.cli.trace import Step, Trace, traced
from stretto.cli.undone import is_undone
from stretto.cli.words import arguments, counted, cut, plain, seconds
from stretto.journal.queries import is_alive
from stretto.records import (
    Answered,
    Decided,
    Interrupted,
    ModelStarted,
    NodeStarted,
    Outcome,
    ToolStarted,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stretto.journal import ThreadStatus
    from stretto.records import AnyRecord


def account(records: Sequence[AnyRecord], status: ThreadStatus) -> Account:
    """Explain a turn.

    Args:
        records: All of the turn: a question and the work on it since, resumes included.
        status: How the thread stands.
    """
    turn = _Turn(records, status)
    tell: dict[ThreadStatus, Callable[[], list[Line]]] = {
        "failed": turn.failed,
        "killed": turn.killed,
        "interrupted": turn.waits,
        "running": turn.runs,
        "stopped": turn.stopped,
        "done": turn.done,
    }
    lines = [*turn.earlier(), *tell[status]()]
    question = next((t.start.question for t in turn.traces if t.start.question), "")
    return Account(
        thread=turn.last.start.thread,
        team=turn.last.start.team,
        status=status,
        question=question,
        head=turn.head(),
        lines=tuple(lines),
        commands=tuple(turn.commands()),
    )


class _Turn:
    """A turn that is explained."""

    def __init__(self, records: Sequence[AnyRecord], status: ThreadStatus) -> None:
        self.records, self.status = records, status
        self.traces = traced(records)
        self.last = self.traces[-1]
        self.begun = records[0].time
        self.path = self.last.failure()
        failed = self.path[-1] if self.path and status == "failed" else None
        error = self.last.end.error if self.last.end else ""
        self.around = Circumstances(
            records,
            task=failed.start.task if failed else "",
            error=(failed.error or error) if failed else error,
        )

    def head(self) -> str:
        """How it stands, in a sentence."""
        took = seconds(sum(t.end.seconds for t in self.traces if t.end))
        again = len(self.traces) - 1
        resumed = f", resumed {counted(again, 'time')}" if again else ""
        told = {
            "failed": f"failed after {took}",
            "killed": "was cut off: its process ended without a word",
            "interrupted": f"waits for a person after {took}",
            "running": "is running",
            "stopped": f"was asked to stop, and did at a safe point after {took}",
            "done": f"is done, in {took}",
        }
        return f"{told[self.status]}{resumed}"

    def failed(self) -> list[Line]:
        """From what was seen back to where it began."""
        error = self.last.end.error if self.last.end else ""
        origin = self.path[-1] if self.path else None
        lines = [Line("error", cut(error, LONG) or "forgotten")]
        if origin is not None:
            why = f": {cut(origin.error, SHORT)}" if origin.error not in {"", error} else ""
            how = "ran out of time" if origin.cancelled else f"failed{why}"
            told = f"{self._where()}: {_kind(origin)} {how}"
            lines.append(self._line("failed in", told, origin))
            lines += self._given(origin)
        lines += [
            *self.around.tried(),
            *self.around.limits(self.last.start.limits),
            *self.around.led(),
            *self.around.people(),
            *self.around.odd(),
        ]
        return [*lines, *self._beside(), *self.around.unsettled(), *self._kept()]

    def killed(self) -> list[Line]:
        """What was at work when the process ended."""
        lines = [self._line("was at", self._step(s), s) for s in self.last.at_work()[:MANY]]
        parts = [
            self.around.tried(),
            self.around.led(),
            self.around.people(),
            self.around.odd(),
            self.around.unsettled(),
        ]
        return [*lines, *(line for part in parts for line in part), *self._kept()]

    def waits(self) -> list[Line]:
        """What a person is asked, and where."""
        lines: list[Line] = []
        for record in self._waiting().values():
            asked = actions(record.value)
            told = ", ".join(f"{a.get('name')} {arguments(a.get('args') or {})}" for a in asked)
            what = told or plain(record.value)
            asker, what = _asker(record, what)
            time = record.time - self.begun
            lines.append(Line("asks", f"{asker}: {cut(what, LONG)}", time))
        if not lines:
            lines.append(Line("stands", "at a breakpoint; nobody is asked anything"))
        return [
            *lines,
            *self.around.tried(),
            *self.around.led(),
            *self.around.people(),
            *self.around.odd(),
            *self.around.unsettled(),
        ]

    def runs(self) -> list[Line]:
        """What is at work."""
        lines = [self._line("is at", self._step(s), s) for s in self.last.at_work()[:MANY]]
        return [*lines, *self.around.tried(), *self.around.led(), *self.around.odd()]

    def stopped(self) -> list[Line]:
        """What was left."""
        return [
            *self._beside(),
            *self.around.tried(),
            *self.around.led(),
            *self.around.unsettled(),
            *self._kept(),
        ]

    def done(self) -> list[Line]:
        """Nothing failed for good; what did on the way, and what the answer counts for."""
        outcome = next((r for r in reversed(self.records) if _is_verdict(r)), None)
        lines: list[Line] = []
        match outcome:
            case Outcome(verdict=verdict, reason=reason) | Decided(decision=verdict, reason=reason):
                why = f": {cut(reason, SHORT)}" if reason else ""
                lines.append(Line("came to", f"{verdict}{why}"))
                if verdict not in {"accepted", "reply"}:
                    lines += self.around.reviews()
            case _:
                pass
        handled = [s for t in self.traces for s in t.all() if s.failed and not s.inner]
        nothing = not handled and not self.earlier()
        if nothing and (not lines or lines[0].text.startswith(("accepted", "reply"))):
            lines.append(Line("nothing", "failed"))
        more = [
            *self.around.tried(),
            *self._told_tools(),
            *self.around.led(),
            *self.around.people(),
            *self.around.odd(),
        ]
        return [*lines, *more]

    def earlier(self) -> list[Line]:
        """How the runs before the last one ended, where they did not just wait."""
        lines: list[Line] = []
        for trace in self.traces[:-1]:
            if trace.end is not None and trace.end.status == "interrupted":
                continue
            path = trace.failure()
            where = f" in {self._where(path)}" if path else ""
            ended = trace.end.status if trace.end else _cut_off(trace, self.last)
            why = f": {cut(trace.end.error, SHORT)}" if trace.end and trace.end.error else ""
            time = (trace.end or trace.start).time - self.begun
            lines.append(Line("before", f"{ended}{where}{why}; then gone on", time))
        return lines[-MANY:]

    def commands(self) -> list[tuple[str, str]]:
        """What to type next."""
        thread, error = self.last.start.thread, self.last.end.error if self.last.end else ""
        waiting = {i: r.value for i, r in self._waiting().items()}
        show = (f"stretto show {thread}", "all that happened")
        if self.status not in {"running", "done"} and is_undone(self.records):
            return [(f"stretto fork {thread}", "go back to before it; it was undone"), show]
        match self.status:
            case "interrupted" if waiting:
                return [*answering(thread, waiting)[:MANY], show]
            case "running":
                return [(f"stretto watch {thread}", "follow it"), show]
            case "done":
                return [show]
            case "failed":
                return [going_on(thread, error, self.last.start.limits), show]
            case _:
                return [(f"stretto resume {thread}", "what is done is not done again"), show]

    def _line(self, label: str, text: str, step: Step) -> Line:
        return Line(label, text, (step.end or step.start).time - self.begun)

    def _where(self, path: list[Step] | None = None) -> str:
        """The way to the origin of a failure, in names, each once."""
        steps = self.path if path is None else path
        names: list[str] = []
        for step in steps:
            start = step.start
            agent = start.agent if start.agent not in names and start.agent != step.name else ""
            for name in (start.task, agent, step.name):
                if name and name not in names:
                    names.append(name)
        return " > ".join(names)

    def _step(self, step: Step) -> str:
        start = step.start
        worker = who(start.task, start.agent, start.node)
        given = f" {arguments(start.args)}" if isinstance(start, ToolStarted) else ""
        return worker if isinstance(start, NodeStarted) else f"{worker}: {step.name}{given}"

    def _given(self, origin: Step) -> list[Line]:
        start = origin.start
        if isinstance(start, ToolStarted) and start.args:
            return [Line("given", arguments(start.args, SHORT))]
        if isinstance(start, ModelStarted):
            return [Line("given", counted(start.messages, "message"))]
        return []

    def _told_tools(self) -> list[Line]:
        """Tools that failed and whose models were told, each call once."""
        failed = {
            s.start.call or s.start.span: s
            for t in self.traces
            for s in t.all()
            if isinstance(s.start, ToolStarted) and s.failed
        }
        lines = [
            self._line("on the way", f"{self._step(s)} failed: {cut(s.error, SHORT)}", s)
            for s in list(failed.values())[-MANY:]
        ]
        if len(failed) > MANY:
            more = counted(len(failed) - MANY, "tool call")
            lines.insert(0, Line("on the way", f"{more} failed before"))
        return lines

    def _beside(self) -> list[Line]:
        """What was cancelled because a sibling failed, or the run was stopped."""
        gone: list[str] = []
        failed = {s.start.place for s in self.path}
        outermost = [s for s in self.last.all() if s.cancelled and s.start.place not in failed]
        inside = {id(i) for s in outermost for i in s.all() if i is not s}
        for step in outermost:
            name = step.start.task or step.start.node or step.name
            if id(step) not in inside and isinstance(step.start, NodeStarted) and name not in gone:
                gone.append(name)
        return [Line("beside it", f"cancelled: {', '.join(gone)}")] if gone else []

    def _kept(self) -> list[Line]:
        """What is done and will not be done again."""
        done = {task for t in self.traces for task, step in t.tasks() if step.done}
        if planned := [str(t.get("id")) for t in self.around.tasks()]:
            kept = ", ".join(t for t in planned if t in done) or "nothing"
            left = ", ".join(t for t in planned if t not in done)
            return [Line("stored", f"done {kept}{f'; left {left}' if left else ''}")]
        nodes = Counter(step.name for step in self.last.steps if step.done)
        told = [f"{n} {counted(c, 'time')}" if c > 1 else n for n, c in nodes.items()]
        return [Line("stored", f"done {cut(', '.join(told), SHORT)}")] if told else []

    def _waiting(self) -> dict[str, Interrupted]:
        waiting: dict[str, Interrupted] = {}
        for record in self.records:
            if isinstance(record, Interrupted):
                waiting[record.interrupt] = record
            elif isinstance(record, Answered):
                if record.interrupt:
                    waiting.pop(record.interrupt, None)
                else:
                    waiting.clear()
        return waiting


_EFFECT_QUESTION = re.compile(r"ask about (.+) \S+ (unknown|failed|fork) \d+")
"""The task in which the ledger asks about an effect, and no node of the graph."""


def _asker(record: Interrupted, what: str) -> tuple[str, str]:
    """Who asks, and what: of a question of the ledger's, the node and the effect."""
    asked = _EFFECT_QUESTION.fullmatch(record.node)
    if asked is None:
        return who(record.task, record.agent, record.node), what
    outer = [part.partition(":")[0] for part in record.place.split("|")]
    node = next((name for name in reversed(outer) if not name.startswith("ask about ")), "")
    return who(record.task, record.agent, node), f"whether {what} happened"


def _cut_off(trace: Trace, last: Trace) -> str:
    """Why a run has no end: another process took its thread, or its own ended."""
    if 0 < trace.start.fence < last.start.fence and is_alive(trace.start):
        return "taken over by another process"
    return "cut off: its process ended"


def _is_verdict(record: AnyRecord) -> bool:
    return isinstance(record, Outcome) or (isinstance(record, Decided) and record.by == "team")


def _kind(step: Step) -> str:
    return {"node_started": "the node", "model_started": "the model", "tool_started": "the tool"}[
        step.start.type
    ]
