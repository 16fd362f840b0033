"""Values that do not fit their fields."""

from __future__ import annotations

import operator
from typing import Annotated, Any, Literal

import pytest
from langchain_core.messages import AIMessage, AnyMessage
from langgraph.graph import add_messages
from pydantic import BaseModel, ValidationError
from typing_extensions import TypedDict

from tests.check.rules.chains import chain, found, keys


class State(TypedDict):
    """A state."""

    text: str
    count: int
    notes: Annotated[list[str], operator.add]
    messages: Annotated[list[AnyMessage], add_messages]
    mode: Literal["fast", "slow"]
    more: Any


class Model(BaseModel):
    """A pydantic state."""

    text: str = ""
    count: int = 0


def test_a_single_item_for_a_list_that_is_added():
    """The reducer raises at run time; the check proves it."""

    def node(state: State) -> dict[str, Any]:
        return {"notes": "one"}

    graph = chain(State, node).compile()
    with pytest.raises(TypeError):
        graph.invoke({"notes": []})
    (finding,) = found(graph, "S207")
    assert (finding.severity, finding.certainty) == ("error", "proved")


def test_a_pydantic_state_fails_at_the_next_node():
    """The error names another node; the check names the one that wrote."""

    def writes(state: Model) -> dict[str, Any]:
        return {"text": 5}

    def reads(state: Model) -> dict[str, Any]:
        return {"count": len(state.text)}

    graph = chain(Model, writes, reads).compile()
    with pytest.raises(ValidationError):
        graph.invoke({})
    (finding,) = found(graph, "S207")
    assert (finding.node, finding.severity) == ("writes", "error")


def test_a_value_that_no_literal_has():
    """One of the names that a Literal lists is meant."""

    def node(state: State) -> dict[str, Any]:
        return {"mode": "medium"}

    assert keys(chain(State, node), "S207") == ["mode"]


def test_one_of_two_choices():
    """What is given under a condition is possible."""

    def node(state: State) -> dict[str, Any]:
        return {"count": 1 if state["text"] else "none"}

    (finding,) = found(chain(State, node), "S207")
    assert finding.certainty == "possible"


def test_none_stands_for_nothing_yet():
    """A field is often set back to None, whatever its type says."""

    def node(state: State) -> dict[str, Any]:
        return {"text": None, "count": None}

    assert keys(chain(State, node), "S207") == []


def test_messages_may_be_given_in_many_ways():
    """`add_messages` makes messages of what it is given."""

    def node(state: State) -> dict[str, Any]:
        return {"messages": ("user", "hi"), "more": {"any": AIMessage("a")}}

    assert keys(chain(State, node), "S207") == []


def test_what_fits():
    """Values of the right types are let be."""

    def node(state: State) -> dict[str, Any]:
        text = f"{state['text']}!"
        return {"text": text, "count": len(text), "notes": [text], "mode": "fast"}

    assert keys(chain(State, node), "S207") == []


def test_pydantic_makes_numbers_of_text():
    """What it takes is no fault."""

    def node(state: Model) -> dict[str, Any]:
        return {"count": "5"}

    graph = chain(Model, node).compile()
    graph.invoke({})
    assert keys(graph, "S207") == []
