"""`stretto prune`: removes old runs from the journal."""

import re
from typing import Annotated

import typer

from stretto.cli.awaiting import awaited
from stretto.cli.options import Json

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
_AGE = re.compile(r"(\d+(?:\.\d+)?) ?([smhdw])")


def prune(
    older_than: Annotated[
        str | None,
        typer.Option("--older-than", metavar="AGE", help="Such as 30d, 12h or 6w."),
    ] = None,
    keep: Annotated[
        int | None,
        typer.Option("--keep", min=0, metavar="N", help="Keep the newest N runs of each thread."),
    ] = None,
    *,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask whether it is meant.")
    ] = False,
    by: Annotated[
        str | None, typer.Option("--by", metavar="NAME", help="Who prunes, for the journal.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Remove old runs from the beginnings of all threads; what is left still verifies.

    With both options a run goes only when it is older and not among the newest. A thread's last
    turn stays until it is done.
    """
    awaited(_prune(older_than, keep, by, yes=yes, as_json=as_json))


async def _prune(
    older_than: str | None, keep: int | None, by: str | None, *, yes: bool, as_json: bool
) -> None:
    from stretto.cli.console import screen
    from stretto.cli.forget import confirmed
    from stretto.cli.journal import reading
    from stretto.cli.person import user
    from stretto.cli.result import print_json
    from stretto.cli.words import counted
    from stretto.errors import InvalidInput

    if older_than is None and keep is None:
        raise InvalidInput(
            "nothing says which runs are old. Give --older-than 30d, --keep 10, or both."
        )
    age = None if older_than is None else age_of(older_than)
    if not yes:
        await confirmed(
            "the records of old runs would be gone for good, in all threads",
            "remove the records of old runs from all threads for good?",
            can_ask=not as_json,
        )
    async with reading() as journal:
        removed = await journal.prune(
            older_than=age, keep=keep, by=by if by is not None else user()
        )
    if as_json:
        print_json({"records": removed})
    elif removed:
        screen().print(
            f"{counted(removed, 'record')} removed. The rest still verifies: stretto audit --verify"
        )
    else:
        screen().print("no run is that old: nothing was removed.")


def age_of(given: str, option: str = "--older-than") -> float:
    """An age in seconds: a number and one of s, m, h, d, w.

    Args:
        given: What was typed.
        option: The option it was given with.

    Raises:
        InvalidInput: It is none.
    """
    from stretto.errors import InvalidInput

    if (found := _AGE.fullmatch(given.strip().lower())) is None:
        raise InvalidInput(f"{option} {given!r} is no age. Give one such as 30d, 12h or 6w.")
    return float(found[1]) * _UNITS[found[2]]
