"""Who did what on a screen, narrow or wide, and what a verification came to."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from stretto import records as r
from stretto.cli.deeds import deeds_of
from stretto.cli.statement import print_deeds, print_report
from stretto.journal.audit import Fault, Report

BASE: dict[str, Any] = {"thread": "t", "run": "r", "agent": "payer", "version": "3"}


def drawn(width: int, draw: Any, *told: Any, **how: Any) -> str:
    """What is printed on a terminal of that width."""
    console = Console(file=io.StringIO(), width=width, highlight=False, markup=False)
    draw(console, *told, **how)
    return console.file.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_wider_than_the_screen(width: int) -> None:
    """Reasons, names and errors of any length are folded or cut, and commands stay whole."""
    happened = [
        r.RunStarted(time=1.0, thread="t", run="r", team="team", question="Why? " * 80),
        r.Decided(time=2.0, **BASE, by="x" * 60, decision="y" * 60, reason="because " * 40),
        r.ToolEnded(time=3.0, **BASE, tool="z" * 90, status="done", seconds=1),
        r.RunEnded(time=4.0, thread="t", run="r", status="failed", error="E" * 300, seconds=1),
    ]
    said = drawn(width, print_deeds, deeds_of("t", happened), "failed", everything=False)
    assert max(len(line.rstrip()) for line in said.splitlines()) <= width
    assert "stretto audit t --verify" in said


def test_days_are_told_where_there_are_several() -> None:
    """Times of one day need no date."""
    for hours, dated in ((1, False), (50, True)):
        end = 1_000_000.0 + hours * 3600
        happened: list[Any] = [
            r.Decided(time=1_000_000.0, **BASE, by="a", decision="b"),
            r.Decided(time=end, **BASE, by="a", decision="c"),
        ]
        said = drawn(80, print_deeds, deeds_of("t", happened), "done", everything=False)
        line = next(line for line in said.splitlines() if " a " in line)
        assert ("Jan" in line) == dated


def report(**told: Any) -> Report:
    """What the verification of a thread came to."""
    known: dict[str, Any] = {
        "thread": "t",
        "records": 12,
        "first": 0,
        "head": "h",
        "payloads": 5,
        "forgotten": 0,
        "anchors": 2,
        "signed": True,
        "faults": (),
    }
    return Report(**{**known, **told})


def test_report_in_a_line_or_a_line_for_each_fault() -> None:
    """Good news is short; bad news names everything."""
    said = " ".join(drawn(120, print_report, report()).split())
    assert said == "✓ t 12 records, chain intact, 5 payloads as written, 2 anchors match"
    said = drawn(160, print_report, report(first=4, forgotten=3, anchors=1, signed=False))
    for words in (
        "from 4 on, older ones pruned",
        "3 forgotten",
        "1 anchor matches (signatures not",
    ):
        assert words in said
    faults = tuple(Fault(n, n, "decided", "edited", f"record {n} was edited") for n in (1, 2))
    said = drawn(80, print_report, report(faults=faults))
    assert "✗ t  12 records, 2 faults" in said
    assert "record 1 was edited" in said
    assert "record 2 was edited" in said
