"""Draws two sides beside each other, or one above the other where the screen is narrow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from stretto.cli.words import near

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console, RenderableType

    from stretto.replay import Replay
    from stretto.replay.differences import Change

NARROW = 100
"""Columns below which the sides stand one above the other."""
LEFT, RIGHT, MORE = "red", "green", "…"


def print_replay(console: Console, found: Replay, saved: Sequence[Path] = ()) -> None:
    """Print what came of a replay."""
    one = found.difference
    if one is None:
        style = "yellow" if found.stopped else "green"
        console.print(Text(str(found), style))
    else:
        where = f" in {one.path.replace('|', ' > ')}" if one.path else ""
        console.print(Text(f"turn {one.turn}{where}: {one.told}", "bold red"))
        draw_changes(console, one.changes, heads=("recorded", "now"))
    for path in saved:
        console.print(Text(f"saved {near(str(path))}", "dim"))


def draw_changes(console: Console, changes: Sequence[Change], *, heads: tuple[str, str]) -> None:
    """Print the parts that differ, recorded lines beside those of now."""
    for change in changes:
        if change.where:
            console.print(Text(f"\n{change.where}", "bold"))
        if console.width < NARROW or not console.is_terminal:
            console.print(_above(change, heads))
        else:
            console.print(_beside(change, heads, console.width))


def _beside(change: Change, heads: tuple[str, str], width: int) -> RenderableType:
    half = (width - 5) // 2
    table = Table.grid(padding=(0, 1))
    for _ in range(2):
        table.add_column(width=1, no_wrap=True)
        table.add_column(width=half - 1, overflow="fold")
    table.add_row("", Text(heads[0], "dim"), "", Text(heads[1], "dim"))
    for mark, left, right in change.rows():
        if mark in "=…":
            shown = Text(MORE if mark == "…" else left, "dim")
            table.add_row("", shown, "", shown)
            continue
        has_left, has_right = mark in "!-", mark in "!+"
        table.add_row(
            Text("-" if has_left else "", LEFT),
            Text(left, LEFT),
            Text("+" if has_right else "", RIGHT),
            Text(right, RIGHT),
        )
    return table


def _above(change: Change, heads: tuple[str, str]) -> RenderableType:
    lines = Text()
    removed: list[str] = []
    added: list[str] = []

    def settle() -> None:
        for line in removed:
            lines.append(f"  - {line}\n", LEFT)
        for line in added:
            lines.append(f"  + {line}\n", RIGHT)
        removed.clear()
        added.clear()

    for mark, left, right in change.rows():
        if mark in "=…":
            settle()
            lines.append(f"    {MORE if mark == '…' else left}\n", "dim")
            continue
        removed += [left] if mark in "!-" else []
        added += [right] if mark in "!+" else []
    settle()
    head = Text.assemble(
        ("  - ", LEFT), (heads[0], "dim"), ("   + ", RIGHT), (heads[1], "dim"), "\n"
    )
    lines.rstrip()
    return head + lines
