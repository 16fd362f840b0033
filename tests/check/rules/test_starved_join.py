"""G108: list edges that never fire."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from langgraph.graph import END, START
from langgraph.types import Command, Send

from tests.check.rules.chains import found
from tests.check.rules.wired import Log, noting, ran, wired

JOIN = (["a", "b"], "fin")


def _either(state: Log) -> Literal["a", "b"]:
    return "a" if len(state["log"]) < 3 else "b"


def _perhaps(state: Log) -> Literal["b", "__end__"]:
    return "b" if len(state["log"]) > 5 else END


def _one_or_both(state: Log) -> list[str]:
    return ["a", "b"] if len(state["log"]) > 5 else ["a"]


def _both(state: Log) -> list[str]:
    return ["a", "b"]


def _all_of(state: Log) -> list[Send]:
    return [Send(name, state) for name in ("a", "b")]


def _again(state: Log) -> Literal["b", "check"]:
    return "b" if len(state["log"]) > 3 else "check"


def _proceed(state: Log) -> Literal["split", "__end__"]:
    return "split" if len(state["log"]) < 5 else END


def _long_way(state: Log) -> Literal["b", "x"]:
    return "b" if len(state["log"]) > 5 else "x"


def _sent(state: Log) -> Command[Literal["a", "b"]]:
    return Command(goto="a" if state["log"] else "b", update={"log": ["s"]})


def _fails(state: Log) -> dict[str, Any]:
    raise ValueError(state)


def _handled(state: Log) -> dict[str, Any]:
    return {"log": ["handled"]}


def _led_on(state: Log) -> Command[Literal["fin"]]:
    return Command(goto="fin", update={"log": ["handled"]})


def _ended(state: Log) -> Command[Literal["__end__"]]:
    return Command(goto=END)


def _told(builder: Any) -> list[tuple[str, str]]:
    return [(finding.node, finding.certainty) for finding in found(builder, "G108")]


def test_sources_that_exclude_one_another_are_proved():
    """A branch chooses one of them."""
    builder = wired((START, "s"), JOIN)
    builder.add_conditional_edges("s", _either)
    assert "fin" not in ran(builder)
    assert _told(builder) == [("fin", "proved")]


def test_a_goto_that_chooses_one_is_proved():
    """So it is by a Command."""
    builder = wired((START, "s"), JOIN, s=_sent)
    assert "fin" not in ran(builder)
    assert _told(builder) == [("fin", "proved")]


def test_a_source_that_a_branch_leads_past_is_possible():
    """The other one has run in vain then."""
    builder = wired((START, "a"), (START, "s"), JOIN)
    builder.add_conditional_edges("s", _perhaps)
    assert "fin" not in ran(builder)
    assert _told(builder) == [("fin", "possible")]


def test_a_list_that_may_lack_a_source_is_possible():
    """A branch that starts one or both."""
    builder = wired((START, "s"), JOIN)
    builder.add_conditional_edges("s", _one_or_both, ["a", "b"])
    assert "fin" not in ran(builder)
    assert _told(builder) == [("fin", "possible")]


@pytest.mark.parametrize("failing", ["a", "before"])
def test_a_handler_that_leads_nowhere_is_possible(failing: str):
    """On the way to a source, too."""
    builder = wired((START, "before"), ("before", "a"), (START, "b"), JOIN, before=noting("before"))
    del builder.nodes[failing]
    builder.add_node(failing, _fails, error_handler=_handled)
    assert "fin" not in ran(builder)
    assert _told(builder) == [("fin", "possible")]


@pytest.mark.parametrize("handler", [_led_on, _ended])
def test_a_handler_that_says_where_to_go_is_left_alone(handler: Any):
    """To the target, or to the end on purpose."""
    builder = wired((START, "a"), (START, "b"), JOIN)
    del builder.nodes["a"]
    builder.add_node("a", _fails, error_handler=handler)
    assert _told(builder) == []


@pytest.mark.parametrize("path", [_both, _all_of])
def test_a_branch_that_starts_both_is_sound(path: Any):
    """A list of all, or one that may be of all."""
    builder = wired((START, "s"), JOIN)
    builder.add_conditional_edges("s", path, ["a", "b"])
    assert "fin" in ran(builder)
    assert _told(builder) == []


def test_a_choice_that_is_made_again_is_sound():
    """A loop before a source lets go of it in the end."""
    builder = wired((START, "a"), (START, "check"), JOIN)
    builder.add_conditional_edges("check", _again)
    assert "fin" in ran(builder)
    assert _told(builder) == []


def test_a_choice_before_all_sources_is_sound():
    """Either all of it is done, or nothing."""
    builder = wired((START, "first"), ("split", "a"), ("split", "b"), JOIN)
    builder.add_conditional_edges("first", _proceed)
    assert "fin" in ran(builder)
    assert _told(builder) == []


def test_a_longer_way_to_a_source_is_sound():
    """Whichever way is chosen."""
    builder = wired((START, "a"), (START, "s"), ("x", "b"), JOIN)
    builder.add_conditional_edges("s", _long_way)
    assert "fin" in ran(builder)
    assert _told(builder) == []


def test_sources_one_after_the_other_are_sound():
    """The first waits for the second."""
    builder = wired((START, "a"), ("a", "b"), JOIN)
    assert ran(builder) == ["a", "b", "fin"]
    assert _told(builder) == []


def test_sources_in_turn_are_not_proved():
    """A loop may come by the other one the next time, or not."""
    builder = wired((START, "s"), ("a", "s"), JOIN)
    builder.add_conditional_edges("s", _either)
    assert "fin" in ran(builder)
    assert _told(builder) == [("fin", "possible")]
