"""Values that no checkpoint can hold."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Annotated, Any

import pytest
from langgraph.channels import UntrackedValue
from langgraph.checkpoint.memory import InMemorySaver
from pydantic import BaseModel
from typing_extensions import TypedDict

from tests.check.rules.chains import chain, found, keys


class Client:
    """A client of the user's own."""


@dataclass
class Data:
    """A record."""

    size: int = 0


class Model(BaseModel):
    """A model."""

    size: int = 0


class State(TypedDict):
    """A state."""

    prices: dict[str, float]
    value: Any
    data: Data
    model: Model | None


def run(graph: Any) -> Any:
    """Run a graph with a checkpointer."""
    config: Any = {"configurable": {"thread_id": "1"}}
    return graph.invoke({"prices": {}}, config, durability="sync")


def function(state: State) -> dict[str, Any]:
    """Write a function."""
    return {"value": lambda: 1}


def generator(state: State) -> dict[str, Any]:
    """Write a generator."""
    return {"value": (each for each in state["prices"])}


def view(state: State) -> dict[str, Any]:
    """Write a view."""
    return {"value": state["prices"].keys()}


def lock(state: State) -> dict[str, Any]:
    """Write a lock."""
    made = threading.Lock()
    return {"value": made}


def mapped(state: State) -> dict[str, Any]:
    """Write an iterator."""
    return {"value": map(str, state["prices"])}


@pytest.mark.parametrize("node", [function, generator, view, lock, mapped])
def test_what_is_refused(node: Any):
    """LangGraph raises at run time; the check proves it before."""
    graph = chain(State, node).compile(checkpointer=InMemorySaver())
    with pytest.raises(TypeError, match="not msgpack serializable"):
        run(graph)
    (finding,) = found(graph, "S208")
    assert finding.certainty == "proved"


def test_fields_of_such_classes():
    """A lock, and a class of the user's own, are told by the field."""

    class Other(TypedDict):
        lock: threading.Lock  # type: ignore[valid-type]
        client: Client
        data: Data

    def node(state: Other) -> dict[str, Any]:
        return {"data": Data()}

    assert keys(chain(Other, node), "S208") == ["client", "lock"]


def test_records_can_be_stored():
    """Models, dataclasses and lists made of views are fine."""

    def node(state: State) -> dict[str, Any]:
        return {"value": list(state["prices"].keys()), "data": Data(), "model": Model()}

    graph = chain(State, node).compile(checkpointer=InMemorySaver())
    assert run(graph)["model"] == Model()
    assert keys(graph, "S208") == []


def test_what_is_not_tracked_is_not_stored():
    """UntrackedValue keeps a client out of the checkpoints."""

    class Other(TypedDict):
        client: Annotated[Client, UntrackedValue]
        text: str

    def node(state: Other) -> dict[str, Any]:
        return {"text": "a"}

    assert keys(chain(Other, node).compile(checkpointer=InMemorySaver()), "S208") == []


def test_without_a_checkpointer_nothing_is_stored():
    """A graph that is compiled without one may hold anything."""
    assert keys(chain(State, function).compile(), "S208") == []


def test_an_object_with_keys_of_its_own_is_not_known():
    """Only what is a dictionary has views."""

    def node(state: State) -> dict[str, Any]:
        return {"value": state["value"].keys()}

    assert keys(chain(State, node).compile(checkpointer=InMemorySaver()), "S208") == []
