"""Models and tools that answer from a recorded conversation."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_tests.unit_tests import ChatModelUnitTests

from stretto.journal.requests import message_json
from stretto.replay.messages import said as said_by
from stretto.replay.messages import settled
from stretto.spec.tool import effect_of
from stretto.testing import (
    RecordedModel,
    UnexpectedCall,
    recorded_agent,
    recorded_tools,
    tool_call,
)
from tests.replay.talks import LONG, TALK, call


class TestStandard(ChatModelUnitTests):
    """LangChain's own tests of a chat model."""

    @property
    def chat_model_class(self) -> type[RecordedModel]:
        return RecordedModel

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"messages": TALK}


def test_it_gives_what_followed_in_the_recording() -> None:
    """From any beginning of it, each time the same; asynchronously too."""
    model = RecordedModel(TALK)
    said = [SystemMessage("Be kind."), HumanMessage("weather?")]
    answer = model.invoke(said)
    assert answer.tool_calls == [{**tool_call("look", city="Bonn"), "id": "c1"}]
    assert model.invoke(said).tool_calls == answer.tool_calls
    result = ToolMessage("sunny", tool_call_id="c1", name="look")
    assert asyncio.run(model.ainvoke([*said, answer, result])).text == "It is sunny."


def test_a_stream_gives_the_recorded_answer_whole() -> None:
    """With all that it holds, blocks that are no text too."""
    blocks: list[Any] = [
        {"type": "reasoning", "reasoning": "Hm."},
        {"type": "text", "text": "hello"},
    ]
    model = RecordedModel([HumanMessage("hi"), AIMessage(blocks)])
    assert [part.content for part in model.stream("hi")] == [blocks]


def test_a_prompt_that_was_not_recorded_is_left_out() -> None:
    """A recording of users and assistants alone fits an agent with any prompt."""
    model = RecordedModel([HumanMessage("hi"), AIMessage("hello")])
    assert model.invoke([SystemMessage("Be kind."), HumanMessage("hi")]).text == "hello"


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ([SystemMessage("Be kind."), HumanMessage("rain?")], ["- weather?", "+ rain?"]),
        ([HumanMessage("weather?")], ["message 1", "Be kind."]),
        ([SystemMessage("Be kind.")], ["a message of human"]),
    ],
)
def test_another_question_shows_both_sides(asked: list[Any], told: list[str]) -> None:
    """What was recorded and what is asked, and which message it is."""
    with pytest.raises(UnexpectedCall) as raised:
        RecordedModel(TALK).invoke(asked)
    for part in told:
        assert part in str(raised.value)


def test_a_question_after_the_end_is_refused() -> None:
    """Nobody has answered it."""
    with pytest.raises(UnexpectedCall, match="its end"):
        RecordedModel([HumanMessage("hi")]).invoke([HumanMessage("hi")])


def test_tools_give_their_results_in_order() -> None:
    """By arguments; the same call again has the next result, and then none."""
    talk = [
        {"role": "user", "content": "go"},
        {"role": "assistant", "tool_calls": [call("look", '{"a": 1}', "x")]},
        {"role": "tool", "tool_call_id": "x", "content": "first"},
        {"role": "assistant", "tool_calls": [call("look", '{"a": 1}', "x")]},
        {"role": "tool", "tool_call_id": "x", "content": "second"},
        {"role": "assistant", "tool_calls": [call("look", '{"a": 2}', "y"), call("go", "{}", "z")]},
        {"role": "tool", "tool_call_id": "z", "content": "went", "is_error": True},
    ]
    look, go = recorded_tools(talk)
    assert (look.name, go.name) == ("look", "go")
    assert look.invoke({"a": 1}) == "first"
    assert asyncio.run(look.ainvoke({"a": 1})) == "second"
    with pytest.raises(UnexpectedCall, match="more often"):
        look.invoke({"a": 1})
    with pytest.raises(UnexpectedCall, match="no result"):
        look.invoke({"a": 2})
    with pytest.raises(UnexpectedCall, match=r'called:   \{"a": 3\}'):
        look.invoke({"a": 3})
    failed = go.invoke({**tool_call("go"), "id": "z"})
    assert (failed.status, failed.content) == ("error", "went")


def test_tools_tell_what_they_take_and_that_they_only_read() -> None:
    """Their schema is that of the recorded arguments."""
    (look,) = recorded_tools(
        [AIMessage("", tool_calls=[{**tool_call("look", a=1, b="x", self="me"), "id": "i"}])]
    )
    assert effect_of(look) == "reads"
    assert look.args == {
        "a": {"type": "integer"},
        "b": {"type": "string"},
        "self": {"type": "string"},
    }


def test_an_agent_of_recorded_parts_says_what_was_said() -> None:
    """Turn by turn, to the end of the recording, also without a journal."""
    agent = recorded_agent(LONG)
    state: dict[str, Any] = {"messages": []}
    turns = (["weather?"], ["and", "tomorrow?"])
    for said in turns:
        given = [*state["messages"], *map(HumanMessage, said)]
        state = asyncio.run(agent.ainvoke({"messages": given}))
    last = [SystemMessage("Be brief."), HumanMessage("thanks")]
    state = asyncio.run(agent.ainvoke({"messages": [*state["messages"], *last]}))
    then = [message_json(message) for message, _ in said_by(LONG[1:], "log")]
    assert settled([message_json(m) for m in state["messages"]]) == settled(then)
