from __future__ import annotations

import textwrap

from hypothesis import given
from hypothesis import strategies as st

from stretto.cli.account import LEAST, Account, Line, fitted, who

labels = st.sampled_from(["error", "failed in", "asks", *LEAST])
lines = st.lists(
    st.builds(
        Line,
        label=labels,
        text=st.text("ab c", max_size=300),
        time=st.none() | st.floats(0, 1e5),
    ),
    max_size=30,
)


@given(lines, st.integers(60, 200), st.integers(1, 30))
def test_what_fits_takes_no_more_rows(given_lines, width, rows):
    """Unless what must be told is more; nothing is told that was not there, or in another order."""
    kept = fitted(given_lines, width=width, rows=rows)
    must = sum(line.label not in LEAST for line in given_lines)
    room = width - 1 - max((len(line.label) for line in given_lines), default=0)
    taken = sum(len(textwrap.wrap(line.text + line.when, room)) for line in kept)
    assert taken <= max(rows, must)
    told = iter(given_lines)
    for line in kept:
        assert any(line.label == other.label and line.time == other.time for other in told)


def test_what_fits_is_left_as_it_is():
    """Long lines too."""
    told = [Line("error", "x " * 100), Line("given", "y", 3.0)]
    assert fitted(told, width=80, rows=20) == told


def test_the_least_telling_go_first():
    """And of those with one label the oldest."""
    told = [Line("error", "e"), Line("person", "one"), Line("person", "two"), Line("given", "g")]
    assert fitted(told, width=80, rows=2) == [told[0], told[2]]


def test_a_name_is_said_once():
    """An agent in a node of its name."""
    assert who("t1", "anna", "anna") == "t1 anna"
    assert who("", "") == "the graph"
    assert Account("t", "x", "done", "", "is done").commands == ()
