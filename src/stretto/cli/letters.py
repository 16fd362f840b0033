"""Draws dead letters: in a list, and one with all that a person needs to see to it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from stretto import clock
from stretto.cli.commands import draw_commands
from stretto.cli.words import ago, counted, cut, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from stretto.journal.letters import Letter, Try

NONE = "no dead letters: nothing waits to be seen to."
_KINDS = {"undo": "could not be undone", "branch": "failed, and nobody waited for it"}


def draw_letters(letters: Sequence[Letter], *, width: int) -> RenderableType:
    """Draw a list of letters and what can be done with them."""
    if not letters:
        return Text(NONE)
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_row(*(Text(head, "dim") for head in ("id", "when", "thread", "what", "tries", "why")))
    for each in reversed(letters):
        state = Text(f"{each.how} " if each.how else "", "green")
        table.add_row(
            Text(each.id, "bold", no_wrap=True),
            Text(ago(clock.now() - each.time), "dim", no_wrap=True),
            Text(cut(each.thread, 24), no_wrap=True),
            Text(cut(each.name, 30), "cyan", no_wrap=True),
            Text(str(each.attempts)),
            state.append(cut(each.error, max(20, width - 90)), "" if each.how else "red"),
        )
    commands = [("stretto dead-letters show ID", "all about one, and what to do")]
    return Group(table, draw_commands("next", commands, width=width))


def draw_letter(letter: Letter, made: Sequence[Try], *, width: int) -> RenderableType:
    """Draw one letter: what, when, why, with what, by whom, and how to see to it."""
    what = f"{letter.name} {_KINDS.get(letter.kind, 'could not be done')}"
    head = Text.assemble((what, "bold red" if letter.is_open else "bold"), f"  ({letter.id})")
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for label, told in _lines(letter, made):
        table.add_row(Text(label, "dim"), Text(told))
    parts: list[RenderableType] = [head, table]
    if letter.is_open:
        parts += [Text(f"\n{_by_hand(letter)}"), _next(letter, width)]
    return Group(*parts)


def called(letter: Letter) -> str:
    """The call that undoes the step, as one would write it."""
    told: dict[str, Any] = letter.args
    args = [told.get("result"), *told.get("args", ())]
    named = [f"{name}={value!r}" for name, value in told.get("kwargs", {}).items()]
    name = letter.undo.rpartition(":")[2] or letter.name
    return f"{name}({', '.join([*map(repr, args), *named])})" if told else ""


def _lines(letter: Letter, made: Sequence[Try]) -> list[tuple[str, str]]:
    where = " ".join(part for part in (letter.agent, letter.node, letter.task) if part)
    lines = [
        ("when", f"{_moment(letter.time)} ({ago(clock.now() - letter.time)})"),
        ("why", letter.error or "not known: what was said is forgotten"),
        ("thread", letter.thread),
        ("run", letter.run),
        ("step", f"{letter.name}{f' in {where}' if where else ''}"),
        ("key", letter.key),
        ("undo", letter.undo),
        *_given(letter),
        ("tries", counted(letter.attempts, "attempt")),
    ]
    lines += [
        ("", f"{_moment(each.time)} {each.status or 'never came back'}{_why(each.error)}")
        for each in made
    ]
    if not letter.is_open:
        person = f" by {letter.by}" if letter.by else ""
        when = _moment(letter.closed or letter.time)
        lines.append(("closed", f"{letter.how}{person} at {when}{_why(letter.reason)}"))
    return [(label, told) for label, told in lines if told]


def _given(letter: Letter) -> list[tuple[str, str]]:
    """What it was given, as far as that is known."""
    unknown = "what it was given is not known here"
    if letter.kind != "branch":
        return [("call", called(letter) or unknown)]
    told = [f"{name}: {value}" for name, value in letter.args.items()] or [unknown]
    return [("given" if place == 0 else "", line) for place, line in enumerate(told)]


def _by_hand(letter: Letter) -> str:
    call = called(letter)
    if letter.kind == "branch":
        return (
            f"Its run has ended without it. Ask {letter.name} anew, or do by hand what it was to "
            "do; then drop the letter with a reason."
        )
    if letter.kind != "undo":
        return "See to it by hand, then drop the letter with a reason."
    how = f"what {call} would do" if call else f"what undoes {letter.name}"
    return f"By hand: do {how}, then drop the letter with a reason."


def _next(letter: Letter, width: int) -> RenderableType:
    commands = [
        (f"stretto dead-letters retry {letter.id}", "when the cause is mended"),
        (f'stretto dead-letters drop {letter.id} --reason "..."', "when it is done by hand"),
        (f"stretto why {quoted(letter.thread)}", "how it came about"),
    ]
    return draw_commands("next", commands if letter.kind == "undo" else commands[1:], width=width)


def _moment(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))


def _why(text: str) -> str:
    return f": {text}" if text else ""
