"""What strict providers would refuse a history for."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from langchain_core.messages import (
    AIMessage,
    ChatMessage,
    HumanMessage,
    RemoveMessage,
    SystemMessage,
    ToolMessage,
)

from stretto.testing import Provider, history_problems, openai_server
from stretto.testing.call import call
from stretto.testing.strict import complaint
from tests.members.histories import any_histories, valid_histories

if TYPE_CHECKING:
    from langchain_core.messages import AnyMessage, BaseMessage

    from stretto.testing.call import Json

HI = HumanMessage("hi")
SO = AIMessage("so")


def calling(*ids: str | None, name: str = "look", content: Any = "") -> AIMessage:
    """A message with these tool calls."""
    calls: list[Any] = [{"name": name, "args": {}, "id": i, "type": "tool_call"} for i in ids]
    return AIMessage(content, tool_calls=calls)


def result(call_id: str, content: Any = "found", **more: Any) -> ToolMessage:
    """The result of a tool call."""
    return ToolMessage(content, tool_call_id=call_id, **more)


def use(call_id: str) -> Json:
    """A tool call as Anthropic says it."""
    return {"type": "tool_use", "id": call_id, "name": "look", "input": {}}


def broken(args: str) -> AIMessage:
    """A message whose tool call has these arguments."""
    told: Any = {"name": "look", "args": args, "id": "a", "type": "invalid_tool_call"}
    return AIMessage("", invalid_tool_calls=[told])


def function(call_id: str, arguments: str = "{}") -> Json:
    """A tool call as OpenAI says it."""
    return {
        "id": call_id,
        "type": "function",
        "function": {"name": "look", "arguments": arguments},
    }


BOTH = ("openai", "anthropic")


@pytest.mark.parametrize(
    ("messages", "openai", "anthropic"),
    [
        pytest.param([], "there is no message", "there is no message", id="nothing"),
        pytest.param([SystemMessage("be")], "", "there is no message", id="system alone"),
        pytest.param([SO, HI], "", "the first message must be the user's", id="first"),
        pytest.param([HI, SystemMessage("be")], "", "must stand in front", id="system later"),
        pytest.param([HI, ChatMessage("x", role="critic")], "no role", "no role", id="role"),
        pytest.param([HI, RemoveMessage("m")], "no role", "no role", id="bookkeeping"),
        pytest.param([HumanMessage("")], "no content", "no content", id="empty"),
        pytest.param([HumanMessage([])], "no content", "no content", id="no blocks"),
        pytest.param([HumanMessage(" ")], "", "must not be blank", id="blank"),
        pytest.param([HI, AIMessage("")], "no content", "no content", id="said nothing"),
        pytest.param(
            [HI, AIMessage([{"type": "thinking", "thinking": "hm"}]), HI],
            "no content",
            "thoughts alone",
            id="thoughts",
        ),
        pytest.param([HumanMessage(["hi"])], "must be an object", "", id="a part is text"),
        pytest.param(
            [HumanMessage([{"type": "text"}])], "must have text", "must not be blank", id="no text"
        ),
        pytest.param([HumanMessage("hi", name="Ann Lee")], "the name", "", id="name"),
        pytest.param(
            [HumanMessage("hi", additional_kwargs={"name": "a|b"})], "the name", "", id="more name"
        ),
        pytest.param([HI, calling("a")], "at the end", "at the end", id="unanswered"),
        pytest.param(
            [HI, calling("a"), HI, result("a")],
            "must be answered before it",
            "must come before all else",
            id="answered late",
        ),
        pytest.param(
            [HI, calling("a", "b"), result("a"), HI], "['b']", "['b']", id="answered in part"
        ),
        pytest.param([HI, result("a")], "no such tool call", "no such tool call", id="no call"),
        pytest.param(
            [HI, calling("a"), result("a"), result("a")],
            "no such tool call",
            "no such tool call",
            id="answered twice",
        ),
        pytest.param(
            [HI, AIMessage([use("a")])], "no content", "at the end", id="a call in blocks alone"
        ),
        pytest.param(
            [HI, calling("a"), calling("b"), result("a"), result("b")],
            "must be answered before it",
            "",
            id="neighbours of one role count as one message",
        ),
        pytest.param(
            [HI, calling("a"), result("a"), calling("a"), result("a")],
            "",
            "is used twice",
            id="an id twice",
        ),
        pytest.param([HI, calling(None), HI], "1 to 40 characters", "must match", id="no id"),
        pytest.param(
            [HI, calling("x" * 41), result("x" * 41)], "1 to 40 characters", "", id="a long id"
        ),
        pytest.param([HI, calling("a:0"), result("a:0")], "", "must match", id="an odd id"),
        pytest.param(
            [HI, calling("a", name="to look"), result("a")], "must match", "must match", id="tool"
        ),
        pytest.param([HI, broken("{"), result("a")], "must be a JSON object", "", id="broken"),
        pytest.param([HI, broken("[1]"), result("a")], "must be a JSON object", "", id="a list"),
        pytest.param(
            [HI, calling(*(f"c{n}" for n in range(129))), *(result(f"c{n}") for n in range(129))],
            "129 tool calls",
            "",
            id="too many calls",
        ),
        pytest.param(
            [HI, calling("a"), result("a", "", status="error")], "", "say something", id="an error"
        ),
        pytest.param([HI, calling("a"), result("a", " ")], "", "blank", id="a blank result"),
        pytest.param([HI, calling("a"), result("a", [])], "no content", "", id="no result"),
        pytest.param([HI, AIMessage("so ")], "", "white space", id="space at the end"),
        pytest.param(
            [HI, AIMessage([{"type": "text", "text": "so\n"}])], "", "white space", id="in a block"
        ),
        pytest.param(
            [{"role": "user", "content": "hi"}, {"role": "assistant", "content": None}],
            "no content",
            "no content",
            id="dictionaries: nothing said",
        ),
        pytest.param(
            [
                {"role": "user", "content": "hi"},
                {"role": "assistant", "content": None, "tool_calls": [function("a", "[]")]},
                {"role": "tool", "tool_call_id": "a", "content": "found"},
            ],
            "must be a JSON object",
            "must be an object",
            id="dictionaries: no object",
        ),
        pytest.param(
            [
                {"role": "user", "content": "hi"},
                {"role": "assistant", "content": None, "tool_calls": [function("a")]},
                {"role": "user", "content": "hi"},
            ],
            "must be answered before it",
            "must be answered first",
            id="dictionaries: unanswered",
        ),
        pytest.param(
            [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a"}]}],
            "there is no part",
            "no such tool call",
            id="dictionaries: Anthropic's blocks",
        ),
    ],
)
def test_each_rule_says_where_a_history_breaks_it(
    messages: list[BaseMessage | Json], openai: str, anthropic: str
):
    """By the rules of one provider, or of both; where there is no word it passes."""
    for provider, word in ((BOTH[0], openai), (BOTH[1], anthropic)):
        told: Provider = "openai" if provider == "openai" else "anthropic"
        problems = history_problems(messages, told)
        assert bool(problems) == bool(word), (provider, problems)
        assert any(word in problem for problem in problems) or not word, (provider, problems)


@pytest.mark.parametrize(
    "messages",
    [
        [HI],
        [SystemMessage("be"), SystemMessage("brief"), HI, SO, HI],
        [HI, HI, SO, SO, HI],
        [HI, calling("a", "b"), result("b"), result("a", ""), HI],
        [HI, calling("a", content="I look."), result("a"), SO],
        [HI, calling("a", content=[use("a")]), result("a"), calling("b"), result("b")],
        [HI, calling("a"), result("a", "no", status="error")],
        [HumanMessage([{"type": "image_url", "image_url": {"url": "data:image/png;base64,a"}}])],
        [
            {"role": "developer", "content": "be"},
            {"role": "user", "content": [{"type": "text", "text": "hi"}]},
            {"role": "assistant", "content": None, "tool_calls": [function("a")]},
            {"role": "tool", "tool_call_id": "a", "content": ""},
        ],
    ],
)
def test_what_providers_accept_passes(messages: list[BaseMessage | Json]):
    """By the rules of both."""
    assert history_problems(messages, "openai") == []
    assert history_problems(messages, "anthropic") == []


def test_a_request_offers_at_most_128_tools():
    """To OpenAI."""
    (problem,) = history_problems([HI], tools=[{}] * 129)
    assert problem == "129 tools are offered; at most 128 may be"
    assert history_problems([HI], tools=[{}] * 128) == []
    assert history_problems([HI], "anthropic", tools=[{}] * 129) == []


def test_newer_models_refuse_to_go_on_in_a_message_of_their_own():
    """Only where a test says that the model is one of them."""
    assert history_problems([HI, SO], "anthropic") == []
    (problem,) = history_problems([HI, SO], "anthropic", prefill=False)
    assert problem == "messages[1]: the conversation must end with a message of the user"
    assert history_problems([HI], "anthropic", prefill=False) == []


@given(messages=any_histories())
@settings(max_examples=100, deadline=None)
def test_the_server_refuses_nothing_that_passes(messages: list[AnyMessage]):
    """What `openai_server` answers 400 to is found here too."""
    told = [m for m in messages if m.type in {"human", "ai", "tool", "system"}]
    if told and complaint(call(told)):
        assert history_problems(told, "openai") != []


@given(messages=valid_histories())
@settings(max_examples=50, deadline=None)
def test_what_langchain_sends_passes_as_what_it_was_given(messages: list[AnyMessage]):
    """OpenAI's dictionaries are judged by either provider's rules as the messages are."""
    openai = pytest.importorskip("langchain_openai")
    model = openai.ChatOpenAI(model="m", api_key="any", use_responses_api=False)
    sent = model._get_request_payload(messages)["messages"]
    assert history_problems(sent, "openai") == history_problems(sent, "anthropic") == []


def odd(message: AnyMessage) -> bool:
    """Whether it holds blocks of OpenAI's other API, which LangChain sends to this one as they are."""
    blocks = [block for block in message.content if isinstance(block, dict)]
    return any(block.get("type") in {"reasoning", "tool_call"} for block in blocks)


@given(messages=any_histories(8))
@settings(max_examples=80, deadline=None)
def test_what_langchain_sends_to_openai_is_judged_as_the_messages_are(messages: list[AnyMessage]):
    """Problem by problem."""
    openai = pytest.importorskip("langchain_openai")
    told = [m for m in messages if m.type in {"human", "ai", "tool", "system"} and not odd(m)]
    model = openai.ChatOpenAI(model="m", api_key="any", use_responses_api=False)
    sent = model._get_request_payload(told)["messages"]
    assert history_problems(sent, "openai") == history_problems(told, "openai")


@given(messages=valid_histories())
@settings(max_examples=50, deadline=None)
def test_langchain_sends_to_anthropic_what_was_judged(messages: list[AnyMessage]):
    """The same tool calls and results, in the same order."""
    anthropic = pytest.importorskip("langchain_anthropic")
    from stretto.testing.turns import anthropic_turns

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = anthropic.ChatAnthropic(model="claude-x", api_key="any", max_tokens=9)
        sent = model._get_request_payload(messages)["messages"]
    blocks = [b for m in sent if isinstance(m["content"], list) for b in m["content"]]
    judged = [block for each in anthropic_turns(messages) for block in each.blocks]
    assert _calls(blocks) == _calls(judged)


def _calls(blocks: list[Json]) -> list[tuple[str, str]]:
    kinds = {"tool_use": "id", "tool_result": "tool_use_id"}
    return [(b["type"], b[kinds[b["type"]]]) for b in blocks if b["type"] in kinds]


def test_the_requests_of_a_server_can_be_judged():
    """Its bodies hold OpenAI's dictionaries."""
    openai = pytest.importorskip("langchain_openai")
    with openai_server(["so"], strict=False) as server:
        model = openai.ChatOpenAI(model="m", base_url=server.url, api_key="any", max_retries=0)
        model.invoke([HI, result("a")])
        (request,) = server.requests
    (problem,) = history_problems(request.body["messages"])
    assert problem == "messages[1]: the tool result 'a' follows no such tool call"
