"""The chat model around the rules."""

from typing import Any, Literal

import pytest
from langchain.agents import create_agent
from langchain.agents.structured_output import ProviderStrategy, ToolStrategy
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage
from langchain_core.tools import tool
from pydantic import BaseModel

from stretto.models.offline import OfflineModel
from stretto.state import Finding

LEASE = {
    "path": "a.md",
    "line": 4,
    "symbol": "Lease",
    "kind": "text",
    "text": "A lease expires after 60 seconds.",
    "score": 1.0,
}


@tool
def search(query: str) -> list[dict[str, Any]]:
    """Search the documents."""
    return [LEASE]


@tool
def get_weather(location: str) -> str:
    """Get the weather at a location."""
    return "sunny"


class Mood(BaseModel):
    """How someone feels."""

    mood: Literal["glad", "sad"]


def test_it_knows_its_limits():
    """For middleware that asks for the profile."""
    profile = OfflineModel().profile
    assert profile is not None
    assert profile.get("max_input_tokens") == 128_000
    assert profile.get("tool_calling")
    assert not profile.get("structured_output")


def test_streamed_pieces_add_up_to_the_answer():
    """Words first; tokens, name and end with the last piece."""
    model = OfflineModel()
    pieces = list(model.stream("What is a lease?"))
    whole = AIMessageChunk(content="")
    for piece in pieces:
        whole += piece
    answer = model.invoke("What is a lease?")
    assert len(pieces) > 5
    assert (whole.content, whole.usage_metadata) == (answer.content, answer.usage_metadata)
    assert pieces[-1].chunk_position == "last"


async def test_streamed_tool_calls_add_up_to_the_call():
    """Arguments come in pieces, the id is the same."""
    model = OfflineModel().bind_tools([search])
    question = "When does a lease of the worker that nobody has asked about for a long time expire?"
    whole = AIMessageChunk(content="")
    async for piece in model.astream(question):
        whole += piece
    assert whole.tool_calls == (await model.ainvoke(question)).tool_calls


def test_ids_of_calls_are_new_in_a_longer_conversation():
    """And the same for the same conversation."""
    model = OfflineModel().bind_tools([get_weather], tool_choice="get_weather")
    first = model.invoke([HumanMessage("Hi")])
    (call,) = first.tool_calls
    later = model.invoke(
        [HumanMessage("Hi"), first, ToolMessage("x", tool_call_id=call["id"]), HumanMessage("Hi")]
    )
    assert model.invoke([HumanMessage("Hi")]).tool_calls == first.tool_calls
    assert later.tool_calls[0]["id"] != call["id"]


def test_it_stops_where_it_is_told():
    """At a stop sequence and at the longest answer."""
    assert OfflineModel().invoke("Hello", stop=["."]).content == "Hello"
    assert OfflineModel(max_tokens=1).invoke("Hello").content == "Hell"


@pytest.mark.parametrize(
    "choice", ["get_weather", {"type": "function", "function": {"name": "get_weather"}}]
)
def test_a_tool_can_be_forced_by_name(choice: Any):
    """In either spelling."""
    model = OfflineModel().bind_tools([search, get_weather], tool_choice=choice)
    assert [call["name"] for call in model.invoke("Hello").tool_calls] == ["get_weather"]


def test_a_class_among_the_tools_is_the_answer():
    """It is filled, not called like work."""
    made = OfflineModel().with_structured_output(Mood).invoke("I am so sad today")
    assert made == Mood(mood="sad")


async def test_an_agent_searches_and_fills_its_output():
    """The loop of `create_agent`: tool, then typed output."""
    agent = create_agent(
        OfflineModel(), tools=[search, get_weather], response_format=ToolStrategy(Finding)
    )
    out = await agent.ainvoke({"messages": [HumanMessage("When does a lease expire?")]})
    finding = out["structured_response"]
    assert finding.found
    assert finding.citations[0].quote == "A lease expires after 60 seconds."
    names = [c["name"] for m in out["messages"] if isinstance(m, AIMessage) for c in m.tool_calls]
    assert names == ["search", "Finding"]


def test_an_agent_with_a_provider_schema_gets_json():
    """The other way that `create_agent` asks for types."""
    agent = create_agent(OfflineModel(), tools=[search], response_format=ProviderStrategy(Finding))
    out = agent.invoke({"messages": [HumanMessage("When does a lease expire?")]})
    assert out["structured_response"].found


def test_an_agent_without_a_type_answers_in_quotations():
    """And finds nothing where nothing is."""
    agent = create_agent(OfflineModel(), tools=[search])
    said = agent.invoke({"messages": [HumanMessage("When does a lease expire?")]})["messages"][
        -1
    ].content
    assert said == '"A lease expires after 60 seconds." (a.md:4, Lease)'
    out = agent.invoke({"messages": [HumanMessage("Who painted the ceiling?")]})
    assert out["messages"][-1].content == "Not found in the sources."
