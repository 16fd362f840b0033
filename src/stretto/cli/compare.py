"""`stretto compare`: two runs side by side, step by step."""

import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stretto.cli.awaiting import awaited
from stretto.cli.options import Json
from stretto.errors import InvalidInput, ThreadUnknown

if TYPE_CHECKING:
    from rich.console import Console

    from stretto.journal import Journal
    from stretto.replay import Recording
    from stretto.replay.comparing import Comparison, Row, Step, Totals

Given = Annotated[
    str, typer.Argument(help="A thread: its id, the beginning of it, or 'last'; or a run's id.")
]
NARROW = 100
"""Columns below which a step takes a line for each side."""
MARK = "differs"


def compare(
    a: Given,
    b: Given,
    everything: Annotated[
        bool, typer.Option("--all", help="Steps that are the same on both sides, too.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Set two threads, or two runs, side by side: what each step was asked and came to.

    Steps are aligned by their place in the graph. Ids, times and tokens are no differences; of
    the first step that differs the changed parts are shown.
    """
    found, names = awaited(_compare(a, b))
    if as_json:
        from stretto.cli.result import print_json

        print_json(json_of(found, names))
        return
    from stretto.cli.console import screen

    shown = (_short(names[0]), _short(names[1]))
    print_comparison(screen(), found, shown, everything=everything)


async def _compare(a: str, b: str) -> "tuple[Comparison, tuple[str, str]]":
    from stretto.cli.journal import reading
    from stretto.replay.comparing import compare as compared

    async with reading() as journal:
        left, right = await _recording(journal, a), await _recording(journal, b)
    return compared(left[0], right[0]), (left[1], right[1])


async def _recording(journal: "Journal", given: str) -> "tuple[Recording, str]":
    """The recording of a thread, or of one run of it."""
    from stretto.cli.finding import find_thread
    from stretto.replay import Recording, recorded

    try:
        thread = (await find_thread(journal, given)).thread
    except ThreadUnknown:
        runs = await journal.records(types=("run_started",), said=False)
        found = {r.run: r.thread for r in runs if given and r.run.startswith(given)}
        if len(found) > 1:
            told = ", ".join(list(found)[:5])
            raise InvalidInput(
                f"several runs begin with {given!r}: {told}. Give more of the id."
            ) from None
        if not found:
            raise
        ((run, thread),) = found.items()
        whole = await recorded(journal, thread)
        mine = tuple(record for record in whole.records if record.run == run)
        return Recording(thread, mine, whole.payloads), run
    return await recorded(journal, thread), thread


def print_comparison(
    console: "Console", found: "Comparison", names: tuple[str, str], *, everything: bool = False
) -> None:
    """Print the steps that differ, or all, then the totals and the first difference whole."""
    from rich.text import Text

    shown = [row for row in found.rows if everything or row.differs]
    if console.is_terminal and console.width < NARROW:
        _print_narrow(console, shown, names)
    elif shown:
        console.print(_wide(shown, names, console.width))
    same = len(found.rows) - sum(bool(row.differs) for row in found.rows)
    note = f"{same} of {len(found.rows)} steps are the same"
    hidden = "" if everything or not same else " (--all shows them)"
    console.print(Text(f"\n{note}{hidden}", "green" if found.same else ""))
    console.print(_totals(found, names))
    _print_first(console, found, names)


def _wide(rows: "list[Row]", names: tuple[str, str], width: int) -> Any:
    from rich.table import Table
    from rich.text import Text

    from stretto.cli.words import cut

    table = Table.grid(padding=(0, 2, 0, 0))
    label, mark = min(34, width // 4), 18
    side = max(16, (width - label - mark - 8) // 2)
    table.add_row(*(Text(cut(head, side), "dim") for head in ("step", *names, MARK)))
    for row in rows:
        words = ", ".join(row.differs)
        table.add_row(
            Text(_label(row.step, label), "cyan", no_wrap=True),
            *(Text(_said(step, side), _style(row), no_wrap=True) for step in (row.a, row.b)),
            Text(cut(words, mark), "bold yellow", no_wrap=True),
        )
    return table


def _print_narrow(console: "Console", rows: "list[Row]", names: tuple[str, str]) -> None:
    from rich.text import Text

    room = console.width - 6
    for row in rows:
        words = f"  {', '.join(row.differs)}" if row.differs else ""
        console.print(Text.assemble((_label(row.step), "cyan"), (words, "bold yellow")))
        sides = ((row.a, "A"),) if row.a and not row.differs else ((row.a, "A"), (row.b, "B"))
        for step, letter in sides:
            console.print(Text.assemble((f"  {letter} ", "dim"), (_said(step, room), _style(row))))
    if rows:
        console.print(Text(f"A is {names[0]}, B is {names[1]}", "dim"))


def _label(step: "Step", size: int = 0) -> str:
    """Where and what a step is; of one that is too long the end, where it differs from others."""
    nodes = step.path.split("|") if step.path else []
    if nodes and nodes[-1] in {"model", "tools"}:
        nodes.pop()
    what = step.name if step.kind == "tool" else _KINDS.get(step.kind, step.kind)
    label = f"{' > '.join(nodes)}: {what}" if nodes else what
    return label if not size or len(label) <= size else f"…{label[1 - size :]}"


_KINDS = {"decision": "decides", "question": "asks", "end": "run ends"}


def _short(name: str) -> str:
    """The beginning of an id that nobody would read to its end."""
    return name[:8] if _UUID.fullmatch(name) else name


_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _said(step: "Step | None", size: int) -> str:
    from stretto.cli.words import arguments, cut

    if step is None:
        return "-"
    asked = arguments(step.given, size // 2) if isinstance(step.given, dict) else ""
    shown = f"{asked} → {step.text}" if step.kind == "tool" else step.text
    return cut(shown, size)


def _style(row: "Row") -> str:
    return "" if row.differs else "dim"


def _totals(found: "Comparison", names: tuple[str, str]) -> Any:
    from rich.table import Table
    from rich.text import Text

    from stretto.cli.words import cut, seconds

    def cells(one: "Totals") -> list[str]:
        cost = "-" if one.cost is None else f"{one.cost:.4f}"
        tokens = f"{one.input_tokens:,} + {one.output_tokens:,}"
        return [f"{one.model_calls}", f"{one.tool_calls}", tokens, seconds(one.seconds), cost]

    table = Table.grid(padding=(0, 3, 0, 0))
    heads = ("", "model calls", "tool calls", "tokens in + out", "time", "cost")
    table.add_row(*(Text(head, "dim", no_wrap=True) for head in heads))
    for name, one in zip(names, (found.a, found.b), strict=True):
        table.add_row(Text(cut(name, 20), "bold", no_wrap=True), *cells(one))
    return table


def _print_first(console: "Console", found: "Comparison", names: tuple[str, str]) -> None:
    """Print the parts that differ in the first step that is on both sides."""
    from rich.text import Text

    from stretto.cli.beside import draw_changes
    from stretto.replay.differences import changes

    row = next((r for r in found.rows if r.differs and r.a and r.b), None)
    if row is None or row.a is None or row.b is None:
        return
    console.print(Text(f"\nfirst difference: {_label(row.a)}", "bold"))
    parts = changes(row.a.given, row.b.given) + changes(row.a.made, row.b.made)
    draw_changes(console, parts, heads=names)


def json_of(found: "Comparison", names: tuple[str, str]) -> dict[str, Any]:
    """A comparison as the one object that `--json` prints."""
    return {
        "same": found.same,
        "a": {"name": names[0], **asdict(found.a)},
        "b": {"name": names[1], **asdict(found.b)},
        "steps": [
            {
                "kind": row.step.kind,
                "path": row.step.path,
                "name": row.step.name,
                "differs": list(row.differs),
                "a": asdict(row.a) if row.a else None,
                "b": asdict(row.b) if row.b else None,
            }
            for row in found.rows
        ],
    }
