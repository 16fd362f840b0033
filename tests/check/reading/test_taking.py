"""What a function takes of its state."""

from __future__ import annotations

from typing import Any

from stretto.check.reading.live import read_live


def sure(node: Any) -> list[str]:
    """The keys whose absence raises."""
    code = read_live(node)
    assert code is not None
    return [read.key for read in code.reads if read.sure]


def test_a_caught_key_error_is_not_sure():
    """A missing key that a `try` catches raises nothing."""

    def node(state: dict[str, Any]) -> dict[str, Any]:
        try:
            return {"a": state["caught"]}
        except KeyError:
            return {"a": state["sure"]}

    assert sure(node) == ["sure"]


def test_a_state_that_is_replaced_is_read_no_longer():
    """After `state = {...}` the name is no longer what was given."""

    def node(state: dict[str, Any]) -> dict[str, Any]:
        text = state["text"]
        state = {**state, "made": text}
        return {"a": state["made"]}

    assert sure(node) == ["text"]


def test_a_parameter_of_the_same_name_is_not_the_state():
    """A lambda's own `state`, and one of a comprehension, are others."""

    def node(state: dict[str, Any]) -> dict[str, Any]:
        best = max(state["states"], key=lambda state: state["score"])
        return {"a": [state["b"] for state in best]}

    assert sure(node) == ["states"]


def test_a_read_under_a_condition_is_not_always():
    """Whether it is read depends on the condition."""

    def node(state: dict[str, Any]) -> dict[str, Any]:
        if state["a"]:
            return {"x": state["b"]}
        return {"x": 1}

    code = read_live(node)
    assert code is not None
    assert {read.key: read.always for read in code.reads} == {"a": True, "b": False}


def test_a_function_within_that_names_the_state_may_read_all_of_it():
    """Whether and how it is called is not known."""

    def node(state: dict[str, Any]) -> dict[str, Any]:
        def one(item: Any) -> Any:
            return state["hidden"]

        return {"x": list(map(one, state["a"]))}

    code = read_live(node)
    assert code is not None
    assert code.reads_all


def every(node: Any) -> dict[str, bool]:
    """Whether each key is always given."""
    code = read_live(node)
    assert code is not None
    return {write.key: write.every for write in code.writes}


def test_a_key_that_each_way_through_gives_is_given_every_time():
    """Each return has it, and the end is never reached."""

    def node(state: dict[str, Any]) -> dict[str, Any]:
        if state["a"]:
            return {"x": 1, "y": 1}
        return {"x": 2}

    assert every(node) == {"x": True, "y": False}


def test_a_way_without_an_update_gives_nothing():
    """An empty return, a Command without an update, or the end of the function."""
    from langgraph.types import Command

    def empty(state: dict[str, Any]) -> dict[str, Any]:
        if state["a"]:
            return {}
        return {"x": 2}

    def command(state: dict[str, Any]) -> Any:
        if state["a"]:
            return Command(goto="b")
        return {"x": 2}

    def end(state: dict[str, Any]) -> Any:
        for each in state["a"]:
            return {"x": each}
        return state["b"]()

    assert [every(each) for each in (empty, command, end)] == [{"x": False}] * 3
