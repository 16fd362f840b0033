"""G102 and G103: loops that nothing leaves, and loops whose condition never changes."""

from __future__ import annotations

import random
from typing import Any, Literal

import pytest
from langgraph.errors import GraphRecursionError, NodeInterrupt
from langgraph.graph import END, START, StateGraph
from langgraph.managed import RemainingSteps
from langgraph.types import Command, Send, interrupt
from typing_extensions import TypedDict

from tests.check.rules.chains import found
from tests.check.rules.wired import Log, noting, wired


class State(TypedDict, total=False):
    """A state."""

    text: str
    rounds: int
    most: int
    left: RemainingSteps


def _asks(state: Log) -> dict[str, Any]:
    return {"log": [interrupt("?")]}


def _asks_as_of_old(state: Log) -> dict[str, Any]:
    raise NodeInterrupt(state)


def _raises(state: Log) -> dict[str, Any]:
    if len(state["log"]) > 3:
        raise StopIteration
    return {"log": ["x"]}


def _hands_over(state: Log) -> Command[Any]:
    return Command(graph=Command.PARENT, goto="other")


def _to_b(state: Log) -> Command[Literal["b"]]:
    return Command(goto="b")


def _to_a(state: Log) -> Command[Literal["a"]]:
    return Command(goto="a")


def _perhaps(state: Log) -> Command[Literal["b", "__end__"]]:
    return Command(goto="b" if len(state["log"]) < 3 else END)


def _at_times(state: Log) -> Any:
    if len(state["log"]) < 3:
        return Command(goto="b")
    return {"log": ["x"]}


def _work_left(state: Log) -> list[Send]:
    return [Send("b", state) for _ in state["log"]]


def _either(state: Log) -> Literal["a", "b"]:
    return "a" if len(state["log"]) < 3 else "b"


def _told(builder: Any, code: str) -> list[str]:
    return [finding.certainty for finding in found(builder, code)]


def _runs_on(builder: Any, given: Any) -> bool:
    try:
        builder.compile().invoke(given, {"recursion_limit": 30})
    except GraphRecursionError:
        return True
    return False


def test_gotos_that_never_leave_are_found():
    """Two nodes that go to one another run into the limit."""
    builder = wired((START, "a"), a=_to_b, b=_to_a)
    assert _runs_on(builder, {"log": []})
    assert _told(builder, "G102") == ["proved"]
    assert _told(builder, "G103") == []


def test_branches_that_never_leave_are_found():
    """Once for the loop."""
    builder = wired((START, "a"))
    builder.add_node("b", noting("b"))
    builder.add_conditional_edges("a", _either)
    builder.add_conditional_edges("b", _either)
    assert _runs_on(builder, {"log": []})
    assert _told(builder, "G102") == ["proved"]


@pytest.mark.parametrize("node", [_perhaps, _at_times])
def test_a_goto_that_may_not_be_given_is_an_exit(node: Any):
    """To END, or none at all."""
    builder = wired((START, "a"), a=node, b=_to_a)
    assert not _runs_on(builder, {"log": ["x"] * 4})
    assert _told(builder, "G102") == []


def test_sends_that_may_be_none_are_an_exit():
    """A queue is worked off."""
    builder = wired((START, "a"), ("b", "a"), b=lambda _: {})
    builder.add_conditional_edges("a", _work_left, ["b"])
    assert _told(builder, "G102") == []


@pytest.mark.parametrize(
    ("node", "told"), [(_asks, []), (_asks_as_of_old, []), (_raises, ["possible"])]
)
def test_who_else_may_end_a_static_loop(node: Any, told: list[str]):
    """A person may; an error may be meant to."""
    assert _told(wired((START, "a"), ("a", "b"), ("b", "a"), a=node), "G103") == told


def test_a_breakpoint_lets_a_person_end_it():
    """A loop that stops each time is one of a conversation."""
    builder = wired((START, "a"), ("a", "b"), ("b", "a"))
    assert found(builder.compile(interrupt_before=["b"]), "G103") == []


def test_a_static_edge_out_of_a_loop_is_no_exit():
    """All edges are followed."""
    builder = wired((START, "a"), ("a", "b"), ("b", "a"), ("b", "c"))
    assert _runs_on(builder, {"log": []})
    assert _told(builder, "G103") == ["proved"]


def test_a_handover_leaves_the_graph():
    """The graph above goes on."""
    inner = wired((START, "a"), ("a", "b"), ("b", "a"), a=_hands_over)
    outer = wired((START, "team"), team=inner.compile(), other=noting("other"))
    assert _told(outer, "G103") == []


def _write(state: State) -> dict[str, Any]:
    return {"text": "x"}


def _count(state: State) -> dict[str, Any]:
    return {"text": "x", "rounds": state.get("rounds", 0) + 1}


def _changes(state: State) -> dict[str, Any]:
    state["rounds"] = state.get("rounds", 0) + 1
    return {"text": "x"}


def _unreadable(state: State) -> Any:
    return dict(random.choices([("rounds", 3)]))


def _by_rounds(state: State) -> Literal["work", "__end__"]:
    return "work" if state.get("rounds", 0) < 3 else END


def _by_chance(state: State) -> Literal["work", "__end__"]:
    return "work" if random.random() < state.get("rounds", 0) else END


def _by_steps(state: State) -> Literal["work", "__end__"]:
    return "work" if state.get("left", 0) > 3 else END


def _by_all(state: State) -> Literal["work", "__end__"]:
    return "work" if _small(state) else END


def _small(state: State) -> bool:
    return state.get("rounds", 0) < 3


def _loop(work: Any, path: Any) -> Any:
    builder: StateGraph[Any, Any, Any, Any] = StateGraph(State)
    builder.add_node("work", work)
    builder.add_edge(START, "work")
    builder.add_conditional_edges("work", path)
    return builder


def test_a_condition_that_never_changes_is_possible():
    """It goes on as it began: for ever, or once."""
    builder = _loop(_write, _by_rounds)
    assert _runs_on(builder, {"rounds": 0})
    (finding,) = found(builder, "G103")
    assert (finding.certainty, finding.key) == ("possible", "rounds")


@pytest.mark.parametrize(
    ("work", "path"),
    [
        (_count, _by_rounds),
        (_changes, _by_rounds),
        (_unreadable, _by_rounds),
        (_write, _by_chance),
        (_write, _by_steps),
        (_write, _by_all),
    ],
)
def test_a_condition_that_may_change_is_sound(work: Any, path: Any):
    """It is written in the loop, or decides by what is not all known."""
    assert _told(_loop(work, path), "G103") == []


def test_a_condition_that_is_written_beside_the_loop_is_sound():
    """Somebody else may stop it."""
    builder = _loop(_write, _by_rounds)
    builder.add_node("watch", _count)
    builder.add_edge(START, "watch")
    assert _told(builder, "G103") == []
