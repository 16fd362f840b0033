"""Records whose classes cannot be imported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langgraph.checkpoint.memory import InMemorySaver
from pydantic import BaseModel
from typing_extensions import TypedDict

from stretto.check.checking import found_in
from stretto.check.reading.compiled import read_graph
from stretto.check.rules.lost_class import RULE
from tests.check.loading import loaded
from tests.check.rules.chains import chain, found, keys

if TYPE_CHECKING:
    from pathlib import Path

SERVED = """
from pydantic import BaseModel
from typing_extensions import TypedDict
from langgraph.graph import START, StateGraph
class Draft(BaseModel):
    text: str = ""
class State(TypedDict):
    draft: Draft
def write(state: State):
    return {"draft": Draft()}
graph = StateGraph(State).add_node(write).add_edge(START, "write").compile()
"""


class Draft(BaseModel):
    """A model that can be imported."""

    text: str = ""


@dataclass
class Size:
    """A record that can be imported."""

    size: int = 0


class Words(TypedDict):
    """A dictionary."""

    text: str


def test_a_class_of_a_function_is_lost():
    """It is told by the field, within brackets, too."""

    class Local(BaseModel):
        text: str = ""

    schema: Any = TypedDict("schema", {"draft": Local, "drafts": list[Local]})  # type: ignore[operator]

    def node(state: Any) -> dict[str, Any]:
        return {"draft": Local()}

    graph = chain(schema, node).compile(checkpointer=InMemorySaver())
    findings = found(graph, "S211")
    assert [(f.key, f.certainty) for f in findings] == [
        ("draft", "proved"),
        ("drafts", "possible"),
    ]


def test_classes_of_a_module_are_kept():
    """What can be imported comes back as it was."""

    class State(TypedDict):
        draft: Draft
        size: Size | None

    def node(state: State) -> dict[str, Any]:
        return {"draft": Draft(), "size": Size()}

    graph = chain(State, node).compile(checkpointer=InMemorySaver())
    assert keys(graph, "S211") == []


def test_a_dictionary_stays_a_dictionary():
    """A TypedDict of a function is nothing to lose, nor is the state's own class."""

    class Local(TypedDict):
        text: str

    schema: Any = TypedDict("schema", {"words": Local, "more": Words})  # type: ignore[operator]

    def node(state: Any) -> dict[str, Any]:
        return {"words": {"text": "a"}}

    assert keys(chain(schema, node).compile(checkpointer=InMemorySaver()), "S211") == []


def test_without_a_checkpointer_nothing_is_lost():
    """The objects stay in the process."""

    class Local(BaseModel):
        text: str = ""

    schema: Any = TypedDict("schema", {"draft": Local})  # type: ignore[operator]

    def node(state: Any) -> dict[str, Any]:
        return {"draft": Local()}

    assert keys(chain(schema, node).compile(), "S211") == []


def test_a_class_of_a_served_file_may_be_lost(tmp_path: Path):
    """A server loads the file under a name of its own."""
    module = loaded(SERVED, tmp_path, "served_with_a_class")
    facts = read_graph(module.graph, file=module.__file__, served=True)
    (finding,) = found_in(facts, [RULE])
    assert finding.certainty == "possible"
    assert found_in(read_graph(module.graph, file=module.__file__), [RULE]) == []
