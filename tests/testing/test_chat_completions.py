"""Chat Completions on the wire."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

from stretto.testing import chat_completions
from stretto.testing.call import call
from stretto.testing.reply import Reply, message, tool_call

BODY: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}


def search(query: str) -> str:
    """Search."""
    return query


ANSWER = message(
    Reply("A text.", tool_calls=[tool_call("search", query="a"), tool_call("search", query="b")]),
    call([HumanMessage("hi")], tools=[search]),
)


def events(body: dict[str, Any]) -> list[dict[str, Any]]:
    """The data of the events of a stream, without the last, which must be `[DONE]`."""
    told = [frame.decode() for frame in chat_completions.frames(ANSWER, body, "1")]
    assert told.pop() == "data: [DONE]\n\n"
    return [json.loads(one.removeprefix("data: ")) for one in told]


def test_a_request_is_read_as_langchain_messages():
    """All roles, with a tool call and its result."""
    called = {"id": "1", "type": "function", "function": {"name": "search", "arguments": "{}"}}
    asked = chat_completions.read(
        {
            "messages": [
                {"role": "developer", "content": "be brief"},
                {"role": "user", "content": [{"type": "text", "text": "hi"}]},
                {"role": "assistant", "content": None, "tool_calls": [called]},
                {"role": "tool", "tool_call_id": "1", "content": "found"},
            ],
            "stop": "END",
        }
    )
    kinds = [type(m) for m in asked.messages]
    assert kinds == [SystemMessage, HumanMessage, AIMessage, ToolMessage]
    assert (asked.text, asked.stop) == ("found", ("END",))


@pytest.mark.parametrize("body", [{}, {"messages": []}, {"messages": "hi"}])
def test_a_request_without_messages_is_refused(body: dict[str, Any]):
    """The server makes a 400 of it."""
    with pytest.raises(ValueError, match="'messages' must be"):
        chat_completions.read(body)


def test_the_whole_answer_has_openais_shape():
    """Parallel calls in order, the reason it ended, and usage."""
    told = chat_completions.whole(ANSWER, BODY, "1")
    (choice,) = told["choices"]
    assert (told["object"], told["model"]) == ("chat.completion", "m")
    assert choice["finish_reason"] == "tool_calls"
    assert [json.loads(c["function"]["arguments"]) for c in choice["message"]["tool_calls"]] == [
        {"query": "a"},
        {"query": "b"},
    ]
    assert told["usage"]["total_tokens"] > 0


def test_the_stream_sends_usage_only_when_it_is_asked_for():
    """As OpenAI does: one more chunk, without a choice."""
    plain = events(BODY)
    asked = events({**BODY, "stream_options": {"include_usage": True}})
    assert all("usage" not in one for one in plain)
    assert asked[-1]["choices"] == []
    assert asked[-1]["usage"]["total_tokens"] > 0
    assert len(asked) == len(plain) + 1


def test_the_stream_sends_each_call_by_its_index():
    """The name comes first, the arguments in pieces after it."""
    deltas = [one["choices"][0]["delta"] for one in events(BODY)]
    told = [c for delta in deltas for c in delta.get("tool_calls", [])]
    assert [c["index"] for c in told if "id" in c] == [0, 1]
    for index, query in enumerate("ab"):
        text = "".join(c["function"]["arguments"] for c in told if c["index"] == index)
        assert json.loads(text) == {"query": query}


def test_an_answer_without_a_choice_has_none():
    """The `empty` fault."""
    assert chat_completions.nothing(BODY, "1")["choices"] == []
