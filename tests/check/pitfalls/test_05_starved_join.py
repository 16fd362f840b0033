"""FACTS 2.5: an error handler before a list edge, which then never fires."""

from __future__ import annotations

from typing import Any

from langgraph.graph import START

from tests.check.rules.chains import found
from tests.check.rules.wired import Log, ran, wired


def _fetch(state: Log) -> dict[str, Any]:
    msg = "the source is away"
    raise ConnectionError(msg)


def _note(state: Log) -> dict[str, Any]:
    return {"log": ["failure noted"]}


def test_the_report_is_never_written_and_check_says_so():
    """The run ends as a success without it; the check names the node that waits."""
    graph = wired((START, "fetch"), (START, "ask"), (["fetch", "ask"], "report"))
    del graph.nodes["fetch"]
    graph.add_node("fetch", _fetch, error_handler=_note)
    assert sorted(ran(graph)) == ["ask", "failure noted"]
    (finding,) = found(graph.compile(), "G108")
    assert finding.node == "report"
    assert "'fetch'" in finding.message
