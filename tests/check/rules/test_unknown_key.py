"""Keys that no schema has."""

from __future__ import annotations

from functools import wraps
from typing import Any

from langgraph.graph import START, StateGraph
from langgraph.types import Command
from pydantic import BaseModel
from typing_extensions import TypedDict

from stretto import member, sequential
from tests.check.rules.chains import chain, found, keys


class State(TypedDict):
    """A state."""

    question: str
    answer: str


class Private(TypedDict):
    """What two nodes share."""

    bar: str


def private(state: Private) -> dict[str, Any]:
    """Read what is private."""
    return {"answer": state["bar"]}


def test_the_nearest_field_is_offered():
    """A misspelt key is told with the field that it is near to."""

    def node(state: State) -> dict[str, Any]:
        return {"anser": state["question"]}

    (finding,) = found(chain(State, node), "S201")
    assert "'anser'" in finding.message
    assert "'answer'" in finding.remedy
    assert finding.certainty == "proved"


def test_a_key_of_a_command_is_an_update_too():
    """Command(update=) writes as a returned dictionary does."""

    def node(state: State) -> Command[Any]:
        return Command(update={"nothing": state["question"]})

    assert keys(chain(State, node), "S201") == ["nothing"]


def test_a_key_that_is_written_sometimes_is_possible():
    """A return that gives it may not be taken."""

    def node(state: State) -> dict[str, Any]:
        if state["question"]:
            return {"answer": "a"}
        return {"nothing": "b"}

    (finding,) = found(chain(State, node), "S201")
    assert finding.certainty == "possible"


def test_a_subgraph_may_send_an_unknown_key_to_the_graph_above():
    """What is sent to the parent must be a field of the parent."""

    def inner(state: Private) -> Command[Any]:
        return Command(graph=Command.PARENT, update={"bar": "1"})

    outer = StateGraph(State)
    outer.add_node("inner", chain(Private, inner).compile())
    outer.add_edge(START, "inner")
    assert keys(outer.compile(), "S201") == ["bar"]


def test_a_field_of_the_graph_above_is_known():
    """What a subgraph sends to its parent is no key of its own."""

    def inner(state: Private) -> Command[Any]:
        return Command(graph=Command.PARENT, update={"answer": "1"})

    outer = StateGraph(State)
    outer.add_node("inner", chain(Private, inner).compile())
    outer.add_edge(START, "inner")
    assert keys(outer.compile(), "S201") == []


def test_private_fields_are_known():
    """What another node's input schema has is a field."""

    def node(state: State) -> dict[str, Any]:
        return {"bar": state["question"]}

    assert keys(chain(State, node, private), "S201") == []


def test_a_decorator_may_make_an_update_of_a_result():
    """Of a function that is wrapped nothing is said."""

    def as_answer(function: Any) -> Any:
        @wraps(function)
        def made(state: Any) -> Any:
            return {"answer": str(function(state))}

        return made

    @as_answer
    def node(state: State) -> dict[str, Any]:
        return {"score": len(state["question"])}

    assert keys(chain(State, node), "S201") == []


def test_a_members_result_is_no_update():
    """What a member returns stands in the results under its name."""

    async def score(state: Any) -> dict[str, Any]:
        return {"score": len(state["messages"])}

    assert keys(sequential(member(score, name="score")), "S201") == []


def test_a_function_within_a_node_returns_no_update():
    """Only what the node itself returns counts."""

    def node(state: State) -> dict[str, Any]:
        def tool() -> dict[str, Any]:
            return {"result": 1}

        return {"answer": str(tool())}

    assert keys(chain(State, node), "S201") == []


def test_a_state_object_is_not_taken_apart():
    """A returned pydantic object has fields of its class only."""

    class Model(BaseModel):
        text: str = ""

    def node(state: Model) -> Model:
        return Model(text="a")

    assert keys(chain(Model, node), "S201") == []
