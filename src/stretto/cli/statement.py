"""Prints who did what in a thread on one screen, and what its verification came to."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from stretto.cli.commands import draw_commands
from stretto.cli.outcome import model_words
from stretto.cli.threads import STYLES, WORDS
from stretto.cli.words import counted, cut

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from stretto.cli.deeds import Approval, Decision, Deeds, Executor, Use
    from stretto.journal.audit import Report

MOST = 8
"""Lines of a section that are shown unless all are asked for; the newest ones."""
_GOOD = {"done", "returned from the record"}


def print_deeds(console: Console, deeds: Deeds, status: str, *, everything: bool) -> None:
    """Print who decided, who executed, who approved, and what else happened."""
    most = 1_000_000 if everything else MOST
    clock = _Clock(deeds.started, deeds.updated)
    _print_head(console, deeds, status)
    _print_decisions(console, deeds.decisions, clock, most)
    _print_executors(console, deeds.executors)
    _print_approvals(console, deeds.approvals, clock, most)
    if deeds.events:
        table = _section(console, "what else happened", len(deeds.events), most)
        for event in deeds.events[-most:]:
            table.add_row("", clock.of(event.time), Text(event.kind, "yellow"), Text(event.text))
        console.print(table)
    short = deeds.thread if len(deeds.thread) < 20 else deeds.thread[:8]
    commands = [
        (f"stretto audit {short} --verify", "is all of this as it was written?"),
        (f"stretto show {short}", "what was done, step by step"),
    ]
    console.print(draw_commands("next", commands, width=console.width))


def print_report(console: Console, report: Report) -> None:
    """Print what the verification of a thread came to: in a line, or each fault."""
    name = Text(report.thread, "bold")
    if report.ok:
        told = f"{counted(report.records, 'record')}, chain intact"
        if report.first:
            told += f" from {report.first} on, older ones pruned"
        told += f", {counted(report.payloads, 'payload')} as written" if report.payloads else ""
        told += f", {report.forgotten:,} forgotten" if report.forgotten else ""
        match = "matches" if report.anchors == 1 else "match"
        told += f", {counted(report.anchors, 'anchor')} {match}"
        unsigned = report.anchors > 0 and not report.signed
        told += " (signatures not checked: give --public-key)" if unsigned else ""
        console.print(Text.assemble(("✓ ", "green"), name, "  ", told))
        return
    faults = counted(len(report.faults), "fault")
    console.print(
        Text.assemble(("✗ ", "bold red"), name, f"  {counted(report.records, 'record')}, {faults}")
    )
    table = Table.grid(padding=(0, 2, 0, 0))
    for fault in report.faults:
        table.add_row("", Text(fault.kind, "red", no_wrap=True), Text(fault.text))
    console.print(table)


def _print_head(console: Console, deeds: Deeds, status: str) -> None:
    begin, end = (
        time.strftime("%d %b %Y %H:%M", time.localtime(t)) for t in (deeds.started, deeds.updated)
    )
    when = begin if begin == end else f"{begin} to {end[12:] if begin[:11] == end[:11] else end}"
    rows = {
        "thread": Text(deeds.thread, "bold"),
        "team": Text.assemble(
            (deeds.team, "bold cyan"),
            "  ",
            (WORDS.get(status, status), STYLES.get(status, "")),
            f"  {counted(deeds.runs, 'run')}, {when}",
        ),
        "question": Text(cut(deeds.question, 200)),
        "model": Text(model_words(deeds.model) if deeds.model else ""),
        "forgotten": Text(
            "what was said is gone, or part of it" if deeds.forgotten else "", "yellow"
        ),
    }
    table = Table.grid(padding=(0, 1))
    for name, value in rows.items():
        if value:
            table.add_row(Text(name, "dim", no_wrap=True), value)
    console.print(table)


class _Clock:
    """Times of day; with the date where a thread took longer than one."""

    def __init__(self, begin: float, end: float) -> None:
        days = {time.strftime("%x", time.localtime(moment)) for moment in (begin, end)}
        self._form = "%H:%M:%S" if len(days) == 1 else "%d %b %H:%M"

    def of(self, moment: float) -> Text:
        return Text(time.strftime(self._form, time.localtime(moment)), "dim", no_wrap=True)


def _section(console: Console, title: str, count: int, most: int) -> Table:
    console.print()
    head = Text(title, "bold")
    if count > most:
        head.append(f"  the last {most} of {count}, the others with --all", "not bold dim")
    console.print(head)
    return Table.grid(padding=(0, 2, 0, 0))


def _print_decisions(
    console: Console, decisions: Sequence[Decision], clock: _Clock, most: int
) -> None:
    table = _section(console, "who decided", len(decisions), most)
    if not decisions:
        table.add_row("", Text("nobody had a choice that was recorded", "dim"))
    for one in decisions[-most:]:
        why = Text(" ".join(one.reason.split()))
        if one.others:
            why.append(f"{' ' if why else ''}(instead of {', '.join(one.others)})", "dim")
        who = Text(cut(_versioned(one.by, one.version), 24), "cyan", no_wrap=True)
        what = Text(cut(one.decision, 20), "yellow", no_wrap=True)
        table.add_row("", clock.of(one.time), who, what, why)
    console.print(table)


def _print_executors(console: Console, executors: Sequence[Executor]) -> None:
    table = _section(console, "who executed", 0, 0)
    if not executors:
        table.add_row("", Text("no model and no tool was called", "dim"))
    for one in executors:
        for number, use in enumerate(one.uses):
            who = _versioned(one.name, one.version) if number == 0 else ""
            work = _outcomes(use)
            if number == 0 and one.tasks:
                work.append(f"  for {', '.join(one.tasks)}", "dim")
            name = Text(cut(use.name, 32), "" if use.effect == "model" else "blue", no_wrap=True)
            effect = Text(use.effect, "dim", no_wrap=True)
            table.add_row("", Text(cut(who, 24), "cyan", no_wrap=True), name, effect, work)
    console.print(table)


def _outcomes(use: Use) -> Text:
    line = Text()
    for how, count in use.outcomes.items():
        line.append(", " if line else "").append(
            f"{count:,} {how}", "" if how in _GOOD else "yellow"
        )
    return line or Text("begun", "yellow")


def _print_approvals(
    console: Console, approvals: Sequence[Approval], clock: _Clock, most: int
) -> None:
    table = _section(console, "who approved", len(approvals), most)
    if not approvals:
        table.add_row("", Text("nobody was asked", "dim"))
    for one in approvals[-most:]:
        who = one.by or "not named" if one.answered else "nobody yet"
        said = one.answer if one.answered else "waits for an answer"
        line = Text.assemble((said, "" if one.answered else "magenta"))
        if one.asked:
            line.append(f"\n{cut(one.asked, 200)}", "dim")
        if one.by_whom:
            line.append(f" (asked by {one.by_whom})", "dim")
        table.add_row("", clock.of(one.time), Text(cut(who, 24), "magenta", no_wrap=True), line)
    console.print(table)


def _versioned(name: str, version: str) -> str:
    return f"{name}@{version}" if version else name
