from __future__ import annotations

import io

import pytest
from rich.console import Console

from stretto import records as r
from stretto.cli.lines import Lines


@pytest.fixture
def lines(tale):
    """The lines that a tale is told in."""

    def tell(**named):
        out = io.StringIO()
        shown = Lines(Console(file=out, width=120, highlight=False, markup=False), **named)
        for record in tale.records:
            shown.add(record)
        return [line.strip() for line in out.getvalue().splitlines() if line.strip()]

    return tell


def test_each_note_is_a_line_once(tale, lines):
    """Retries, handoffs, effects that are given back; not what models are given back."""
    tale.start()
    tale._add(r.Retried, step="tool", name="look", attempt=2, error="no", task="t1")
    tale._add(r.Handoff, by="a", to="b")
    effect = {"time": 1009.0, "thread": "thread-1", "run": "run-1", "key": "k", "name": "pay"}
    tale.records += [
        r.EffectEnded(**effect, kind="tool", status="returned"),
        r.EffectEnded(**effect, kind="model", status="returned"),
        r.EffectEnded(**effect, kind="tool", status="settled"),
    ]
    tale._add(r.Outcome, verdict="accepted")
    said = lines(header=False)
    assert [line.partition(" s  ")[2] for line in said] == [
        "t1: look is tried again, attempt 2: no",
        "a hands over to b",
        "pay was done before: its record is given back",
    ]


def test_a_decision_deeper_down_repeats_no_note(tale, lines):
    """A team inside a task decides for itself."""
    tale.start()
    tale._add(r.Decided, by="router", decision="goto desk", place="router:1")
    tale._add(r.Decided, by="inner", decision="goto x", place="desk:1|inner:2")
    said = lines(header=False)
    assert [line.partition(" s  ")[2] for line in said] == ["router: goto desk"]


def test_a_new_turn_starts_anew(tale, lines):
    """Its notes are its own."""
    tale.start()
    tale._add(r.Handoff, by="a", to="b")
    tale.end()
    tale.start()
    tale._add(r.Handoff, by="b", to="c")
    assert sum("hands over" in line for line in lines(header=False)) == 2


def test_a_step_of_a_chain_tells_its_place(tale, lines):
    """Before its name, as step 2 of 3."""
    tale.start()
    tale.node_ended("read", tale.node("read", step="2 of 3"))
    tale.node_ended("other", tale.node("other"))
    assert [line.partition(" s  ")[2] for line in lines(header=False)] == [
        "step 2 of 3: read done in 2.0 s",
        "other done in 2.0 s",
    ]


def test_a_pass_over_a_source_is_told_now_and_then():
    """At each tenth where the share is known, else each time it has doubled."""
    out = io.StringIO()
    shown = Lines(Console(file=out, width=120, highlight=False, markup=False))
    for done in range(1, 101):
        told = {"progress": "map", "done": done, "total": 100, "share": done / 100, "rate": 9.0}
        shown.pace(told)
    assert len(out.getvalue().splitlines()) == 10
    for done in range(1, 101):
        shown.pace({"progress": "blind", "done": done, "total": None, "share": None, "rate": None})
    assert len(out.getvalue().splitlines()) == 10 + 7
    assert shown.view.paces["map"]["done"] == 100
