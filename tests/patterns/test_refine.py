"""A draft is judged and done again; the best one counts."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from pydantic import BaseModel

import stretto
from stretto import Agent, member
from stretto.errors import InvalidInput, InvalidMember, InvalidReview
from stretto.members.human import ask_person
from stretto.members.reply import Reply as Said
from stretto.patterns import refine, sequential
from stretto.patterns.critique import read_critique
from stretto.records import Decided, Outcome
from stretto.state import Critique
from stretto.testing import Reply, ScriptedModel

if TYPE_CHECKING:
    from stretto import Storage


class Poem(BaseModel):
    """A typed draft."""

    text: str


def writer() -> Any:
    """Writes "draft 1", "draft 2", ... in a turn."""

    async def write(state: Any) -> str:
        now = state.get("refining")
        return f"draft {1 if now is None or now.ended else now.round}"

    return member(write, name="writer")


def critic(*scores: Any) -> Any:
    """Gives these scores, one a round."""

    async def judge(state: Any) -> Any:
        said = scores[state["refining"].round - 1]
        return said if not isinstance(said, float | int) else {"score": said, "feedback": "more"}

    return member(judge, name="critic")


async def ask(graph: Any, text: str = "write") -> dict[str, Any]:
    """The state at the end of a turn."""
    return await graph.compile().ainvoke({"messages": [("human", text)]})


@pytest.mark.parametrize(
    ("scores", "best", "ended", "rounds"),
    [
        ([9], "draft 1", "good enough", 1),
        ([3, 9], "draft 2", "good enough", 2),
        ([3, 5, 6], "draft 3", "rounds used up", 3),
        ([5, 3], "draft 1", "no more progress", 2),
        ([5, 5], "draft 1", "no more progress", 2),
    ],
)
async def test_it_ends_when_it_is_good_enough_or_gets_no_better(
    scores: list[float], best: str, ended: str, rounds: int
) -> None:
    """And the best draft is the answer, not the last."""
    out = await ask(refine(writer(), critic(*scores), until=8))
    assert out["messages"][-1].text == best
    assert out["results"] == {"writer": best}
    assert (out["refining"].ended, out["refining"].round) == (ended, rounds)


async def test_patience_lets_worse_drafts_pass() -> None:
    """So many in a row."""
    out = await ask(refine(writer(), critic(5, 3, 4, 9), until=8, max_rounds=9, patience=3))
    assert out["messages"][-1].text == "draft 4"


async def test_a_function_may_say_what_is_enough() -> None:
    """Then that draft counts, whatever the scores before."""
    graph = refine(
        writer(), critic([7, "so"], [2, "fine"]), until=lambda c: c.feedback == "fine", patience=2
    )
    assert (await ask(graph))["messages"][-1].text == "draft 2"


async def test_the_writer_is_given_its_draft_and_what_was_said_of_it() -> None:
    """The critic is given the draft."""
    asked: list[str] = []
    heard: list[str] = []

    def write(messages: Any) -> Reply:
        asked.append(messages[-1].text)
        return Reply(f"draft {len(asked)}")

    def judge(messages: Any) -> Reply:
        heard.append(messages[-1].text)
        score = 9 if "draft 2" in heard[-1] else 4
        return Reply(json.dumps({"score": score, "feedback": "shorter"}))

    graph = refine(
        Agent(name="writer", model=ScriptedModel(write)),
        Agent(name="critic", model=ScriptedModel(judge)),
        until=8,
    )
    out = await ask(graph, "a poem")
    assert out["messages"][-1].text == "draft 2"
    assert asked[0] == "a poem"
    assert '<draft round="1">draft 1</draft>\n<feedback>shorter</feedback>' in asked[1]
    assert "<request>a poem</request>" in heard[0]
    assert '<draft round="1">draft 1</draft>' in heard[0]


async def test_a_typed_draft_keeps_its_type(storage: Storage) -> None:
    """Through the checkpoints."""

    async def write(state: Any) -> Poem:
        now = state.get("refining")
        return Poem(text=f"poem {1 if now is None else now.round}")

    graph = refine(write, critic(5, 4), until=8)
    result = await stretto.run(graph, "go", thread="t", storage=storage)
    assert result.value["structured_response"] == Poem(text="poem 1")
    assert result.text == "poem 1"
    stored = await graph.compile(checkpointer=storage.checkpointer).aget_state(
        {"configurable": {"thread_id": "t"}}
    )
    assert stored.values["best"] == Poem(text="poem 1")


async def test_each_turn_begins_anew(storage: Storage) -> None:
    """With its own rounds and its own best."""
    graph = refine(writer(), critic(3, 9), until=8)
    for _ in range(2):
        result = await stretto.run(graph, "go", thread="t", storage=storage)
        assert (result.text, result.value["refining"].round) == ("draft 2", 2)
    told = [r for r in await storage.journal.records("t") if isinstance(r, Decided | Outcome)]
    turn = [("critic", "again"), ("critic", "enough"), ("good enough", 2)]
    assert [
        (r.by, r.decision) if isinstance(r, Decided) else (r.verdict, r.rounds) for r in told
    ] == turn * 2


async def test_a_critic_that_says_nothing_readable_is_asked_again() -> None:
    """So many times; then the run fails, with the remedy."""
    said = iter(["dunno", {"score": 9}])

    async def judge(_state: Any) -> Any:
        return next(said)

    assert (await ask(refine(writer(), judge, until=8)))["refining"].ended == "good enough"
    with pytest.raises(InvalidReview, match=r"'critic' gave no critique.*max_attempts"):
        await ask(refine(writer(), critic("dunno"), until=8))


@pytest.mark.parametrize(
    ("said", "score"),
    [
        (Said("7.5"), 7.5),
        (Said('{"score": 3, "why": "x"}'), 3),
        (Said("", {"score": 3}), 3),
        (Said("", [4, "so"]), 4),
        (Said("", Critique(score=1)), 1),
        (Said("", 2), 2),
        (Said("", {"score": "high"}), None),
        (Said("NaN"), None),
        (Said("true"), None),
        (Said("good"), None),
        (Said("[]"), None),
        (Said("", Poem(text="x")), None),
    ],
)
def test_critiques_are_read_in_every_form(said: Said, score: float | None) -> None:
    """What is no score is none."""
    found = read_critique(said)
    assert (None if found is None else found.score) == score


async def test_a_question_in_the_writer_does_not_repeat_a_round() -> None:
    """It goes on where it was asked."""
    drafts: list[int] = []

    async def write(state: Any) -> str:
        now = state.get("refining")
        number = 1 if now is None else now.round
        if number == 2:
            ask_person("draft", {"text": "on?"}, "Go on?")
        drafts.append(number)
        return f"draft {number}"

    graph = refine(write, critic(3, 9), until=8).compile(checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "t"}}
    await graph.ainvoke({"messages": [("human", "go")]}, config)
    out = await graph.ainvoke(Command(resume={"decisions": [{"type": "approve"}]}), config)
    assert (out["messages"][-1].text, drafts) == ("draft 2", [1, 2])


async def test_members_may_be_left_out() -> None:
    """Without a critic the draft counts; without a draft there is no answer."""
    quick = member(critic(1), when=lambda _: "in a hurry")
    out = await ask(refine(writer(), quick, until=8))
    assert (out["messages"][-1].text, out["refining"].ended) == (
        "draft 1",
        "not judged: in a hurry",
    )
    out = await ask(refine(member(writer(), when=lambda _: False), critic(9), until=8))
    assert [m.type for m in out["messages"]] == ["human"]


async def test_it_nests_in_a_chain_and_holds_one() -> None:
    """A chain may write the drafts."""
    lines = sequential(writer(), member(writer(), name="polish")).compile(name="chain")
    graph = refine(lines, critic(3, 9), until=8).compile(name="loop")

    async def last(state: Any) -> str:
        return f"got {state['results']['loop']}"

    out = await ask(sequential(graph, last))
    assert out["messages"][-1].text == "got draft 1"


def test_the_loop_is_in_the_drawing() -> None:
    """With its ways out."""
    drawing = refine(writer(), critic(1), until=8).compile().get_graph()
    edges = {(e.source, e.target) for e in drawing.edges}
    assert {("writer", "critic"), ("critic", "writer"), ("critic", "__end__")} <= edges


@given(
    st.lists(st.integers(0, 10), min_size=1, max_size=6),
    st.integers(0, 11),
    st.integers(1, 3),
    st.integers(0, 12),
)
def test_the_best_draft_always_counts(
    scores: list[int], until: int, patience: int, breaks: int
) -> None:
    """Whatever the scores, wherever it breaks; no round is ever done twice."""
    drafts: list[int] = []
    steps: list[int] = []

    def breaking() -> None:
        steps.append(1)
        if len(steps) - 1 == breaks:
            raise RuntimeError("broken")

    async def write(state: Any) -> str:
        breaking()
        now = state.get("refining")
        drafts.append(1 if now is None else now.round)
        return str(drafts[-1])

    async def judge(state: Any) -> dict[str, Any]:
        breaking()
        return {"score": scores[state["refining"].round - 1]}

    built = refine(write, judge, until=until, max_rounds=len(scores), patience=patience)
    graph = built.compile(checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "t"}}

    async def run() -> dict[str, Any]:
        try:
            return await graph.ainvoke({"messages": [("human", "go")]}, config)
        except RuntimeError:
            return await graph.ainvoke(None, config)

    out = asyncio.run(run())
    done = scores[: out["refining"].round]
    good = done[-1] >= until
    best = len(done) if good else done.index(max(done)) + 1
    assert out["results"] == {"write": str(best)}
    assert drafts == list(range(1, len(done) + 1))
    assert all(score < until for score in done[:-1])


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"until": 8, "max_rounds": 0}, "max_rounds is 0"),
        ({"until": 8, "patience": 0}, "patience is 0"),
        ({"until": 8, "max_attempts": 0}, "max_attempts is 0"),
        ({"until": "good"}, "`until` is 'good'"),
        ({"until": True}, "`until` is True"),
        ({"until": 8, "context": "x"}, "no context policy"),
    ],
)
def test_a_loop_without_a_bound_is_refused(given: dict[str, Any], told: str) -> None:
    """At build."""
    with pytest.raises(InvalidInput, match=told):
        refine(writer(), critic(1), **given)


def test_two_members_of_one_name_are_refused() -> None:
    """A writer does not judge itself under its own name."""
    with pytest.raises(InvalidMember, match="two members are called 'writer'"):
        refine(writer(), writer(), until=8)
