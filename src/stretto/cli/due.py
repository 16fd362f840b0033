"""`stretto due`: what waits for people, who is to be reminded, and what goes on without them."""

from __future__ import annotations

import json
import shlex
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stretto.cli.awaiting import awaited
from stretto.cli.options import Json, use_model
from stretto.errors import InvalidInput, StrettoError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from stretto.runs import Storage
    from stretto.runs.due import Waiting

SECONDS = 30.0
"""How long the program that reminds may take."""


def due(
    command: Annotated[
        str | None,
        typer.Option(
            "--command", metavar="PROGRAM", help="Reminds: gets the question as JSON on its input."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """See to questions that wait for people: let go on what is over, remind, list the rest.

    Threads whose deadline is over go on as their team says: the next person is asked, or a default
    counts. Ends with 1 when something could not be seen to. Made for cron.
    """
    told, failed = awaited(_due(_program(command)))
    if as_json:
        from stretto.cli.result import print_json

        print_json(told)
    else:
        from stretto.cli.console import screen

        screen().print(_drawn(told))
    raise typer.Exit(1 if failed else 0)


def _program(command: str | None) -> list[str]:
    if command is None:
        return []
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise InvalidInput(f"--command {command!r} cannot be read: {error}. Quote it.") from error
    if not words:
        raise InvalidInput("--command is empty. Name a program, or leave it out.")
    return words


async def _due(program: Sequence[str]) -> tuple[list[dict[str, Any]], bool]:
    """See to all; gives what was done of each, and whether something failed."""
    from stretto import clock
    from stretto.runs import open_storage
    from stretto.runs.due import note_reminder, waiting

    told: list[dict[str, Any]] = []
    async with open_storage() as storage:
        for one in await waiting(storage.journal):
            standing, problem = one.standing(clock.now()), ""
            if standing == "over":
                problem = await _gone_on(storage, one)
            elif standing == "remind":
                problem = await _reminded(one, program)
                if not problem:
                    await note_reminder(storage.journal, one, clock.now())
            told.append({**asdict(one), "standing": standing, "problem": problem})
    return told, any(one["problem"] for one in told)


async def _gone_on(storage: Storage, one: Waiting) -> str:
    """Let a thread go on without an answer; gives why it could not."""
    from stretto.build import build
    from stretto.runs import resume
    from stretto.runs.due import BY, EXPIRED

    try:
        before = await storage.journal.last_run(one.thread)
        use_model((before.model if before else "") or None)
        answers = {one.interrupt: EXPIRED}
        await resume(
            build(one.team), one.thread, answers=answers, by=BY, storage=storage, team=one.team
        )
    except StrettoError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - whatever a team does; the others are seen to
        return f"{type(error).__name__}: {error}"
    return ""


async def _reminded(one: Waiting, program: Sequence[str]) -> str:
    """Run the program that reminds; gives why it failed."""
    import asyncio

    if not program:
        return ""
    try:
        process = await asyncio.create_subprocess_exec(
            *program,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
    except OSError as error:
        return f"{program[0]!r} cannot be run: {error.strerror}"
    try:
        async with asyncio.timeout(SECONDS):
            given = json.dumps(asdict(one), ensure_ascii=False).encode()
            _, said = await process.communicate(given)
    except TimeoutError:
        process.kill()
        await process.wait()
        return f"{program[0]!r} took longer than {SECONDS:g} s"
    if process.returncode == 0:
        return ""
    return f"{program[0]!r} ended with {process.returncode}: {said.decode(errors='replace')[-200:]}"


_DID = {"over": "went on", "remind": "reminded", "waits": "waits"}


def _drawn(told: Sequence[dict[str, Any]]) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    from stretto import clock
    from stretto.cli.words import cut, seconds

    if not told:
        return Text("nothing waits for a person.")
    lines: list[Text] = []
    for one in told:
        now = clock.now()
        line = Text(one["thread"], "bold")
        line.append(f"  {'could not' if one['problem'] else _DID[one['standing']]}", "magenta")
        line.append(f"  {one['to'] or 'anyone'}, since {seconds(now - one['asked'])}")
        if one["standing"] == "waits" and one["until"] is not None:
            line.append(f", {seconds(one['until'] - now)} left")
        lines += [line, Text(f"  {cut(' '.join(one['what'].split()), 90)}", "dim")]
        if one["problem"]:
            lines.append(Text(f"  {one['problem']}", "red"))
    return Group(*lines)
