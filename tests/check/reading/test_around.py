"""What stands around a node's function, and what becomes of the dictionaries it makes."""

from __future__ import annotations

from functools import partial, wraps
from typing import Any

from stretto.check.reading.live import read_live


def fill(found: dict[str, Any]) -> None:
    """Add a key."""
    found["more"] = 1


def test_the_state_comes_after_what_a_partial_gives():
    """Arguments that are bound by place shift the state."""

    def node(prefix: str, state: dict[str, Any]) -> dict[str, Any]:
        return {"text": prefix + state["text"]}

    code = read_live(partial(node, "a"))
    assert code is not None
    assert [read.key for read in code.reads] == ["text"]
    assert not code.reads_all


def test_a_decorated_function_may_give_something_else():
    """What a wrapper makes of a function's return is not known."""

    def named(function: Any) -> Any:
        @wraps(function)
        def inner(state: Any) -> Any:
            return {"result": function(state)}

        return inner

    @named
    def node(state: dict[str, Any]) -> dict[str, Any]:
        return {"score": state["text"]}

    def bare(state: dict[str, Any]) -> dict[str, Any]:
        return {"score": state["text"]}

    code, other = read_live(node), read_live(bare)
    assert code is not None
    assert code.wrapped
    assert other is not None
    assert not other.wrapped


def test_a_dictionary_that_is_filled_elsewhere_is_not_whole():
    """A local dictionary that is passed on or updated may have more keys."""

    def passed(state: dict[str, Any]) -> dict[str, Any]:
        found = {"text": "a"}
        fill(found)
        return found

    def updated(state: dict[str, Any]) -> dict[str, Any]:
        found = {"text": "a"}
        found.update(state["more"])
        return found

    def kept(state: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {"text": "a"}
        found["size"] = len(found)
        return found

    codes = [read_live(each) for each in (passed, updated, kept)]
    assert [code.writes_all for code in codes if code] == [False, False, True]


def test_what_is_sent_to_the_graph_above_is_marked():
    """An update with graph=PARENT is for the parent's fields."""
    from langgraph.types import Command

    def node(state: dict[str, Any]) -> Any:
        if state["text"]:
            return Command(graph=Command.PARENT, update={"above": 1}, goto="b")
        return {"text": "a"}

    code = read_live(node)
    assert code is not None
    assert {write.key: write.parent for write in code.writes} == {"above": True, "text": False}


def test_all_values_of_a_key_are_kept():
    """A key that is given several values has them all."""

    def node(state: dict[str, Any]) -> dict[str, Any]:
        if state["text"]:
            return {"text": "a"}
        return {"text": 1}

    code = read_live(node)
    assert code is not None
    assert [len(write.values) for write in code.writes] == [2]
