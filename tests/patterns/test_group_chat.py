"""Several speak in one conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from pydantic import BaseModel

import stretto
from stretto import Agent, member
from stretto.errors import InvalidInput, InvalidMember, MemberFailed, UnknownName
from stretto.members.human import ask_person
from stretto.patterns import group_chat, sequential
from stretto.patterns.transcript import seen_by
from stretto.records import Decided, Handoff
from stretto.testing import CheckedModel, Reply, ScriptedModel, history_problems

if TYPE_CHECKING:
    from stretto import Storage


class Vote(BaseModel):
    """A typed contribution."""

    text: str
    yes: bool


def says(name: str, *given: Any, seen: list[Any] | None = None, **more: Any) -> Any:
    """A function member that says one thing after the other, the last one for ever."""
    left = list(given) or [f"{name} speaks"]

    async def speak(state: Any) -> Any:
        if seen is not None:
            seen.append(state)
        one = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(one, Exception):
            raise one
        return one

    return member(speak, name=name, role=f"is {name}", **more)


def agent(name: str, *replies: Any) -> tuple[Agent, CheckedModel]:
    """An agent with a script, and its model, which checks what it is asked."""
    model = CheckedModel(ScriptedModel(list(replies)))
    return Agent(name=name, role=f"is {name}", model=model), model


def names(name: str, reason: str = "because", answer: str = "") -> Reply:
    """A moderator's choice."""
    return Reply(value={"next": name, "reason": reason, "answer": answer})


async def ask(graph: Any, text: str = "go", **state: Any) -> dict[str, Any]:
    """The state at the end of a turn."""
    return await graph.compile().ainvoke({"messages": [("human", text)], **state})


def told(out: dict[str, Any]) -> list[str]:
    """What was said by whom."""
    return [f"{m.name}: {m.text}" for m in out["messages"][1:]]


async def test_each_speaks_in_turn_up_to_the_bound() -> None:
    """The last word is the answer."""
    out = await ask(group_chat([says("a"), says("b")], max_turns=3))
    assert told(out) == ["a: a speaks", "b: b speaks", "a: a speaks"]
    assert out["spoken"] == ["a", "b", "a"]
    assert out["over"] == "3 have spoken (`max_turns`)"


async def test_it_ends_when_what_was_said_is_enough() -> None:
    """`until` is asked after each contribution; it may say why."""

    def until(state: Any) -> str:
        return "they agree" if "yes" in state["messages"][-1].text else ""

    out = await ask(group_chat([says("a", "no", "yes"), says("b", "no")], until=until))
    assert told(out) == ["a: no", "b: no", "a: yes"]
    assert out["over"] == "they agree"


async def test_a_rule_says_who_speaks_and_when_it_is_over(storage: Storage) -> None:
    """It sees who has spoken; the journal is told, and nothing is told as a handoff."""

    async def rule(state: Any) -> str | None:
        return None if len(state["spoken"]) == 2 else "b"

    graph = group_chat([says("a"), says("b", "one", "two")], moderator=rule)
    result = await stretto.run(graph, "go", thread="t", storage=storage)
    assert result.text == "two"
    records = await storage.journal.records("t")
    decided = [(r.by, r.decision, r.reason) for r in records if isinstance(r, Decided)]
    assert decided == [
        ("moderator", "next", "b"),
        ("moderator", "next", "b"),
        ("moderator", "over", "the rule names nobody"),
    ]
    assert not [r for r in records if isinstance(r, Handoff)]


async def test_an_agent_chooses_and_closes_with_words_of_its_own(storage: Storage) -> None:
    """It is told the members and how many turns are left; its reason is journaled."""
    chair, model = agent("chair", names("b"), names("a"), names("over", "done", "We agree."))
    graph = group_chat([says("a"), says("b")], moderator=chair, max_turns=5)
    result = await stretto.run(graph, "the topic", thread="t", storage=storage)
    assert told(result.value) == ["b: b speaks", "a: a speaks", "chair: We agree."]
    assert result.value["structured_response"] is None
    last = model.requests[-1].request.messages
    assert [m.type for m in last] == ["human"]
    assert '<said by="b">b speaks</said>\n<said by="a">a speaks</said>' in last[0].text
    assert "a: is a\nb: is b" in last[0].text
    assert "<limits>3 of 5 turns are left</limits>" in last[0].text
    records = await storage.journal.records("t")
    decided = [(r.by, r.decision, r.reason) for r in records if isinstance(r, Decided)]
    assert decided == [
        ("chair", "next", "because"),
        ("chair", "next", "because"),
        ("chair", "over", "done"),
    ]
    assert not [r for r in records if isinstance(r, Handoff)]
    assert not model.problems


async def test_an_agent_that_names_nobody_is_asked_again_and_then_fails() -> None:
    """It is told whom it may name."""
    chair, model = agent("chair", names("z"), names("a"), names("over"))
    out = await ask(group_chat([says("a")], moderator=chair))
    assert told(out) == ["a: a speaks"]
    assert "'z' is none of the members" in model.requests[1].request.text
    for wrong in (names("z"), "I do not know"):
        chair, _ = agent("chair", wrong, wrong, wrong)
        with pytest.raises(MemberFailed, match="'chair' was asked 3 times"):
            await ask(group_chat([says("a")], moderator=chair))


async def test_a_rule_that_names_nobody_known_is_an_error() -> None:
    """It is told to who wrote it."""
    with pytest.raises(UnknownName, match="group_chat: the rule: no member 'z'"):
        await ask(group_chat([says("a")], moderator=lambda _: "z"))


async def test_each_sees_the_transcript_from_its_own_point_of_view() -> None:
    """Its own words are the assistant's, those of others a user's, with their names."""
    a, model = agent("a", "first", "second")
    await ask(group_chat([a, says("b", "hm"), says("c", "well")], max_turns=4), "the topic")
    assert [(m.type, m.text) for m in model.requests[1].request.messages] == [
        ("human", "the topic"),
        ("ai", "first"),
        (
            "human",
            '<said by="b">hm</said>\n<said by="c">well</said>\n<turn>a, it is your turn.</turn>',
        ),
    ]
    assert not model.problems


@pytest.mark.parametrize(
    ("context", "sees", "misses"),
    [
        ("none", ["the topic"], ["hm", "well"]),
        ("last", ["the topic", "well"], ["hm"]),
        (lambda state: f"{len(state['messages'])} messages", ["the topic", "3 messages"], ["hm"]),
    ],
)
async def test_the_context_policy_says_what_a_speaker_sees(
    context: Any, sees: list[str], misses: list[str]
) -> None:
    """Whatever it is, it ends with a word of a person's."""
    c, model = agent("c", "done")
    team = [says("a", "hm"), says("b", "well"), c]
    await ask(group_chat(team, max_turns=3, context=context), "the topic")
    text = "\n".join(m.text for m in model.requests[0].request.messages)
    assert all(each in text for each in sees), text
    assert not [each for each in misses if each in text]
    assert not model.problems


async def test_a_typed_contribution_is_its_result() -> None:
    """The last one's is the chat's."""
    a = Agent(name="a", model=ScriptedModel([Reply(value=Vote(text="aye", yes=True))]), output=Vote)
    out = await ask(group_chat([says("b"), a], max_turns=2))
    assert out["structured_response"] == Vote(text="aye", yes=True)
    assert out["results"] == {"b": "b speaks", "a": Vote(text="aye", yes=True)}
    assert out["messages"][-1].text == "aye"


async def test_a_second_turn_begins_anew_and_remembers_what_was_said() -> None:
    """The bound counts from the person's word."""
    a, model = agent("a", "one", "two")
    graph = group_chat([says("b"), a], max_turns=2)
    app, conf = graph.compile(checkpointer=InMemorySaver()), {"configurable": {"thread_id": "t"}}
    await app.ainvoke({"messages": [("human", "first")]}, conf)
    out = await app.ainvoke({"messages": [("human", "second")]}, conf)
    assert out["spoken"] == ["b", "a"]
    assert len(out["messages"]) == 6
    assert [m.text for m in model.requests[1].request.messages][:2] == [
        'first\n<said by="b">b speaks</said>',
        "one",
    ]
    assert not model.problems


async def test_one_whose_when_does_not_hold_has_had_its_turn() -> None:
    """The bound holds all the same."""
    out = await ask(group_chat([says("a", when=lambda _: False), says("b")], max_turns=4))
    assert told(out) == ["b: b speaks", "b: b speaks"]
    nobody = group_chat([says("a", when=lambda _: False)], max_turns=2)
    assert (await ask(nobody))["spoken"] == ["a", "a"]


async def test_it_nests_in_both_ways() -> None:
    """Its last word is the result of the chat."""
    chain = sequential(says("x"), says("y"))
    chat = group_chat([member(chain, name="chain"), says("b")], max_turns=2)
    out = await ask(sequential(member(chat, name="chat"), says("end")))
    assert out["results"] == {"chat": "b speaks", "end": "end speaks"}


async def test_a_person_is_asked_and_a_crash_repeats_nothing() -> None:
    """The resume goes on with the one at work."""
    seen: list[Any] = []

    async def asks(_state: Any) -> str:
        return ask_person("say", {"x": 1}, "May I?").type

    team = [says("a", seen=seen), asks, says("c", InvalidInput("crash"), "c speaks")]
    app = group_chat(team, max_turns=3).compile(checkpointer=InMemorySaver())
    conf = {"configurable": {"thread_id": "t"}}
    out = await app.ainvoke({"messages": [("human", "go")]}, conf)
    assert out["__interrupt__"]
    with pytest.raises(InvalidInput, match="crash"):
        await app.ainvoke(Command(resume={"decisions": [{"type": "approve"}]}), conf)
    done = await app.ainvoke(None, conf)
    assert told(done) == ["a: a speaks", "asks: approve", "c: c speaks"]
    assert len(seen) == 1


async def test_a_chat_stops_before_a_member_and_forks_there() -> None:
    """Each is a node of its own."""
    graph = group_chat([says("a"), says("b")], max_turns=2)
    app, conf = graph.compile(checkpointer=InMemorySaver()), {"configurable": {"thread_id": "t"}}
    await app.ainvoke({"messages": [("human", "go")]}, conf, interrupt_before=["b"])
    stopped = await app.aget_state(conf)
    assert stopped.next == ("b",)
    assert told(await app.ainvoke(None, conf))[-1] == "b: b speaks"
    other: Any = {"messages": [AIMessage("in place of b", name="b")], "over": "so"}
    forked = await app.aupdate_state(stopped.config, other, as_node="b")
    assert told(await app.ainvoke(None, forked))[-1] == "b: in place of b"


def test_the_drawing_is_complete() -> None:
    """All members are reached from the moderator and lead back to it."""
    for moderator, leads in ((None, "moderator"), (Agent(name="chair"), "chair")):
        app = group_chat([says("a"), Agent(name="b")], moderator=moderator).compile()
        edges = {(e.source, e.target) for e in app.get_graph().edges}
        assert {(leads, "a"), ("a", leads), ("a", "__end__"), (leads, "__end__")} <= edges
        assert "b:model" in app.get_graph(xray=True).nodes


@pytest.mark.parametrize(
    ("members", "options", "error", "text"),
    [
        ([], {}, InvalidMember, "without members"),
        ([says("a"), says("a")], {}, InvalidMember, "two members are called 'a'"),
        ([says("moderator")], {}, InvalidMember, "'moderator', which is a node"),
        ([says("a b"), says("a_b")], {}, InvalidMember, "have one name, 'a_b'"),
        ([says("a")], {"moderator": Agent(name="a")}, InvalidMember, "'a', which is a node"),
        ([says("a")], {"moderator": Agent(name="m", output=Vote)}, InvalidInput, "its own"),
        ([says("a")], {"moderator": 3}, InvalidMember, "3 is no member"),
        ([says("a")], {"max_turns": 0}, InvalidInput, "max_turns is 0"),
        ([says("a")], {"context": "some"}, InvalidInput, "no context policy"),
    ],
)
def test_what_cannot_be_is_refused_at_build(
    members: list[Any], options: dict[str, Any], error: type[Exception], text: str
) -> None:
    """The error names the place."""
    with pytest.raises(error, match=text):
        group_chat(members, **options)


spoken = st.lists(
    st.one_of(
        st.builds(HumanMessage, st.sampled_from(["hi", " ", "<x>"])),
        st.builds(AIMessage, st.sampled_from(["yes", "", "no "]), name=st.sampled_from("abc")),
    ),
    max_size=50,
)


@settings(max_examples=100)
@given(spoken, st.sampled_from("abc"))
def test_any_transcript_is_a_history_that_providers_accept(messages: Any, name: str) -> None:
    """From whichever point of view; it ends with a word of a person's."""
    view = seen_by(name, messages, ["<turn>now</turn>"])
    for provider in ("openai", "anthropic"):
        assert history_problems(view, provider, prefill=False) == []
    assert all(m.type != "ai" or m.name == name for m in view)
