from __future__ import annotations

from typing import Any

import pytest
from langgraph.errors import ParentCommand
from langgraph.graph import END
from langgraph.types import Command, Send

from stretto.journal.handoffs import Handoffs, targets
from stretto.records import Decided, FellBack, Handoff


def fields(span: str, *, parent: str = "", agent: str = "", node: str = "n") -> dict[str, Any]:
    """Of a step."""
    told = {"time": 1.0, "thread": "t", "run": "r"}
    return {**told, "span": span, "parent": parent, "agent": agent, "node": node}


@pytest.mark.parametrize(
    ("output", "found"),
    [
        (Command(goto="a"), ["a"]),
        (Command(goto=["a", Send("b", {}), "a"]), ["a", "b"]),
        ([Command(goto="a"), {"x": 1}, (Command(goto="b"),)], ["a", "b"]),
        (Command(update={"x": 1}), []),
        ({"goto": "a"}, []),
        (None, []),
    ],
)
def test_where_an_output_goes(output: Any, found: list[str]) -> None:
    """Commands alone say so, in a list too."""
    assert targets(output) == found


def test_a_tool_hands_over_and_says_why() -> None:
    """Its node, and all above that pass the command on, tell it no second time."""
    open_ = Handoffs()
    command: Command[Any] = Command(goto="bob", graph=Command.PARENT)
    open_.tool_began("tool", {"task": "find out", "other": 3})
    (told,) = open_.tool_ended(command, "inner", fields("tool", agent="alice"))
    assert isinstance(told, Handoff)
    assert (told.by, told.to, told.reason) == ("alice", "bob", "find out")
    left = ParentCommand(command)
    assert open_.node_ended(None, left, fields("inner", parent="outer", agent="alice")) == []
    assert open_.node_ended(None, left, fields("outer", parent="run")) == []


def test_a_router_decides_and_an_agent_hands_over() -> None:
    """The same command; what worked in the node makes the difference."""
    open_ = Handoffs()
    (decided,) = open_.node_ended(Command(goto="a"), None, fields("one"))
    assert isinstance(decided, Decided)
    assert (decided.by, decided.decision) == ("n", "goto a")
    open_.agents["two"] = "alice"
    (handed,) = open_.node_ended(Command(goto="a"), None, fields("two"))
    assert isinstance(handed, Handoff)
    assert (handed.by, handed.to) == ("alice", "a")


def test_nobody_is_handed_the_end() -> None:
    """It is decided."""
    open_ = Handoffs()
    (told,) = open_.tool_ended(Command(goto=END), "node", fields("tool", agent="alice"))
    assert isinstance(told, Decided)
    assert told.decision == "goto __end__"


def test_a_node_that_leaves_its_graph_hands_over() -> None:
    """To a node of the graph above."""
    left = ParentCommand(Command(goto="bob", graph=Command.PARENT))
    (told,) = Handoffs().node_ended(None, left, fields("inner", parent="outer"))
    assert isinstance(told, Handoff)
    assert (told.by, told.to) == ("n", "bob")


@pytest.mark.parametrize(
    "record",
    [
        Handoff(**fields("one"), by="alice", to="bob", reason="why"),
        FellBack(**fields("one"), step="node", name="alice", to="bob"),
        Decided(**fields("one"), by="alice", decision="next", data={"goto": "bob"}),
    ],
)
def test_what_a_node_has_told_itself_its_command_says_no_second_time(record: Any) -> None:
    """Others that it goes to are told all the same."""
    open_ = Handoffs()
    open_.told(record)
    (told,) = open_.node_ended(Command(goto=["bob", "carol"]), None, fields("one"))
    assert isinstance(told, Decided)
    assert told.decision == "goto carol"
