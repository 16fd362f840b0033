from __future__ import annotations

from itertools import chain, combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from stretto.resilience.cycles import Edge, Link, cycle, knot, stuck

_HOLDS = st.sampled_from("abcde")
_TABLES = st.lists(
    st.tuples(st.sets(_HOLDS, min_size=1, max_size=3), st.sets(_HOLDS, max_size=3)), max_size=6
)


def table(rows: list[tuple[set[str], set[str]]]) -> dict[str, Edge]:
    """Waits of those numbers."""
    return {
        str(i): Edge(str(i), tuple(sorted(needs)), tuple(sorted(within)))
        for i, (needs, within) in enumerate(rows)
    }


def test_two_that_wait_for_each_other_are_stuck() -> None:
    """And the cycle is told from one to the other and back."""
    edges = table([({"b"}, {"a"}), ({"a"}, {"b"})])
    assert stuck(edges.values()) == {"0", "1"}
    assert cycle(edges, "0") == (Link("0", "b"), Link("1", "a"))
    assert knot(edges, "0") == {"0", "1"}


def test_one_of_several_permits_that_is_free_to_end_helps() -> None:
    """A bulkhead of two is stuck only when both of its holders are."""
    first, both = ({"b"}, {"a"}), ({"a", "c"}, {"b"})
    assert stuck(table([first, both]).values()) == frozenset()
    assert stuck(table([first, both, ({"a"}, {"c"})]).values()) == {"0", "1", "2"}


def test_one_that_waits_behind_a_cycle_is_in_none() -> None:
    """It is stuck, but to give up is for those in the cycle."""
    edges = table([({"b"}, {"a"}), ({"a"}, {"b"}), ({"a"}, {"d"})])
    assert stuck(edges.values()) == {"0", "1", "2"}
    assert cycle(edges, "2") == ()
    assert knot(edges, "2") == frozenset()
    assert knot(edges, "1") == {"0", "1"}


@settings(max_examples=300)
@given(_TABLES)
def test_it_is_the_greatest_set_that_nothing_from_outside_helps(
    rows: list[tuple[set[str], set[str]]],
) -> None:
    """Found by trying every set of waits."""
    edges = table(rows)
    every = chain.from_iterable(combinations(edges, n) for n in range(len(edges) + 1))
    closed = [
        set(some)
        for some in every
        if all(
            any(hold in edges[other].within for other in some)
            for each in some
            for hold in edges[each].helpers
        )
    ]
    assert stuck(edges.values()) == max(closed, key=len)


@settings(max_examples=200)
@given(_TABLES)
def test_whenever_some_are_stuck_some_can_give_up_for_all(
    rows: list[tuple[set[str], set[str]]],
) -> None:
    """Each cycle leads from hold to hold and back to its beginning."""
    edges = table(rows)
    left = {each: edges[each] for each in stuck(edges.values())}
    knots = [knot(left, each) for each in left]
    assert any(knots) == bool(left)
    for each, found in zip(left, knots, strict=True):
        assert not found or each in found
        links = cycle(left, each)
        assert links or not found
        for link, after in zip(links, (*links[1:], *links[:1]), strict=True):
            assert link.hold in left[link.waiter].helpers
            assert link.hold in left[after.waiter].within
