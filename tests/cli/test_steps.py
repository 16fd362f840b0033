from __future__ import annotations

from stretto.cli.progress import fold
from stretto.cli.steps import draw_pace, draw_steps


def test_nodes_show_who_works_what_is_called_and_what_failed(tale, drawn):
    """Nodes show who works what is called and what failed."""
    tale.start()
    span = tale.node("model", agent="clerk")
    tale.model(parent=span)
    tale.node_ended("model", span)
    span = tale.node("inner", place="outer:1|inner:2")
    tale.tool("pay", {"to": "Ann"}, parent=span)
    tale.node_ended("inner", span, "failed", error="OSError: no disk")
    assert drawn(draw_steps(fold(tale.records).view.steps, 2000.0)).splitlines() == [
        "✓ model  clerk  1 model call  2.0 s",
        "  ✗ inner  2.0 s",
        '      pay "Ann"  0.5 s',
        "      OSError: no disk",
    ]


def test_a_step_of_a_chain_shows_its_place(tale, drawn):
    """Beside its name."""
    tale.start()
    tale.node_ended("read", tale.node("read", step="2 of 3"))
    shown = drawn(draw_steps(fold(tale.records).view.steps, 2000.0))
    assert shown.strip() == "✓ read  step 2 of 3  2.0 s"


def test_what_is_done_again_and_again_is_one_line(tale, drawn):
    """The first few stand by themselves, within a node only; calls of tools are never lost."""
    tale.start()
    for number in range(1, 41):
        tale.node_ended("count", tale.node("count", place=f"map:1|count:{number}"))
        tale.node_ended("loop", tale.node("loop"))
    shown = drawn(draw_steps(fold(tale.records).view.steps, 2000.0)).splitlines()
    assert shown.count("✓ loop  2.0 s") == 40
    assert [line for line in shown if "count" in line] == [
        "  ✓ count  37 times  1 min 14 s",
        *["  ✓ count  2.0 s"] * 3,
    ]


def test_a_pass_over_a_source_is_a_bar_with_rate_and_time_left(drawn):
    """A bar where the share is known; what cannot be told is left out."""
    told = {"progress": "map", "done": 1500, "total": 3000, "share": 0.5, "rate": 50.0, "left": 30}
    assert drawn(draw_pace(told)).strip() == (
        "map ━━━━━━━━━━━━━━━━━━━━━━━━ 50%  1,500 of 3,000  50/s  30 s left"
    )
    blind = {"progress": "map", "done": 7, "total": None, "share": None, "rate": 0.5, "left": None}
    assert drawn(draw_pace(blind)).strip() == "map  7  0.5/s"
