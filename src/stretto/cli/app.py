"""The command line: its commands, in groups, each in a file of its own that loads what it needs."""

from __future__ import annotations

import inspect
import os
import sys
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from stretto.cli.add import add
from stretto.cli.alerts import alerts
from stretto.cli.audit import audit
from stretto.cli.chat import chat
from stretto.cli.check import check
from stretto.cli.compare import compare
from stretto.cli.dead_letters import dead_letters
from stretto.cli.dev import dev
from stretto.cli.diff import diff
from stretto.cli.due import due
from stretto.cli.faults import DEBUG, report
from stretto.cli.feedback import feedback
from stretto.cli.forget import forget
from stretto.cli.fork import fork
from stretto.cli.graph import graph
from stretto.cli.importing import import_messages
from stretto.cli.lineage import lineage
from stretto.cli.list import list_project
from stretto.cli.metrics import metrics
from stretto.cli.new import new
from stretto.cli.prune import prune
from stretto.cli.replay import replay
from stretto.cli.resume import resume
from stretto.cli.run import run
from stretto.cli.schema import schema
from stretto.cli.show import show
from stretto.cli.threads import threads
from stretto.cli.timeline import timeline
from stretto.cli.undo import undo
from stretto.cli.watch import watch
from stretto.cli.why import why

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

app = typer.Typer(
    name="stretto",
    help="Teams of LLM agents on LangGraph: bounded, journaled, resumed without repeating.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        sys.stdout.write(f"stretto {version('stretto')}\n")
        raise typer.Exit


@app.callback()
def stretto(
    debug: Annotated[
        bool, typer.Option("--debug", help="Show where an error was raised; anywhere on the line.")
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Teams of LLM agents on LangGraph: bounded, journaled, resumed without repeating."""


def _paragraphs(command: Callable[..., None]) -> str:
    """A command's docstring, its lines joined so that the screen breaks them."""
    told = inspect.getdoc(command) or ""
    return "\n\n".join(" ".join(part.split()) for part in told.split("\n\n"))


_GROUPS: dict[str, dict[str, Callable[..., None]]] = {
    "build": {
        "new": new,
        "list": list_project,
        "add": add,
        "graph": graph,
        "check": check,
        "diff": diff,
        "schema": schema,
        "dev": dev,
    },
    "run": {"run": run, "chat": chat, "resume": resume, "fork": fork, "undo": undo},
    "look": {
        "threads": threads,
        "show": show,
        "watch": watch,
        "why": why,
        "timeline": timeline,
        "lineage": lineage,
        "feedback": feedback,
        "metrics": metrics,
        "alerts": alerts,
        "due": due,
        "dead-letters": dead_letters,
    },
    "prove": {
        "audit": audit,
        "replay": replay,
        "compare": compare,
        "import": import_messages,
        "forget": forget,
        "prune": prune,
    },
}
for _group, _commands in _GROUPS.items():
    for _name, _command in _commands.items():
        app.command(_name, help=_paragraphs(_command), rich_help_panel=_group)(_command)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line; ends the process with an exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = given[: given.index("--")] if "--" in given else given
    if "--debug" in options:
        os.environ[DEBUG] = "1"
        given.remove("--debug")
    try:
        app(_with_reason(given), prog_name="stretto")
    except Exception as error:  # noqa: BLE001 - the last place that can say what went wrong
        sys.exit(report(error, as_json="--json" in options))
    sys.exit(0)


def _with_reason(given: list[str]) -> list[str]:
    """Give `--reject` an empty reason where none follows it."""
    made: list[str] = []
    for word, following in zip(given, [*given[1:], "-"], strict=False):
        made += ["--reject", ""] if word == "--reject" and following.startswith("-") else [word]
    return made
