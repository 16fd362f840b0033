"""Changes of the given state in place."""

from __future__ import annotations

import operator
from typing import Annotated, Any

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.types import RetryPolicy
from typing_extensions import TypedDict

from tests.check.rules.chains import chain, found, keys


class State(TypedDict):
    """A state."""

    notes: list[str]
    added: Annotated[list[str], operator.add]
    answer: str


def lost(state: State) -> dict[str, Any]:
    """Change a list."""
    state["notes"].append("lost")
    return {"answer": "yes"}


def close(state: State) -> dict[str, Any]:
    """Read it."""
    return {"answer": str(state["notes"])}


def test_a_change_that_is_not_returned_is_gone_after_a_resume():
    """In one go it is there; after a pause it is not."""
    built = chain(State, lost, close)
    given: Any = {"notes": []}
    assert built.compile().invoke(given)["answer"] == "['lost']"
    graph = built.compile(checkpointer=InMemorySaver(), interrupt_before=["close"])
    config: Any = {"configurable": {"thread_id": "1"}}
    graph.invoke({"notes": []}, config, durability="sync")
    assert graph.invoke(None, config)["answer"] == "[]"
    assert keys(graph, "S206") == ["notes"]


def test_a_change_that_a_reducer_adds_again_is_doubled():
    """The object that was changed is returned to a reducer that adds."""

    def node(state: State) -> dict[str, Any]:
        added = state["added"]
        added.append("once")
        return {"added": added}

    graph = chain(State, node).compile()
    assert graph.invoke({"added": []})["added"] == ["once", "once"]
    (finding,) = found(graph, "S206")
    assert finding.certainty == "proved"


def test_what_is_put_in_and_returned_comes_twice():
    """The new item is appended, and returned, too."""

    def node(state: State) -> dict[str, Any]:
        new = state["answer"]
        state["added"].append(new)
        return {"added": [new]}

    graph = chain(State, node).compile()
    assert graph.invoke({"added": [], "answer": "a"})["added"] == ["a", "a"]
    assert keys(graph, "S206") == ["added"]


def test_a_node_that_is_tried_again_changes_again():
    """With a retry policy each try appends."""

    def node(state: State) -> dict[str, Any]:
        state["notes"].append("tried")
        return {"notes": state["notes"]}

    builder = StateGraph(State)
    builder.add_node("node", node, retry_policy=RetryPolicy())
    builder.add_edge(START, "node")
    assert keys(builder.compile(), "S206") == ["notes"]


def test_a_change_that_is_returned_is_an_update():
    """Under a field without a reducer it works."""

    def node(state: State) -> dict[str, Any]:
        state["notes"].append("new")
        return {"notes": state["notes"]}

    assert keys(chain(State, node), "S206") == []


def test_a_copy_may_be_changed():
    """What is changed is another list."""

    def node(state: State) -> dict[str, Any]:
        notes = list(state["notes"])
        notes.append("new")
        some = state["notes"][:]
        some.append("new")
        more = [*state["added"]]
        more.append("x")
        return {"answer": str(notes) + str(more)}

    assert keys(chain(State, node), "S206") == []


def test_another_value_changes_no_object():
    """The dictionary that a node is given is its own."""

    def node(state: State) -> dict[str, Any]:
        state["notes"] = [*state["notes"], "new"]
        return {"answer": str(state)}

    assert keys(chain(State, node), "S206") == []


def test_who_returns_the_state_returns_the_change():
    """`return state` gives all of it back."""

    def node(state: State) -> State:
        state["notes"].append("new")
        return state

    assert keys(chain(State, node), "S206") == []


def test_what_is_no_container_may_have_methods_of_the_same_name():
    """`add` of some object says nothing of a change."""

    class Other(TypedDict):
        session: Any
        answer: str

    def node(state: Other) -> dict[str, Any]:
        state["session"].add("row")
        return {"answer": "yes"}

    assert keys(chain(Other, node), "S206") == []
