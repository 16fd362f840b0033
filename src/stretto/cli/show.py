"""`stretto show`: what happened in a thread, from its records."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from stretto.cli.awaiting import awaited
from stretto.cli.options import Thread

if TYPE_CHECKING:
    from stretto.journal import ThreadSummary
    from stretto.records import AnyRecord


def show(
    thread: Thread = "last",
    everything: Annotated[
        bool, typer.Option("--all", help="All turns of the thread, not only the last.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the records, one JSON object a line.")
    ] = False,
) -> None:
    """Show what a thread did: plan, tasks, tool calls, decisions with reasons, the answer."""
    summary, records = awaited(_read(thread))
    if as_json:
        shown = records if everything else _last(records)
        sys.stdout.writelines(f"{record.model_dump_json()}\n" for record in shown)
        return
    from stretto.cli.console import screen
    from stretto.cli.story import print_story

    shown = records if everything else _last(records)
    print_story(screen(), shown, summary.status)


async def _read(thread: str) -> "tuple[ThreadSummary, list[AnyRecord]]":
    from stretto.cli.finding import find_thread
    from stretto.cli.journal import reading

    async with reading() as journal:
        summary = await find_thread(journal, thread)
        return summary, await journal.records(summary.thread)


def _last(records: "list[AnyRecord]") -> "list[AnyRecord]":
    from stretto.journal import last_turn

    return last_turn(records)
