"""Puts the results of a plan together as one answer with numbered citations."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stretto.state import Answer, Citation, Plan, TaskResult

NOT_FOUND = "not found in the sources"


def compose(plan: Plan, results: Mapping[str, TaskResult]) -> tuple[str, list[Citation]]:
    """Give the text of every task in the plan's order, and the citations it numbers."""
    ordered = in_order(plan, results)
    citations = numbered(ordered)
    parts = [_part(r, citations, headed=len(ordered) > 1) for r in ordered]
    return "\n\n".join(parts), citations


def in_order(plan: Plan, results: Mapping[str, TaskResult]) -> list[TaskResult]:
    """The results there are, in the plan's order."""
    return [results[t.id] for t in plan.tasks if t.id in results]


def numbered(results: Sequence[TaskResult]) -> list[Citation]:
    """The different citations of several results; number n stands at place n - 1."""
    return list({key(c): c for r in results for c in r.citations}.values())


def key(citation: Citation) -> tuple[str, int, str]:
    """What makes two citations the same."""
    return citation.path, citation.line, citation.quote


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


def _part(result: TaskResult, citations: Sequence[Citation], *, headed: bool) -> str:
    keys = [key(c) for c in citations]
    marks = "".join(f"[{n}]" for n in sorted({keys.index(key(c)) + 1 for c in result.citations}))
    if result.stopped:
        said = f"not worked on: {result.stopped}"
    elif not result.found:
        said = NOT_FOUND if headed else NOT_FOUND.capitalize() + "."
    else:
        said = f"{result.text} {marks}".strip()
    return f"{result.goal}\n{said}" if headed else said
