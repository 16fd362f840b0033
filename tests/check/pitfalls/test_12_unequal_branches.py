"""FACTS 2.12: branches of unequal length into one node run it twice."""

from __future__ import annotations

from langgraph.graph import START

from tests.check.rules.chains import found
from tests.check.rules.wired import ran, wired


def test_a_report_is_written_twice_and_check_says_so():
    """It is written once without the summary; the check names the node."""
    graph = wired(
        (START, "count"),
        (START, "collect"),
        ("collect", "sum_up"),
        ("count", "report"),
        ("sum_up", "report"),
    )
    log = ran(graph)
    assert log.count("report") == 2
    assert log.index("report") <= log.index("sum_up") + 1
    (finding,) = found(graph.compile(), "G107")
    assert (finding.node, finding.certainty) == ("report", "proved")
