"""Draws findings: the line of source, what is wrong with it, and what mends it."""

from __future__ import annotations

import linecache
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from stretto.check.report import character, shown
from stretto.cli.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

    from stretto.check.finding import Finding, Place, Unknown
    from stretto.check.rule import Rule
    from stretto.check.targets import Problem

COLOURS = {"error": "bold red", "warning": "bold yellow", "info": "bold blue"}


def draw_finding(finding: Finding, root: Path) -> RenderableType:
    """Draw one finding: where it is, what it is, the source, the remedy."""
    colour = COLOURS[finding.severity]
    head = Text()
    if finding.place is not None:
        place = finding.place
        column = character(place.file, place.line, place.column)
        head.append(f"{shown(place.file, root)}:{place.line}:{column} ", "bold")
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
    """The line and what is under it, moved to the left where the screen is narrow."""
    line = linecache.getline(place.file, place.line).rstrip()
    if not line.strip():
        return []
    raw = line.encode()
    begin = len(raw[: place.column].decode(errors="replace"))
    one_line = place.end_line == place.line and place.end_column > place.column
    end = len(raw[: place.end_column].decode(errors="replace")) if one_line else len(line)
    indent = len(line) - len(line.lstrip())
    begin = max(begin, indent)
    return [_Marked(f"{place.line:>5} ", line[indent:], begin - indent, end - indent, colour)]


@dataclass(frozen=True, slots=True)
class _Marked:
    """A line of source with a stretch of it underlined."""

    number: str
    line: str
    begin: int
    end: int
    colour: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        before, marked, after = (
            part.replace("\t", "    ")
            for part in (
                self.line[: self.begin],
                self.line[self.begin : self.end],
                self.line[self.end :],
            )
        )
        room = options.max_width - len(self.number) - 3 if console.is_terminal else 10_000
        if cell_len(before + marked) > room:  # what is found is to be seen
            before = f"...{before[-(room // 3) :]}" if cell_len(before) > room // 3 else before
        under = " " * cell_len(before) + "^" * max(1, min(cell_len(marked), room))
        blank = " " * len(self.number)
        shown = [
            Text.assemble((f"{self.number}| ", "dim"), before + marked + after),
            Text.assemble((f"{blank}| ", "dim"), (under, self.colour)),
        ]
        for each in shown:
            if console.is_terminal:
                each.truncate(options.max_width, overflow="ellipsis")
            each.no_wrap = True
            yield each


def draw_rule(rule: Rule) -> RenderableType:
    """Draw a rule's page, its examples highlighted."""
    from rich.markdown import Markdown

    page = re.sub(r"^(Bad|Good):$", r"## \1", rule.explanation.strip(), flags=re.MULTILINE)
    kind = "advice" if rule.advice else rule.severity
    fixes = ", mended by --fix" if rule.fixes else ""
    return Markdown(f"# {rule.code} {rule.name}\n\n*{kind}{fixes}*\n\n{page}")


def draw_rules(rules: Iterable[Rule], *, narrow: bool) -> RenderableType:
    """Draw a line a rule, or two where the screen is narrow."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False, show_edge=False)
    for last in (False, False, False, True):
        table.add_column(no_wrap=not last)
    lines: list[RenderableType] = []
    for rule in rules:
        kind = "advice" if rule.advice else rule.severity
        colour = COLOURS["info" if rule.advice else rule.severity]
        head = Text.assemble((f"{rule.code} ", "bold"), f"{rule.name} ", (kind, colour))
        lines += [head, Padding(Text(rule.summary, "dim"), (0, 0, 0, 5))]
        table.add_row(Text(rule.code, "bold"), rule.name, Text(kind, colour), rule.summary)
    return Group(*lines) if narrow else table


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
        known = "found nothing wrong" if unknown else "nothing is wrong"
        said = f"{known} {about}" if graphs else "there is no graph to check"
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
