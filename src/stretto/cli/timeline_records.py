"""Prints records one by one, with the time since the turn began."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from stretto.cli.notes import noted
from stretto.cli.words import arguments, counted, cut, plain, seconds
from stretto.records import (
    Answered,
    AnyRecord,
    Decided,
    Interrupted,
    ModelEnded,
    ModelStarted,
    NodeEnded,
    NodeStarted,
    RunEnded,
    RunStarted,
    ToolEnded,
    ToolStarted,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

STYLES = {
    "run_started": "bold cyan",
    "run_ended": "bold cyan",
    "model_ended": "magenta",
    "tool_ended": "blue",
    "decided": "yellow",
    "interrupted": "bold magenta",
    "answered": "bold magenta",
    "handoff": "yellow",
    "retried": "bold yellow",
    "fell_back": "bold yellow",
    "effect_ended": "green",
    "breaker_changed": "bold yellow",
    "budgeted": "bold yellow",
    "outcome": "bold cyan",
    "forked": "bold cyan",
    "pruned": "dim",
    "forgotten": "dim",
}


def print_records(console: Console, records: Sequence[AnyRecord]) -> None:
    """Print a line for each record that ends, decides or asks something."""
    begin = records[0].time if records else 0.0
    for record in records:
        if told := tell(record):
            who = " ".join(part for part in (record.task, record.agent or record.node) if part)
            line = Text(f"{record.time - begin:9.2f}  ", "dim").append(f"{who:<16.24} ", "cyan")
            line.append(told, STYLES.get(record.type, ""))
            console.print(line.append("  (forgotten)" if record.forgotten else "", "dim"))


def tell(record: AnyRecord) -> str:
    """What a record tells, on a line; empty for the beginnings of what is told when it ends."""
    match record:
        case NodeEnded() | ModelEnded() | ToolEnded():
            return _ended(record)
        case NodeStarted() | ModelStarted() | ToolStarted():
            return (
                f"{record.tool} {arguments(record.args)}" if record.type == "tool_started" else ""
            )
        case RunStarted():
            how = "goes on" if record.resumed else cut(record.question, 200)
            return f"run of {record.team}: {how}"
        case RunEnded():
            return f"run {record.status} in {seconds(record.seconds)} {cut(record.error, 200)}"
        case Decided() | Interrupted() | Answered():
            return _decided(record)
        case _:
            return noted(record)


def _ended(record: NodeEnded | ModelEnded | ToolEnded) -> str:
    took = seconds(record.seconds)
    match record:
        case NodeEnded():
            return f"{record.node} {record.status} in {took} {record.error}"
        case ModelEnded():
            said = record.error or cut(record.text, 80)
            calls = f" calls {', '.join(record.tool_calls)}" if record.tool_calls else ""
            tokens = counted(record.input_tokens + record.output_tokens, "token")
            cost = "" if record.cost is None else f" cost {record.cost:.4f}"
            return f"{record.model}{calls} {said}  {tokens}{cost} {took}"
        case ToolEnded():
            return f"{record.tool} {record.status}: {cut(record.error or record.result, 100)}"


def _decided(record: Decided | Interrupted | Answered) -> str:
    match record:
        case Decided():
            return f"{record.by} decides: {record.decision}. {record.reason}".rstrip()
        case Interrupted():
            return f"asks a person: {cut(plain(record.value), 200)}"
        case Answered():
            by = f" by {record.by}" if record.by else ""
            return f"answered{by}: {cut(plain(record.answer), 200)}"
