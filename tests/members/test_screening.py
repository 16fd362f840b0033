"""What an agent's model is sent and answers, where the agent has a screen."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from pydantic import BaseModel, Field

import stretto
from stretto import Agent, sequential
from stretto.errors import Screened
from stretto.members import Compaction, agent_graph
from stretto.members.screening import Filter
from stretto.policy import Pattern, Policy, Retry, Screen
from stretto.testing import Reply, ScriptedModel, tool_call

if TYPE_CHECKING:
    from stretto.runs import Storage
    from stretto.testing.scripted import Answerer

REDACT = Screen(email="redact")
CARD = "4111 1111 1111 1111"


class Contact(BaseModel):
    """A typed answer."""

    name: str
    mail: str = ""


class Narrow(BaseModel):
    """A typed answer that cannot hold what a screen puts in."""

    mail: str = Field(pattern="@")


def look_up(who: str) -> str:
    """Look somebody up."""
    return f"{who}: ann@example.com, card {CARD}"


def agent(said: Answerer | list[Any] | str, screen: Screen = REDACT, **fields: Any) -> Agent:
    """An agent with this screen whose model says this."""
    return Agent(name="clerk", model=ScriptedModel(said), screen=screen, **fields)


def sent(one: Agent) -> str:
    """All that its model was sent, as text."""
    model = one.model
    assert isinstance(model, ScriptedModel)
    return "\n".join(str(message) for call in model.calls for message in call.messages)


async def asked(one: Agent, *messages: Any) -> dict[str, Any]:
    """What the agent's graph comes to."""
    out: dict[str, Any] = await agent_graph(one).ainvoke({"messages": list(messages)})
    return out


async def test_all_that_a_model_is_sent_is_screened() -> None:
    """Questions, earlier answers, arguments and results; the graph's state keeps what came in."""
    say = [Reply("", [tool_call("look_up", who="bob@example.com")]), "ask carl@example.com"]
    one = agent(say, Screen(email="redact", credit_card="mask"), tools=(look_up,))
    out = await asked(one, HumanMessage("I am dora@example.com"))
    assert "@example.com" not in sent(one)
    assert "[REDACTED_EMAIL]" in sent(one)
    assert "**** **** **** 1111" in sent(one)
    assert out["messages"][0].text == "I am dora@example.com"
    assert CARD in out["messages"][2].text
    assert out["messages"][-1].text == "ask [REDACTED_EMAIL]"


async def test_a_tool_is_called_with_what_the_model_says() -> None:
    """Its arguments are changed in later requests alone."""
    given: list[str] = []

    def send(to: str) -> str:
        """Send a letter."""
        given.append(to)
        return "sent"

    one = agent([Reply("", [tool_call("send", to="shop@example.com")]), "done"], tools=(send,))
    await asked(one, HumanMessage("send it"))
    assert given == ["shop@example.com"]
    assert "shop@example.com" not in sent(one)


async def test_a_typed_answer_is_screened() -> None:
    """In the state's messages, too."""
    reply = Reply(value=Contact(name="Ann", mail="ann@example.com"))
    out = await asked(agent([reply], output=Contact), HumanMessage("who?"))
    assert out["structured_response"] == Contact(name="Ann", mail="[REDACTED_EMAIL]")
    assert "ann@example.com" not in str(out["messages"])


async def test_a_typed_answer_that_cannot_be_screened_is_no_answer() -> None:
    """And the error does not say what was found."""
    reply = Reply(value=Narrow(mail="ann@example.com"))
    with pytest.raises(Screened, match="typed answer") as caught:
        await asked(agent([reply], output=Narrow), HumanMessage("who?"))
    assert "ann@" not in str(caught.value)


@pytest.mark.parametrize(
    ("messages", "where"),
    [
        ([HumanMessage("ann@example.com")], "what it was asked"),
        ([HumanMessage("hi"), AIMessage("ann@example.com")], "what it said before"),
        (
            [
                HumanMessage("hi"),
                AIMessage("", tool_calls=[{"name": "f", "args": {}, "id": "1"}]),
                ToolMessage("ann@example.com", tool_call_id="1", name="f"),
            ],
            "what the tool 'f' gave",
        ),
    ],
)
async def test_what_is_blocked_is_not_sent(messages: list[Any], where: str) -> None:
    """Neither once nor again, whatever the policy; the error says where it was and what to do."""
    policy = Policy(retry=Retry(attempts=3))
    one = agent("so", Screen(email="block"), policy=policy)
    with pytest.raises(Screened, match=f"blocks email in {where}.*Leave it out") as caught:
        await asked(one, *messages)
    assert "ann@" not in str(caught.value)
    assert sent(one) == ""


async def test_an_answer_that_is_blocked_is_not_given() -> None:
    """It is the agent's own."""
    with pytest.raises(Screened, match="its own answer"):
        await asked(agent("ann@example.com", Screen(email="block")), HumanMessage("who?"))


async def test_nothing_is_streamed_before_it_is_screened(storage: Storage) -> None:
    """The answer comes whole; without a screen it comes in pieces."""
    said = "write to ann@example.com, or to bob@example.com, or to nobody at all"

    async def pieces(one: Agent) -> list[str]:
        parts = stretto.stream(sequential(one).compile(name="t"), "who?", storage=storage)
        return [part["data"][0].text async for part in parts if part["type"] == "messages"]

    assert "@" not in "".join(await pieces(agent(said)))
    assert len(await pieces(Agent(name="clerk", model=ScriptedModel(said)))) > 2


async def test_a_resume_gives_the_screened_answer(storage: Storage) -> None:
    """What the model said before is given back, and screened again."""
    one, cut = agent("ann@example.com"), [False, True]

    def after(state: Any) -> str:
        if cut.pop():
            raise RuntimeError("cut off")
        return str(state["results"])

    graph = sequential(one, after).compile(name="t")
    with pytest.raises(RuntimeError):
        await stretto.run(graph, "who?", thread="t", storage=storage)
    result = await stretto.run(graph, stretto.Resume(), thread="t", storage=storage)
    assert "[REDACTED_EMAIL]" in result.text
    assert "ann@" not in result.text


async def test_a_summary_is_made_of_what_is_screened() -> None:
    """And the messages that stay are as they were."""
    one = agent("so", Screen(email="redact"))
    graph = agent_graph(one, compaction=Compaction(tokens=200, keep=2))
    history = [(("user", "ai")[i % 2], f"{i} ann{i}@example.com " + "word " * 30) for i in range(9)]
    out = await graph.ainvoke({"messages": [*history, ("ai", "so"), ("user", "z@example.com?")]})
    assert "@example.com" not in sent(one)
    assert len(out["messages"]) < len(history)
    assert out["messages"][-2].text == "z@example.com?"


def test_a_screen_adds_no_step() -> None:
    """No node, and so no checkpoint, whatever it looks for."""
    screen = Screen(email="redact", ip="hash", url="mask")
    plain = Agent(name="clerk", model=ScriptedModel("so"))
    assert set(agent_graph(agent("so", screen)).nodes) == set(agent_graph(plain).nodes)


def test_json_stays_json() -> None:
    """Also where a letter before an address is written with a backslash; keys and numbers too."""
    told = json.dumps({"text": "mail:\nann@example.com", "bob@x.org": [4111111111111111, 7, True]})
    new = Filter(Screen(email="redact", credit_card="redact")).text(told)
    assert json.loads(new) == {
        "text": "mail:\n[REDACTED_EMAIL]",
        "[REDACTED_EMAIL]": ["[REDACTED_CREDIT_CARD]", 7, True],
    }


def test_own_kinds_are_found_by_their_pattern() -> None:
    """After those that are there."""
    order = Pattern(pattern=r"\bA-\d{4}\b", strategy="hash")
    said = Filter(Screen(ip="mask", patterns={"order": order})).text("A-1234 from 10.0.0.7")
    assert said.startswith("<order_hash:")
    assert said.endswith("from *.*.*.7")


def test_a_number_that_is_no_card_stays() -> None:
    """Its check digit is wrong."""
    assert Filter(Screen(credit_card="redact")).text("4111 1111 1111 1112").endswith("1112")


def test_a_long_text_without_spaces_takes_no_time() -> None:
    """Its length counts once, not squared; a million letters would take hours otherwise."""
    assert Filter(REDACT).text("a" * 1_000_000 + "@") == "a" * 1_000_000 + "@"


ADDRESSES = st.emails().filter(lambda address: '"' not in address and "[" not in address)
AROUND = st.text(max_size=6) | st.sampled_from(
    ["<", "mailto:", "\\", "\\n", "ě", "_", "@", ".", "{"]
)


@st.composite
def places(draw: st.DrawFn) -> tuple[str, list[Any]]:
    """An address, and messages that hold it at some places."""
    address: str = draw(ADDRESSES)
    text = draw(AROUND) + address + draw(AROUND)
    call = {"name": "f", "args": {"to": [text, {text: text}]}, "id": "1"}
    json_text = json.dumps({"text": text, "more": [text]})
    blocks = [text, {"type": "text", "text": text}, {"type": "json", "value": {"x": text}}]
    contents = st.sampled_from([text, json_text, blocks, "plain"])
    messages = [
        HumanMessage(draw(contents), name=draw(st.sampled_from([None, text]))),
        AIMessage(draw(contents), tool_calls=[call], additional_kwargs={"note": text}),
        ToolMessage(draw(contents), tool_call_id="1", name="f", artifact=text),
        HumanMessage(draw(contents)),
    ]
    return address, messages


@given(places())
@settings(max_examples=60, deadline=None)
def test_no_address_is_sent_or_answered(case: tuple[str, list[Any]]) -> None:
    """Wherever it stands, and whatever is around it."""
    address, messages = case
    heard: list[str] = []

    def answer(told: list[Any]) -> str:
        heard.extend(str(m.model_copy(update={"artifact": None})) for m in told if m.type == "tool")
        heard.extend(str(message) for message in told if message.type != "tool")
        return f"it is {messages[0].text} {address}"

    out = agent_graph(agent(answer)).invoke({"messages": messages})
    assert address not in "\n".join(heard)
    assert address not in out["messages"][-1].text
