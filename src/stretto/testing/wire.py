"""What goes back over the wire: answers and faults as HTTP responses."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, assert_never

from stretto.testing import chat_completions, responses
from stretto.testing.faults import (
    Cut,
    Empty,
    Fault,
    Hang,
    Nonsense,
    RefuseTools,
    Slow,
    Status,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from langchain_core.messages import AIMessage

    from stretto.testing.call import Call, Json


@dataclass(frozen=True)
class Api:
    """One of OpenAI's two ways to ask a chat model."""

    read: Callable[[Json], Call]
    whole: Callable[[AIMessage, Json, str], Json]
    frames: Callable[[AIMessage, Json, str], Iterator[bytes]]
    nothing: Callable[[Json, str], Json]


APIS: Mapping[str, Api] = {
    "/v1/chat/completions": Api(
        chat_completions.read,
        chat_completions.whole,
        chat_completions.frames,
        chat_completions.nothing,
    ),
    "/v1/responses": Api(responses.read, responses.whole, responses.frames, responses.nothing),
}
"""The APIs by the path they answer on."""


@dataclass(frozen=True)
class Response:
    """An HTTP response, and how it ends."""

    parts: tuple[bytes, ...]
    """What is sent, in this order, each flushed by itself."""
    status: int = 200
    length: int | None = None
    """`Content-Length`; `None` sends in chunks, as a stream does."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    end: Literal["whole", "cut", "hang"] = "whole"
    delay: float = 0.0
    """Seconds before the first byte."""


ERRORS: Mapping[int, tuple[str, str, str]] = {
    400: ("The request is not valid.", "invalid_request_error", "invalid_request"),
    401: ("Incorrect API key provided.", "invalid_request_error", "invalid_api_key"),
    403: ("You may not use this model.", "invalid_request_error", "forbidden"),
    404: ("The model does not exist.", "invalid_request_error", "model_not_found"),
    429: ("Rate limit reached for requests.", "requests", "rate_limit_exceeded"),
    500: ("The server had an error.", "server_error", "server_error"),
    503: ("The engine is overloaded.", "server_error", "overloaded"),
}
"""Message, type and code that go with a status."""


def json_response(data: Json, status: int = 200, **headers: str) -> Response:
    """Send a JSON object in one piece; header names write `_` for `-`."""
    text = json.dumps(data).encode()
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response((text,), status, len(text), {"content-type": "application/json", **told})


def error_response(fault: Status) -> Response:
    """Send an HTTP error with OpenAI's body."""
    message, kind, code = ERRORS.get(fault.code, ("The request failed.", "error", "error"))
    error = {"message": fault.message or message, "type": kind, "param": None, "code": code}
    headers = {} if fault.retry_after is None else {"retry_after": f"{fault.retry_after:g}"}
    return json_response({"error": error}, fault.code, **headers)


def answer_response(answer: AIMessage, api: Api, body: Json, answer_id: str) -> Response:
    """Send an answer, as a stream where the request asks for one."""
    if not body.get("stream"):
        return json_response(api.whole(answer, body, answer_id))
    return _stream(tuple(api.frames(answer, body, answer_id)))


def fault_response(
    fault: Fault, answer: Callable[[], AIMessage], api: Api, body: Json, answer_id: str
) -> Response:
    """Send a fault; `answer` gives what would have been said, where the fault needs it."""

    def good() -> Response:
        return answer_response(answer(), api, body, answer_id)

    match fault:
        case Status():
            sent = error_response(fault)
        case Hang():
            sent = _half(good(), "hang") if fault.midway else Response((), end="hang")
        case Slow():
            sent = replace(good(), delay=fault.seconds)
        case Cut():
            sent = _half(good(), "cut")
        case Nonsense():
            sent = _nonsense(streamed=bool(body.get("stream")))
        case Empty():
            done = (b"data: [DONE]\n\n",)
            sent = (
                _stream(done) if body.get("stream") else json_response(api.nothing(body, answer_id))
            )
        case RefuseTools():
            sent = error_response(Status(400, "'tools' is not supported with this model."))
        case _:
            assert_never(fault)
    return sent


def _stream(parts: tuple[bytes, ...]) -> Response:
    return Response(parts, headers={"content-type": "text/event-stream"})


def _half(whole: Response, end: Literal["cut", "hang"]) -> Response:
    if whole.length is None:
        return replace(whole, parts=whole.parts[: len(whole.parts) // 2], end=end)
    return replace(whole, parts=(whole.parts[0][: whole.length // 2],), end=end)


def _nonsense(*, streamed: bool) -> Response:
    broken = b'{"id": "chatcmpl-0", "choices": [{"index": 0, "mess'
    if streamed:
        return _stream((b"data: " + broken + b"\n\n",))
    return Response((broken,), length=len(broken), headers={"content-type": "application/json"})
