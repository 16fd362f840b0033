from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stretto.journal.backend import MOST_KEY, Selection, column


@pytest.mark.parametrize(
    ("selection", "where", "values"),
    [
        (Selection(), "seq > ?", [0]),
        (Selection(thread="a", after=3), "seq > ? AND thread = ?", [3, "a"]),
        (Selection(run="b", types=("x", "y")), "seq > ? AND run = ? AND type IN (?, ?)", [0, "b", "x", "y"]),
        (Selection(types=()), "seq > ? AND 1 = 0", [0]),
        (Selection(thread="a", key="k", family="f"), "seq > ? AND thread = ? AND key = ? AND family = ?", [0, "a", "k", "f"]),
        (Selection(types=("run_ended", "run_started")), "seq > ? AND type IN ('run_started', 'run_ended')", [0]),
    ],
)  # fmt: skip
def test_a_selection_in_sql(selection: Selection, where: str, values: list[object]) -> None:
    """Values are parameters, never text."""
    assert selection.where() == (where, values)


@given(st.text(st.characters(), min_size=MOST_KEY + 1, max_size=3 * MOST_KEY))
def test_a_very_long_key_is_made_short(text: str) -> None:
    """Databases refuse longer ones in an index; two that differ at the end still differ."""
    assert len(column(text)) == MOST_KEY
    assert column(text) != column(text + "x")


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=MOST_KEY))
def test_any_other_key_is_left_as_it_is(text: str) -> None:
    """So that it can be looked up by hand."""
    assert column(text) == text
