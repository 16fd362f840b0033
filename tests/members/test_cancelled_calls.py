"""Model calls that are cancelled: LangChain tells nobody of them, the records do."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import interrupt

import stretto
from stretto import Agent, member
from stretto.journal.handler import JournalHandler
from stretto.members.where import here
from stretto.policy import Budget, Hedge, Policy, Prices, Retry, Timeout
from stretto.resilience.names import forget
from stretto.testing import Reply, ScriptedModel, faulty, hang

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.journal import Journal
    from stretto.members import Member
    from stretto.runs import Storage

BUDGET = Budget(tokens=20_000)
HEDGED = Policy(hedge=Hedge(after=0.01), budget=BUDGET)
TIMED = Policy(
    timeout=Timeout(call=0.05), retry=Retry(attempts=2, wait=0.001, jitter=0), budget=BUDGET
)


@pytest.fixture(autouse=True)
def nobody_shares() -> Iterator[None]:
    """Names of policies are those of one test."""
    forget()
    yield
    forget()


def hanging() -> Any:
    """A model whose first call does not come back."""
    answers = ScriptedModel(lambda _: Reply("Oak.", usage=(60, 40)))
    return faulty(answers, {1: hang})


def asking(one: Member, kept: list[dict[str, Any]]) -> StateGraph[Any, Any, Any, Any]:
    """A member, and a node that keeps what its run has booked and asks a person."""

    async def ask(state: MessagesState) -> dict[str, Any]:
        at = here()
        assert at is not None
        account = at.handler.account(at.fields["run"])
        assert account is not None
        kept.append(dict(account.tree.booked))
        interrupt("go on?")
        return {}

    node = one.node(
        lambda state: {"messages": state["messages"]},
        lambda _, reply: {"messages": [("ai", reply.text)]},
    )
    graph = StateGraph(MessagesState)
    graph.add_node("work", node)
    graph.add_node("ask", ask)
    graph.add_edge(START, "work").add_edge("work", "ask")
    return graph


async def calls_of(journal: Journal) -> tuple[list[Any], list[Any]]:
    """Starts and ends of model calls, and that no start has two ends."""
    await journal.flush()
    starts = await journal.records("t", types=("model_started",))
    ends = await journal.records("t", types=("model_ended",))
    assert len({end.span for end in ends}) == len(ends)
    return starts, ends


@pytest.mark.parametrize("policy", [HEDGED, TIMED], ids=["hedge", "timeout"])
async def test_a_cancelled_call_ends_and_is_booked_as_in_the_process(
    storage: Storage, policy: Policy
) -> None:
    """Its input, not what was reserved: in the records, and so in what goes on from them."""
    kept: list[dict[str, Any]] = []
    graph = asking(member(Agent(name="reader", model=hanging(), policy=policy)), kept)
    result = await stretto.run(graph, "Which woods?", thread="t", storage=storage)
    starts, ends = await calls_of(storage.journal)
    assert {s.span for s in starts} == {e.span for e in ends}
    (left,) = [e for e in ends if e.error]
    (done,) = [e for e in ends if not e.error]
    assert (left.error, done.text) == ("CancelledError", "Oak.")
    begun = next(s for s in starts if s.span == left.span)
    assert 0 < left.booked_tokens < begun.reserved_tokens
    assert left.budget == done.budget == "reader"
    spent = result.usage.budgets["reader"]
    assert (spent.calls, spent.tokens) == (2, 100 + left.booked_tokens)
    await stretto.resume(graph, "t", answer="yes", storage=storage)
    assert kept[0]["reader"] == kept[1]["reader"]
    assert kept[1]["reader"].tokens == spent.tokens
    assert len((await calls_of(storage.journal))[1]) == 2


async def of_node(work: Any, journal: Journal) -> None:
    """Run a graph of one node."""
    handler = JournalHandler(journal, prices=Prices())
    graph = StateGraph(MessagesState).add_node("work", work).add_edge(START, "work")
    config: Any = {"callbacks": [handler], "configurable": {"thread_id": "t"}}
    await graph.compile().ainvoke({"messages": []}, config)


async def test_a_call_that_outlives_its_node_ends_by_itself(storage: Storage) -> None:
    """Somebody still waits for it when its node ends, and gets its answer."""
    go, begun = asyncio.Event(), asyncio.Event()
    tasks: list[asyncio.Task[Any]] = []

    async def answer(_: Any) -> Reply:
        begun.set()
        await go.wait()
        return Reply("Late.", usage=(60, 40))

    async def first(state: MessagesState) -> dict[str, Any]:
        tasks.append(asyncio.create_task(ScriptedModel(answer).ainvoke("Which woods?")))
        await begun.wait()
        return {}

    async def second(state: MessagesState) -> dict[str, Any]:
        go.set()
        await tasks[0]
        return {}

    handler = JournalHandler(storage.journal, prices=Prices())
    graph = StateGraph(MessagesState).add_node("first", first).add_node("second", second)
    graph.add_edge(START, "first").add_edge("first", "second")
    config: Any = {"callbacks": [handler], "configurable": {"thread_id": "t"}}
    await graph.compile().ainvoke({"messages": []}, config)
    _, ends = await calls_of(storage.journal)
    assert [(e.text, e.error) for e in ends] == [("Late.", "")]


async def test_a_call_that_outlives_its_run_ends_with_it(storage: Storage) -> None:
    """Once: what it answers afterwards belongs to no run."""
    go, begun = asyncio.Event(), asyncio.Event()
    tasks: list[asyncio.Task[Any]] = []

    async def answer(_: Any) -> Reply:
        begun.set()
        await go.wait()
        return Reply("Too late.", usage=(60, 40))

    async def work(state: MessagesState) -> dict[str, Any]:
        tasks.append(asyncio.create_task(ScriptedModel(answer).ainvoke("Which woods?")))
        await begun.wait()
        return {}

    await of_node(work, storage.journal)
    go.set()
    await tasks[0]
    starts, ends = await calls_of(storage.journal)
    assert [e.error for e in ends] == ["CancelledError"]
    assert len(starts) == 1
    last = (await storage.journal.records("t"))[-1]
    assert last.type == "run_ended"


async def test_a_cancelled_node_ends_its_calls(storage: Storage) -> None:
    """Before it ends itself, as everything in it does."""
    called = asyncio.Event()

    async def answer(_: Any) -> Reply:
        called.set()
        await asyncio.Event().wait()
        raise AssertionError

    async def work(state: MessagesState) -> dict[str, Any]:
        await ScriptedModel(answer).ainvoke("Which woods?")
        raise AssertionError

    run = asyncio.ensure_future(of_node(work, storage.journal))
    await called.wait()
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    await storage.journal.flush()
    told = [r.type for r in await storage.journal.records("t")]
    assert told[-4:] == ["model_started", "model_ended", "node_ended", "run_ended"]
