"""FACTS 2.13: tuples come back as lists."""

from __future__ import annotations

import operator
from typing import Annotated, Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from typing_extensions import TypedDict

from tests.check.rules.chains import chain, found


class State(TypedDict):
    """A state."""

    moves: Annotated[tuple[str, ...], operator.add]


def move(state: State) -> dict[str, Any]:
    """Move."""
    return {"moves": ("north",)}


def test_the_second_turn_adds_a_tuple_to_a_list_and_check_says_so():
    """The first turn is fine; the second fails. The check names the field before."""
    graph = chain(State, move).compile(checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "1"}}
    assert graph.invoke({"moves": ()}, config)["moves"] == ("north",)
    assert graph.get_state(config).values["moves"] == ["north"]
    with pytest.raises(TypeError, match="can only concatenate list"):
        graph.invoke({"moves": ()}, config)
    (finding,) = found(graph, "S212")
    assert finding.key == "moves"
