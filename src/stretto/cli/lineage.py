"""`stretto lineage`: which sources and tool results the answers of a thread came from."""

from typing import TYPE_CHECKING, Annotated

import typer

from stretto.cli.awaiting import awaited
from stretto.cli.options import Json, Thread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stretto.observe.lineage import Lineage


def lineage(
    thread: Thread = "last",
    *,
    turn: Annotated[
        int | None,
        typer.Option("--turn", metavar="N", min=1, help="The turn, from 1; the last by default."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All turns of the thread.")] = False,
    as_json: Json = False,
) -> None:
    """Follow an answer back: claim, quotation, tool result, model call, agent, task.

    Says of each quotation whether its words stand in what a tool returned and lay in front of the
    model that wrote them, and of all else whether it was in front of a model, or only possible.
    """
    found = awaited(_read(thread))
    shown = found if everything else _picked(found, turn)
    if as_json:
        from stretto.cli.result import print_json
        from stretto.observe.lineage import json_of

        print_json({"thread": found[0].thread, "answers": [json_of(one) for one in shown]})
        return
    from stretto.cli.console import screen
    from stretto.cli.lineage_draw import draw_lineage

    console = screen()
    for place, one in enumerate(shown):
        if place:
            console.print()
        console.print(draw_lineage(one))


def _picked(found: "Sequence[Lineage]", turn: int | None) -> "Sequence[Lineage]":
    """The turn that is asked for.

    Raises:
        InvalidInput: There is none of that number.
    """
    from stretto.errors import InvalidInput

    if turn is None:
        return found[-1:]
    if turn > len(found):
        raise InvalidInput(f"there is no turn {turn}. Give one from 1 to {len(found)}.")
    return [found[turn - 1]]


async def _read(thread: str) -> "list[Lineage]":
    from stretto.cli.finding import find_thread
    from stretto.cli.journal import reading
    from stretto.observe.lineage import lineage_of

    async with reading() as journal:
        summary = await find_thread(journal, thread)
        return await lineage_of(journal, summary.thread)
