"""The Responses API on the wire, checked against OpenAI's own types."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from stretto.testing import responses
from stretto.testing.call import call
from stretto.testing.reply import Reply, message, tool_call

BODY: dict[str, Any] = {"model": "m", "input": "hi"}


def search(query: str) -> str:
    """Search."""
    return query


ANSWER = message(
    Reply("A text.", tool_calls=[tool_call("search", query="a"), tool_call("search", query="b")]),
    call([HumanMessage("hi")], tools=[search]),
)


def test_items_are_read_as_messages_and_calls_join_theirs():
    """Text and calls of one turn are one message of the assistant."""
    asked = responses.read(
        {
            "instructions": "be brief",
            "input": [
                {"role": "user", "content": [{"type": "input_text", "text": "hi"}]},
                {"type": "reasoning", "id": "r", "summary": []},
                {"type": "message", "role": "assistant", "content": "so"},
                {"type": "function_call", "call_id": "1", "name": "search", "arguments": "{}"},
                {"type": "function_call", "call_id": "2", "name": "search", "arguments": "{}"},
                {"type": "function_call_output", "call_id": "1", "output": "one"},
                {"type": "function_call_output", "call_id": "2", "output": "two"},
                {"type": "function_call", "call_id": "3", "name": "search", "arguments": "{}"},
            ],
            "tools": [{"type": "function", "name": "search", "parameters": {}}],
            "tool_choice": {"type": "function", "name": "search"},
        }
    )
    kinds = [type(m) for m in asked.messages]
    assert kinds == [SystemMessage, HumanMessage, AIMessage, ToolMessage, ToolMessage, AIMessage]
    assert [c["id"] for c in asked.messages[2].tool_calls] == ["1", "2"]  # type: ignore[attr-defined]
    assert (asked.tool_names, asked.choice) == (("search",), "search")


def test_a_text_and_a_schema_are_read():
    """The shortest form, and structured output."""
    told = {"type": "json_schema", "name": "Weather", "schema": {"type": "object"}}
    asked = responses.read({**BODY, "text": {"format": told}})
    assert asked.text == "hi"
    assert asked.output == {
        "name": "Weather",
        "description": "",
        "parameters": {"type": "object"},
        "strict": None,
    }


def test_a_reference_to_an_earlier_answer_is_refused():
    """Nothing is kept between requests."""
    with pytest.raises(ValueError, match="send the whole conversation"):
        responses.read({**BODY, "previous_response_id": "resp_1"})
    with pytest.raises(ValueError, match="'input' must be"):
        responses.read({})


def test_the_whole_answer_is_what_openais_types_say():
    """Validated by the client's own model, text and calls in order."""
    told = Response.model_validate(responses.whole(ANSWER, BODY, "1"))
    assert told.output_text == "A text."
    assert [item.type for item in told.output] == ["message", "function_call", "function_call"]
    assert told.usage is not None
    assert told.usage.total_tokens > 0


def test_every_event_of_a_stream_is_what_openais_types_say():
    """Numbered, complete, and the last holds the whole answer."""
    adapter: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
    told = [frame.decode().split("\n") for frame in responses.frames(ANSWER, BODY, "1")]
    events = [adapter.validate_json(lines[1].removeprefix("data: ")) for lines in told]
    assert [lines[0] for lines in told] == [f"event: {e.type}" for e in events]
    assert [e.sequence_number for e in events] == list(range(len(events)))
    assert events[-1].response.output_text == "A text."
    deltas = [e for e in events if e.type == "response.function_call_arguments.delta"]
    for index, query in ((1, "a"), (2, "b")):
        text = "".join(e.delta for e in deltas if e.output_index == index)
        assert json.loads(text) == {"query": query}


def test_an_answer_of_nothing_has_no_output():
    """The `empty` fault."""
    assert Response.model_validate(responses.nothing(BODY, "1")).output == []
