"""How members hand over, whatever their kind."""

from __future__ import annotations

from typing import Any

import pytest
from langchain.agents.middleware.types import ModelRequest, ModelResponse
from langchain_core.messages import AIMessage, HumanMessage, ToolCall, ToolMessage
from langgraph.types import Command, Send
from pydantic import BaseModel

from stretto.errors import InvalidInput
from stretto.members import Reply
from stretto.patterns.handing_over import (
    MOST_TOOLS,
    ONE_TOOL,
    EndsAtHandoff,
    Handing,
    hand_over_tool,
    hand_over_tools,
    handing,
    handoff,
    passed,
    tool_name,
)
from stretto.state import HandOver
from stretto.testing import ScriptedModel

NAMES = {"hand_over_to_a": "a", "hand_over_to_b": "b"}


def calls(*names: str, text: str = "", **args: Any) -> AIMessage:
    """A message of a model that calls tools; their ids are their names."""
    return AIMessage(text, tool_calls=[ToolCall(name=n, args=args, id=n) for n in names])


def result(name: str, text: str = "done", status: Any = "success") -> ToolMessage:
    """A tool's result."""
    return ToolMessage(text, tool_call_id=name, status=status)


def read(*messages: Any) -> Handing | None:
    """What these messages of a graph hand over."""
    return handing(Reply("", messages=messages), NAMES)


def test_an_answer_hands_nothing_over() -> None:
    """Nor do other tools, or a call that was never carried out."""
    assert read(AIMessage("hello")) is None
    assert read(calls("look"), result("look"), AIMessage("hello")) is None
    assert read(calls("hand_over_to_a"), AIMessage("hello")) is None
    assert handing(Reply("hello"), NAMES) is None


def test_the_first_handoff_counts_with_all_that_tools_gave() -> None:
    """What was said from there on is for the person."""
    found = read(
        calls("look", text="I look.", what="it"),
        result("look", "42"),
        calls("hand_over_to_b", "hand_over_to_a", text="Wait.", reason="so", payload={"n": 1}),
        result("hand_over_to_b"),
        result("hand_over_to_a"),
        AIMessage("Bye."),
    )
    assert found is not None
    assert found.over == HandOver(to="b", reason="so", payload={"n": 1}, say="Wait.\n\nBye.")
    assert [(w.tool, w.args, w.text) for w in found.tools] == [("look", {"what": "it"}, "42")]


def test_a_typed_output_beside_a_handoff_is_its_result() -> None:
    """It is not lost."""
    messages = [calls("hand_over_to_a"), result("hand_over_to_a")]
    found = handing(Reply("x", {"n": 1}, messages=messages), NAMES)
    assert found is not None
    assert found.over == HandOver(to="a", result={"n": 1})


def test_a_handoff_that_failed_at_the_end_was_refused() -> None:
    """One that was mended since was not."""
    failed = [calls("hand_over_to_a"), result("hand_over_to_a", "no payload", "error")]
    found = read(*failed)
    assert found is not None
    assert (found.over, found.refused) == (None, "no payload")
    assert read(*failed, AIMessage("I do it")) is None
    mended = read(*failed, calls("hand_over_to_b"), result("hand_over_to_b"))
    assert mended is not None
    assert mended.over is not None
    assert mended.over.to == "b"


def test_a_command_to_the_graph_above_is_read() -> None:
    """Its messages since the person's last word say what was done; else it is refused."""
    update = {"messages": [HumanMessage("hi"), calls("look"), result("look", "42")], "x": 1}
    said = passed(Command(goto="a", graph=Command.PARENT, update=update), ["a"])
    found = handing(said, NAMES)
    assert found is not None
    assert found.told
    assert found.over == HandOver(to="a", update={"x": 1})
    assert [word.text for word in found.tools] == ["42"]
    assert passed(Command(goto=[Send("a", {})]), ["a"]).value.over.to == "a"
    for goto in ((), ["a", "b"]):
        with pytest.raises(InvalidInput, match="exactly one of 'a', 'b'"):
            passed(Command(goto=goto), ["b", "a"])


async def test_an_agent_that_has_handed_over_is_not_asked_again() -> None:
    """One whose handoff failed is; in both ways of calling."""
    asked: list[int] = []

    async def ask(_request: Any) -> ModelResponse[Any]:
        asked.append(1)
        return ModelResponse(result=[AIMessage("again")])

    def ask_now(_request: Any) -> ModelResponse[Any]:
        asked.append(1)
        return ModelResponse(result=[AIMessage("again")])

    done = [HumanMessage("hi"), calls("hand_over_to_a", "look"), result("hand_over_to_a")]
    histories = [
        ([*done, result("look")], False),
        ([*done[:2], result("hand_over_to_a", "x", "error")], True),
        ([*done, HumanMessage("and now?")], True),
        ([HumanMessage("hi")], True),
        ([], True),
    ]
    for messages, again in histories:
        asked.clear()
        request: Any = ModelRequest(model=ScriptedModel("x"), messages=messages)
        await EndsAtHandoff().awrap_model_call(request, ask)
        EndsAtHandoff().wrap_model_call(request, ask_now)
        assert len(asked) == 2 * again


def test_names_that_are_no_names_of_tools_are_made_ones() -> None:
    """Cut to what providers take."""
    assert tool_name("my team") == "hand_over_to_my_team"
    assert len(tool_name("x" * 99)) == 64


def test_the_tool_shows_what_must_be_given_along() -> None:
    """The payload's fields are in its schema."""

    class Invoice(BaseModel):
        number: int

    tool = hand_over_tool("a", payload=Invoice)
    schema: Any = tool.tool_call_schema
    assert "number" in str(schema.model_json_schema())
    assert tool.return_direct


class Parcel(BaseModel):
    """What must be given along."""

    number: int


def test_many_share_one_tool() -> None:
    """Those for which something must be given along have one of their own."""
    names = [f"n{i}" for i in range(MOST_TOOLS + 1)]
    few = {name: handoff(name) for name in names[1:]}
    assert len(hand_over_tools(few, dict.fromkeys(names, ""))) == MOST_TOOLS
    ways = {name: handoff(name) for name in names} | {"n1": handoff("n1", payload=Parcel)}
    own, shared = hand_over_tools(ways, {**dict.fromkeys(names, ""), "n2": "does n2"})
    assert (own.name, shared.name) == ("hand_over_to_n1", ONE_TOOL)
    to = shared.get_input_jsonschema()["properties"]["to"]
    assert to["enum"] == [name for name in names if name != "n1"]
    assert "n2: does n2" in shared.description
    found = read(calls(ONE_TOOL, reason="so", to="n2"), result(ONE_TOOL))
    assert found is not None
    assert found.over == HandOver(to="n2", reason="so")
