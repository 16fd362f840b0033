"""The scripted model: lists, functions, tools, typed output, streams."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain.agents import create_agent
from langchain.agents.structured_output import ProviderStrategy, ToolStrategy
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage
from pydantic import BaseModel

from stretto.testing import Reply, ScriptedModel, UnexpectedCall, broken_call, tool_call


class Weather(BaseModel):
    """The weather of a day."""

    rain: bool


def search(query: str) -> str:
    """Search the web."""
    return f"about {query}"


async def test_a_list_is_given_in_order_and_the_calls_are_recorded():
    """Sync and async calls share the list."""
    model = ScriptedModel(["one", Reply("two"), AIMessage("three")])
    assert model.invoke("a").text == "one"
    assert (await model.ainvoke("b")).text == "two"
    assert model.left == 1
    assert (await model.ainvoke("c")).text == "three"
    assert [call.text for call in model.calls] == ["a", "b", "c"]


def test_a_script_that_has_run_out_raises():
    """The remedy stands last."""
    with pytest.raises(UnexpectedCall, match=r"run out.*Add a reply to the script"):
        ScriptedModel([]).invoke("hi")


def test_a_call_that_the_function_does_not_expect_raises():
    """`None` says so."""
    with pytest.raises(UnexpectedCall, match=r"asked 'hi' .* has no reply. Return a reply"):
        ScriptedModel(lambda _: None).invoke("hi")


def test_an_exception_in_the_script_is_raised():
    """A provider that fails, without a server."""
    model = ScriptedModel([TimeoutError("too late"), "well"])
    with pytest.raises(TimeoutError, match="too late"):
        model.invoke("hi")
    assert model.invoke("hi").text == "well"


def test_one_reply_answers_all_calls():
    """A text is one reply, not a list of letters."""
    model = ScriptedModel("pong")
    assert [model.invoke("ping").text for _ in range(3)] == ["pong"] * 3


async def test_a_function_of_the_messages_is_the_same_in_any_order():
    """What agents that ask at once should be given."""

    def echo(messages: list[BaseMessage]) -> str:
        return f"echo {messages[-1].text}"

    answers = await ScriptedModel(echo).abatch([str(n) for n in range(20)])
    assert [a.text for a in answers] == [f"echo {n}" for n in range(20)]


async def test_an_async_function_may_wait_for_another_call():
    """So a test can hold that two agents work at once."""
    both = asyncio.Barrier(2)

    async def meet(messages: list[BaseMessage]) -> str:
        await both.wait()
        return messages[-1].text

    model = ScriptedModel(meet)
    async with asyncio.timeout(5):
        answers = await model.abatch(["a", "b"])
    assert [a.text for a in answers] == ["a", "b"]


def test_an_async_function_needs_an_async_call():
    """The error says which."""

    async def late(messages: list[BaseMessage]) -> str:
        return "late"

    with pytest.raises(UnexpectedCall, match="Use `ainvoke`"):
        ScriptedModel(late).invoke("hi")


async def test_an_agent_calls_tools_in_parallel_and_goes_on():
    """The tool loop of `create_agent`, offline."""
    calls = [tool_call("search", query="cats"), tool_call("search", query="dogs")]
    model = ScriptedModel([Reply(tool_calls=calls), "done"])
    agent: Any = create_agent(model, [search])
    out = await agent.ainvoke({"messages": [HumanMessage("go")]})
    told = [m.text for m in out["messages"]]
    assert told == ["go", "", "about cats", "about dogs", "done"]
    assert model.calls[0].tool_names == ("search",)


@pytest.mark.parametrize("strategy", [ToolStrategy, ProviderStrategy])
async def test_a_value_is_typed_output_in_either_way_of_asking(strategy: Any):
    """Through a tool and through the provider's schema."""
    model = ScriptedModel([Reply(value=Weather(rain=True))])
    agent: Any = create_agent(model, [search], response_format=strategy(Weather))
    out = await agent.ainvoke({"messages": [HumanMessage("rain?")]})
    assert out["structured_response"] == Weather(rain=True)


def test_with_structured_output_gives_the_value():
    """LangChain's own method."""
    model = ScriptedModel([Reply(value=Weather(rain=False))])
    assert model.with_structured_output(Weather).invoke("rain?") == Weather(rain=False)


text_ = st.text(max_size=100)
calls_ = st.lists(
    st.one_of(
        st.builds(lambda a: tool_call("search", **a), st.dictionaries(st.just("query"), text_)),
        st.builds(
            lambda a: broken_call("search", "no JSON " + a), st.text(alphabet="abc: ", max_size=60)
        ),
    ),
    max_size=3,
)


@given(text=text_, calls=calls_)
def test_a_stream_always_adds_up_to_the_whole_answer(text: str, calls: list[Any]):
    """Text, tool calls, broken calls and usage."""
    model = ScriptedModel(Reply(text, tool_calls=calls))
    whole = model.invoke("go")
    chunks = list(model.stream("go"))
    total = AIMessageChunk(content="")
    for chunk in chunks:
        total += chunk
    assert total.text == whole.text
    assert total.tool_calls == whole.tool_calls
    assert [c["args"] for c in total.invalid_tool_calls] == [
        c["args"] for c in whole.invalid_tool_calls
    ]
    assert total.usage_metadata == whole.usage_metadata


async def test_tokens_reach_the_callbacks_of_a_stream():
    """What `stretto.stream` shows as live tokens."""
    text = "a sentence that is longer than one piece"
    chunks = [c.text async for c in ScriptedModel(text).astream("go")]
    assert len(chunks) > 2
    assert "".join(chunks) == text
