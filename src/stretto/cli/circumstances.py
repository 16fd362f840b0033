"""What beside the failing steps themselves had its part in how a turn came to stand."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from stretto.cli.account import LONG, MANY, SHORT, Line, who
from stretto.cli.attempts import attempts
from stretto.cli.notes import noted
from stretto.cli.words import arguments, counted, cut
from stretto.journal import usage
from stretto.records import (
    Answered,
    BreakerChanged,
    Budgeted,
    Compensated,
    DeadLettered,
    Decided,
    EffectEnded,
    EffectStarted,
    Handoff,
    ModelStarted,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stretto.records import AnyRecord


class Circumstances:
    """What records tell of retries, handoffs, limits, people and effects.

    Args:
        records: Of a turn.
        task: What failed belongs to; what happened in other tasks has no part in it. Empty when
            nothing failed, or in no task.
        error: What failed last.
    """

    def __init__(self, records: Sequence[AnyRecord], *, task: str = "", error: str = "") -> None:
        self.records, self.task, self.error = records, task, error
        self.begun = records[0].time

    def _concerns(self, task: str) -> bool:
        return not self.task or task in {self.task, ""}

    def tried(self) -> list[Line]:
        """What was tried again, who took over, and how the first try failed."""
        lines: list[Line] = []
        found = [a for a in attempts(self.records) if self._concerns(a.task)]
        for one in found[-MANY:]:
            lines.append(Line("tried", one.told(), one.time - self.begun))
            if one.step != "tool" and one.error != self.error:  # tools' errors are told in any case
                lines.append(Line("first", f"{one.first} failed: {cut(one.error, SHORT)}"))
        if len(found) > MANY:
            lines.insert(0, Line("tried", f"{counted(len(found) - MANY, 'other step')} again"))
        return lines

    def led(self) -> list[Line]:
        """The plan, the handoffs and the routers' decisions that led there."""
        lines: list[Line] = []
        planned = [t for t in self.tasks() if str(t.get("id")) == self.task]
        if self.task and planned:
            goal = cut(str(planned[-1].get("goal", "")), SHORT)
            lines.append(
                Line("to do", f"task {self.task} for {planned[-1].get('executor')}: {goal}")
            )
        gone = [r for r in self.records if _goes(r) and self._concerns(r.task)]
        steps = [_going(r) for r in gone[-MANY - 1 :]]
        more = (
            f"{counted(len(gone) - len(steps), 'step')} before; " if len(gone) > len(steps) else ""
        )
        if steps:
            lines.append(Line("led there", cut(f"{more}{'; '.join(steps)}", LONG)))
        return lines

    def tasks(self) -> list[dict[str, Any]]:
        """The tasks of the last plan."""
        plans = [r for r in self.records if isinstance(r, Decided) and "tasks" in r.data]
        return list(plans[-1].data["tasks"]) if plans else []

    def limits(self, limits: Mapping[str, float]) -> list[Line]:
        """What was used of the limits, and by whom most, where one was reached."""
        if not any(word in self.error for word in ("LimitReached", "BudgetExceeded", "Recursion")):
            return []
        used = usage(self.records)
        told = [
            f"{getattr(used, k):.9g} of {n:.9g} {k.replace('_', ' ')}"
            for k, n in limits.items()
            if hasattr(used, k)
        ]
        calls = Counter(r.agent or r.node for r in self.records if isinstance(r, ModelStarted))
        most = ", ".join(f"{name} {count}" for name, count in calls.most_common(MANY))
        return [Line("used", f"{', '.join(told)}; models called by {most}")] if most else []

    def people(self) -> list[Line]:
        """What people refused or changed."""
        lines: list[Line] = []
        for record in self.records:
            if isinstance(record, Answered):
                for one in _decisions(record.answer):
                    kind, said = str(one.get("type", "")), str(one.get("message", ""))
                    if kind in {"reject", "respond", "edit"}:
                        words = {"reject": "refused", "respond": "answered", "edit": "changed it"}
                        person = record.by or "a person"
                        told = f"{person} {words[kind]}{f': {cut(said, SHORT)}' if said else ''}"
                        lines.append(Line("person", told, record.time - self.begun))
        return lines[-MANY:]

    def odd(self) -> list[Line]:
        """Breakers, budgets, undone steps, effects that were not repeated."""
        kinds = (BreakerChanged, Budgeted, Compensated, DeadLettered)
        found = [r for r in self.records if isinstance(r, kinds) and noted(r)]
        return [self._noted("besides", record) for record in found[-MANY:]]

    def reviews(self) -> list[Line]:
        """What reviewers said of work that does not count."""
        said = [r for r in self.records if isinstance(r, Decided) and "review" in r.data]
        return [
            Line("reviewed", f"{r.by}: {r.decision}: {cut(r.reason, SHORT)}", r.time - self.begun)
            for r in said[-MANY:]
        ]

    def unsettled(self) -> list[Line]:
        """Effects of which it is not known whether they were done."""
        open_: dict[str, EffectStarted] = {}
        for record in self.records:
            if isinstance(record, EffectStarted):
                open_[record.key] = record
            elif isinstance(record, EffectEnded) and record.status != "unknown":
                open_.pop(record.key, None)
        ways = {"ask": "a resume asks", "fail": "a resume refuses it"}
        return [
            Line("unknown", f"{r.name} {arguments(r.args)} may have been done; "
                 f"{ways.get(r.effect, 'a resume does it again')}", r.time - self.begun)
            for r in list(open_.values())[-MANY:] if r.kind != "model"
        ]  # fmt: skip

    def _noted(self, label: str, record: AnyRecord) -> Line:
        where = who(record.task, record.agent, record.node)
        return Line(label, cut(f"{where}: {noted(record)}", SHORT + 40), record.time - self.begun)


def _goes(record: AnyRecord) -> bool:
    return isinstance(record, Handoff) or (
        isinstance(record, Decided) and record.decision.startswith("goto ")
    )


def _going(record: AnyRecord) -> str:
    match record:
        case Handoff(by=by, to=to, reason=reason):
            return f"{by} handed over to {to}{f' ({cut(reason, 60)})' if reason else ''}"
        case Decided(by=by, decision=decision):
            return f"{by} went to {decision.removeprefix('goto ')}"
        case _:
            return ""


def _decisions(answer: Any) -> list[dict[str, Any]]:
    """The decisions in an answer, in LangChain's words."""
    found = answer.get("decisions") if isinstance(answer, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
