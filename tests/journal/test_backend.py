from __future__ import annotations

import pytest

from stretto.journal.backend import Selection


@pytest.mark.parametrize(
    ("selection", "where", "values"),
    [
        (Selection(), "seq > ?", [0]),
        (Selection(thread="a", after=3), "seq > ? AND thread = ?", [3, "a"]),
        (Selection(run="b", types=("x", "y")), "seq > ? AND run = ? AND type IN (?, ?)", [0, "b", "x", "y"]),
        (Selection(types=()), "seq > ? AND 1 = 0", [0]),
    ],
)  # fmt: skip
def test_a_selection_in_sql(selection: Selection, where: str, values: list[object]) -> None:
    """Values are parameters, never text."""
    assert selection.where("?") == (where, values)
