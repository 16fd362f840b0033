"""Prints turns that are over as one would have seen them go by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from stretto import clock
from stretto.cli.ask import answering, draw_asked
from stretto.cli.commands import draw_commands
from stretto.cli.outcome import draw_answer, draw_header, draw_usage
from stretto.cli.progress import fold
from stretto.cli.review import draw_review
from stretto.cli.steps import draw_steps
from stretto.cli.tree import draw_round
from stretto.records import RunStarted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from stretto.cli.view import View
    from stretto.journal import ThreadStatus
    from stretto.records import AnyRecord


def turns(records: Sequence[AnyRecord]) -> list[list[AnyRecord]]:
    """Part records by turn: a question and all work on it."""
    parted: list[list[AnyRecord]] = []
    for record in records:
        if not parted or (isinstance(record, RunStarted) and not record.resumed):
            parted.append([])
        parted[-1].append(record)
    return parted


def print_story(console: Console, records: Sequence[AnyRecord], status: ThreadStatus) -> None:
    """Print each turn: what was asked, the rounds with their reviews, how it ended.

    `status` is how the last turn stands.
    """
    parted = turns(records)
    for number, turn in enumerate(parted):
        progress = fold(turn)
        is_last = number == len(parted) - 1
        if is_last and status == "killed":
            progress.kill()
        end = clock.now() if is_last and status == "running" else turn[-1].time
        _print_turn(console, progress.view, end)
        if any(record.forgotten for record in turn):
            console.print(Text("what was said here is forgotten; what happened stays", "dim"))
        if not is_last:
            console.print()


def _print_turn(console: Console, view: View, end: float) -> None:
    console.print(draw_header(view))
    console.print()
    for one in view.rounds:
        title = f"plan by {one.planner}" if one.number == 1 else f"round {one.number}"
        console.print(Text(title, "bold"))
        console.print(draw_round(one, end, width=console.width))
        if one.verdict is not None:
            console.print(draw_review(one, explain=one.number == 1))
        console.print()
    for note in view.notes:
        console.print(Text(note, "yellow"))
    if not view.rounds:
        console.print(draw_steps(view.steps, end))
    print_end(console, view)


def print_end(console: Console, view: View) -> None:
    """Print how a turn ended, or what it waits for."""
    if view.answer is not None:
        goals = [task.goal for one in view.rounds for task in one.tasks.values()]
        console.print(draw_answer(view.answer, goals))
    if view.asked and view.status == "interrupted":
        console.print(draw_asked(view.asked))
    console.print(draw_usage(view, view.seconds, view.limits))
    console.print(_status(view))
    if view.asked and view.status == "interrupted":
        commands = answering(view.thread, view.asked)
        console.print(draw_commands("answer it", commands, width=console.width))


def _status(view: View) -> Text:
    again = f", resumed {view.resumed} times" if view.resumed > 1 else ""
    again = ", resumed once" if view.resumed == 1 else again
    go_on = f"  Go on: stretto resume {view.thread}"
    match view.status:
        case "done":
            return Text(f"done{again}", "green")
        case "running":
            return Text(f"running{again}  Follow it: stretto watch {view.thread}", "cyan")
        case "interrupted":
            return Text(f"waits for a person{again}", "magenta")
        case "failed":
            where = f" in {view.failed_in}" if view.failed_in else ""
            return Text(f"failed{where}{again}: {view.error}.{go_on}", "red")
        case "killed":
            return Text(f"its process ended without a word{again}.{go_on}", "red")
        case _:
            return Text(f"{view.status}{again}.{go_on}", "yellow")
