"""The rules by which results are judged before the reviewer sees them.

A rule is a plain function with a name and a sentence; what it says is printed, journaled and given
to the reviewer. A binding rule cannot be overruled: an acceptance against it becomes a revision.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from stretto.models.offline.lexical import coverage, met, stems, terms
from stretto.sources.quotes import quote_stands
from stretto.state import RuleOutcome, Task, TaskResult

Check = Callable[[Task, TaskResult], str | Awaitable[str]]
"""Says what falls short, and nothing when the rule holds."""


@dataclass(frozen=True)
class Rule:
    """One thing that must hold of a task's result."""

    name: str
    text: str
    """The rule in a sentence."""
    check: Check
    binding: bool = True
    """Whether the reviewer cannot accept against it."""


def _answered(_task: Task, result: TaskResult) -> str:
    if result.found and result.text.strip():
        return ""
    if result.stopped:
        return f"not worked on: {result.stopped}"
    return "not found in the sources; look for it in other words"


def _cited(_task: Task, result: TaskResult) -> str:
    return "" if result.citations else "nothing is quoted; quote the place that says so"


async def _quoted(_task: Task, result: TaskResult) -> str:
    stands = await asyncio.gather(
        *(asyncio.to_thread(quote_stands, citation) for citation in result.citations)
    )
    wrong = [f"{c.path}:{c.line}" for c, ok in zip(result.citations, stands, strict=True) if not ok]
    return f"these words do not stand at {', '.join(wrong)}; copy them exactly" if wrong else ""


def _covers(task: Task, result: TaskResult) -> str:
    said = " ".join([result.text, *(f"{c.symbol} {c.quote}" for c in result.citations)])
    wanted, bag = terms(task.goal), stems(said)
    if not wanted or coverage(wanted, bag) >= COVERED:
        return ""
    missing = [t.word for t in wanted if met(t, bag) < COVERED]
    return f"nothing is said of {', '.join(missing)}; look for that"


COVERED = 0.5
"""Share of a task's key words that its result has to take up."""

answered = Rule("answered", "each task has an answer from the sources", _answered)
cited = Rule("cited", "each answer quotes at least one source", _cited)
quoted = Rule("quoted", "each quotation stands at its place, word for word", _quoted)
covers = Rule(
    "covers",
    "each answer takes up at least half of its task's key words",
    _covers,
    binding=False,
)


async def judge(
    rules: Sequence[Rule], tasks: Sequence[Task], results: dict[str, TaskResult]
) -> list[RuleOutcome]:
    """Apply rules to results; an answer that was not found is only judged by `answered`.

    A person's refusal counts as a rule that failed.
    """
    outcomes: list[RuleOutcome] = []
    for task in tasks:
        result = results[task.id]
        if result.refused:
            outcomes.append(
                RuleOutcome(rule="approved", task=task.id, passed=False, detail=result.refused)
            )
        for rule in rules if result.found else [r for r in rules if r.name == answered.name]:
            said = rule.check(task, result)
            detail = await said if inspect.isawaitable(said) else said
            outcomes.append(
                RuleOutcome(rule=rule.name, task=task.id, passed=not detail, detail=detail)
            )
    return outcomes
