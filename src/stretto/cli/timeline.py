"""`stretto timeline`: who ran when in a thread, what waited, and what decided how long it took."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stretto.cli.awaiting import awaited
from stretto.cli.options import Json, Thread

if TYPE_CHECKING:
    from stretto.records import AnyRecord


def timeline(
    thread: Thread = "last",
    *,
    run: Annotated[
        str | None,
        typer.Option("--run", metavar="ID", help="Only this run, by the beginning of its id."),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="All turns of the thread, not only the last.")
    ] = False,
    all_steps: Annotated[
        bool, typer.Option("--all-steps", help="Every step, not only those that matter most.")
    ] = False,
    as_records: Annotated[
        bool, typer.Option("--records", help="Record by record, with times, instead.")
    ] = False,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Write a page that holds all of it."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Draw who ran when, waiting against working, with the critical path marked.

    The critical path is the chain of steps that decided when the turn ended: to be faster, make
    one of those faster. Below it: the slowest steps, tokens, money, CPU and memory.
    """
    if run is not None and everything:
        from stretto.errors import InvalidInput

        raise InvalidInput("--run and --all ask for different things. Leave one out.")
    records = awaited(_read(thread, run, everything=everything))
    if as_records:
        from stretto.cli.console import screen
        from stretto.cli.timeline_records import print_records

        print_records(screen(), records)
        return
    from stretto.observe.timeline import json_of, timelines

    lines = timelines(records)
    if html is not None:
        from stretto.observe.page import page

        _write(html, page(lines))
    if as_json:
        from stretto.cli.result import print_json

        print_json({"thread": records[0].thread, "turns": [json_of(line) for line in lines]})
    elif html is not None:
        sys.stdout.write(f"{html}\n")
    else:
        from stretto.cli.console import screen
        from stretto.cli.timeline_draw import draw_timeline

        console = screen()
        for place, line in enumerate(lines):
            if place:
                console.print()
            console.print(draw_timeline(line, width=console.width, everything=all_steps))


async def _read(thread: str, run: str | None, *, everything: bool) -> "list[AnyRecord]":
    from stretto.cli.finding import find_thread
    from stretto.cli.journal import reading
    from stretto.journal import last_turn
    from stretto.observe.timeline import narrowed

    async with reading() as journal:
        summary = await find_thread(journal, thread)
        records = await journal.records(summary.thread)
    if run is not None:
        return narrowed(records, run)
    return records if everything else last_turn(records)


def _write(path: Path, text: str) -> None:
    from stretto.errors import StateUnavailable

    try:
        path.expanduser().write_text(text, "utf-8")
    except OSError as error:
        raise StateUnavailable(
            f"cannot write {str(path)!r}: {error.strerror}. Give --html another file."
        ) from error
