"""`stretto threads`: the threads of this project, the one worked on last first."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from stretto.cli.awaiting import awaited
from stretto.cli.options import Json

if TYPE_CHECKING:
    from rich.text import Text

    from stretto.journal import ThreadSummary

STYLES = {
    "running": "cyan",
    "done": "green",
    "interrupted": "magenta",
    "stopped": "yellow",
    "failed": "red",
    "killed": "bold red",
}
HEADS = ("thread", "team", "status", "when", "runs", "question")
ROOMY = 120
"""Columns from which thread ids are shown whole."""
WORDS = {"interrupted": "waits for you"}


def threads(
    count: Annotated[int, typer.Option("--count", "-n", min=1, help="How many at most.")] = 20,
    as_json: Json = False,
) -> None:
    """List threads: how they stand, who works on them, what was asked."""
    found = awaited(_threads())
    if as_json:
        from stretto.cli.result import print_json

        print_json([asdict(one) for one in found[:count]])
        return
    _print(found, count)


async def _threads() -> "list[ThreadSummary]":
    from stretto.cli.journal import reading

    async with reading() as journal:
        return await journal.threads()


def _print(found: "list[ThreadSummary]", count: int) -> None:
    from rich.table import Table
    from rich.text import Text

    from stretto.cli.console import screen
    from stretto.cli.words import cut

    console = screen()
    if not found:
        console.print(Text("no threads yet. Start one: stretto run TEAM QUESTION"))
        return
    whole = not console.is_terminal or console.width >= ROOMY
    rows = [_row(one, whole=whole) for one in found[:count]]
    used = sum(max(len(row[i].plain) for row in rows) + 2 for i in range(len(HEADS) - 1))
    room = max(12, console.width - used - 2)
    if used + 12 > console.width:
        for row in rows:
            console.print(Text("  ").join(row[:4]), soft_wrap=True)
    else:
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_row(*(Text(head, "dim") for head in HEADS))
        for row in rows:
            table.add_row(*row[:-1], Text(cut(row[-1].plain, room), no_wrap=True))
        console.print(table)
    if len(found) > count:
        console.print(Text(f"and {len(found) - count} more: --count {len(found)}", "dim"))


def _row(one: "ThreadSummary", *, whole: bool) -> "list[Text]":
    from rich.text import Text

    from stretto import clock
    from stretto.cli.words import ago, cut

    return [
        Text(one.thread if whole else one.thread[:8], no_wrap=True),
        Text(cut(one.team, 24), "cyan", no_wrap=True),
        Text(WORDS.get(one.status, one.status), STYLES.get(one.status, ""), no_wrap=True),
        Text(ago(clock.now() - one.updated), "dim", no_wrap=True),
        Text(str(one.runs), no_wrap=True),
        Text(one.question),
    ]
