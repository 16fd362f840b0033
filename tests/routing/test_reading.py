from __future__ import annotations

from types import SimpleNamespace

import pytest

from stretto.errors import InvalidInput
from stretto.routing.reading import MISSING, reading

STATE = {"order": {"items": [{"price": 3}, SimpleNamespace(price=5)]}, "n": 1}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("n", 1),
        ("order.items.0.price", 3),
        ("order.items.-1.price", 5),
        ("order.items.7.price", MISSING),
        ("order.items.x", MISSING),
        ("order.none.price", MISSING),
        ("m", MISSING),
    ],
)
def test_a_path_leads_through_mappings_sequences_and_attributes(path: str, value: object) -> None:
    """What is not there is missing."""
    assert reading("it", path).find(STATE) == value


def test_a_function_reads_what_it_likes() -> None:
    """It is called by its name, or by one that is given."""

    def half(state):
        return state["n"] / 2

    assert (reading("it", half).name, reading("it", half).find(STATE)) == ("half", 0.5)
    assert reading("it", lambda state: 1).name == "a function"
    assert reading("it", half, name="h").name == "h"


@pytest.mark.parametrize("read", ["", "a..b", " ", "a._b", 3, None])
def test_what_is_neither_path_nor_function_is_refused(read: object) -> None:
    """The text says what can be given."""
    with pytest.raises(InvalidInput, match=r"it cannot read .* Give the name of a field"):
        reading("it", read)  # type: ignore[arg-type]


def test_a_function_takes_the_state_and_answers_at_once() -> None:
    """Another number of arguments, or an async function, is refused."""

    async def later(state):
        return 1

    with pytest.raises(InvalidInput, match=r"'later' is async, and a value is read at once. Give"):
        reading("it", later)
    with pytest.raises(InvalidInput, match=r"cannot be called with the state. Let it take 1 argu"):
        reading("it", lambda: 1)  # type: ignore[arg-type,misc]
