"""The whole work of a member under its policy, in real graphs with real state."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.runtime import Runtime  # noqa: TC002 - LangGraph reads the hint
from langgraph.types import interrupt
from typing_extensions import TypedDict

import stretto
from stretto import Agent, effect, member, tool
from stretto.errors import InvalidInput, InvalidMember, Rejected, TimedOut
from stretto.members import caching
from stretto.policy import (
    Breaker,
    Cache,
    Constant,
    Fallback,
    Hedge,
    Named,
    Policy,
    Retry,
    Timeout,
)
from stretto.resilience.names import forget
from stretto.testing import Reply, ScriptedModel, faulty

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.members import Member
    from stretto.runs import Storage

SOON = Retry(attempts=4, wait=0.001, jitter=0)


@pytest.fixture(autouse=True)
def nobody_shares() -> Iterator[None]:
    """Breakers and cached results are those of one test."""
    forget()
    caching.clear()
    yield
    forget()


class Who(TypedDict):
    """The context of a run."""

    user: str


def team(one: Member, context: type[Any] | None = None) -> StateGraph[Any, Any, Any, Any]:
    """A team of one member, which says what it replies."""
    graph = StateGraph(MessagesState, context_schema=context)
    node = one.node(
        lambda state: {"messages": state["messages"]},
        lambda _, reply: {"messages": [("ai", reply.text)]},
    )
    graph.add_node("work", node)
    graph.add_edge(START, "work")
    graph.add_edge("work", END)
    return graph


async def asked(one: Member, storage: Storage, thread: str = "t") -> str:
    """What it replies."""
    result = await stretto.run(team(one), "Go on.", thread=thread, storage=storage)
    return str(result.value["messages"][-1].content)


async def told(storage: Storage, *types: str, thread: str = "t") -> list[Any]:
    """The records of these types."""
    return await storage.journal.records(thread, types=types)


class Flaky:
    """A function that fails so many times, with an effect before each failure."""

    def __init__(self, failures: int) -> None:
        self.left, self.calls = failures, 0
        self.did: list[str] = []

    async def work(self, state: dict[str, Any]) -> str:
        """Do two things, and fail behind the first."""
        self.calls += 1
        one = await effect("first", self.do, "first")
        if self.left:
            self.left -= 1
            raise ConnectionError("down")
        return f"{one} and {await effect('second', self.do, 'second')}"

    def do(self, what: str) -> str:
        """Do it."""
        self.did.append(what)
        return what


async def test_a_function_is_tried_again_without_repeating_what_is_done(storage: Storage) -> None:
    """Three calls, two effects, and the journal tells it all."""
    flaky = Flaky(2)
    one = member(flaky.work, name="flaky", policy=Policy(retry=SOON))
    assert await asked(one, storage) == "first and second"
    assert (flaky.calls, flaky.did) == (3, ["first", "second"])
    retried = await told(storage, "retried")
    assert [(r.step, r.name, r.attempt, r.error) for r in retried] == [
        ("node", "flaky", 2, "down"),
        ("node", "flaky", 3, "down"),
    ]
    assert [w.on for w in await told(storage, "waited")] == ["retry", "retry"]


async def test_a_graph_that_is_tried_again_goes_on_where_it_failed(storage: Storage) -> None:
    """Its first node has run, and does not run again."""
    ran: list[str] = []

    async def first(state: MessagesState) -> dict[str, Any]:
        ran.append("first")
        return {"messages": [("ai", "one")]}

    async def second(state: MessagesState) -> dict[str, Any]:
        ran.append("second")
        if ran.count("second") < 3:
            raise ConnectionError("down")
        return {"messages": [("ai", "both")]}

    graph = StateGraph(MessagesState).add_node("first", first).add_node("second", second)
    graph.add_edge(START, "first").add_edge("first", "second").add_edge("second", END)
    one = member(graph.compile(name="inner"), policy=Policy(retry=SOON))
    assert await asked(one, storage) == "both"
    assert ran == ["first", "second", "second", "second"]


async def test_an_agent_calls_its_model_again_and_then_the_next(storage: Storage) -> None:
    """One effect, three calls: the journal sees a retry and a fallback."""
    down = faulty(ScriptedModel(["never"]), ConnectionError("down"))
    policy = Policy(
        retry=Retry(attempts=2, wait=0.001), fallback=Fallback(to=[ScriptedModel(["from another"])])
    )
    one = member(Agent(name="writer", model=down, policy=policy))
    assert await asked(one, storage) == "from another"
    assert len(await told(storage, "model_started")) == 3
    assert len(await told(storage, "retried")) == 1
    assert [r.to for r in await told(storage, "fell_back")] == ["ScriptedModel"]


async def test_a_model_that_answers_with_nothing_is_replaced(storage: Storage) -> None:
    """200, and nothing in it."""
    policy = Policy(fallback=Fallback(to=[ScriptedModel(["something"])]))
    one = member(Agent(name="writer", model=ScriptedModel([""]), policy=policy))
    assert await asked(one, storage) == "something"


async def test_members_and_constants_take_over_the_whole_work(storage: Storage) -> None:
    """In their order; each tells the journal."""

    async def fails(state: dict[str, Any]) -> str:
        """It is down."""
        raise ConnectionError("down")

    async def fails_too(state: dict[str, Any]) -> str:
        """It is down as well."""
        raise ValueError("broken")

    policy = Policy(fallback=Fallback(to=[fails_too, Constant(value={"answer": "sorry", "n": 1})]))
    assert await asked(member(fails, policy=policy), storage) == "sorry"
    fell = await told(storage, "fell_back")
    assert [(r.step, r.name, r.to) for r in fell] == [
        ("node", "fails", "fails_too"),
        ("node", "fails_too", "constant"),
    ]


async def test_who_took_over_stays_in_charge_after_an_interrupt(storage: Storage) -> None:
    """The first one is well again by then; it is not asked, and nothing is done twice."""
    calls: list[str] = []

    async def primary(state: dict[str, Any]) -> str:
        """It is down the first time."""
        calls.append("primary")
        if calls.count("primary") == 1:
            raise ConnectionError("down")
        return "from the first"

    async def deputy(state: MessagesState) -> dict[str, Any]:
        """Ask a person."""
        calls.append("deputy")
        return {"messages": [("ai", f"deputy was told {interrupt('yes?')}")]}

    graph = StateGraph(MessagesState).add_node("deputy", deputy)
    graph.add_edge(START, "deputy").add_edge("deputy", END)
    policy = Policy(fallback=Fallback(to=graph.compile(name="stands-in")))
    flow = team(member(primary, policy=policy))
    first = await stretto.run(flow, "Go on.", thread="t", storage=storage)
    assert first.status == "interrupted"
    last = await stretto.resume(flow, "t", answer="yes", storage=storage)
    assert last.value["messages"][-1].content == "deputy was told yes"
    assert calls == ["primary", "deputy", "deputy"]


async def test_the_total_timeout_ends_the_work_of_an_agent(storage: Storage) -> None:
    """And a constant answers."""
    hangs = faulty(ScriptedModel(["never"]), lambda _: stretto.testing.hang)
    policy = Policy(
        timeout=Timeout(total=0.05), fallback=Fallback(to=Constant(value="nobody came"))
    )
    assert await asked(member(Agent(name="slow", model=hangs, policy=policy)), storage) == (
        "nobody came"
    )
    alone = member(Agent(name="slow", model=hangs, policy=Policy(timeout=Timeout(total=0.05))))
    with pytest.raises(TimedOut, match="'slow' did not end"):
        await asked(alone, storage, "u")


async def test_a_synchronous_function_times_out_too(storage: Storage) -> None:
    """LangGraph refuses a timeout there; the thread runs on unheeded."""
    released = asyncio.Event()
    loop = asyncio.get_running_loop()

    def blocks(state: dict[str, Any]) -> str:
        """Wait for the test."""
        asyncio.run_coroutine_threadsafe(released.wait(), loop).result()
        return "late"

    one = member(blocks, policy=Policy(timeout=Timeout(call=0.05)))
    try:
        with pytest.raises(TimedOut, match="'blocks' did not come back"):
            await asked(one, storage)
    finally:
        released.set()


async def test_equal_calls_are_answered_from_the_cache(storage: Storage) -> None:
    """Of an agent each model call, of a function the whole."""
    model = ScriptedModel([Reply("once"), Reply("twice")])
    agent = member(Agent(name="writer", model=model, policy=Policy(cache=Cache())))
    assert [await asked(agent, storage, t) for t in ("a", "b")] == ["once", "once"]
    assert not await told(storage, "model_started", thread="b")
    calls: list[int] = []

    @tool(effect="reads")
    async def reads(state: dict[str, Any], runtime: Runtime[Any]) -> str:
        """Tell whose run it is."""
        calls.append(1)
        return f"for {runtime.context['user']}"

    one = team(member(reads, policy=Policy(cache=Cache(seconds=60))), context=Who)
    for thread, user in (("c", "ann"), ("d", "ann"), ("e", "bob")):
        result = await stretto.run(
            one, "Go on.", thread=thread, context={"user": user}, storage=storage
        )
        assert result.value["messages"][-1].content == f"for {user}"
    assert len(calls) == 2


async def test_members_of_one_name_have_results_of_their_own(storage: Storage) -> None:
    """And so have two agents of one name with other prompts."""

    @tool(effect="reads")
    async def one(state: dict[str, Any]) -> str:
        """One."""
        return "one"

    @tool(effect="reads")
    async def two(state: dict[str, Any]) -> str:
        """Two."""
        return "two"

    policy = Policy(cache=Cache())
    said = [
        await asked(member(f, name="w", policy=policy), storage, f.__name__) for f in (one, two)
    ]
    assert said == ["one", "two"]


async def test_a_deputys_effects_are_its_own_after_an_interrupt(storage: Storage) -> None:
    """Though who failed before it had one of the same name at the same place."""
    did: list[str] = []

    async def first(state: dict[str, Any]) -> str:
        """Order a cup, and fail."""
        await effect("order", did.append, "cup")
        raise ConnectionError("down")

    async def second(state: dict[str, Any]) -> str:
        """Order a mug, and ask."""
        await effect("order", did.append, "mug")
        return f"ordered, {interrupt('ok?')}"

    flow = team(member(first, policy=Policy(fallback=Fallback(to=member(second)))))
    await stretto.run(flow, "Go on.", thread="t", storage=storage)
    last = await stretto.resume(flow, "t", answer="ok", storage=storage)
    assert last.value["messages"][-1].content == "ordered, ok"
    assert did == ["cup", "mug"]


async def test_a_no_is_not_overruled(storage: Storage) -> None:
    """No fallback takes over after a person's rejection."""

    async def asks(state: dict[str, Any]) -> str:
        """Be told no."""
        raise Rejected("no")

    one = member(asks, policy=Policy(fallback=Fallback(to=Constant(value="did it anyway"))))
    with pytest.raises(Rejected):
        await asked(one, storage)


async def test_a_member_that_says_nothing_is_replaced(storage: Storage) -> None:
    """What it gave cannot be read."""

    async def junk(state: dict[str, Any]) -> None:
        """Give nothing."""

    one = member(junk, policy=Policy(fallback=Fallback(to=Constant(value="something"))))
    assert await asked(one, storage) == "something"


async def test_who_waits_for_a_person_is_well(storage: Storage) -> None:
    """A breaker's probe that asks closes the breaker."""

    async def asks(state: dict[str, Any]) -> str:
        """Ask."""
        return f"told {interrupt('yes?')}"

    flow = team(member(asks, policy=Policy(breaker=Breaker(failures=1, name="desk"))))
    await stretto.run(flow, "Go on.", thread="t", storage=storage)
    done = await stretto.resume(flow, "t", answer="yes", storage=storage)
    assert done.value["messages"][-1].content == "told yes"
    assert not await told(storage, "breaker_changed")


async def test_a_breaker_is_shared_between_runs(storage: Storage) -> None:
    """The second run does not call who failed in the first."""
    calls: list[int] = []

    async def fails(state: dict[str, Any]) -> str:
        """It is down."""
        calls.append(1)
        raise ConnectionError("down")

    policy = Policy(
        breaker=Breaker(failures=1, name="shop"), fallback=Fallback(to=Constant(value="closed"))
    )
    for thread in ("a", "b", "c"):
        assert await asked(member(fails, policy=policy), storage, thread) == "closed"
    assert len(calls) == 1
    changed = await told(storage, "breaker_changed", thread="a")
    assert [(r.breaker, r.state) for r in changed] == [("shop", "open")]


def test_what_could_not_take_effect_is_refused_at_build() -> None:
    """Each with its remedy."""

    async def orders(state: dict[str, Any]) -> str:
        """Order something."""
        return "ordered"

    @tool(effect="reads")
    async def reads(state: dict[str, Any]) -> str:
        """Look something up."""
        return "found"

    with pytest.raises(InvalidInput, match="cannot be hedged"):
        member(orders, policy=Policy(hedge=Hedge(after=1)))
    assert member(reads, policy=Policy(hedge=Hedge(after=1)))
    with pytest.raises(InvalidInput, match="cannot be cached"):
        member(orders, policy=Policy(cache=Cache()))
    kept = team(member(orders, policy=Policy(breaker=Breaker(name="twice", failures=3))))
    with pytest.raises(InvalidInput, match="twice"):
        team(member(orders, policy=Policy(breaker=Breaker(name="twice", failures=4))))
    assert kept
    with pytest.raises(InvalidInput, match="only a project can look up"):
        member(orders, policy=Policy(fallback=Fallback(to=Named(agent="x"))))
    with pytest.raises(InvalidMember, match="leads back to itself: orders -> orders"):
        member(orders, policy=Policy(fallback=Fallback(to=orders)))
    inner = Agent(name="a")
    other = Agent(name="b", policy=Policy(fallback=Fallback(to=inner)))
    with pytest.raises(InvalidMember, match="a -> b -> a"):
        member(Agent(name="a", policy=Policy(fallback=Fallback(to=other))))
    with pytest.raises(InvalidInput, match="its own model 'offline'"):
        member(Agent(name="a", model="offline", policy=Policy(fallback=Fallback(to="offline"))))
