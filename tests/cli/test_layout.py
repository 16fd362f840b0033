from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from stretto.cli.layout import arrange
from stretto.cli.picture import Link, Node

NAMES = ["__start__", "a", "b", "c", "g:one", "g:two", "g:h:deep", "__end__"]


def overlap(one, two):
    """Whether two boxes share room."""
    return (
        abs(one.x - two.x) < (one.width + two.width) / 2
        and abs(one.y - two.y) < (one.height + two.height) / 2
    )


def check(picture):
    """Assert what holds of every picture."""
    boxes = list(picture.boxes.values())
    for i, one in enumerate(boxes):
        assert one.x - one.width / 2 + 1e-6 >= 0
        assert one.x + one.width / 2 <= picture.width + 1e-6
        assert not any(overlap(one, two) for two in boxes[i + 1 :])
        if one.inner is not None:
            assert one.inner.width <= one.width
            check(one.inner)
    for line in picture.lines:
        assert {line.link.source, line.link.target} <= set(picture.boxes)
        assert len(line.points) >= 2


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=14))
def test_boxes_never_overlap_whatever_the_edges(pairs):
    """Boxes never overlap whatever the edges."""
    nodes = [Node(name, name.rpartition(":")[2]) for name in NAMES]
    check(arrange(nodes, [Link(a, b, "because", conditional=True) for a, b in pairs]))


def test_what_follows_stands_below_and_a_subgraph_is_a_box_of_its_own():
    """What follows stands below and a subgraph is a box of its own."""
    nodes = [Node(n, n) for n in ("__start__", "a", "g:one", "g:two", "__end__")]
    links = [
        Link("__start__", "a"),
        Link("a", "g:one"),
        Link("g:one", "g:two"),
        Link("g:two", "__end__"),
    ]
    picture = arrange(nodes, links)
    assert set(picture.boxes) == {"__start__", "a", "g", "__end__"}
    assert set(picture.boxes["g"].inner.boxes) == {"one", "two"}
    heights = [picture.boxes[n].y for n in ("__start__", "a", "g", "__end__")]
    assert heights == sorted(heights)


def test_a_loop_is_drawn_at_the_node_and_at_the_group_that_goes_round():
    """A loop is drawn at the node and at the group that goes round."""
    nodes = [Node(n, n) for n in ("a", "g:__start__", "g:one", "g:__end__")]
    picture = arrange(
        nodes, [Link("a", "a"), Link("g:__end__", "g:__start__"), Link("g:one", "g:one")]
    )
    assert sorted(line.link.source for line in picture.lines if line.is_loop) == ["a", "g"]
    assert [line.link.source for line in picture.boxes["g"].inner.lines] == ["one"]


def test_nothing_gives_an_empty_picture():
    """Nothing gives an empty picture."""
    assert arrange([], []).boxes == {}
