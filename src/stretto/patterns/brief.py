"""How a team words what it wants of a member: one message, its parts in tags.

Tags tell a model, real or offline, the request from the material. The text of documents, tools and
people stands inside them as data.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from langchain_core.messages import AnyMessage, HumanMessage

from stretto.members.history import valid_history
from stretto.patterns.answer import in_order, key, numbered
from stretto.state import Plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from stretto.state import Answer, Citation, RuleOutcome, Task, TaskResult, TeamState

EARLIER_TURNS = 3
"""How many earlier answers of the thread a member sees."""
HISTORY = 6
"""How many messages of the conversation the planner sees before the brief."""


def planner_brief(
    state: TeamState, roles: Mapping[str, str], *, max_tasks: int
) -> dict[str, list[AnyMessage]]:
    """Word the request for a plan: the conversation's end, then the brief."""
    review = state.get("review")
    replan = review.reason if review is not None and review.verdict == "replan" else ""
    _, material = request_of(state.get("messages", [])[-1:])
    parts = [
        tag("request", state.get("question", "")),
        material,
        tag("executors", "\n".join(f"{name}: {role}" for name, role in roles.items())),
        tag("limits", f"at most {max_tasks} tasks"),
        tag("rejected", state.get("rejected", "")),
        tag("replan", replan),
        _earlier(state.get("answers", [])),
    ]
    history = whole_turns(state.get("messages", [])[:-1])
    return {"messages": valid_history([*history, brief_message(parts)])}


def task_brief(task: Task, needs: Mapping[str, TaskResult], state: TeamState) -> dict[str, Any]:
    """Word one task, with the results it needs and what was said of its last attempt."""
    review = state.get("review")
    why = [r.why for r in review.revise if r.task == task.id] if review is not None else []
    numbers = {key(c): n for n, c in enumerate(numbered([*needs.values()]), 1)}
    given = "\n".join(_result(r, numbers) for r in needs.values())
    parts = [
        tag("task", task.goal, id=task.id),
        tag("question", state.get("question", "")),
        tag("results", given),
        tag("feedback", "\n".join(why)),
        _earlier(state.get("answers", [])),
    ]
    return {
        "messages": [brief_message(parts)],
        "task": task,
        "question": state.get("question", ""),
        "results": dict(needs),
    }


def review_brief(state: TeamState, *, max_rounds: int) -> dict[str, list[AnyMessage]]:
    """Word the review: every result with its quotations, and what the rules said."""
    ordered = in_order(state.get("plan") or Plan(), state.get("results", {}))
    numbers = {key(c): n for n, c in enumerate(numbered(ordered), 1)}
    parts = [
        tag("request", state.get("question", "")),
        tag("rejected", state.get("rejected", "")),
        tag("results", "\n".join(_result(r, numbers) for r in ordered)),
        tag("checks", checks_text(state.get("checks", []))),
        tag("round", f"{state.get('round', 1)} of {max_rounds}"),
    ]
    return {"messages": [brief_message(parts)]}


def request_of(messages: Sequence[AnyMessage]) -> tuple[str, str]:
    """Read what the last message asks: a person's words, or an outer team's brief.

    Returns:
        The request, and the material that an outer team gave with it (results, feedback).
    """
    if not messages or messages[-1].type != "human":
        return "", ""
    text = messages[-1].text.strip()
    brief = re.fullmatch(r"<(task|request)(?: [^>]*)?>\s*(.*?)\s*</\1>\s*(.*)", text, re.DOTALL)
    if brief is None:
        return text, ""
    material = re.sub(r"<question>.*?</question>\s*", "", brief[3], flags=re.DOTALL)
    return brief[2], material


def checks_text(checks: Iterable[RuleOutcome]) -> str:
    """One line a rule and task: `pass t1 answered`, `FAIL t2 quoted: why`."""
    return "\n".join(
        f"pass {c.task} {c.rule}" if c.passed else f"FAIL {c.task} {c.rule}: {c.detail}"
        for c in checks
    )


def brief_message(parts: Iterable[str]) -> HumanMessage:
    """Make a brief of its parts, without those that are empty."""
    return HumanMessage("\n".join(p for p in parts if p))


def tag(name: str, text: str, **attributes: object) -> str:
    """Put text between tags, as data that cannot close them; nothing when it is blank."""
    if not text.strip():
        return ""
    written = "".join(f' {key}="{value}"' for key, value in attributes.items())
    closed = text.strip().replace(f"</{name}>", f"</ {name}>")
    line = "\n" if "\n" in closed else ""
    return f"<{name}{written}>{line}{closed}{line}</{name}>"


def _result(result: TaskResult, numbers: Mapping[tuple[str, int, str], int]) -> str:
    said = result.text if result.found else "not found"
    lines = [f"goal: {result.goal}", said, *(_place(numbers[key(c)], c) for c in result.citations)]
    return tag("result", "\n".join(lines), task=result.task, agent=result.agent, round=result.round)


def _place(number: int, citation: Citation) -> str:
    quote = " ".join(citation.quote.split())
    return f'[{number}] {citation.path}:{citation.line} {citation.symbol} "{quote}"'


def _earlier(answers: Sequence[Answer]) -> str:
    return tag("earlier", "\n\n".join(_told(a) for a in answers[-EARLIER_TURNS:]))


def _told(answer: Answer) -> str:
    places = [_place(n, c) for n, c in enumerate(answer.citations, 1)]
    return "\n".join([f"question: {answer.question}", f"answer: {answer.text}", *places])


def whole_turns(messages: Sequence[AnyMessage], most: int = HISTORY) -> list[AnyMessage]:
    """The conversation's end, starting at a person's message, as strict providers ask."""
    end = list(messages[-most:])
    while end and end[0].type != "human":
        end.pop(0)
    return end
