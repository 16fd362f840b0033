"""Starts a run in a background process of its own session."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any, cast

import typer

from stretto.errors import StrettoError
from stretto.home import state_home

if TYPE_CHECKING:
    from pathlib import Path

    from stretto.cli.run import Asked

POLL = 0.1
"""Seconds between two looks whether the run has begun."""


def command(asked: Asked) -> list[str]:
    """The command of the background process: the same run, with JSON for the log."""
    limits = asked.limits
    options: list[tuple[str, Any]] = [
        ("--thread", asked.thread),
        ("--model", asked.model),
        ("--max-model-calls", limits.model_calls),
        ("--max-tool-calls", limits.tool_calls),
        ("--max-steps", limits.steps),
        ("--max-tokens", limits.tokens),
        ("--max-money", limits.money),
        ("--max-seconds", limits.seconds),
        ("--wait", asked.wait or None),
        *(("--sources", source) for source in asked.sources),
        *(("--context", f"{name}={json.dumps(value)}") for name, value in asked.context.items()),
    ]
    given = [part for name, value in options if value is not None for part in (name, str(value))]
    given += ["--compensate"] if asked.compensate else []
    given += [] if asked.check else ["--no-check"]
    head = [sys.executable, "-m", "stretto.cli", "run", "--json"]
    return [*head, *given, "--", asked.team, asked.question]


def start(asked: Asked, *, as_json: bool) -> None:
    """Start the run, and wait until it has begun or died.

    Raises:
        StrettoError: It died before it began; the text says why.
    """
    log = state_home() / "runs" / f"{asked.thread}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    seq = asyncio.run(_last_seq(asked.thread))
    with log.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603 - our own command line
            command(asked),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    if not asyncio.run(_begun(process, asked.thread, seq)):
        _fail(log, process.returncode)
    process.returncode = 0  # it goes on without us, and Python need not warn of that
    _tell(asked, process.pid, log, as_json=as_json)


async def _last_seq(thread: str) -> int:
    from stretto.cli.journal import reading

    async with reading() as journal:
        return max((record.seq for record in await journal.records(thread)), default=0)


async def _begun(process: subprocess.Popen[bytes], thread: str, seq: int) -> bool:
    from stretto.cli.journal import reading

    async with reading() as journal:
        while True:
            ended = process.poll() is not None
            if await journal.records(thread, types=("run_started",), after=seq):
                return True
            if ended:
                return False
            await asyncio.sleep(POLL)


def _fail(log: Path, code: int) -> None:
    said = log.read_text(encoding="utf-8", errors="replace").strip()
    try:
        told: Any = json.loads(said.splitlines()[-1])
        text = str(cast("dict[str, Any]", told)["error"])
    except (ValueError, IndexError, KeyError, TypeError):
        text = f"the run did not start: {said or 'it said nothing'}\nSee {log}."

    class Refused(StrettoError):
        exit_code = code if code > 0 else 1

    raise Refused(text)


def _tell(asked: Asked, process: int, log: Path, *, as_json: bool) -> None:
    if as_json:
        told = {"thread": asked.thread, "process": process, "log": str(log)}
        typer.echo(json.dumps(told))
        return
    from rich.text import Text

    from stretto.cli.console import screen

    console = screen()
    console.print(Text.assemble(("running in the background  ", "cyan"), f"process {process}"))
    console.print(Text(f"thread {asked.thread}"))
    console.print(
        Text.assemble("  ", (f"stretto watch {asked.thread}", "bold"), ("   follow it", "dim"))
    )
    stop = Text.assemble(
        "  ", (f"kill {process}", "bold"), ("   stop it at the next safe point", "dim")
    )
    console.print(stop)
