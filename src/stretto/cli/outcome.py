"""Draws how a turn ended: answer, citations, verdict, what it took, what to try next."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.style import Style
from rich.table import Table
from rich.text import Text

from stretto.cli.indent import Indented
from stretto.cli.words import counted, near, quoted, seconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rich.console import RenderableType

    from stretto.cli.view import View
    from stretto.journal import Usage

_NUMBER = re.compile(r"\[\d+\]")
_HEAD = Text.assemble(
    ("── ", "dim"), ("answer", "bold"), (f" {'─' * 50}", "dim"), no_wrap=True, overflow="crop"
)
OFFLINE = "offline: quotes its sources, does not write"


def model_words(name: str) -> str:
    """A model's name, and of the offline model what it does not do."""
    return OFFLINE if name == "offline" else name


def limit_words(limits: Mapping[str, float]) -> str:
    """The limits that are enforced, in words."""
    told = {
        "model_calls": "model call",
        "tool_calls": "tool call",
        "steps": "superstep",
        "tokens": "token",
    }
    most = [counted(int(limits[k]), noun) for k, noun in told.items() if k in limits]
    if "money" in limits:
        most.append(f"{limits['money']:g} of money")
    if "seconds" in limits:
        most.append(seconds(limits["seconds"]))
    return ", ".join(f"at most {each}" for each in most) or "none"


def draw_header(view: View) -> RenderableType:
    """Draw what is run on what, within which limits."""
    sources = [near(str(s)) for s in view.context.get("sources", ())]
    rows = {
        "team": Text(view.team, "bold cyan"),
        "question": Text(view.question, "bold"),
        "model": Text(model_words(view.model) if view.model else ""),
        "limits": Text(limit_words(view.limits)),
        "sources": Text(", ".join(sources)),
        "thread": Text(view.thread),
    }
    table = Table.grid(padding=(0, 1))
    for name, value in rows.items():
        if value:
            table.add_row(Text(name, "dim", no_wrap=True), value)
    return table


def draw_answer(answer: Mapping[str, Any], goals: Iterable[str] = ()) -> RenderableType:
    """Draw a team's answer with numbered citations, then whether it counts.

    Lines that repeat a task's goal are headings.
    """
    headings = set(goals)
    body = Text()
    for line in (str(answer.get("text", "")).strip() or "(no answer)").splitlines():
        start = len(body)
        body.append(line + "\n", "bold" if line in headings else "")
        for found in _NUMBER.finditer(line):
            body.stylize("cyan", start + found.start(), start + found.end())
    parts: list[RenderableType] = [_HEAD, body]
    for number, cited in enumerate(answer.get("citations", ()), 1):
        parts.append(draw_citation(number, cited))
    if answer.get("verdict", "reply") != "reply":
        parts.append(_counts(answer))
    return Group(*parts)


def draw_citation(number: int, cited: Mapping[str, Any]) -> RenderableType:
    """Draw a citation: where it stands, linked in terminals that can, and the words."""
    path, line = str(cited["path"]), int(cited["line"])
    place = Text(f"{near(path)}:{line}", Style(underline=True, link=_uri(path)))
    head = Text.assemble((f"[{number}]", "cyan"), " ", place)
    if cited.get("symbol"):
        head.append(f"  {cited['symbol']}", "magenta")
    if cited.get("kind") == "code":
        head.append("  code", "yellow")
    quote = Text(f"“{' '.join(str(cited['quote']).split())}”", "italic")
    return Group(head, Indented(quote, 4))


def _uri(path: str) -> str | None:
    try:
        return Path(path).absolute().as_uri()
    except ValueError:
        return None


def _counts(answer: Mapping[str, Any]) -> Text:
    verdict, reason = str(answer.get("verdict", "")), str(answer.get("reason", ""))
    styles = {"accepted": "bold green", "rejected": "bold red"}
    word = {"not accepted": "NOT accepted", "rejected": "REJECTED"}.get(verdict, verdict)
    rounds = int(answer.get("rounds", 0))
    line = Text.assemble("\n", (word, styles.get(verdict, "bold yellow")))
    if rounds:
        line.append(f" after {counted(rounds, 'round')}")
    return line.append(f": {reason}" if reason else "")


def draw_usage(usage: Usage | View, took: float, limits: Mapping[str, float]) -> Text:
    """Draw what a turn used and how long it took."""
    calls = counted(usage.model_calls, "model call")
    if "model_calls" in limits:
        calls = f"{usage.model_calls:,} of {counted(int(limits['model_calls']), 'model call')}"
    parts = [
        calls,
        counted(usage.tool_calls, "tool call"),
        f"{usage.input_tokens:,} tokens in, {usage.output_tokens:,} out",
        seconds(took),
    ]
    return Text(" · ".join(parts), "dim")


def next_commands(view: View, *, searches: bool) -> list[tuple[str, str]]:
    """Three commands to try next, with this thread in them, and what they are for."""
    team = quoted(view.team)
    return [
        (f"stretto chat {team} --thread {view.thread}", "ask a follow-up question"),
        (f"stretto show {view.thread}", "how it came about"),
        (f'stretto run {team} --sources ./docs "..."', "ask your own documents")
        if searches
        else (f"stretto graph {team}", "see the graph"),
    ]
