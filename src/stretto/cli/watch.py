"""`stretto watch`: follows a run that another process does."""

from typing import TYPE_CHECKING

import typer

from stretto.cli.awaiting import awaited
from stretto.cli.options import Thread

if TYPE_CHECKING:
    from rich.console import Console

    from stretto.cli.display import Display
    from stretto.journal import Journal

POLL = 0.2
"""Seconds between two looks into the journal."""


def watch(thread: Thread = "last") -> None:
    """Follow a thread's run from another terminal, as the one who started it sees it.

    Ctrl-C ends the watching, not the run. Ends with 1 when the run failed or its process was
    killed.
    """
    from stretto.cli.console import screen

    console = screen()
    try:
        code = awaited(_watch(console, thread))
    except KeyboardInterrupt:
        console.print("no longer watched; the run goes on")
        code = 130
    raise typer.Exit(code)


async def _watch(console: "Console", given: str) -> int:
    from stretto.cli.console import show_on
    from stretto.cli.finding import find_thread
    from stretto.cli.journal import reading
    from stretto.cli.story import print_end

    async with reading() as journal:
        summary = await find_thread(journal, given)
        display = show_on(console)
        try:
            await _follow(journal, summary.thread, display)
            if display.view.status == "running":
                display.kill()
        finally:
            display.close()
    view = display.view
    print_end(console, view)
    return 1 if view.status in {"killed", "failed"} else 0


async def _follow(journal: "Journal", thread: str, display: "Display") -> None:
    """Show records until the run has ended or its process is gone."""
    import asyncio

    from stretto.journal import is_alive, last_turn
    from stretto.records import RunStarted

    records = last_turn(await journal.records(thread))
    start: RunStarted | None = None
    seq, gone = 0, False
    while True:
        for record in records:
            display.add(record)
            seq = record.seq
            start = record if isinstance(record, RunStarted) else start
        display.tick()
        if display.view.status != "running" or (gone and not records):
            return
        gone = start is not None and not is_alive(start)
        if not gone:
            await asyncio.sleep(POLL)
        records = await journal.records(thread, after=seq)
