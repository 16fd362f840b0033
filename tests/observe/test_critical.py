"""The critical path accounts for each instant once, whatever the spans look like."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stretto.observe.critical import Activity, Piece, bounded, critical_path, slack


@st.composite
def forests(draw):
    """Activities within one another, some of which wait for siblings; times may be nonsense."""
    made = [Activity(0.0, float(draw(st.integers(0, 100))))]
    for place in range(1, draw(st.integers(1, 25))):
        parent = draw(st.integers(0, place - 1))
        begin, end = draw(st.integers(-10, 110)), draw(st.integers(-10, 110))
        after = tuple(draw(st.lists(st.integers(-1, place + 2), max_size=3)))
        made.append(Activity(float(begin), float(end), parent, after))
    return made


@given(forests())
def test_the_path_is_as_long_as_the_whole_and_has_no_gap(made):
    """Each piece begins where the one before ended, from the beginning to the end of the whole."""
    path = critical_path(made)
    at = made[0].begin
    for piece in path:
        assert piece.begin == at
        assert piece.end > piece.begin
        at = piece.end
    assert at == made[0].end
    assert sum(p.end - p.begin for p in path) == pytest.approx(made[0].end - made[0].begin)


@given(forests())
def test_a_piece_lies_within_its_activity(made):
    """Nobody is given time in which it did not go on."""
    known = bounded(made)
    for piece in critical_path(made):
        one = known[piece.activity]
        assert one.begin <= piece.begin
        assert piece.end <= one.end


@given(forests())
def test_slack_is_never_negative_and_none_on_the_path(made):
    """What is on the path cannot end later; what is not can, or has no room either."""
    path = critical_path(made)
    room = slack(made, path)
    assert all(one >= 0 for one in room)
    assert all(room[piece.activity] == 0 for piece in path)


@given(forests())
def test_no_activity_can_end_later_than_the_whole(made):
    """The slack of a span is at most what lies between its end and the end of all."""
    known = bounded(made)
    for one, room in zip(known, slack(made, critical_path(made)), strict=True):
        assert one.end + room <= known[0].end + 1e-9


def test_the_last_of_those_beside_each_other_counts():
    """Of two branches the longer one is on the path, the other has room."""
    made = [Activity(0, 10), Activity(0, 4, 0), Activity(0, 9, 0), Activity(9, 10, 0)]
    path = critical_path(made)
    assert path == [Piece(0, 9, 2), Piece(9, 10, 3)]
    assert slack(made, path) == [0, 5, 0, 0]


def test_what_waits_for_another_is_left_for_it():
    """A task that began at once and waited is on the path only since what it needs had ended."""
    made = [
        Activity(0, 10),
        Activity(0, 6, 0),
        Activity(0, 5, 0),
        Activity(0, 10, 0, (1, 2)),
        Activity(6.5, 10, 3),
    ]
    path = critical_path(made)
    assert path == [Piece(0, 6, 1), Piece(6, 6.5, 3), Piece(6.5, 10, 4)]
    assert slack(made, path) == [0, 0, 1, 0, 0]


def test_time_between_parts_is_the_wholes_own():
    """The framework's work between two steps is told apart from theirs."""
    made = [Activity(0, 10), Activity(1, 4, 0), Activity(5, 9, 0)]
    pieces = [(p.begin, p.end, p.activity) for p in critical_path(made)]
    assert pieces == [(0, 1, 0), (1, 4, 1), (4, 5, 0), (5, 9, 2), (9, 10, 0)]


def test_nothing_has_no_path():
    """No activities, or a whole without duration."""
    assert critical_path([]) == []
    assert critical_path([Activity(1, 1)]) == []


def test_a_deep_chain_is_walked():
    """Levels cost no recursion."""
    made = [Activity(0, 1, place - 1) for place in range(5_000)]
    assert critical_path(made) == [Piece(0, 1, 4_999)]
