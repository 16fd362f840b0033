"""`stretto fork`: the checkpoints of a thread, and going back to one of them."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stretto.cli.awaiting import awaited
from stretto.cli.options import Json, Thread

if TYPE_CHECKING:
    from stretto.runs import Storage


@dataclass(frozen=True, slots=True)
class Point:
    """A checkpoint of a thread."""

    checkpoint: str
    step: int
    time: str
    source: str
    """input, loop, update or fork, as LangGraph says."""
    next: tuple[str, ...]
    """The nodes that come after it."""
    asks: int
    """How many questions to a person wait there."""


def fork(
    thread: Thread = "last",
    *,
    to: Annotated[
        str | None, typer.Option("--to", metavar="ID", help="The checkpoint, or how its id begins.")
    ] = None,
    by: Annotated[
        str | None, typer.Option("--by", metavar="NAME", help="Who goes back, for the journal.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Go back to an earlier checkpoint of a thread; without --to, list them.

    What was done before it stays done. What its first step would do again is asked about, unless
    its tool declares that a repeat does no harm.
    """
    awaited(_fork(thread, to, by or "", as_json=as_json))


async def _fork(given: str, to: str | None, by: str, *, as_json: bool) -> None:
    from stretto import runs
    from stretto.build import build
    from stretto.cli.console import loading, screen
    from stretto.cli.finding import find_thread
    from stretto.cli.result import print_json

    async with runs.open_storage() as storage:
        summary = await find_thread(storage.journal, given)
        with loading(summary.team, quiet=as_json):
            graph = build(summary.team)
        points = await history(graph, storage, summary.thread)
        if to is None:
            if as_json:
                print_json([asdict(point) for point in points])
            else:
                _print(summary.thread, points)
            return
        checkpoint = chosen(points, to)
        made = await runs.fork(graph, summary.thread, checkpoint, by=by, storage=storage)
    if as_json:
        print_json({"thread": summary.thread, "checkpoint": made, "origin": checkpoint})
        return
    console = screen()
    console.print(f"thread {summary.thread} is back at {checkpoint}.", highlight=False)
    console.print(f"go on: stretto resume {summary.thread}", style="dim", highlight=False)


async def history(graph: Any, storage: "Storage", thread: str) -> list[Point]:
    """The checkpoints of a thread, newest first."""
    from stretto.runs.stream import compiled

    config: Any = {"configurable": {"thread_id": thread}}
    return [
        Point(
            checkpoint=str(one.config.get("configurable", {})["checkpoint_id"]),
            step=int((one.metadata or {}).get("step", 0)),
            time=one.created_at or "",
            source=str((one.metadata or {}).get("source", "")),
            next=tuple(one.next),
            asks=len(one.interrupts),
        )
        async for one in compiled(graph, storage).aget_state_history(config)
    ]


def chosen(points: list[Point], given: str) -> str:
    """Give the id of the checkpoint that is meant.

    Raises:
        InvalidInput: None begins so, or several do.
    """
    from stretto.errors import InvalidInput

    found = [p.checkpoint for p in points if given and p.checkpoint.startswith(given)]
    if len(found) == 1:
        return found[0]
    if found:
        raise InvalidInput(f"{len(found)} checkpoints begin with {given!r}. Give more of the id.")
    raise InvalidInput(f"no checkpoint begins with {given!r}. See them: stretto fork THREAD")


def _print(thread: str, points: list[Point]) -> None:
    from rich.table import Table
    from rich.text import Text

    from stretto.cli.commands import draw_commands
    from stretto.cli.console import screen

    console = screen()
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_row(*(Text(head, "dim") for head in ("checkpoint", "step", "time", "next")))
    for point in points:
        asks = f" ({point.asks} asked)" if point.asks else ""
        table.add_row(
            Text(point.checkpoint, no_wrap=True),
            Text(str(point.step), no_wrap=True),
            Text(point.time[11:19], "dim", no_wrap=True),
            Text(f"{', '.join(point.next) or 'the end'}{asks}{_origin(point)}"),
        )
    console.print(table)
    commands = [
        (f"stretto fork {thread} --to ID", "go back there"),
        (f"stretto resume {thread} --checkpoint ID", "go back, and see what is asked there"),
    ]
    console.print(draw_commands("next", commands, width=console.width))


def _origin(point: Point) -> str:
    return {"fork": ", a fork", "update": ", an edit"}.get(point.source, "")
