"""Draws findings: the line of source, what is wrong with it, and what mends it."""

from __future__ import annotations

import linecache
from typing import TYPE_CHECKING

from rich.console import Group
from rich.text import Text

from stretto.check.report import shown
from stretto.cli.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from rich.console import RenderableType

    from stretto.check.finding import Finding, Place, Unknown
    from stretto.check.targets import Problem

COLOURS = {"error": "bold red", "warning": "bold yellow", "info": "bold blue"}


def draw_finding(finding: Finding, root: Path) -> RenderableType:
    """Draw one finding: where it is, what it is, the source, the remedy."""
    colour = COLOURS[finding.severity]
    head = Text()
    if finding.place is not None:
        place = finding.place
        head.append(f"{shown(place.file, root)}:{place.line}:{place.column + 1} ", "bold")
    sure = "" if finding.certainty == "proved" else " possible"
    head.append(f"{finding.code}{sure} ", colour)
    head.append(finding.message)
    head.append(f"  [{finding.graph}]" if finding.graph else "", "dim")
    lines: list[RenderableType] = [head]
    if finding.place is not None:
        lines += _source(finding.place, colour)
    if finding.path:
        lines.append(Text(f"  path: {' -> '.join(finding.path)}", "dim"))
    lines.append(Text.assemble(("  help: ", "bold green"), finding.remedy))
    return Group(*lines, Text())


def _source(place: Place, colour: str) -> list[RenderableType]:
    line = linecache.getline(place.file, place.line).rstrip()
    if not line.strip():
        return []
    begin = len(line.encode()[: place.column].decode(errors="replace"))
    end = len(line)
    if place.end_line == place.line and place.end_column > place.column:
        end = len(line.encode()[: place.end_column].decode(errors="replace"))
    indent = len(line) - len(line.lstrip())
    begin = max(begin, indent)
    number = f"{place.line:>5} "
    under = " " * (begin - indent) + "^" * max(1, end - begin)
    return [
        Text.assemble((number + "| ", "dim"), line[indent:], no_wrap=True),
        Text.assemble((" " * len(number) + "| ", "dim"), (under, colour), no_wrap=True),
    ]


def draw_problems(problems: Iterable[Problem]) -> RenderableType:
    """Draw what could not be checked."""
    return Group(
        *(Text.assemble(("not checked: ", "bold red"), f"{p.target}: {p.why}") for p in problems)
    )


def draw_unknown(unknown: Sequence[Unknown]) -> RenderableType:
    """Draw what could not be looked into."""
    lines = [Text(f"  {u.graph}{f': {u.node}' if u.node else ''}: {u.why}", "dim") for u in unknown]
    return Group(Text("not looked into:", "dim"), *lines, Text())


def summary(findings: Sequence[Finding], graphs: int, unknown: int, problems: int) -> Text:
    """Say in a line what came of it."""
    about = f"in {counted(graphs, 'graph')}"
    hidden = f"; {counted(unknown, 'part')} could not be looked into (-v)" if unknown else ""
    failed = f"; {counted(problems, 'target')} not checked" if problems else ""
    if not findings:
        colour = "red" if problems or not graphs else "green"
        said = f"nothing is wrong {about}" if graphs else "there is no graph to check"
        return Text.assemble((said, colour), (hidden + failed, "dim"))
    kinds = {
        kind: sum(f.severity == kind for f in findings) for kind in ("error", "warning", "info")
    }
    names = {"error": "error", "warning": "warning", "info": "note"}
    told = ", ".join(counted(number, names[kind]) for kind, number in kinds.items() if number)
    possible = sum(f.certainty == "possible" for f in findings)
    sure = f" ({possible} possible)" if possible else ""
    return Text.assemble(
        (told, "red" if kinds["error"] else "yellow"), f" {about}{sure}", (hidden + failed, "dim")
    )
