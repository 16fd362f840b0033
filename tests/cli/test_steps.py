from __future__ import annotations

from stretto.cli.progress import fold
from stretto.cli.steps import draw_steps


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
