"""Puts the results of a plan together as one answer with numbered citations."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stretto.state import Answer, Citation, Plan, TaskResult

NOT_FOUND = "not found in the sources"


def compose(plan: Plan, results: Mapping[str, TaskResult]) -> tuple[str, list[Citation]]:
    """Give the text of the tasks that no other task needs, and the citations it numbers."""
    used = {need for task in plan.tasks for need in task.needs}
    last = [results[t.id] for t in plan.tasks if t.id not in used and t.id in results]
    citations = _distinct(last)
    single = len(last) == 1
    parts = [_part(r, citations, headed=not single) for r in last]
    return "\n\n".join(parts), citations


def cite(text: str, results: Mapping[str, TaskResult], plan: Plan) -> tuple[str, list[Citation]]:
    """Keep a reviewer's own text, with the citations of the results behind it."""
    return text, _distinct([results[t.id] for t in plan.tasks if t.id in results])


def message_text(answer: Answer) -> str:
    """Word an answer as a message: its text, then where each citation stands."""
    marked = answer.text if answer.verdict in {"accepted", "reply"} else _marked(answer)
    places = [
        f"[{n}] {c.path}:{c.line}{f' ({c.symbol})' if c.symbol else ''}"
        for n, c in enumerate(answer.citations, 1)
    ]
    return "\n".join([marked, *([""] if places else []), *places])


def _marked(answer: Answer) -> str:
    reason = f": {answer.reason}" if answer.reason else ""
    return f"{answer.text}\n\n({answer.verdict}{reason})"


def _distinct(results: Sequence[TaskResult]) -> list[Citation]:
    return list({_key(c): c for r in results for c in r.citations}.values())


def _key(citation: Citation) -> tuple[str, int, str]:
    return citation.path, citation.line, citation.quote


def _part(result: TaskResult, citations: Sequence[Citation], *, headed: bool) -> str:
    keys = [_key(c) for c in citations]
    marks = "".join(f"[{n}]" for n in sorted({keys.index(_key(c)) + 1 for c in result.citations}))
    if not result.found:
        said = NOT_FOUND if headed else NOT_FOUND.capitalize() + "."
    else:
        said = f"{result.text} {marks}".strip()
    return f"{result.goal}\n{said}" if headed else said
