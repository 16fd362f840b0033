"""Where functions lead to: through other functions, to the graph above, by names that vary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langgraph.graph import START, StateGraph
from langgraph.types import Command, Send
from typing_extensions import TypedDict

from stretto.check.reading.compiled import read_graph

if TYPE_CHECKING:
    from stretto.check.facts import Function


class State(TypedDict):
    """A state."""

    text: str


def read(*nodes: Any) -> dict[str, Function]:
    """What is read of functions that are nodes."""
    builder: StateGraph[Any, Any, Any, Any] = StateGraph(State)
    for node in nodes:
        builder.add_node(node)
        builder.add_edge(START, node.__name__)
    found = read_graph(builder).nodes.values()
    return {node.name: node.code for node in found if node.code is not None}


def _to_editor() -> Any:
    return Command(goto="editor")


def _to(name: str) -> Any:
    return Command(goto=name)


def _by_helper(state: State) -> Any:
    return _to_editor()


def _by_unclear_helper(state: State) -> Any:
    return _to(state["text"])


def _by_held_helper(state: State) -> Any:
    went = _to(state["text"])
    return went  # noqa: RET504 - a name that holds it


def _as_dictionary(state: State) -> dict[str, Any]:
    return state["text"].partition("")  # type: ignore[return-value]


def _above(state: State) -> Any:
    return Command(graph=Command.PARENT, goto=[Send("editor", state)])


def _varying(state: State) -> Any:
    goto = ""
    if state["text"]:
        goto = "editor"
    return Command(goto=goto)


def test_a_command_of_a_helper_is_the_function_s():
    """What a function that is called returns counts, where it can be read."""
    found = read(_by_helper, _by_unclear_helper, _by_held_helper, _as_dictionary)
    assert [j.target for j in found["_by_helper"].jumps] == ["editor"]
    assert found["_by_helper"].jumps_all
    assert not found["_by_unclear_helper"].jumps_all
    assert not found["_by_held_helper"].jumps_all
    assert found["_as_dictionary"].jumps_all


def test_a_send_in_a_command_goes_where_the_command_goes():
    """It is met once, and sent to the graph above."""
    (jump,) = read(_above)["_above"].jumps
    assert (jump.target, jump.kind, jump.parent) == ("editor", "send", True)


def test_a_name_that_is_given_several_values_is_not_sure():
    """Any one of them may never be used."""
    assert {j.target: j.sure for j in read(_varying)["_varying"].jumps} == {
        "": False,
        "editor": False,
    }
