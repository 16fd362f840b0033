from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stretto.errors import LimitReached
from stretto.journal.spans import Run, Span, Spans
from stretto.policy import Limits


def span(run: Run, kind: str = "node", **told: str) -> Span:
    """A span with nothing told but its kind."""
    return Span(run=run, kind=kind, started=0, id="s", **told)


def test_closing_a_run_closes_what_is_left_in_it() -> None:
    """A step whose end was never told does not stay for ever."""
    spans, run = Spans(), Run(id="r", thread="t")
    spans.add(UUID(int=1), span(run, "run"))
    spans.add(UUID(int=2), span(run))
    spans.add(UUID(int=3), span(Run(id="other", thread="t")))
    assert spans.pop(UUID(int=1)) is not None
    assert UUID(int=2) not in spans
    assert len(spans) == 1
    assert spans.pop(UUID(int=2)) is None
    assert spans.get(None) is None


def test_a_span_takes_its_place_from_metadata() -> None:
    """And what that does not tell from the span above."""
    above = span(Run(id="r", thread="t"), place="a:1", node="a", agent="anna")
    here = above.at({"langgraph_checkpoint_ns": "a:1|b:2", "langgraph_node": "b"})
    assert (here.place, here.node, here.agent) == ("a:1|b:2", "b", "anna")


@given(limit=st.integers(0, 20), calls=st.integers(0, 40))
def test_no_more_calls_are_counted_than_allowed(limit: int, calls: int) -> None:
    """However often it is tried."""
    spans, run = Spans(), Run(id="r", thread="t")
    refused = 0
    for _ in range(calls):
        try:
            spans.count_tool(run, Limits(tool_calls=limit))
        except LimitReached:
            refused += 1
    assert run.tool_calls == min(limit, calls)
    assert refused == max(0, calls - limit)


def test_a_tool_that_waits_is_not_counted_twice() -> None:
    """It will be started again."""
    spans, run = Spans(), Run(id="r", thread="t")
    limits = Limits(tool_calls=1)
    spans.count_tool(run, limits)
    spans.uncount_tool(run)
    spans.count_tool(run, limits)
    with pytest.raises(LimitReached, match="1 tool calls"):
        spans.count_tool(run, limits)
