"""Findings are drawn so that what is found is seen."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from stretto.check.finding import Finding, Place
from stretto.cli.findings import draw_finding, summary


def drawn(folder, line, mark, *, width=60, terminal=True):
    """The lines of a finding of `mark` in a line of source."""
    file = folder / "a.py"
    file.write_text(f"{line}\n", encoding="utf-8")
    begin = len(line[: line.index(mark)].encode())
    place = Place(str(file), 1, begin, 1, begin + len(mark.encode()))
    finding = Finding("S201", "unknown-key", "error", "possible", "m", "R.", "g", place=place)
    written = io.StringIO()
    console = Console(file=written, width=width, force_terminal=terminal, color_system=None)
    console.print(draw_finding(finding, folder))
    return written.getvalue().splitlines()


@pytest.mark.parametrize(
    "line", ['    x = "text"', '\tx = 1; y = "text"', 'x = "日本", "text"', f'{"x" * 90} = "text"']
)
def test_what_is_found_is_underlined(tmp_path, line):
    """Behind tabs, wide characters and what is wider than the screen."""
    from rich.cells import cell_len

    head, source, under, remedy, _ = drawn(tmp_path, line, '"text"')
    assert head.startswith("a.py:1:")
    assert "S201 possible m  [g]" in head
    assert cell_len(source[: source.index('"text"')]) == under.index("^")
    assert under.count("^") == 6
    assert remedy == "  help: R."
    assert all(cell_len(each) <= 60 for each in (source, under))


def test_a_line_that_is_not_there_is_left_out(tmp_path):
    """The head and the remedy stay."""
    finding = Finding("S201", "n", "error", "proved", "m", "R.", place=Place("no.py", 7))
    written = io.StringIO()
    Console(file=written, width=60).print(draw_finding(finding, tmp_path))
    assert written.getvalue() == "no.py:7:1 S201 m\n  help: R.\n\n"


def test_the_last_line_counts():
    """What was found by kind, how sure, and what was not checked."""
    error = Finding("S201", "n", "error", "possible", "m", "R.")
    note = Finding("S209", "n", "info", "proved", "m", "R.")
    assert (
        str(summary([error, error, note], 3, 0, 0)) == "2 errors, 1 note in 3 graphs (2 possible)"
    )
    assert (
        str(summary([], 1, 2, 0))
        == "found nothing wrong in 1 graph; 2 parts could not be looked into (-v)"
    )
    assert str(summary([], 0, 0, 1)) == "there is no graph to check; 1 target not checked"
