"""The history that a model is asked with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from langchain_core.messages import (
    AIMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    RemoveMessage,
    SystemMessage,
    ToolMessage,
)

import stretto
from stretto import Agent
from stretto.journal.requests import request_payloads
from stretto.members.agent import agent_graph
from stretto.members.history import FAILED, OPENING, ends_open, valid_history
from stretto.models.marks import unmarked
from stretto.records import EffectStarted
from stretto.testing import CheckedModel, ScriptedModel, history_problems
from tests.members.histories import any_histories, valid_histories

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.messages import AnyMessage, BaseMessage

    from stretto.runs import Storage

HI = HumanMessage("hi")


def calling(*ids: str, text: str = "") -> AIMessage:
    """A message with these tool calls."""
    calls: list[Any] = [{"name": "look", "args": {}, "id": i, "type": "tool_call"} for i in ids]
    return AIMessage(text, tool_calls=calls)


def result(call: str, text: str = "found") -> ToolMessage:
    """The result of a tool call."""
    return ToolMessage(text, tool_call_id=call)


def shape(messages: Sequence[BaseMessage]) -> list[str]:
    """What the messages are, in a word each: kind, ids of calls or of the call answered, text."""
    told: list[str] = []
    for message in messages:
        ids = [c["id"] or "" for c in message.tool_calls] if isinstance(message, AIMessage) else []
        if isinstance(message, ToolMessage):
            ids = [message.tool_call_id]
        told.append(" ".join([message.type, *ids, *([message.text] if message.text else [])]))
    return told


def words(messages: Sequence[BaseMessage]) -> list[str]:
    """All that humans say, without the spaces."""
    humans = [m for m in messages if isinstance(m, HumanMessage)]
    return [text for m in humans if (text := "".join(m.text.split()))]


@given(messages=any_histories())
@settings(max_examples=150, deadline=None)
def test_whatever_there_was_strict_providers_accept(messages: list[AnyMessage]):
    """Both do, whenever anybody says anything; and a second look changes nothing."""
    valid = valid_history(messages)
    assert valid_history(valid) == valid
    assert all(one is other for one, other in zip(valid_history(valid), valid, strict=True))
    assert all(m.type in {"system", "human", "ai", "tool", "AIMessageChunk"} for m in valid)
    if any(m.type != "system" for m in valid):
        assert history_problems(valid, "openai") == []
        assert history_problems(valid, "anthropic") == []


@given(messages=any_histories())
@settings(max_examples=80, deadline=None)
def test_no_human_word_is_ever_lost(messages: list[AnyMessage]):
    """They come in their order; notes are words of the system."""
    kept = iter(words(valid_history(messages)))
    assert all(word in kept for word in words(messages))


@given(messages=any_histories())
@settings(max_examples=80, deadline=None)
def test_no_answered_call_is_ever_lost(messages: list[AnyMessage]):
    """As many calls as have a result behind them, each with one, from the first human on."""
    first = next((i for i, m in enumerate(messages) if words([m])), 0)
    valid = valid_history([HI, *messages[first:]])
    called = sum(len(m.tool_calls) for m in valid if isinstance(m, AIMessage))
    results = [m for m in valid if isinstance(m, ToolMessage)]
    assert len(results) == called >= answered(messages[first:])


def answered(messages: Sequence[BaseMessage]) -> int:
    """How many ids of `tool_calls` have a result before another message calls by the same id."""
    waiting: set[str] = set()
    count = 0
    for message in messages:
        if isinstance(message, AIMessage):
            waiting |= {call["id"] or "" for call in message.tool_calls}
        elif isinstance(message, ToolMessage) and message.tool_call_id in waiting:
            waiting.discard(message.tool_call_id)
            count += 1
    return count


@given(messages=valid_histories())
@settings(max_examples=80, deadline=None)
def test_a_valid_history_comes_back_as_it_is(messages: list[AnyMessage]):
    """Object for object."""
    assert history_problems(messages, "openai") == history_problems(messages, "anthropic") == []
    valid = valid_history(messages)
    assert all(one is other for one, other in zip(valid, messages, strict=True))


@pytest.mark.parametrize(
    ("given", "valid"),
    [
        pytest.param(
            [HI, calling("a", "b"), result("b"), HumanMessage("and?"), result("a")],
            ["human hi", "ai a b", "tool b found", "tool a found", "human and?"],
            id="results move up to their call",
        ),
        pytest.param([HI, calling("a")], ["human hi"], id="a call without a result goes"),
        pytest.param(
            [HI, calling("a", "b", text="I look."), result("b")],
            ["human hi", "ai b I look.", "tool b found"],
            id="only the call without a result goes",
        ),
        pytest.param([HI, result("a")], ["human hi"], id="a result without a call goes"),
        pytest.param(
            [HI, result("a"), calling("a")], ["human hi"], id="a result before its call goes"
        ),
        pytest.param(
            [HI, calling("a"), result("a", "one"), result("a", "two")],
            ["human hi", "ai a", "tool a two"],
            id="the last result counts",
        ),
        pytest.param(
            [HI, calling("a"), result("a", "1"), calling("a"), result("a", "2")],
            ["human hi", "ai a", "tool a 1", "ai a_2", "tool a_2 2"],
            id="an id that comes again becomes another",
        ),
        pytest.param(
            [HI, calling("a"), calling("a"), result("a")],
            ["human hi", "ai a", "tool a found"],
            id="a result answers the latest call",
        ),
        pytest.param(
            [HI, calling("", ""), result("", "1"), result("", "2")],
            ["human hi", "ai call call_2", "tool call 1", "tool call_2 2"],
            id="calls of one message with one id are answered in order",
        ),
        pytest.param(
            [HI, calling("f.look:0"), result("f.look:0")],
            ["human hi", "ai f_look_0", "tool f_look_0 found"],
            id="an id gets letters that providers take",
        ),
        pytest.param(
            [HI, AIMessage(""), HumanMessage(" \n"), AIMessage("so ")],
            ["human hi", "ai so"],
            id="nothing empty, no space at the end",
        ),
        pytest.param(
            [HI, AIMessage("so "), HI], ["human hi", "ai so ", "human hi"], id="not at the end"
        ),
        pytest.param(
            [HI, RemoveMessage("m"), FunctionMessage(content="x", name="f")],
            ["human hi"],
            id="no bookkeeping",
        ),
        pytest.param(
            [SystemMessage("be"), AIMessage("hello"), SystemMessage("brief"), HI],
            ["system be", f"human {OPENING}", "ai hello", "human <note>brief</note>", "human hi"],
            id="a human message comes first",
        ),
        pytest.param(
            [SystemMessage("be"), calling("a"), result("a"), AIMessage("so")],
            ["system be", f"human {OPENING}", "ai a", "tool a found", "ai so"],
            id="where no human speaks nothing is lost",
        ),
        pytest.param(
            [HI, AIMessage("so"), SystemMessage("hurry")],
            ["human hi", "ai so", "human <note>hurry</note>"],
            id="a later system message becomes a note",
        ),
        pytest.param(
            [
                ChatMessage("be", role="developer"),
                ChatMessage("hi", role="critic"),
                ChatMessage("so", role="assistant"),
            ],
            ["system be", "human hi", "ai so"],
            id="roles of one's own",
        ),
        pytest.param(
            [HI, calling("a"), ToolMessage(" ", tool_call_id="a", status="error")],
            ["human hi", "ai a", f"tool a {FAILED}"],
            id="an error says something",
        ),
        pytest.param([SystemMessage("be"), HumanMessage("")], ["system be"], id="nobody speaks"),
        pytest.param([], [], id="nothing at all"),
    ],
)
def test_what_providers_refuse_is_mended(given: list[AnyMessage], valid: list[str]):
    """As little as may be is changed."""
    assert shape(valid_history(given)) == valid


def test_blocks_and_raw_calls_keep_step_with_the_calls():
    """Wherever a message says a call once more, a dropped one goes and a renamed one is renamed."""
    uses = [{"type": "tool_use", "id": i, "name": "look", "input": {}} for i in ("a", "b")]
    raw = [{"id": "b", "function": {"name": "look", "arguments": "{}"}}]
    said = AIMessage(
        [{"type": "text", "text": "So."}, *uses],
        tool_calls=calling("a", "b").tool_calls,
        additional_kwargs={"tool_calls": raw, "refusal": None},
    )
    valid = valid_history([HI, calling("a"), result("a"), said, result("a")])
    mended = valid[3]
    assert mended.content == [{"type": "text", "text": "So."}, {**uses[0], "id": "a_2"}]
    assert mended.additional_kwargs == {"refusal": None}
    assert shape(valid[3:]) == ["ai a_2 So.", "tool a_2 found"]


def test_calls_that_are_said_in_blocks_alone_become_calls():
    """With results as Anthropic says them."""
    use = {"type": "tool_use", "id": "a", "name": "look", "input": {"q": 1}}
    told = {"type": "tool_result", "tool_use_id": "a", "content": "found", "is_error": True}
    valid = valid_history(
        [HI, AIMessage([use]), HumanMessage([told, {"type": "text", "text": "?"}])]
    )
    assert shape(valid) == ["human hi", "ai a", "tool a found", "human ?"]
    assert isinstance(valid[1], AIMessage)
    assert valid[1].tool_calls[0]["args"] == {"q": 1}
    assert isinstance(valid[2], ToolMessage)
    assert valid[2].status == "error"


@pytest.mark.parametrize(("text", "args"), [("{", {}), ("[1]", {}), ('{"q": 1}', {"q": 1})])
def test_a_broken_call_that_was_answered_stays_with_what_can_be_read(
    text: str, args: dict[str, Any]
):
    """Its arguments become an object; unanswered it goes as any other."""
    broken: Any = {"name": "look", "args": text, "id": "a", "type": "invalid_tool_call"}
    said = AIMessage("", invalid_tool_calls=[broken])
    _, mended, _ = valid_history([HI, said, result("a")])
    assert isinstance(mended, AIMessage)
    assert (mended.tool_calls[0]["args"], mended.invalid_tool_calls) == (args, [])
    assert valid_history([HI, said]) == [HI]


def test_more_calls_than_a_message_may_have_become_several_messages():
    """What it says besides is said once."""
    ids = [f"c{n}" for n in range(300)]
    valid = valid_history([HI, calling(*ids, text="All."), *map(result, ids)])
    said = [m for m in valid if isinstance(m, AIMessage)]
    assert [(m.text, len(m.tool_calls)) for m in said] == [("All.", 128), ("", 128), ("", 44)]
    assert history_problems(valid, "openai") == history_problems(valid, "anthropic") == []


@pytest.mark.parametrize("name", ["Ann Lee", "é", "n" * 65])
def test_names_get_letters_that_openai_takes(name: str):
    """Wherever LangChain keeps them."""
    (one, other) = valid_history(
        [HumanMessage("hi", name=name), HumanMessage("hi", additional_kwargs={"name": name})]
    )
    assert one.name == other.name
    assert history_problems([one, other], "openai") == []


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([], False),
        ([HI], False),
        ([HI, calling("a")], True),
        ([HI, calling("a", "b"), result("a")], True),
        ([HI, calling("a", "b"), result("b"), result("a")], False),
        ([HI, calling("a"), HI], True),
        ([HI, calling("a"), AIMessage("so")], False),
    ],
)
def test_a_history_ends_open_while_calls_wait(messages: list[AnyMessage], *, expected: bool):
    """Only the last message of a model counts."""
    assert ends_open(messages) is expected


@given(messages=any_histories())
@settings(max_examples=25, deadline=None)
def test_an_agent_asks_its_model_with_a_valid_history(messages: list[AnyMessage]):
    """Whatever it is given, with a policy or without one."""
    told = [m for m in messages if not isinstance(m, RemoveMessage | FunctionMessage)]
    model = CheckedModel(ScriptedModel("So."))
    agent_graph(Agent(name="a", model=model, prompt="Be brief.")).invoke({"messages": [HI, *told]})
    (asked,) = model.requests
    assert asked.problems == ()


def test_a_valid_history_reaches_the_model_as_it_is():
    """But for the marks around what a tool gave."""
    model = CheckedModel(ScriptedModel("So."))
    history = [HI, calling("a"), result("a")]
    agent_graph(Agent(name="a", model=model)).invoke({"messages": history})
    assert [unmarked(m) for m in model.requests[0].request.messages] == history


def test_a_history_in_which_nobody_speaks_is_sent_as_it_is():
    """The provider says what is amiss."""
    model = CheckedModel(ScriptedModel("So."))
    agent_graph(Agent(name="a", model=model)).invoke({"messages": [HumanMessage(" ")]})
    assert model.problems == ["anthropic: messages[0]: a text block must not be blank"]


async def test_an_effect_is_known_by_the_history_that_was_given(storage: Storage):
    """Not by the mended one: whatever a later version mends, a resume finds what was done."""
    model = CheckedModel(ScriptedModel("So."))
    history = [HI, calling("a"), HumanMessage("and?")]
    graph = agent_graph(Agent(name="a", model=model))
    await stretto.run(graph, {"messages": history}, thread="t", storage=storage)
    (asked,) = model.requests
    assert shape(asked.request.messages) == ["human hi", "human and?"]
    records = await storage.journal.records("t")
    (began,) = [r for r in records if isinstance(r, EffectStarted)]
    assert began.input == request_payloads(history, (), {"tool_choice": None})[0]
