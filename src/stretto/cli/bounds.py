"""Draws what a run of each graph comes to at most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from stretto.cli.console import screen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stretto.check.bounds import Bounds, Formula


_COUNTED = ("supersteps", "own_supersteps", "node_runs", "model_calls", "tool_calls", "seconds")


def print_bounds(found: Sequence[Bounds]) -> None:
    """Print a table a graph: what is counted, and the most that it comes to."""
    console = screen()
    for each in found:
        console.print(Text(f"{each.graph}: a run comes to at most", "bold"))
        table = Table(box=None, show_header=False, padding=(0, 2))
        for name, formula in _rows(each):
            table.add_row("", name, _drawn(formula))
        console.print(table)
        for word, told in (("if", each.assumptions), ("without", each.unknown)):
            for one in told:
                console.print(Text(f"   {word} {one}", "dim"))
        if not each.exact:
            console.print(Text("   counted roughly: the graph has many states", "dim"))
        console.print()


def bounds_as_json(found: Sequence[Bounds]) -> dict[str, dict[str, object]]:
    """By graph: formulas as text, `None` where there is no bound, and what they rest on."""
    return {
        each.graph: {
            **{name: _told(getattr(each, name)) for name in _COUNTED},
            "assumptions": list(each.assumptions),
            "unknown": list(each.unknown),
            "exact": each.exact,
        }
        for each in found
    }


def _told(formula: Formula) -> str | None:
    return None if formula.endless else str(formula)


def _rows(found: Bounds) -> list[tuple[str, Formula]]:
    rows = [
        ("supersteps", found.supersteps),
        ("  of its own", found.own_supersteps),
        ("node runs", found.node_runs),
        ("model calls", found.model_calls),
        ("tool calls", found.tool_calls),
    ]
    return [*rows, ("seconds", found.seconds)] if not found.seconds.endless else rows


def _drawn(formula: Formula) -> Text:
    if formula.endless:
        return Text.assemble(("no bound", "yellow"), (f"  {formula.endless}", "dim"))
    return Text(str(formula), "bold")
