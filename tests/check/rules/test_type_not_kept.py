"""Tuples that are lists when they were stored."""

from __future__ import annotations

import operator
from collections import Counter
from typing import Annotated, Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from pydantic import BaseModel
from typing_extensions import TypedDict

from stretto.check.storing import CHANGED
from tests.check.rules.chains import chain, found, keys


class State(TypedDict):
    """A state."""

    place: tuple[int, int]
    words: Counter[str]
    seen: set[str]
    text: str


def saved(schema: Any, *nodes: Any) -> Any:
    """A graph with a checkpointer."""
    return chain(schema, *nodes).compile(checkpointer=InMemorySaver())


def test_what_the_serializer_changes():
    """The table of types is what LangGraph does."""
    serde = JsonPlusSerializer()
    for value in ((1, 2), Counter("aa")):
        back = serde.loads_typed(serde.dumps_typed(value))
        name = type(value).__qualname__
        assert type(back).__name__ == CHANGED.get(name) or CHANGED[f"collections.{name}"]
    kept: list[Any] = [{1}, frozenset({1})]
    assert [serde.loads_typed(serde.dumps_typed(each)) for each in kept] == kept


def equals(state: State) -> dict[str, Any]:
    """Compare."""
    return {"text": str(state["place"] == (1, 2))}


def indexes(state: State) -> dict[str, Any]:
    """Take it as a key."""
    names = {(1, 2): "here"}
    return {"text": names[state["place"]]}


def adding(state: State) -> dict[str, Any]:
    """Add a tuple."""
    place = state["place"]
    return {"text": str((*place, 3) if place else place + (1,))}  # noqa: RUF005 - the fault


def counts(state: State) -> dict[str, Any]:
    """Call a Counter's method."""
    return {"text": str(state["words"].most_common(1))}


@pytest.mark.parametrize(
    ("node", "key"),
    [(equals, "place"), (indexes, "place"), (adding, "place"), (counts, "words")],
)
def test_uses_that_take_a_tuple(node: Any, key: str):
    """What a list or a plain dictionary cannot do."""
    assert keys(saved(State, node), "S212") == [key]


def test_a_use_fails_after_a_resume():
    """A tuple is a key before it was stored, and none after."""

    def writes(state: State) -> dict[str, Any]:
        return {"place": (1, 2)}

    built = chain(State, writes, indexes)
    assert built.compile().invoke({})["text"] == "here"
    graph = built.compile(checkpointer=InMemorySaver(), interrupt_before=["indexes"])
    config: Any = {"configurable": {"thread_id": "1"}}
    graph.invoke({}, config)
    with pytest.raises(TypeError, match="unhashable"):
        graph.invoke(None, config)


def test_reading_the_items_is_the_same_for_a_list():
    """Taking apart, indexing and going through need no tuple."""

    def node(state: State) -> dict[str, Any]:
        x, y = state["place"]
        return {"text": f"{x}{y}{state['place'][0]}{[*state['place']]}"}

    assert keys(saved(State, node), "S212") == []


def test_a_list_of_pairs_is_let_be():
    """Tuples within a list are mostly taken apart."""

    class Steps(TypedDict):
        past: Annotated[list[tuple[str, str]], operator.add]

    def node(state: Steps) -> dict[str, Any]:
        return {"past": [("a", "b")]}

    assert keys(saved(Steps, node), "S212") == []


def test_a_pydantic_state_makes_a_tuple_again():
    """What a node is given was validated."""

    class Model(BaseModel):
        place: tuple[int, int] = (0, 0)
        text: str = ""

    def node(state: Model) -> dict[str, Any]:
        return {"text": str(state.place == (1, 2))}

    assert keys(saved(Model, node), "S212") == []


def test_without_a_checkpointer_a_tuple_stays():
    """Nothing is stored."""
    assert found(chain(State, equals).compile(), "S212") == []
