"""FACTS 2.12: `goto` plus a static edge: both fire."""

from __future__ import annotations

from typing import Literal

from langgraph.graph import START
from langgraph.types import Command

from tests.check.rules.chains import found
from tests.check.rules.wired import Log, ran, wired


def _refuse(state: Log) -> Command[Literal["refused"]]:
    return Command(goto="refused", update={"log": ["check"]})


def test_what_is_refused_is_paid_and_check_says_so():
    """The payment is refused and made; the check names the node that leads to both."""
    graph = wired((START, "check"), ("check", "pay"), check=_refuse, refused=lambda _: {})
    assert "pay" in ran(graph)
    (finding,) = found(graph.compile(), "G106")
    assert (finding.node, finding.certainty) == ("check", "proved")
    assert "'pay'" in finding.message
    assert "'refused'" in finding.message
