"""What the handoffs of a turn come to."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage

from stretto.patterns.handoff_turn import circles, is_new, last_chain, turn_of, way
from stretto.state import HandedOver


def one(way: str, *, new: bool = False, how: Any = "handed", payload: Any = None) -> HandedOver:
    """A handoff from the first letter to the second."""
    return HandedOver(by=way[0], to=way[1], new=new, how=how, payload=payload)


@pytest.mark.parametrize(
    ("ways", "circle"),
    [
        (["ab"], False),
        (["ab", "ba"], False),
        (["ab", "ba", "ab"], True),
        (["ab", "bc", "ca", "ab"], True),
        (["ab", "ba!", "ab"], False),
        (["ab!", "ba", "ab"], True),
        (["ab", "ba", "ab!"], False),
        (["ab", "bc", "cd"], False),
    ],
)
def test_a_circle_is_a_way_gone_again_with_nothing_new(ways: list[str], circle: bool) -> None:  # noqa: FBT001 - a case
    """`!` marks what brought something new."""
    assert circles([one(each, new="!" in each) for each in ways]) is circle


@given(st.lists(st.sampled_from(["ab", "ba", "bc", "ca", "ac", "cb"]), min_size=1, max_size=12))
def test_handing_over_with_nothing_new_circles_after_each_way_was_gone(ways: list[str]) -> None:
    """No turn without news is longer than there are ways."""
    handed = [one(each) for each in ways]
    assert circles(handed) is (ways[-1] in ways[:-1])


def test_a_payload_is_new_when_it_was_not_given_on_that_way() -> None:
    """The same one to another is; none is nothing."""
    before = [one("ab", payload=1)]
    assert not is_new(one("ab", payload=1), before)
    assert is_new(one("ab", payload=2), before)
    assert is_new(one("ba", payload=1), before)
    assert not is_new(one("ab"), before)


def test_the_turn_begins_at_the_last_word_of_a_person() -> None:
    """What an earlier one left is no part of it."""
    messages = [HumanMessage("one", id="1"), AIMessage("x"), HumanMessage("two", id="2")]
    state = {"messages": [*messages, AIMessage("y")], "turn": "2", "handed": [one("ab")]}
    turn = turn_of(state)
    assert (turn.id, turn.request, turn.fresh, len(turn.handed)) == ("2", 2, False, 1)
    assert turn.received == one("ab")
    fresh = turn_of({**state, "turn": "1"})
    assert (fresh.fresh, fresh.handed, fresh.received) == (True, (), None)
    assert turn_of({}).request == -1
    assert turn_of({"turn": turn_of({}).id}).fresh is False


def test_the_last_chain_goes_back_to_what_was_handed() -> None:
    """Over those who stood in, and what was refused."""
    handed = [one("ab"), one("bc"), one("cd", how="stood in"), one("dd", how="refused")]
    assert last_chain(handed) == handed[1:]
    assert last_chain([]) == []
    assert way(handed) == ["a", "b", "c", "d", "d"]
    assert way([]) == []
