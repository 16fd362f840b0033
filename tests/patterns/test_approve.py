"""A person's yes before something counts."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from pydantic import BaseModel

import stretto
from stretto import Agent, clock, member
from stretto.errors import InvalidInput, InvalidMember
from stretto.patterns import approve, sequential
from stretto.records import Decided, Outcome
from stretto.testing import Clock, Reply, ScriptedModel

if TYPE_CHECKING:
    from collections.abc import Callable

    from stretto import Storage

CONFIG: Any = {"configurable": {"thread_id": "t"}}
ASKED: Any = {"messages": [("human", "refund me")]}


class Refund(BaseModel):
    """A typed result."""

    order: str
    amount: float


async def refund(_state: Any) -> Refund:
    """Works out a refund."""
    return Refund(order="A-1", amount=30)


def says(name: str = "clerk", *texts: str) -> Any:
    """Says one text after the other."""
    left = list(texts)

    async def speak(_state: Any) -> str:
        return left.pop(0) if left else "done"

    return member(speak, name=name)


def decision(kind: str, **told: Any) -> Command[Any]:
    """A person's answer."""
    return Command(resume={"decisions": [{"type": kind, **told}]})


def edit(**args: Any) -> Command[Any]:
    """A person's edit."""
    return decision("edit", edited_action={"name": "x", "args": args})


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that stands still until it is advanced."""
    made = Clock()
    monkeypatch.setattr(clock, "now", made)
    return made


class Desk:
    """A thread of a graph that asks."""

    def __init__(self, graph: Any) -> None:
        self.graph = graph.compile(checkpointer=InMemorySaver())

    async def ask(self) -> dict[str, Any]:
        """Begin a turn; gives what is asked."""
        out = await self.graph.ainvoke(ASKED, CONFIG)
        return out["__interrupt__"][0].value

    async def answer(self, given: Command[Any]) -> dict[str, Any]:
        """Answer what is asked; gives the state."""
        return await self.graph.ainvoke(given, CONFIG)


async def test_what_is_approved_counts() -> None:
    """The question tells what it is about, in LangChain's payload."""
    desk = Desk(approve(refund, ask="Pay it back?", to="ann"))
    asked = await desk.ask()
    (action,) = asked["action_requests"]
    assert (action["name"], action["args"]) == ("refund", {"order": "A-1", "amount": 30.0})
    assert action["description"] == 'Pay it back?\n\n{"order": "A-1", "amount": 30.0}'
    assert asked["to"] == "ann"
    out = await desk.answer(decision("approve"))
    assert out["structured_response"] == Refund(order="A-1", amount=30)
    assert (out["approval"].verdict, out["approval"].by) == ("approved", "ann")


@given(
    st.fixed_dictionaries(
        {}, optional={"order": st.text(min_size=1).filter(str.strip), "amount": st.floats(0, 9)}
    ).filter(bool)
)
def test_an_edit_changes_exactly_what_was_edited(changed: dict[str, Any]) -> None:
    """And nothing else, ever."""

    async def turn() -> dict[str, Any]:
        desk = Desk(approve(refund))
        await desk.ask()
        return await desk.answer(edit(**changed))

    out = asyncio.run(turn())
    assert out["results"]["refund"] == Refund(order="A-1", amount=30).model_copy(update=changed)


async def test_an_edit_that_does_not_fit_is_asked_for_again() -> None:
    """With what is wrong with it."""
    desk = Desk(approve(refund))
    await desk.ask()
    for wrong in ({"price": 3.0}, {"amount": "many"}, {}):
        out = await desk.answer(edit(**wrong))
        told = out["__interrupt__"][0].value["action_requests"][0]["description"]
        assert told.startswith("The last answer could not be taken over:")
    out = await desk.answer(edit(amount=5.0))
    assert out["results"]["refund"] == Refund(order="A-1", amount=5)


async def test_a_text_may_be_edited_and_answered_for() -> None:
    """What the person says takes its place."""
    desk = Desk(approve(says("clerk", "yes")))
    await desk.ask()
    assert (await desk.answer(edit(text="no")))["results"] == {"clerk": "no"}
    await desk.ask()
    out = await desk.answer(decision("respond", message="I will call"))
    assert out["messages"][-1].text == "I will call"
    assert out["approval"].verdict == "answered"


async def test_what_is_rejected_with_a_reason_is_done_again() -> None:
    """The member is told the reason and its draft; so often, then a rejection ends it."""
    seen: list[str] = []

    def think(messages: Any) -> Reply:
        seen.append(messages[-1].text)
        return Reply(f"draft {len(seen)}")

    desk = Desk(approve(Agent(name="clerk", model=ScriptedModel(think)), max_revisions=1))
    await desk.ask()
    out = await desk.answer(decision("reject", message="shorter"))
    assert "<draft>draft 1</draft>\n<feedback>shorter</feedback>" in seen[1]
    out = await desk.answer(decision("reject", message="still too long"))
    assert (out["approval"].verdict, out["approval"].revisions) == ("rejected", 1)
    assert out["answer"].verdict == "rejected"
    assert out["messages"][-1].text == "Rejected by person: still too long"
    assert out["results"] == {}


async def test_a_rejection_without_a_reason_ends_it() -> None:
    """At once; the next turn begins anew."""
    desk = Desk(approve(says("clerk", "a", "b")))
    await desk.ask()
    out = await desk.answer(decision("reject"))
    assert out["messages"][-1].text == "Rejected by person."
    await desk.ask()
    out = await desk.answer(decision("approve"))
    assert (out["results"], out["answer"]) == ({"clerk": "b"}, None)
    assert out["approval"].revisions == 0


async def test_nobody_is_asked_where_nobody_needs_to_be() -> None:
    """As a function of the state says."""
    graph = approve(refund, ask=lambda s: s["results"]["refund"].amount > 50 and "Much. Pay?")
    out = await graph.compile().ainvoke(ASKED)
    assert out["approval"].verdict == "not needed"
    assert out["results"]["refund"].amount == 30


async def test_the_next_one_is_asked_when_the_deadline_is_over(time: Clock) -> None:
    """Then the default counts; late answers do not."""
    desk = Desk(
        approve(refund, to="ann", deadline=60, escalate=["bob", ("team", 10)], default="reject")
    )
    asked = await desk.ask()
    assert (asked["to"], asked["until"]) == ("ann", time() + 60)
    time.advance(61)
    out = await desk.answer(decision("approve"))  # too late
    asked = out["__interrupt__"][0].value
    assert (asked["to"], asked["until"]) == ("bob", time() + 60)
    time.advance(60)
    out = await desk.answer(decision("expire"))
    assert out["__interrupt__"][0].value["to"] == "team"
    time.advance(10)
    out = await desk.answer(decision("expire"))
    assert (out["approval"].verdict, out["approval"].by) == ("rejected", "default")


async def test_who_answers_in_time_decides(time: Clock) -> None:
    """Also on a later level; and what expires too early is asked again."""
    desk = Desk(approve(refund, to="ann", deadline=60, escalate=["bob"]))
    await desk.ask()
    out = await desk.answer(decision("expire"))
    assert out["__interrupt__"][0].value["to"] == "ann"
    time.advance(60)
    out = await desk.answer(decision("expire"))
    assert "until" not in out["__interrupt__"][0].value  # the last one is waited for
    time.advance(1e9)
    out = await desk.answer(decision("approve"))
    assert out["approval"].by == "bob"


async def test_the_default_may_let_it_count(time: Clock) -> None:
    """Where nobody minds."""
    desk = Desk(approve(refund, deadline=5, default="approve"))
    await desk.ask()
    time.advance(5)
    out = await desk.answer(decision("reject", message="no"))
    assert (out["approval"].verdict, out["approval"].by) == ("approved", "default")


async def test_each_step_is_journaled(storage: Storage, time: Clock) -> None:
    """Who decided, who was too late, and what it came to."""
    graph = approve(refund, to="ann", deadline=60, escalate=["bob"])
    await stretto.run(graph, "refund me", thread="t", storage=storage)
    time.advance(99)
    late = {"decisions": [{"type": "approve"}]}
    await stretto.resume(graph, "t", late, storage=storage)
    no = {"decisions": [{"type": "reject", "message": ""}]}
    result = await stretto.resume(graph, "t", no, storage=storage)
    assert result.answer is not None
    assert result.answer.verdict == "rejected"
    told = [r for r in await storage.journal.records("t") if isinstance(r, Decided | Outcome)]
    assert [(r.by, r.decision) if isinstance(r, Decided) else r.verdict for r in told] == [
        ("deadline", "asks bob"),
        ("bob", "reject"),
        "rejected",
    ]


async def test_an_answer_is_taken_once(storage: Storage) -> None:
    """The second one comes to a turn that has ended."""
    graph = approve(refund)
    yes = {"decisions": [{"type": "approve"}]}
    await stretto.run(graph, "refund me", thread="t", storage=storage)
    await stretto.resume(graph, "t", yes, storage=storage)
    with pytest.raises(InvalidInput, match="has ended its last turn"):
        await stretto.resume(graph, "t", yes, storage=storage)


async def test_an_answer_of_the_wrong_shape_saves_nothing(storage: Storage) -> None:
    """It can be given again."""
    graph = approve(refund)
    await stretto.run(graph, "refund me", thread="t", storage=storage)
    with pytest.raises(stretto.StrettoError):
        await stretto.resume(graph, "t", {"decisions": [{"type": "maybe"}]}, storage=storage)
    result = await stretto.resume(graph, "t", {"decisions": [{"type": "approve"}]}, storage=storage)
    assert result.value["approval"].verdict == "approved"


async def test_it_nests_in_a_chain_and_holds_one() -> None:
    """What comes after sees the edited result."""
    inner = sequential(says("first"), refund).compile(name="work")
    graph = approve(inner).compile(name="checked")

    async def last(state: Any) -> str:
        return f"pays {state['results']['checked'].amount}"

    desk = Desk(sequential(graph, last))
    await desk.ask()
    out = await desk.answer(edit(amount=7.0))
    assert out["messages"][-1].text == "pays 7.0"


async def test_a_member_that_is_left_out_asks_nobody() -> None:
    """There is nothing to ask about."""
    out = await approve(member(refund, when=lambda _: False)).compile().ainvoke(ASKED)
    assert out["approval"].verdict == "skipped"


def test_the_person_is_in_the_drawing() -> None:
    """With all ways out."""
    drawing = approve(refund).compile().get_graph()
    edges = {(e.source, e.target) for e in drawing.edges}
    assert {("refund", "approve"), ("approve", "refund"), ("approve", "__end__")} <= edges


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"ask": " "}, "`ask` is ' '"),
        ({"deadline": 0}, "0 is no time"),
        ({"deadline": 5}, "nothing is to happen"),
        ({"escalate": ["bob"]}, "never asked. Set `deadline`"),
        ({"deadline": 5, "escalate": [""]}, "nobody is named"),
        ({"default": "reject"}, "never counts without a deadline"),
        ({"deadline": 5, "default": "maybe"}, "'maybe' is no default"),
        ({"remind": -1}, "-1 is no time"),
        ({"max_revisions": -1}, "max_revisions is -1"),
    ],
)
def test_what_could_wait_for_ever_is_refused(given: dict[str, Any], told: str) -> None:
    """At build, with the remedy."""
    with pytest.raises(InvalidInput, match=told):
        approve(refund, **given)


@pytest.mark.parametrize(
    "build", [lambda: approve(3), lambda: approve(member(refund, name="approve"))]
)
def test_who_is_no_member_is_refused(build: Callable[[], Any]) -> None:
    """At build."""
    with pytest.raises(InvalidMember):
        build()
