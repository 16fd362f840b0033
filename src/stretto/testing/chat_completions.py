"""The Chat Completions API: its requests read, its answers and streams written."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from langchain_core.messages import convert_to_messages

from stretto.models.pieces import argument_text, calls_of, pieces
from stretto.testing.call import call
from stretto.testing.streams import event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from langchain_core.messages import AIMessage, InvalidToolCall, ToolCall

    from stretto.testing.call import Call, Json


def read(body: Json) -> Call:
    """Read the call from a request.

    Raises:
        ValueError: The request is not one; says what is amiss.
    """
    messages = body.get("messages")
    if not messages or not isinstance(messages, list):
        raise ValueError("'messages' must be a list of at least one message")
    return call(
        convert_to_messages(messages),
        tools=body.get("tools") or (),
        tool_choice=body.get("tool_choice"),
        response_format=body.get("response_format"),
        stop=body.get("stop"),
    )


def whole(answer: AIMessage, body: Json, answer_id: str) -> Json:
    """The answer in one piece."""
    text: str | None = answer.text
    calls = [_call(i, c, argument_text(c)) for i, c in enumerate(calls_of(answer))]
    for one in calls:
        del one["index"]
    told: Json = {"role": "assistant", "content": text or None, "refusal": None}
    if calls:
        told["tool_calls"] = calls
    choice = {"index": 0, "message": told, "finish_reason": _finish(answer), "logprobs": None}
    return {
        **_head("chat.completion", body, answer_id),
        "choices": [choice],
        "usage": usage(answer),
    }


def nothing(body: Json, answer_id: str) -> Json:
    """An answer without a choice."""
    return {**_head("chat.completion", body, answer_id), "choices": []}


def frames(answer: AIMessage, body: Json, answer_id: str) -> Iterator[bytes]:
    """The answer as the server-sent events of a stream; usage last where it is asked for."""
    head = _head("chat.completion.chunk", body, answer_id)

    def chunk(delta: Json, finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return event({**head, "choices": [choice]})

    yield chunk({"role": "assistant", "content": ""})
    for piece in pieces(answer.text):
        yield chunk({"content": piece})
    for index, one in enumerate(calls_of(answer)):
        yield chunk({"tool_calls": [_call(index, one, "")]})
        for piece in pieces(argument_text(one)):
            yield chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
    yield chunk({}, _finish(answer))
    options: Any = body.get("stream_options") or {}
    if options.get("include_usage"):
        yield event({**head, "choices": [], "usage": usage(answer)})
    yield b"data: [DONE]\n\n"


def usage(answer: AIMessage) -> Json:
    """The tokens used, in Chat Completions' words."""
    told = answer.usage_metadata
    used = (told["input_tokens"], told["output_tokens"]) if told else (0, 0)
    return {"prompt_tokens": used[0], "completion_tokens": used[1], "total_tokens": sum(used)}


def _call(index: int, one: ToolCall | InvalidToolCall, arguments: str) -> Json:
    function = {"name": one["name"], "arguments": arguments}
    return {"index": index, "id": one["id"], "type": "function", "function": function}


def _finish(answer: AIMessage) -> str:
    return "tool_calls" if calls_of(answer) else "stop"


def _head(kind: str, body: Json, answer_id: str) -> Json:
    model, created = body.get("model", ""), int(time.time())
    return {"id": f"chatcmpl-{answer_id}", "object": kind, "created": created, "model": model}
