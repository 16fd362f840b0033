"""`stretto dead-letters`: what had to happen and could not, for a person to see to."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stretto.cli.awaiting import awaited
from stretto.cli.options import Json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stretto.journal import Journal
    from stretto.journal.letters import Letter
    from stretto.runs import Storage

ACTIONS = ("list", "show", "retry", "drop")


def dead_letters(
    action: Annotated[str, typer.Argument(help="list, show, retry or drop.")] = "list",
    letter: Annotated[
        str | None,
        typer.Argument(metavar="[ID]", help="Which one: its id, or the beginning of it."),
    ] = None,
    *,
    thread: Annotated[
        str | None, typer.Option("--thread", metavar="ID", help="Only those of this thread.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="List those that were seen to as well.")
    ] = False,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="For drop: how it was seen to.")
    ] = "",
    result: Annotated[
        str | None,
        typer.Option(
            "--result", metavar="JSON", help="For retry: what the step gave, if nobody knows it."
        ),
    ] = None,
    by: Annotated[
        str | None, typer.Option("--by", metavar="NAME", help="Who sees to it, for the journal.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List what could not be undone, show all about one, try it again, or drop it once it is done.

    A letter stays open until a retry succeeds or somebody drops it with a reason.
    """
    from stretto.errors import InvalidInput, UnknownName

    if action not in ACTIONS:
        raise UnknownName("action", action, ACTIONS, where="stretto dead-letters")
    if action == "list":
        awaited(_list(thread, everything=everything, as_json=as_json))
        return
    if letter is None:
        raise InvalidInput(f"no letter is named. Give its id: stretto dead-letters {action} ID")
    if action == "show":
        awaited(_show(letter, thread, as_json=as_json))
    elif action == "retry":
        awaited(_retry(letter, thread, by, result, as_json=as_json))
    else:
        awaited(_drop(letter, thread, by, reason, as_json=as_json))


async def _list(thread: str | None, *, everything: bool, as_json: bool) -> None:
    from stretto.cli.journal import reading
    from stretto.cli.letters import draw_letters
    from stretto.cli.result import print_json

    async with reading() as journal:
        found = await _letters(journal, thread)
    shown = [each for each in found if everything or each.is_open]
    if as_json:
        print_json([asdict(each) for each in shown])
        return
    from stretto.cli.console import screen

    console = screen()
    console.print(draw_letters(shown, width=console.width))


async def _show(given: str, thread: str | None, *, as_json: bool) -> None:
    from stretto.cli.console import screen
    from stretto.cli.journal import reading
    from stretto.cli.letters import draw_letter
    from stretto.cli.result import print_json
    from stretto.journal.letters import tries

    async with reading() as journal:
        letter = pick(await _letters(journal, thread), given)
        made = tries(await journal.records(letter.thread), letter)
    if as_json:
        print_json({**asdict(letter), "tries": [asdict(each) for each in made]})
        return
    console = screen()
    console.print(draw_letter(letter, made, width=console.width))


async def _retry(
    given: str, thread: str | None, by: str | None, result: str | None, *, as_json: bool
) -> None:
    from stretto import runs
    from stretto.cli.console import screen
    from stretto.cli.finding import find_thread
    from stretto.cli.person import user
    from stretto.cli.result import print_json
    from stretto.cli.undo import load_team
    from stretto.runs.letters import retry_letter

    known: dict[str, Any] = {} if result is None else {"result": _parsed(result)}
    async with runs.open_storage() as storage:
        letter = await _picked(storage, thread, given)
        load_team(await find_thread(storage.journal, letter.thread), quiet=as_json)
        person = user() if by is None else by
        made = await retry_letter(letter, by=person, storage=storage, **known)
    if as_json:
        print_json({"letter": letter.id, "status": made.status, "error": made.error})
    elif made.status == "undone":
        screen().print(f"{letter.name} is undone; the letter {letter.id} is closed.")
    else:
        screen().print(
            f"{letter.name} could not be undone again: {made.error}\n"
            f"The letter stays open: stretto dead-letters show {letter.id}"
        )
    if made.status != "undone":
        raise typer.Exit(1)


async def _drop(
    given: str, thread: str | None, by: str | None, reason: str, *, as_json: bool
) -> None:
    from stretto import runs
    from stretto.cli.console import screen
    from stretto.cli.person import user
    from stretto.cli.result import print_json
    from stretto.runs.letters import drop_letter

    async with runs.open_storage() as storage:
        letter = await _picked(storage, thread, given)
        person = user() if by is None else by
        await drop_letter(letter, by=person, reason=reason, storage=storage)
    if as_json:
        print_json({"letter": letter.id, "status": "dropped"})
    else:
        screen().print(f"the letter {letter.id} ({letter.name}) is dropped: {reason}")


async def _picked(storage: "Storage", thread: str | None, given: str) -> "Letter":
    return pick(await _letters(storage.journal, thread), given)


async def _letters(journal: "Journal", thread: str | None) -> "list[Letter]":
    from stretto.cli.finding import find_thread
    from stretto.journal.letters import all_letters

    named = None if thread is None else (await find_thread(journal, thread)).thread
    return await all_letters(journal, named)


def pick(letters: "Sequence[Letter]", given: str) -> "Letter":
    """Give the letter that is meant, by its id or the beginning of it.

    Raises:
        InvalidInput: None begins so, or several do.
    """
    from stretto.errors import InvalidInput

    found = [each for each in letters if given and each.id.startswith(given)]
    if len(found) == 1:
        return found[0]
    if found:
        told = ", ".join(each.id for each in found[:5])
        raise InvalidInput(f"several letters begin with {given!r}: {told}. Give more of the id.")
    raise InvalidInput(f"no letter {given!r}. See them: stretto dead-letters --all")


def _parsed(text: str) -> Any:
    """JSON, or else the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text
