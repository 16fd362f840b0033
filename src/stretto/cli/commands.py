"""Draws commands to type next, each with what it is for; they are never cut."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from stretto.cli.words import near

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType


def draw_commands(title: str, commands: Sequence[tuple[str, str]], *, width: int) -> RenderableType:
    """Draw commands with what they are for: beside it where there is room, else above it."""
    head = Text(f"\n{title}{_where()}", "dim")
    longest = max((len(command) for command, _ in commands), default=0)
    if longest + max((len(why) for _, why in commands), default=0) + 6 > width:
        lines = [
            Text.assemble("  ", (command, "bold"), (f"\n      {why}" if why else "", "dim"))
            for command, why in commands
        ]
        return Group(head, *lines)
    table = Table.grid(padding=(0, 2))
    for command, why in commands:
        table.add_row("", Text(command, "bold", no_wrap=True), Text(why, "dim", no_wrap=True))
    return Group(head, table)


def _where() -> str:
    """How to reach `stretto` where the shell does not find it."""
    activate = Path(sys.executable).with_name("activate")
    if shutil.which("stretto") or not activate.exists():
        return ""
    return f" (first: source {near(str(activate))})"
