"""`stretto import`: puts message logs of other systems into the journal."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stretto.cli.awaiting import awaited
from stretto.cli.options import Json

if TYPE_CHECKING:
    from collections.abc import Sequence

SHOWN = 10
"""Threads named on the screen."""


def import_messages(
    file: Annotated[
        Path, typer.Argument(help="Messages in OpenAI's format: JSON or JSON Lines, .gz or not.")
    ],
    thread: Annotated[
        str,
        typer.Option("--thread", metavar="PREFIX", help="What to call the threads. [file's name]"),
    ] = "",
    as_json: Json = False,
) -> None:
    """Import message logs, so that runs of any other system can be shown, audited and replayed.

    Each conversation becomes a thread. A list of messages, an object with `messages`, or one of
    these a line. Nothing is imported when a line is malformed.
    """
    threads = awaited(_import(file, thread))
    if as_json:
        from stretto.cli.result import print_json

        print_json({"threads": threads})
        return
    _tell(threads)


async def _import(file: Path, prefix: str) -> list[str]:
    from stretto.cli.journal import reading
    from stretto.replay import import_log

    async with reading() as journal:
        return await import_log(journal, file, prefix=prefix)


def _tell(threads: "Sequence[str]") -> None:
    from rich.text import Text

    from stretto.cli.commands import draw_commands
    from stretto.cli.console import screen
    from stretto.cli.words import counted, quoted

    console = screen()
    console.print(Text(f"imported {counted(len(threads), 'conversation')}", "green"))
    for name in threads[:SHOWN]:
        console.print(Text(f"  {name}"))
    if len(threads) > SHOWN:
        console.print(Text(f"  … and {len(threads) - SHOWN} more (stretto threads)", "dim"))
    first = quoted(threads[0])
    commands = [
        (f"stretto show {first}", "what was said"),
        (f"stretto replay {first}", "run it again"),
    ]
    console.print(draw_commands("next", commands, width=console.width))
