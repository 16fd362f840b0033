from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import Command, interrupt
from pydantic import Field

from stretto.errors import BudgetExceeded, InvalidInput, LimitReached
from stretto.journal import open_journal
from stretto.journal.handler import JournalHandler
from stretto.members.guarded import GuardedCalls
from stretto.members.spending import spending
from stretto.members.where import here
from stretto.models.offline import OfflineModel
from stretto.policy import Budget, Limits, Price, Prices
from stretto.records import Budgeted, ModelEnded, ModelStarted
from stretto.testing import Reply, ScriptedModel

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from stretto.journal import Journal, Usage

ASKED: Any = {"messages": [("human", "Which woods?")]}
USED = (60, 40)
"""Tokens of each call."""


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    """An open, empty journal."""
    async with open_journal(tmp_path / "journal.sqlite") as opened:
        yield opened


class Bounded(ScriptedModel):
    """A model whose answers can be bounded; it keeps what it was told."""

    max_tokens: int | None = None
    asked: list[Any] = Field(default_factory=list)

    def __init__(self, bound: int | None) -> None:
        super().__init__(lambda _: "ok")
        self.max_tokens = bound

    def _note(self, messages: Any, stop: Any, kwargs: Any) -> Any:
        self.asked.append(kwargs.get("max_tokens"))
        return super()._note(messages, stop, kwargs)


def voice() -> ScriptedModel:
    """A model that always says the same."""
    return ScriptedModel(lambda _: Reply("Oak.", usage=USED))


Node = tuple[str, Budget | None, BaseChatModel, int]
"""A member: its name, its budget, its model and how often it calls that."""


def team(
    nodes: Sequence[Node],
    *,
    within: Sequence[tuple[str, Budget | None]] = (),
    agents: bool = True,
    beside: bool = False,
) -> StateGraph[Any, Any, Any, Any]:
    """Members one after the other, or all at once, each with its account open."""
    graph: StateGraph[Any, Any, Any, Any] = StateGraph(MessagesState)
    before = START

    def node(name: str, budget: Budget | None, model: BaseChatModel, calls: int) -> Any:
        guard = GuardedCalls(None, name)
        agent = create_agent(model, [], middleware=[guard], name=name)

        async def work(state: Any) -> Any:
            async with spending(budget, name, here(), within=within):
                for _ in range(calls):
                    await (agent.ainvoke(ASKED) if agents else model.ainvoke("Which woods?"))
            return {}

        work.__name__ = name
        return work

    for name, budget, model, calls in nodes:
        graph.add_node(name, node(name, budget, model, calls))
        graph.add_edge(before, name)
        before = START if beside else name
    return graph


def told(
    journal: Journal,
    limits: Limits | None = None,
    prices: Prices | None = None,
    spent: Usage | None = None,
) -> Any:
    """A config with a handler, without prices unless given."""
    handler = JournalHandler(journal, limits=limits, prices=prices or Prices(), spent=spent)
    return {"callbacks": [handler], "configurable": {"thread_id": "t"}}


async def of(journal: Journal, kind: type) -> list[Any]:
    """All records of a kind."""
    await journal.flush()
    return [r for r in await journal.records("t") if isinstance(r, kind)]


@pytest.mark.parametrize("agents", [True, False])
async def test_a_member_stops_where_its_budget_ends(journal: Journal, agents: bool) -> None:  # noqa: FBT001
    """Before the call that could exceed it; it was warned, and both are journaled."""
    graph = team([("reader", Budget(tokens=1200), voice(), 99)], agents=agents).compile()
    with pytest.raises(BudgetExceeded, match="'reader'") as caught:
        await graph.ainvoke(ASKED, told(journal))
    assert (caught.value.budget, caught.value.unit, caught.value.limit) == (
        "reader",
        "tokens",
        1200,
    )
    calls = await of(journal, ModelEnded)
    assert 6 <= len(calls) <= 8
    assert {c.budget for c in calls} == {"reader"}
    begun = await of(journal, ModelStarted)
    assert all(c.reserved_tokens >= 100 for c in begun)
    events = [(b.budget, b.event, b.unit) for b in await of(journal, Budgeted)]
    assert events[-1] == ("reader", "exceeded", "tokens")


async def test_a_member_draws_on_its_teams_budget_and_the_runs(journal: Journal) -> None:
    """Paths tell who is in whom."""
    nodes: list[Node] = [("reader", Budget(calls=2), voice(), 2), ("writer", None, voice(), 9)]
    within = [("research", Budget(calls=4))]
    with pytest.raises(BudgetExceeded, match="'research'"):
        await team(nodes, within=within).compile().ainvoke(ASKED, told(journal))
    paths = [c.budget for c in await of(journal, ModelStarted)]
    assert paths == ["research/reader"] * 2 + ["research"] * 2


async def test_the_same_member_again_has_one_account(journal: Journal) -> None:
    """In another node of the run."""
    graph: StateGraph[Any, Any, Any, Any] = StateGraph(MessagesState)
    model = voice()

    async def work(state: Any) -> Any:
        async with spending(Budget(calls=3), "reader", here()):
            await model.ainvoke("a")
            await model.ainvoke("b")
        return {}

    graph.add_node("one", work).add_node("two", work)
    graph.add_edge(START, "one").add_edge("one", "two")
    with pytest.raises(BudgetExceeded, match="3 of 3 calls"):
        await graph.compile().ainvoke(ASKED, told(journal))


async def test_money_is_counted_by_the_prices(journal: Journal) -> None:
    """The run's limit is the root, and names its option."""
    prices = Prices(models={"Scripted*": Price(input=10, output=10)})
    graph = team([("reader", None, voice(), 99)]).compile()
    with pytest.raises(BudgetExceeded, match="--max-money"):
        await graph.ainvoke(ASKED, told(journal, Limits(money=0.05), prices))
    ended = await of(journal, ModelEnded)
    assert 40 <= len(ended) <= 50
    assert sum(c.cost for c in ended) <= 0.05
    warned = [b for b in await of(journal, Budgeted) if b.event == "warned"]
    assert [(b.budget, b.unit, b.limit) for b in warned] == [("run", "money", 0.05)]


@pytest.mark.parametrize("agents", [True, False])
async def test_money_is_not_spent_on_a_model_without_a_price(
    journal: Journal,
    agents: bool,  # noqa: FBT001
) -> None:
    """It is named, and not called."""
    model = voice()
    graph = team([("reader", Budget(money=1), model, 1)], agents=agents).compile()
    with pytest.raises(InvalidInput, match="the model 'ScriptedModel' has no price"):
        await graph.ainvoke(ASKED, told(journal))
    assert model.calls == ()


async def test_the_offline_model_is_free(journal: Journal) -> None:
    """It needs no price."""
    graph = team([("reader", Budget(money=0), OfflineModel(), 2)]).compile()
    await graph.ainvoke(ASKED, told(journal))
    assert [c.cost for c in await of(journal, ModelEnded)] == [0.0, 0.0]


async def test_an_answer_is_bounded_to_what_was_reserved(journal: Journal) -> None:
    """Unless its own bound does that; only where tokens or money are limited."""
    free, bounded, own = (Bounded(bound) for bound in (None, None, 70))
    nodes: list[Node] = [
        ("free", Budget(calls=9), free, 1),
        ("bounded", Budget(tokens=8000), bounded, 1),
        ("own", Budget(tokens=8000), own, 1),
    ]
    await team(nodes).compile().ainvoke(ASKED, told(journal))
    assert [m.asked for m in (free, bounded, own)] == [[None], [1000], [None]]
    begun = [c.reserved_tokens for c in await of(journal, ModelStarted)]
    assert begun[0] == 0
    assert 1000 < begun[1] < 1100
    assert 70 < begun[2] < 170


async def test_calls_at_once_wait_for_what_others_may_give_back(journal: Journal) -> None:
    """Two calls of which each may take most of the budget both fit when they are cheap."""
    going, most = 0, 0

    async def answer(_: Any) -> Reply:
        nonlocal going, most
        going += 1
        most = max(most, going)
        await asyncio.sleep(0)
        going -= 1
        return Reply("Oak.", usage=(10, 5))

    within = [("team", Budget(tokens=700))]
    nodes: list[Node] = [(name, None, ScriptedModel(answer), 1) for name in "abcd"]
    await team(nodes, within=within, beside=True).compile().ainvoke(ASKED, told(journal))
    assert most == 1
    assert len(await of(journal, ModelEnded)) == 4


async def test_a_call_that_is_cancelled_is_booked_with_its_input(journal: Journal) -> None:
    """It may have been billed; what was reserved for its answer comes free."""
    called = asyncio.Event()

    async def answer(_: Any) -> Reply:
        called.set()
        await asyncio.Event().wait()
        raise AssertionError

    graph = team([("reader", Budget(tokens=8000), ScriptedModel(answer), 1)]).compile()
    config = told(journal)
    handler: JournalHandler = config["callbacks"][0]
    kept: list[Any] = []
    account = handler.account

    def spy(run: str) -> Any:
        kept.append(account(run))
        return kept[-1]

    handler.account = spy  # type: ignore[method-assign]
    task = asyncio.ensure_future(graph.ainvoke(ASKED, config))
    await called.wait()
    (held,) = [a for a in kept[0].tree.every() if a.path == "reader"]
    assert held.lines["tokens"].reserved > 1000
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert held.lines["tokens"].reserved == 0
    assert 0 < held.lines["tokens"].spent < 100


@pytest.mark.parametrize(
    ("error", "tokens"), [(ConnectionRefusedError("no"), 0), (RuntimeError("broken"), 1)]
)
async def test_a_call_that_was_not_served_costs_nothing(
    journal: Journal, error: Exception, tokens: int
) -> None:
    """But it is a call; one that failed otherwise may have been billed for its input."""
    graph = team([("reader", Budget(tokens=8000), ScriptedModel([error]), 1)]).compile()
    with pytest.raises(type(error)):
        await graph.ainvoke(ASKED, told(journal))
    (ended,) = await of(journal, ModelEnded)
    assert ended.input_tokens == 0
    assert bool(ended.booked_tokens) == bool(tokens)
    spent = (await journal.spent("t")).budgets["reader"]
    assert (spent.calls, bool(spent.tokens)) == (1, bool(tokens))


async def test_seconds_end_the_work(journal: Journal) -> None:
    """As a budget that is used up."""
    graph: StateGraph[Any, Any, Any, Any] = StateGraph(MessagesState)

    async def work(state: Any) -> Any:
        async with spending(Budget(seconds=0.01), "slow", here()):
            await asyncio.Event().wait()

    graph.add_node("slow", work).add_edge(START, "slow")
    with pytest.raises(BudgetExceeded, match="seconds") as caught:
        await graph.compile().ainvoke(ASKED, told(journal))
    assert caught.value.budget == "slow"
    events = [(b.event, b.unit, b.limit) for b in await of(journal, Budgeted)]
    assert events == [("warned", "seconds", 0.01), ("exceeded", "seconds", 0.01)]


async def test_what_blocks_the_loop_comes_too_late() -> None:
    """It cannot be ended; its result is refused. Not journaled here."""
    times = iter([0.0, 0.0, 20.0, 20.0])
    with pytest.raises(BudgetExceeded, match="20 of 10 seconds"):
        async with spending(Budget(seconds=10), "slow", None, now=lambda: next(times)):
            pass


async def test_a_timeout_within_stays_what_it_is() -> None:
    """Only that of the budget is a budget's."""
    with pytest.raises(TimeoutError, match="theirs"):
        async with spending(Budget(seconds=10), "slow", None):
            raise TimeoutError("theirs")


async def test_the_seconds_of_a_team_begin_with_its_first_member(journal: Journal) -> None:
    """Its other nodes have what is left."""
    clock = [0.0]
    graph: StateGraph[Any, Any, Any, Any] = StateGraph(MessagesState)
    within = [("team", Budget(seconds=10))]

    async def work(state: Any) -> Any:
        async with spending(None, "one", here(), within=within, now=lambda: clock[0]):
            clock[0] += 6
        return {}

    graph.add_node("one", work).add_node("two", work)
    graph.add_edge(START, "one").add_edge("one", "two")
    with pytest.raises(BudgetExceeded, match=r"'team'.*12 of 10 seconds"):
        await graph.compile().ainvoke(ASKED, told(journal))


async def test_budgets_hold_where_nothing_is_journaled() -> None:
    """For the calls of agents: what is reserved counts as spent."""
    graph = team([("reader", Budget(tokens=1000), voice(), 99)]).compile()
    with pytest.raises(BudgetExceeded, match="'reader'"):
        await graph.ainvoke(ASKED)


async def _until_refused(journal: Journal, graph: Any, limits: Limits | None = None) -> int:
    before = len(await of(journal, ModelStarted))
    with pytest.raises(LimitReached):
        await graph.ainvoke(ASKED, told(journal, limits, spent=await journal.spent("t")))
    return len(await of(journal, ModelStarted)) - before


async def test_a_run_that_goes_on_has_what_it_had_left(journal: Journal) -> None:
    """After a crash: by path; a call that never ended counts with what was reserved."""

    def graph(calls: int, last: Any = None) -> Any:
        model = ScriptedModel([Reply("Oak.", usage=USED)] * calls + ([last] if last else []))
        nodes: list[Node] = [("reader", Budget(calls=5, tokens=4000), model, 99)]
        return team(nodes).compile()

    with pytest.raises(RuntimeError, match="crash"):
        await graph(3, RuntimeError("crash")).ainvoke(ASKED, told(journal))
    await journal.flush()
    spent = (await journal.spent("t")).budgets["reader"]
    assert (spent.calls, 300 < spent.tokens < 400) == (4, True)
    assert await _until_refused(journal, graph(9)) == 1


async def test_a_turn_that_waited_for_a_person_goes_on_with_the_rest(journal: Journal) -> None:
    """By the same handler, as in a server: the answer is another run."""
    model = voice()
    graph: StateGraph[Any, Any, Any, Any] = StateGraph(MessagesState)

    async def work(state: Any) -> Any:
        async with spending(Budget(calls=3), "reader", here()):
            await model.ainvoke("a")
            await model.ainvoke("b")
        return {}

    async def ask(state: Any) -> Any:
        interrupt("go on?")
        return {}

    graph.add_node("one", work).add_node("ask", ask).add_node("two", work)
    graph.add_edge(START, "one").add_edge("one", "ask").add_edge("ask", "two")
    ready, config = graph.compile(checkpointer=InMemorySaver()), told(journal)
    await ready.ainvoke(ASKED, config)
    with pytest.raises(BudgetExceeded, match="3 of 3 calls"):
        await ready.ainvoke(Command(resume="yes"), config)
