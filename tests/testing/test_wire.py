"""Answers and faults as HTTP responses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langchain_core.messages import AIMessage

from stretto.testing.faults import (
    Fault,
    cut,
    empty,
    hang,
    nonsense,
    refuse_tools,
    slow,
    stall,
    status,
)
from stretto.testing.wire import APIS, Response, answer_response, error_response, fault_response

ANSWER = AIMessage("An answer that is long enough to be streamed in several pieces.")
paths = pytest.mark.parametrize("path", list(APIS))
streams = pytest.mark.parametrize("stream", [False, True])


def spoil(fault: Fault, path: str, *, stream: bool) -> Response:
    """The response to a request that meets the fault."""
    body: dict[str, Any] = {"model": "m", "stream": stream}
    return fault_response(fault, lambda: ANSWER, APIS[path], body, "1")


@paths
@streams
def test_a_whole_answer_has_its_length_and_a_stream_has_none(path: str, stream: bool):  # noqa: FBT001
    """A length lets the client notice that something is missing; chunks do so by their end."""
    response = answer_response(ANSWER, APIS[path], {"stream": stream}, "1")
    length = None if stream else len(response.parts[0])
    assert (response.length, response.status, response.end) == (length, 200, "whole")


@paths
@streams
def test_half_of_an_answer_comes_before_it_is_cut_or_stalls(path: str, stream: bool):  # noqa: FBT001
    """The head still promises the whole."""
    whole = answer_response(ANSWER, APIS[path], {"model": "m", "stream": stream}, "1")
    for fault, end in ((cut, "cut"), (stall, "hang")):
        half = spoil(fault, path, stream=stream)
        assert half.end == end
        assert half.length == whole.length
        assert 0 < sum(map(len, half.parts)) < sum(map(len, whole.parts))


@paths
@streams
def test_nonsense_is_a_good_status_with_json_that_does_not_parse(path: str, stream: bool):  # noqa: FBT001
    """The length is right: it is the content that is wrong."""
    response = spoil(nonsense, path, stream=stream)
    assert response.status == 200
    assert response.length in (None, len(response.parts[0]))
    with pytest.raises(json.JSONDecodeError):
        json.loads(response.parts[0].removeprefix(b"data: "))


def test_hang_sends_nothing_and_slow_sends_all_of_it_late():
    """Before the first byte, either way."""
    path = "/v1/chat/completions"
    assert spoil(hang, path, stream=False) == Response((), end="hang")
    late = spoil(slow(2.5), path, stream=False)
    assert (late.delay, late.end) == (2.5, "whole")


def test_empty_has_no_choice():
    """An answer of nothing, or a stream that ends at once."""
    path = "/v1/chat/completions"
    assert json.loads(spoil(empty, path, stream=False).parts[0])["choices"] == []
    assert spoil(empty, path, stream=True).parts == (b"data: [DONE]\n\n",)


@pytest.mark.parametrize("code", [400, 401, 403, 404, 429, 500, 503, 418])
def test_a_status_comes_in_openais_words(code: int):
    """Message, type and code; others than these get plain words."""
    response = error_response(status(code))
    error = json.loads(response.parts[0])["error"]
    assert response.status == code
    assert all(error[key] for key in ("message", "type", "code"))
    assert "retry-after" not in response.headers


def test_a_status_takes_words_and_a_time_of_the_tests_own():
    """Seconds, whole or not."""
    response = error_response(status(429, "too many", retry_after=3))
    assert json.loads(response.parts[0])["error"]["message"] == "too many"
    assert response.headers["retry-after"] == "3"
    assert error_response(status(429, retry_after=0.05)).headers["retry-after"] == "0.05"


def test_refused_tools_are_a_bad_request():
    """As servers say that run models without tool calling."""
    response = spoil(refuse_tools, "/v1/chat/completions", stream=False)
    assert response.status == 400
    assert b"'tools' is not supported" in response.parts[0]
