"""`stretto why`: how a turn came to stand as it does, on one screen."""

from typing import TYPE_CHECKING

from stretto.cli.awaiting import awaited
from stretto.cli.options import Json, Thread

if TYPE_CHECKING:
    from rich.console import RenderableType

    from stretto.cli.account import Account
    from stretto.journal import ThreadSummary
    from stretto.records import AnyRecord

HEAD = 5
"""Rows for the head, the question and what the shell prints below."""
STYLES = {
    "error": "bold red",
    "failed in": "red",
    "before": "yellow",
    "tried": "yellow",
    "first": "yellow",
    "person": "magenta",
    "asks": "magenta",
    "unknown": "bold yellow",
    "nothing": "green",
}


def why(thread: Thread = "last", *, as_json: Json = False) -> None:
    """Tell how a failure came about: from what you saw back to where it began.

    Which call failed first, what was tried again, who took over, how the work got there, what else
    was stopped, what is stored, and how to go on. Of a thread that did not fail it tells what it
    waits for, or that nothing failed.
    """
    from stretto.cli.causes import account

    summary, records = awaited(_read(thread))
    found = account(records, summary.status)
    if as_json:
        from dataclasses import asdict

        from stretto.cli.result import print_json

        print_json(asdict(found))
        return
    from stretto.cli.commands import draw_commands
    from stretto.cli.console import screen

    console = screen()
    commands = draw_commands("next", found.commands, width=console.width)
    if console.is_terminal:
        from dataclasses import replace

        from stretto.cli.account import fitted

        taken = len(console.render_lines(commands)) + HEAD
        rows = console.height - taken
        found = replace(found, lines=tuple(fitted(found.lines, width=console.width, rows=rows)))
    console.print(draw_account(found))
    console.print(commands)


def draw_account(found: "Account") -> "RenderableType":
    """Draw an explanation, without the commands."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    from stretto.cli.words import cut

    head = Text.assemble((found.team, "bold cyan"), " ", (found.head, "bold"))
    head.append(f"  (thread {found.thread})", "dim")
    parts: list[RenderableType] = [head]
    if found.question:
        parts.append(Text(cut(found.question, 150), "italic"))
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for line in found.lines:
        told = Text(line.text, STYLES.get(line.label, ""))
        table.add_row(Text(line.label, "dim"), told.append(line.when, "dim"))
    return Group(*parts, table)


async def _read(thread: str) -> "tuple[ThreadSummary, list[AnyRecord]]":
    from stretto.cli.finding import find_thread
    from stretto.cli.journal import reading
    from stretto.journal import last_turn

    async with reading() as journal:
        summary = await find_thread(journal, thread)
        return summary, last_turn(await journal.records(summary.thread))
