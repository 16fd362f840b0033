"""The Responses API: its requests read, its answers and streams written.

langchain-openai speaks it by itself to some models, among them GPT-6 as soon as it has tools.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from langchain_core.messages import convert_to_messages

from stretto.models.pieces import argument_text, calls_of, pieces
from stretto.testing.call import call
from stretto.testing.streams import event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from langchain_core.messages import AIMessage

    from stretto.testing.call import Call, Json


def read(body: Json) -> Call:
    """Read the call from a request.

    Raises:
        ValueError: The request is not one, or refers to an earlier answer; says what is amiss.
    """
    if body.get("previous_response_id"):
        raise ValueError("'previous_response_id' is not kept here; send the whole conversation")
    given = body.get("input")
    if not given:
        raise ValueError("'input' must be a text or a list of at least one item")
    items: list[Json] = [{"role": "user", "content": given}] if isinstance(given, str) else given
    start = (
        [{"role": "system", "content": body["instructions"]}] if body.get("instructions") else []
    )
    tools = [{"type": "function", "function": t} for t in body.get("tools") or () if "name" in t]
    return call(
        convert_to_messages([*start, *_messages(items)]),
        tools=tools,
        tool_choice=body.get("tool_choice"),
        response_format=(body.get("text") or {}).get("format"),
    )


def whole(answer: AIMessage, body: Json, answer_id: str) -> Json:
    """The answer in one piece."""
    told = answer.usage_metadata
    used = (told["input_tokens"], told["output_tokens"]) if told else (0, 0)
    usage = {
        "input_tokens": used[0],
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": used[1],
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": sum(used),
    }
    return {
        **_head(body, answer_id, "completed"),
        "output": _items(answer, answer_id),
        "usage": usage,
    }


def nothing(body: Json, answer_id: str) -> Json:
    """An answer without output."""
    return {**_head(body, answer_id, "completed"), "output": []}


def frames(answer: AIMessage, body: Json, answer_id: str) -> Iterator[bytes]:
    """The answer as the server-sent events of a stream, usage in the last."""
    start = {**_head(body, answer_id, "in_progress"), "output": []}
    told: list[Json] = [
        {"type": "response.created", "response": start},
        {"type": "response.in_progress", "response": start},
        *(e for i, item in enumerate(_items(answer, answer_id)) for e in _item_events(i, item)),
        {"type": "response.completed", "response": whole(answer, body, answer_id)},
    ]
    for number, one in enumerate(told):
        yield event({**one, "sequence_number": number}, name=one["type"])


def _messages(items: list[Json]) -> list[Json]:
    """Input items as chat messages; calls join the assistant message they follow."""
    messages: list[Json] = []
    for item in items:
        match item.get("type", "message"):
            case "function_call":
                if not messages or messages[-1]["role"] != "assistant":
                    messages.append({"role": "assistant", "content": ""})
                called = {"name": item["name"], "arguments": item["arguments"]}
                calls = messages[-1].setdefault("tool_calls", [])
                calls.append({"id": item["call_id"], "type": "function", "function": called})
            case "function_call_output":
                said = {"role": "tool", "content": _text(item["output"])}
                messages.append({**said, "tool_call_id": item["call_id"]})
            case "message":
                messages.append({"role": item["role"], "content": _text(item["content"])})
            case _:
                pass  # reasoning and the like tell the model nothing that the test can use
    return messages


def _text(content: str | list[Any]) -> str:
    if isinstance(content, str):
        return content
    return "".join(block.get("text", "") for block in content)


def _items(answer: AIMessage, answer_id: str) -> list[Json]:
    """The output items, with their whole content."""
    items: list[Json] = []
    if answer.text or not calls_of(answer):
        items.append({"type": "message", "id": f"msg_{answer_id}", "role": "assistant"})
        items[-1] |= {"status": "completed", "content": [_part(answer.text)]}
    for index, one in enumerate(calls_of(answer)):
        item = {"type": "function_call", "id": f"fc_{answer_id}_{index}", "call_id": one["id"]}
        arguments = argument_text(one)
        items.append({**item, "name": one["name"], "arguments": arguments, "status": "completed"})
    return items


def _part(text: str) -> Json:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _item_events(index: int, item: Json) -> Iterator[Json]:
    at = {"output_index": index, "item_id": item["id"]}
    call_ = item["type"] == "function_call"
    blank: Json = {"arguments": ""} if call_ else {"content": []}
    begun = {**item, "status": "in_progress", **blank}
    yield {"type": "response.output_item.added", "output_index": index, "item": begun}
    if call_:
        kind = "response.function_call_arguments"
        for piece in pieces(item["arguments"]):
            yield {"type": f"{kind}.delta", **at, "delta": piece}
        yield {"type": f"{kind}.done", **at, "name": item["name"], "arguments": item["arguments"]}
    else:
        part, at = item["content"][0], {**at, "content_index": 0}
        yield {"type": "response.content_part.added", **at, "part": _part("")}
        for piece in pieces(part["text"]):
            yield {"type": "response.output_text.delta", **at, "delta": piece, "logprobs": []}
        yield {"type": "response.output_text.done", **at, "text": part["text"], "logprobs": []}
        yield {"type": "response.content_part.done", **at, "part": part}
    yield {"type": "response.output_item.done", "output_index": index, "item": item}


def _head(body: Json, answer_id: str, status: str) -> Json:
    return {
        "id": f"resp_{answer_id}",
        "object": "response",
        "created_at": int(time.time()),
        "status": status,
        "model": body.get("model", ""),
        "error": None,
        "incomplete_details": None,
        "instructions": body.get("instructions"),
        "metadata": {},
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "top_p": 1.0,
        "tool_choice": body.get("tool_choice") or "auto",
        "tools": body.get("tools") or [],
        "text": body.get("text") or {"format": {"type": "text"}},
    }
