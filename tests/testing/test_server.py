"""The OpenAI-compatible server: routes, records, faults by place, strictness."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from stretto.testing import Reply, ScriptedModel, openai_server, refuse_tools, status

if TYPE_CHECKING:
    from stretto.testing.server import OpenAIServer, Request

HI: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
TOOL = {"type": "function", "function": {"name": "search", "parameters": {"type": "object"}}}


def post(server: OpenAIServer, body: dict[str, Any] | None = None) -> httpx.Response:
    """Ask the server over HTTP."""
    headers = {"authorization": "Bearer secret", "x-team": "research"}
    return httpx.post(f"{server.url}/chat/completions", json=body or HI, headers=headers)


def said(response: httpx.Response) -> str:
    """The text of the answer."""
    return str(response.json()["choices"][0]["message"]["content"])


def test_requests_are_recorded_without_the_key():
    """Path, body, headers, and the call as LangChain messages."""
    with openai_server(["fine"]) as server:
        assert said(post(server)) == "fine"
    (request,) = server.requests
    assert (request.path, request.body) == ("/v1/chat/completions", HI)
    assert request.headers["x-team"] == "research"
    assert "secret" not in str(request)
    assert request.call.text == "hi"


def test_both_apis_and_the_list_of_models_are_served():
    """And nothing else."""
    with openai_server("fine", models=("a", "b")) as server:
        listed = httpx.get(f"{server.url}/models").json()
        response = httpx.post(f"{server.url}/responses", json={"model": "m", "input": "hi"})
        absent = httpx.get(f"{server.url}/nope")
    assert [model["id"] for model in listed["data"]] == ["a", "b"]
    assert response.json()["output"][0]["content"][0]["text"] == "fine"
    assert absent.status_code == 404
    assert "try POST /v1/chat/completions" in absent.json()["error"]["message"]


def test_a_script_that_has_run_out_is_a_bad_request_with_the_remedy():
    """400, so that no client tries again; `errors` has it too."""
    with openai_server([]) as server:
        response = post(server)
    assert response.status_code == 400
    assert "Add a reply to the script" in response.json()["error"]["message"]
    assert "run out" in str(server.errors[0])


def test_what_a_function_raises_is_a_server_error_that_is_not_tried_again():
    """The test that wrote the function finds it in `errors`."""

    def broken(body: dict[str, Any]) -> str:
        raise KeyError("question")

    with openai_server(broken) as server:
        response = post(server)
    assert (response.status_code, response.headers["x-should-retry"]) == (500, "false")
    assert response.json()["error"]["message"] == "KeyError: 'question'"
    assert isinstance(server.errors[0], KeyError)


@pytest.mark.parametrize("content", [b"{", b"[]", b"{}", b'{"messages": [{"role": "x"}]}'])
def test_a_request_that_is_none_is_refused(content: bytes):
    """Broken JSON, no object, no messages, no message."""
    with openai_server("fine") as server:
        response = httpx.post(f"{server.url}/chat/completions", content=content)
    assert (response.status_code, server.requests) == (400, ())


def test_faults_stand_at_the_nth_request():
    """The others are answered by the source, which loses no reply to the fault."""
    with openai_server(["one", "two"], faults={2: status(503)}) as server:
        assert [post(server).status_code for _ in range(3)] == [200, 503, 200]
    assert server.errors == ()


def test_faults_may_be_chosen_by_a_function_of_the_request():
    """So a provider can break in the middle of a run and be mended before the next."""
    broken = True

    def choose(request: Request) -> Any:
        return status(401) if broken and "hi" in request.call.text else None

    with openai_server("fine", faults=choose) as server:
        assert post(server).status_code == 401
        broken = False
        assert post(server).status_code == 200


def test_one_fault_may_meet_every_request():
    """Tools are refused, requests without them are answered."""
    with openai_server("fine", faults=refuse_tools) as server:
        assert post(server, {**HI, "tools": [TOOL]}).status_code == 400
        assert said(post(server)) == "fine"


def test_strictness_can_be_switched_off():
    """For servers that take anything."""
    bad = {"messages": [{"role": "tool", "tool_call_id": "1", "content": "x"}]}
    with openai_server("fine") as server:
        assert "does not follow" in post(server, bad).text
    with openai_server("fine", strict=False) as server:
        assert post(server, bad).status_code == 200


def test_a_model_behind_the_server_answers_many_at_once():
    """Each its own request."""
    model = ScriptedModel(lambda messages: Reply(f"echo {messages[-1].text}"))
    with openai_server(model) as server, ThreadPoolExecutor(8) as pool:
        bodies = [{"messages": [{"role": "user", "content": str(n)}]} for n in range(40)]
        answers = [said(r) for r in pool.map(lambda body: post(server, body), bodies)]
    assert answers == [f"echo {n}" for n in range(40)]
    assert len(server.requests) == len(model.calls) == 40
