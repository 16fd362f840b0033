"""`stretto undo`: undoes what the last turn of a thread did, after asking."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from stretto.cli.awaiting import awaited
from stretto.cli.options import Json, Thread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stretto.journal import ThreadSummary
    from stretto.journal.owed import Step
    from stretto.members.undoing import Undone


def undo(
    thread: Thread,
    *,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask whether it is meant.")
    ] = False,
    by: Annotated[
        str | None, typer.Option("--by", metavar="NAME", help="Who undoes it, for the journal.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Undo what the last turn of a thread did: the last step first, each as it declares.

    Shows what would be undone and asks. Only steps that declare an undo, came to an end and are not
    undone yet. An undo that fails three times becomes a dead letter (stretto dead-letters). A turn
    that has not ended cannot be resumed from there.
    """
    awaited(_undo(thread, by, yes=yes, as_json=as_json))


async def _undo(given: str, by: str | None, *, yes: bool, as_json: bool) -> None:
    from stretto import runs
    from stretto.cli.console import screen
    from stretto.cli.finding import find_thread
    from stretto.cli.forget import confirmed
    from stretto.cli.person import user
    from stretto.cli.words import counted
    from stretto.runs.undoing import compensate, turn_undoing

    async with runs.open_storage() as storage:
        summary = await find_thread(storage.journal, given)
        load_team(summary, quiet=as_json)
        left = await (await turn_undoing(storage, summary.thread)).owed()
        if left and not as_json:
            screen().print(_listed(left))
        if left and not yes:
            what = counted(len(left), "step")
            await confirmed(
                f"{what} of thread {summary.thread!r} would be undone",
                f"undo {what}?",
                can_ask=not as_json,
            )
        person = user() if by is None else by
        made = await compensate(summary.thread, by=person, storage=storage) if left else []
    _tell(summary.thread, made, as_json=as_json)


def load_team(summary: "ThreadSummary", *, quiet: bool) -> None:
    """Load the thread's team, so that its functions are found; a team without a place is left out.

    Raises:
        BadDefinition: Its file is wrong.
    """
    from stretto.build import build
    from stretto.cli.console import loading
    from stretto.errors import BadDefinition, InvalidInput

    try:
        with loading(summary.team, quiet=quiet):
            build(summary.team)
    except BadDefinition:
        raise
    except InvalidInput:  # run from a program under a name of its own
        return


def _listed(left: "Sequence[Step]") -> Any:
    """What would be undone, in that order."""
    from rich.table import Table
    from rich.text import Text

    from stretto import clock
    from stretto.cli.words import ago

    table = Table.grid(padding=(0, 2, 0, 0))
    for step in left:
        start = step.start
        note = "" if step.end else "may have been done: a person's"
        table.add_row(
            Text(start.name, "cyan"),
            Text(ago(clock.now() - start.time), "dim"),
            Text(start.agent or start.node, "dim"),
            Text(f"by {start.undo}{_lost(start.undo)}"),
            Text(note, "yellow"),
        )
    return table


def _lost(name: str) -> str:
    """A warning where what undoes a step is not found."""
    from stretto.errors import StrettoError
    from stretto.members.undo import undo_function

    try:
        undo_function(name)
    except StrettoError:
        return " (not found: it would become a dead letter)"
    return ""


def _tell(thread: str, made: "Sequence[Undone]", *, as_json: bool) -> None:
    from rich.text import Text

    from stretto.cli.commands import draw_commands
    from stretto.cli.console import screen
    from stretto.cli.result import print_json

    if as_json:
        told = [
            {
                "step": each.step.start.name,
                "id": each.step.id,
                "status": each.status,
                "error": each.error,
            }
            for each in made
        ]
        print_json({"thread": thread, "undone": told})
        return
    console = screen()
    if not made:
        console.print(Text(f"nothing of the last turn of thread {thread} is to be undone."))
        return
    dead = [each for each in made if each.status == "dead letter"]
    for each in made:
        mark, style = ("✗", "red") if each in dead else ("✓", "green")
        said = f" {each.step.start.name} {each.status}"
        console.print(Text.assemble((mark, style), said, f": {each.error}" if each.error else ""))
    if dead:
        commands = [
            (f"stretto dead-letters show {each.step.id}", each.step.start.name) for each in dead
        ]
        console.print(draw_commands("next", commands, width=console.width))
