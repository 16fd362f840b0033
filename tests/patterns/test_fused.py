"""Several steps in one node."""

from __future__ import annotations

import asyncio
import operator
from typing import TYPE_CHECKING, Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langgraph.types import interrupt
from pydantic import BaseModel
from typing_extensions import TypedDict

import stretto
from stretto import Agent, Constant, Fallback, Policy, Retry, member
from stretto.errors import InvalidInput
from stretto.members.human import ask_person
from stretto.patterns import refine, sequential
from stretto.records import EffectEnded
from stretto.testing import Reply, ScriptedModel

if TYPE_CHECKING:
    from stretto import Storage

ASKED: Any = {"messages": [("human", "go")]}


class Own(TypedDict, total=False):
    """Fields of the user's own."""

    total: float
    log: Annotated[list[str], operator.add]


class Order(BaseModel):
    """A typed result."""

    count: int


async def parse(_state: Any) -> Order:
    """Reads the order."""
    return Order(count=3)


async def price(state: Any) -> dict[str, Any]:
    """Prices it."""
    return {"total": state["results"]["parse"].count * 2.5, "log": ["priced"]}


async def tell(state: Any) -> dict[str, Any]:
    """Says what it costs."""
    return {"log": ["told"], "text": f"{state['total']} for {state['results']['parse'].count}"}


def chain(**given: Any) -> Any:
    """Three steps."""
    return sequential(parse, price, tell, state=Own, **given)


async def test_it_comes_to_the_same_as_the_wired_chain() -> None:
    """Reducers included."""
    given = {**ASKED, "log": ["begun"]}
    wired, fused = [await chain(fuse=f).compile().ainvoke(given) for f in (False, True)]
    assert fused["log"] == wired["log"] == ["begun", "priced", "told"]
    assert fused["results"] == wired["results"]
    assert [m.text for m in fused["messages"]] == [m.text for m in wired["messages"]]
    assert fused["structured_response"] == wired["structured_response"]


def test_the_drawing_keeps_the_steps() -> None:
    """Under the one node."""
    graph = chain(fuse=True)
    assert list(graph.nodes) == ["sequential"]
    assert {"sequential:parse", "sequential:price", "sequential:tell"} <= set(
        graph.compile().get_graph(xray=True).nodes
    )


async def test_each_step_tells_of_itself() -> None:
    """In a custom part of the stream."""
    parts = [p async for p in chain(fuse=True).compile().astream(ASKED, stream_mode="custom")]
    assert parts == [
        {"step": "parse", "number": 1},
        {"step": "price", "number": 2},
        {"step": "tell", "number": 3},
    ]


async def test_a_resume_does_no_step_twice(storage: Storage) -> None:
    """Each is an entry of the ledger; a typed result is one again."""
    ran: list[str] = []

    async def first(_state: Any) -> Order:
        ran.append("first")
        return Order(count=1)

    async def second(state: Any) -> str:
        ran.append("second")
        if ran.count("second") == 1:
            raise RuntimeError("broken")
        return f"count {state['results']['first'].count}"

    graph = sequential(first, second, fuse=True)
    with pytest.raises(RuntimeError, match="broken"):
        await stretto.run(graph, "go", thread="t", storage=storage)
    result = await stretto.resume(graph, "t", storage=storage)
    assert result.text == "count 1"
    assert ran == ["first", "second", "second"]
    ends = [r for r in await storage.journal.records("t") if isinstance(r, EffectEnded)]
    assert [(r.name, r.status) for r in ends] == [
        ("first", "settled"),
        ("second", "failed"),
        ("first", "returned"),
        ("second", "settled"),
    ]


async def test_effects_within_steps_are_told_apart_after_a_resume(storage: Storage) -> None:
    """Steps that are given back do not shift what the effects of later ones are known by."""
    done: list[str] = []

    def step(name: str) -> Any:
        async def act() -> str:
            done.append(name)
            return name

        async def work(_state: Any) -> str:
            got = await stretto.effect("act", act, effect="idempotent")
            if name == "c" and done.count("broken") == 0:
                done.append("broken")
                raise RuntimeError("broken")
            return got

        return member(work, name=name)

    graph = sequential(step("a"), step("b"), step("c"), step("d"), fuse=True)
    with pytest.raises(RuntimeError, match="broken"):
        await stretto.run(graph, "go", thread="t", storage=storage)
    result = await stretto.resume(graph, "t", storage=storage)
    assert result.value["results"] == {name: name for name in "abcd"}
    assert done == ["a", "b", "c", "broken", "d"]


@given(st.lists(st.integers(0, 9), min_size=1, max_size=5), st.integers(1, 2))
def test_a_fused_loop_always_comes_to_the_same(scores: list[int], patience: int) -> None:
    """As the wired one."""

    async def write(state: Any) -> str:
        now = state.get("refining")
        return f"draft {1 if now is None or now.ended else now.round}"

    async def judge(state: Any) -> dict[str, Any]:
        return {"score": scores[state["refining"].round - 1]}

    def loop(*, fuse: bool) -> Any:
        told = {"until": 8, "max_rounds": len(scores), "patience": patience}
        return refine(write, judge, fuse=fuse, **told).compile()

    async def both() -> list[Any]:
        return [await loop(fuse=f).ainvoke(ASKED) for f in (False, True)]

    wired, fused = asyncio.run(both())
    assert fused["refining"] == wired["refining"]
    assert fused["results"] == wired["results"]
    assert [m.text for m in fused["messages"]] == [m.text for m in wired["messages"]]


async def test_policies_and_whens_hold() -> None:
    """Around each step."""
    tries: list[int] = []

    async def flaky(_state: Any) -> str:
        tries.append(1)
        if len(tries) == 1:
            raise ConnectionError("down")
        return "up"

    graph = sequential(
        member(flaky, policy=Policy(retry=Retry(wait=0.001, jitter=0))),
        member(parse, when=lambda _: False),
        fuse=True,
    )
    out = await graph.compile().ainvoke(ASKED)
    assert (out["results"], len(tries)) == ({"flaky": "up"}, 2)
    assert out["messages"][-1].text == "up"


async def asks(_state: Any) -> str:
    """Asks a person."""
    return ask_person("x", {"text": "y"}, "z").type


@stretto.tool(effect="ask")
async def unsafe(_state: Any) -> str:
    """Is not to be repeated blindly."""
    return "done"


def quiet(value: str) -> str:
    """Asks a person where it cannot be seen."""
    return str(interrupt(value))


async def hidden(_state: Any) -> str:
    """Asks by another function."""
    return quiet("go on?")


def refused(what: Any) -> Any:
    """A fused chain of it."""
    return sequential(what, fuse=True)


@pytest.mark.parametrize(
    ("build", "told"),
    [
        (lambda: refused(Agent(name="a", model=ScriptedModel([Reply("x")]))), "'a' is a graph"),
        (lambda: refused(sequential(parse).compile(name="inner")), "'inner' is a graph"),
        (lambda: refused(asks), "'asks' calls 'ask_person'"),
        (lambda: refused(unsafe), "'unsafe' is declared effect='ask'"),
        (
            lambda: refused(
                member(parse, policy=Policy(fallback=Fallback(to=Constant(value="x"))))
            ),
            "'parse' has a fallback",
        ),
        (lambda: sequential(parse, member(tell, detach=True), fuse=True), "nobody waits"),
        (lambda: sequential(parse, items=lambda _: [], fuse=True), "exclude each other"),
    ],
)
def test_what_cannot_be_fused_is_refused(build: Any, told: str) -> None:
    """At build, with the remedy."""
    with pytest.raises(InvalidInput, match=told):
        build()


async def test_a_question_that_was_not_seen_is_an_error(storage: Storage) -> None:
    """Nobody could answer it."""
    with pytest.raises(InvalidInput, match="'hidden' asks a person"):
        await stretto.run(refused(hidden), "go", thread="t", storage=storage)
