from __future__ import annotations

import json
from dataclasses import replace

import pytest

from stretto.cli.timeline_draw import _legend
from stretto.observe.timeline import Span
from stretto.observe.timeline_rows import Row


def test_a_turn_is_drawn_with_its_steps_and_figures(stretto):
    """Rows for steps with their arguments, the path marked, the slowest, the run."""
    stretto("run", "team", "Go", "--thread", "t-1")
    said = stretto("timeline", "t-1").out
    for words in ("team done", "working", "t1 worker", "█", "slowest steps", "memory"):
        assert words in said
    assert "look What is three?" in said


@pytest.mark.parametrize("width", [80, 140])
def test_lines_fit_the_screen(stretto, monkeypatch, width):
    """The picture takes the columns there are."""
    monkeypatch.setenv("COLUMNS", str(width))
    stretto("run", "team", "Go", "--thread", "t-2")
    lines = stretto("timeline", "t-2").out.splitlines()
    assert max(map(len, lines)) <= width
    assert any(len(line) > width - 8 for line in lines)


def test_what_waits_for_a_person_says_so(stretto):
    """Since when, and who asks; afterwards how long it was."""
    stretto("run", "asks", "pay", "--thread", "t-3")
    said = stretto("timeline", "t-3").out
    assert "waits for a person" in said
    assert "asks a person since" in said
    stretto("resume", "t-3", "--approve", "--by", "ann")
    said = stretto("timeline", "t-3").out
    assert "asks ann" in said
    assert "waiting for a person" in said


def test_a_failed_and_a_killed_run_are_told_apart(stretto):
    """A failure has its sign; what was cut off ends where its last record is."""
    stretto("run", "breaks", "x", "--thread", "t-4")
    said = stretto("timeline", "t-4").out
    assert "breaks failed" in said
    assert "✗ second" in said


def test_all_turns_one_run_and_records(stretto):
    """`--all` draws every turn, `--run` one run, `--records` a line for each record."""
    for question in ("first", "second"):
        stretto("run", "talk", question, "--thread", "t-5")
    assert "first" not in stretto("timeline", "t-5").out
    said = stretto("timeline", "t-5", "--all").out
    assert said.index("first") < said.index("second")
    first = json.loads(stretto("show", "t-5", "--all", "--json").out.splitlines()[0])["run"]
    said = stretto("timeline", "t-5", "--run", first).out
    assert "first" in said
    assert "second" not in said
    assert "run done in" in stretto("timeline", "t-5", "--records").out
    assert stretto("timeline", "t-5", "--run", "nope").code == 2
    assert stretto("timeline", "t-5", "--run", first, "--all").code == 2


def test_json_holds_spans_and_path(stretto):
    """One object; the path adds up to the turn."""
    stretto("run", "team", "Go", "--thread", "t-6")
    (turn,) = stretto("timeline", "t-6", "--json").json["turns"]
    length = sum(piece["end"] - piece["begin"] for piece in turn["path"])
    assert length == pytest.approx(turn["seconds"])
    assert {span["kind"] for span in turn["spans"]} >= {"run", "node", "tool"}


def test_a_page_is_written(stretto, tmp_path):
    """Its path is printed; a place that cannot be written is refused."""
    stretto("run", "team", "Go", "--thread", "t-7")
    file = tmp_path / "page.html"
    said = stretto("timeline", "t-7", "--html", str(file))
    assert said.out.strip() == str(file)
    assert file.read_text().startswith("<!doctype html>")
    said = stretto("timeline", "t-7", "--html", str(tmp_path / "no" / "page.html"))
    assert (said.code, "cannot write" in said.err) == (3, True)


def test_many_steps_are_narrowed_to_those_that_matter(tale, drawn):
    """All of them on demand."""
    from stretto.cli.timeline_draw import ROWS, draw_timeline
    from stretto.observe.timeline import timelines

    tale.start()
    for place in range(100):
        tale.node_ended("step", tale.node("step", place=f"step:{place}"))
    tale.end()
    (line,) = timelines(tale.records)
    said = drawn(draw_timeline(line, width=100), 100)
    assert said.count("\nstep ") <= ROWS + 10
    assert "more off the path; --all-steps" in said
    assert drawn(draw_timeline(line, width=100, everything=True), 100).count("\nstep ") >= 100


def test_records_tell_models_tools_and_decisions(stretto):
    """Line by line."""
    stretto("run", "team", "x", "--thread", "t-8")
    said = stretto("timeline", "t-8", "--records").out
    assert "reviewer decides: accept. all is proven" in said
    assert "look done: found What is one?" in said
    stretto("run", "talk", "pay", "--thread", "t-9")
    assert "calls pay, pay" in stretto("timeline", "t-9", "--records").out


def test_the_legend_fits_80_columns(stretto):
    """With all its signs, on a wide screen too."""
    signs = ("failed", "killed", "cancelled", "interrupted", "returned", "running")
    span = Span(0, "node", "n", 0.0, 1.0)
    shown = [Row((replace(span, status=status),), 0) for status in signs]
    lines = _legend(shown, 160).plain.splitlines()
    assert max(map(len, lines)) <= 80
    assert "given back, not done again" in lines[-1] + lines[-2]
