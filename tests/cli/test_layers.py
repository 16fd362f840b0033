from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stretto.cli.layers import leading_back
from stretto.cli.picture import Link

NAMES = ["a", "b", "c", "d", "e"]


@given(st.sets(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES))))
def test_without_the_links_that_lead_back_there_is_never_a_circle(pairs):
    """Without the links that lead back there is never a circle."""
    from graphlib import TopologicalSorter

    links = [Link(a, b) for a, b in sorted(pairs) if a != b]
    back = leading_back(NAMES, links)
    sorter = TopologicalSorter(
        {n: [k.source for k in links if k.target == n and k not in back] for n in NAMES}
    )
    assert len(list(sorter.static_order())) == len(NAMES)


def test_without_a_circle_nothing_leads_back():
    """Without a circle nothing leads back."""
    assert leading_back(["a", "b", "c"], [Link("a", "b"), Link("b", "c"), Link("a", "c")]) == set()
