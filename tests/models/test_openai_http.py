"""The real OpenAI client over real HTTP, against the server that ships in `stretto.testing`."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage
from pydantic import BaseModel, Field

from stretto.errors import ModelRefused, ModelUnavailable, StrettoError
from stretto.models import chat_model, names
from stretto.models.errors import provider_error
from stretto.testing import (
    OpenAIServer,
    Reply,
    ScriptedModel,
    cut,
    empty,
    hang,
    nonsense,
    openai_server,
    refuse_tools,
    slow,
    stall,
    status,
    tool_call,
)

if TYPE_CHECKING:
    from stretto.testing.faults import Fault

CHAT, RESPONSES = "gpt-5-mini", "gpt-5-codex"
"""Names that langchain-openai asks through Chat Completions and through Responses."""
TEXT = "An answer that is long enough to come in several pieces."
Connect = Callable[..., BaseChatModel]

both_apis = pytest.mark.parametrize("name", [CHAT, RESPONSES])


class Weather(BaseModel):
    """The weather of a day."""

    rain: bool = Field(description="whether it rains")
    places: list[str] = Field(description="where")


WEATHER = Weather(rain=True, places=["here", "there"])


def search(query: str) -> str:
    """Search the web."""
    return f"about {query}"


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Connect:
    """Give the model of a name as Stretto makes it, pointed at a server.

    It does not repeat a failed request and waits 5 s for an answer, unless told otherwise.
    """

    def connected(
        server: OpenAIServer | str, name: str = CHAT, *, retries: int = 0, timeout: float = 5.0
    ) -> BaseChatModel:
        url = server if isinstance(server, str) else server.url
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
        monkeypatch.setattr(names, "RETRIES", retries)
        monkeypatch.setattr(names, "TIMEOUT", timeout)
        return chat_model(f"openai:{name}")

    return connected


async def whole(model: Any) -> AIMessage:
    """Ask for an answer in one piece."""
    answer: AIMessage = await model.ainvoke("hi")
    return answer


async def streamed(model: Any) -> AIMessageChunk:
    """Ask by a stream and add up what comes."""
    total = AIMessageChunk(content="")
    async for chunk in model.astream("hi"):
        total += chunk
    return total


async def failure(answer: Any) -> StrettoError:
    """Await what must fail and give our error for it."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 - which one is the client's affair
        await answer
    error = provider_error(caught.value)
    assert error is not None, f"no error of ours for {caught.value!r}"
    return error


@both_apis
async def test_text_and_usage_come_back(connect: Connect, name: str):
    """And the key goes over, but not into the record."""
    with openai_server(Reply(TEXT, usage=(7, 5))) as server:
        answer = await connect(server, name).ainvoke("hi")
    assert answer.text == TEXT
    assert answer.usage_metadata is not None
    assert answer.usage_metadata["total_tokens"] == 12
    assert server.requests[0].body["model"] == name
    assert "sk-secret" not in str(server.requests)


@both_apis
async def test_a_stream_brings_text_in_pieces_and_usage_at_the_end(connect: Connect, name: str):
    """Usage also from compatible servers, where langchain-openai does not ask by itself."""
    with openai_server(Reply(TEXT, usage=(7, 5))) as server:
        chunks = [chunk async for chunk in connect(server, name).astream("hi")]
    texts = [chunk.text for chunk in chunks if chunk.text]
    assert len(texts) > 2
    assert "".join(texts) == TEXT
    used = [c.usage_metadata["total_tokens"] for c in chunks if c.usage_metadata]
    assert used == [12]


@both_apis
async def test_parallel_tool_calls_come_back_whole_and_streamed(connect: Connect, name: str):
    """In their order, each with its arguments put together again."""
    long = "a question that is longer than one piece of a stream"
    calls = [tool_call("search", query="cats"), tool_call("search", query=long)]
    with openai_server(Reply("Let me look.", tool_calls=calls)) as server:
        model = connect(server, name).bind_tools([search])
        for answer in (await whole(model), await streamed(model)):
            assert answer.text == "Let me look."
            assert [c["args"]["query"] for c in answer.tool_calls] == ["cats", long]
            assert len({c["id"] for c in answer.tool_calls}) == 2


@both_apis
@pytest.mark.parametrize("method", ["json_schema", "function_calling"])
async def test_structured_output_comes_back_typed(connect: Connect, name: str, method: str):
    """By the provider's schema and through a tool."""
    with openai_server(Reply(value=WEATHER)) as server:
        model = connect(server, name).with_structured_output(Weather, method=method)
        assert await model.ainvoke("rain?") == WEATHER
    assert (server.requests[0].call.output is not None) == (method == "json_schema")


@both_apis
async def test_an_agent_searches_and_answers_typed(connect: Connect, name: str):
    """Tools, their results and a schema in one conversation that a strict provider accepts."""
    calls = [tool_call("search", query="here"), tool_call("search", query="there")]
    with openai_server([Reply(tool_calls=calls), Reply(value=WEATHER)]) as server:
        agent: Any = create_agent(connect(server, name), [search], response_format=Weather)
        out = await agent.ainvoke({"messages": [HumanMessage("rain?")]})
    assert out["structured_response"] == WEATHER
    said = [m.text for m in server.requests[1].call.messages]
    assert said[-2:] == ["about here", "about there"]


async def test_gpt_6_is_asked_by_responses_as_soon_as_it_has_tools(connect: Connect):
    """langchain-openai chooses by the name, whatever the server: so both must be served."""
    with openai_server("fine") as server:
        model = connect(server, "gpt-6-astra")
        await model.ainvoke("hi")
        await model.bind_tools([search]).ainvoke("hi")
    assert [r.path for r in server.requests] == ["/v1/chat/completions", "/v1/responses"]


async def test_a_model_behind_the_server_is_asked_what_the_client_was_asked(connect: Connect):
    """Any LangChain model can play the provider."""
    model = ScriptedModel(lambda messages: f"echo {messages[-1].text}")
    with openai_server(model) as server:
        assert (await connect(server).ainvoke("hi")).text == "echo hi"


texts = st.text(max_size=80)


@given(text=texts.filter(bool), query=texts)
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@both_apis
async def test_whatever_is_streamed_always_arrives(
    connect: Connect, name: str, text: str, query: str
):
    """Line ends, quotes and all of Unicode, in text and arguments."""
    with openai_server(Reply(text, tool_calls=[tool_call("search", query=query)])) as server:
        answer = await streamed(connect(server, name).bind_tools([search]))
    assert (answer.text, answer.tool_calls[0]["args"]) == (text, {"query": query})


@pytest.mark.parametrize(
    ("code", "remedy"), [(400, "request"), (401, "OPENAI_API_KEY"), (404, "model")]
)
async def test_a_refusal_is_final_and_says_what_to_do(connect: Connect, code: int, remedy: str):
    """One request, although the client may repeat."""
    with openai_server(status(code)) as server:
        error = await failure(connect(server, retries=2).ainvoke("hi"))
    assert isinstance(error, ModelRefused)
    assert remedy in str(error)
    assert len(server.requests) == 1


async def test_tools_that_are_refused_are_a_refusal(connect: Connect):
    """A server whose model cannot call tools says so."""
    with openai_server("fine", faults=refuse_tools) as server:
        model = connect(server)
        error = await failure(model.bind_tools([search]).ainvoke("hi"))
        assert isinstance(error, ModelRefused)
        assert (await model.ainvoke("hi")).text == "fine"


async def test_retry_after_is_waited_for(connect: Connect):
    """The client's own wait before a first repetition is at most half a second."""
    with openai_server([status(429, retry_after=0.8), "fine"]) as server:
        assert (await connect(server, retries=2).ainvoke("hi")).text == "fine"
    first, second = server.requests
    assert second.time - first.time >= 0.8


async def test_a_retry_after_of_more_than_two_minutes_is_not_waited_for(connect: Connect):
    """The client gives up at once, though it has repetitions left."""
    with openai_server(status(429, retry_after=121)) as server:
        error = await failure(connect(server, retries=2).ainvoke("hi"))
    assert isinstance(error, ModelUnavailable)
    assert len(server.requests) == 1


@pytest.mark.parametrize("code", [429, 500, 503])
async def test_an_overloaded_provider_is_asked_again_and_then_unavailable(
    connect: Connect, code: int
):
    """As often as Stretto's setting says."""
    with openai_server(status(code, retry_after=0.01)) as server:
        error = await failure(connect(server, retries=2).ainvoke("hi"))
    assert isinstance(error, ModelUnavailable)
    assert len(server.requests) == 3


async def test_a_provider_that_recovers_is_no_error(connect: Connect):
    """The repetition answers."""
    with openai_server([status(500, retry_after=0.01), "fine"]) as server:
        assert (await connect(server, retries=1).ainvoke("hi")).text == "fine"


async def test_a_cut_answer_is_asked_for_again(connect: Connect):
    """Half a body is no answer."""
    with openai_server([cut, "fine"]) as server:
        assert (await connect(server, retries=1).ainvoke("hi")).text == "fine"
    assert len(server.requests) == 2


@both_apis
@pytest.mark.parametrize("fault", [cut, nonsense], ids=["cut", "nonsense"])
async def test_a_broken_answer_is_unavailable(connect: Connect, name: str, fault: Fault):
    """The end of the connection in the middle, and JSON that does not parse; whole or streamed."""
    with openai_server(fault) as server:
        model = connect(server, name)
        for ask in (whole, streamed):
            assert isinstance(await failure(ask(model)), ModelUnavailable)


async def test_a_cut_stream_is_not_begun_again(connect: Connect):
    """What has been shown cannot be taken back, so the client leaves that to us."""
    with openai_server([cut, "fine"]) as server:
        shown = ""

        async def show() -> None:
            nonlocal shown
            async for chunk in connect(server, retries=2).astream("hi"):
                shown += chunk.text

        assert isinstance(await failure(show()), ModelUnavailable)
    assert shown
    assert len(server.requests) == 1


async def test_an_answer_without_a_choice_is_unavailable(connect: Connect):
    """200, and nothing in it; whole or streamed."""
    with openai_server(empty) as server:
        model = connect(server)
        for ask in (whole, streamed):
            assert isinstance(await failure(ask(model)), ModelUnavailable)


@both_apis
@pytest.mark.parametrize("fault", [hang, stall], ids=["hang", "stall"])
async def test_a_silent_provider_is_unavailable_after_the_timeout(
    connect: Connect, name: str, fault: Fault
):
    """Silent from the start or in the middle; whole or streamed."""
    with openai_server(fault) as server:
        model = connect(server, name, timeout=0.15)
        for ask in (whole, streamed):
            error = await failure(ask(model))
            assert isinstance(error, ModelUnavailable)


async def test_a_slow_provider_is_waited_for(connect: Connect):
    """As long as it stays within the timeout."""
    with openai_server(slow(0.1, "late")) as server:
        assert (await connect(server, timeout=5).ainvoke("hi")).text == "late"


async def test_a_provider_that_is_not_there_is_unavailable(connect: Connect):
    """Nobody listens at the base URL; the error names what to look at."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    error = await failure(connect(f"http://127.0.0.1:{port}/v1").ainvoke("hi"))
    assert isinstance(error, ModelUnavailable)
    assert "OPENAI_BASE_URL" in str(error)
