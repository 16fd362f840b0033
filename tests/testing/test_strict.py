"""What strict providers refuse."""

from __future__ import annotations

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from pydantic import BaseModel

from stretto.testing.call import Call, Function
from stretto.testing.reply import tool_call
from stretto.testing.strict import complaint


def calling(*ids: str) -> AIMessage:
    """A message with these tool calls."""
    return AIMessage("", tool_calls=[{**tool_call("search"), "id": i} for i in ids])


def result(call_id: str) -> ToolMessage:
    """The result of a tool call."""
    return ToolMessage("found", tool_call_id=call_id)


HI = HumanMessage("hi")


@pytest.mark.parametrize(
    "messages",
    [
        [HI],
        [SystemMessage("be brief"), HI, AIMessage("ho"), HI],
        [HI, calling("1", "2"), result("2"), result("1"), AIMessage("done")],
        [HI, calling("1"), result("1"), calling("1"), result("1")],
    ],
)
def test_a_history_that_providers_accept_passes(messages: list[BaseMessage]):
    """Results of parallel calls may come in any order."""
    assert complaint(Call(tuple(messages))) == ""


@pytest.mark.parametrize(
    ("messages", "why"),
    [
        ([HI, calling("1")], "must be followed"),
        ([HI, calling("1", "2"), result("1"), HI], r"\['2'\] must be followed"),
        ([HI, result("1")], "does not follow"),
        ([HI, calling("1"), result("1"), result("1")], "does not follow"),
        ([HI, AIMessage("")], "messages\\[1\\]: a message of the ai must not be empty"),
        ([HumanMessage("")], "must not be empty"),
    ],
)
def test_a_history_that_providers_refuse_is_named(messages: list[BaseMessage], why: str):
    """Unanswered calls, results without a call, empty messages."""
    with pytest.raises(AssertionError, match=why):
        raise AssertionError(complaint(Call(tuple(messages))))


def test_names_and_choices_must_fit():
    """Bad, doubled and unknown names."""
    assert "invalid name 'web search'" in complaint(Call((HI,), (Function(name="web search"),)))
    assert "unique" in complaint(Call((HI,), (Function(name="a"), Function(name="a"))))
    assert "not among" in complaint(Call((HI,), (Function(name="a"),), choice="b"))


class Inner(BaseModel):
    """A part."""

    size: int = 1


class Outer(BaseModel):
    """A whole."""

    parts: list[Inner]


def test_a_strict_schema_must_be_closed_down_to_its_parts():
    """OpenAI refuses open objects and fields that may be left out, but only under `strict`."""
    schema = Outer.model_json_schema()
    assert "additionalProperties" in complaint(
        Call((HI,), output=Function(name="Outer", parameters=schema, strict=True))
    )
    assert complaint(Call((HI,), output=Function(name="Outer", parameters=schema))) == ""
    schema["additionalProperties"] = schema["$defs"]["Inner"]["additionalProperties"] = False
    assert "missing ['size']" in complaint(
        Call((HI,), output=Function(name="Outer", parameters=schema, strict=True))
    )
    schema["$defs"]["Inner"]["required"] = ["size"]
    assert (
        complaint(Call((HI,), output=Function(name="Outer", parameters=schema, strict=True))) == ""
    )
