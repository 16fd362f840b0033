"""Effects happen once: in nodes by `effect`, in agents by `EffectsOnce`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import ToolMessage
from langchain_core.runnables import RunnableConfig  # noqa: TC002 -- LangGraph reads the hint
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.func import task as langgraph_task
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, RetryPolicy, interrupt
from pydantic import BaseModel
from typing_extensions import TypedDict

import stretto
from stretto import Agent, effect, idempotency_key, tool
from stretto.errors import EffectChanged, EffectUnknown, InvalidInput
from stretto.journal.install import installed
from stretto.members import agent_graph
from stretto.members.effects import EffectsOnce
from stretto.testing import Reply, ScriptedModel, tool_call

if TYPE_CHECKING:
    from collections.abc import Callable

    from stretto.runs import Storage


class State(TypedDict, total=False):
    """What the graphs of these tests work on."""

    done: Annotated[list[Any], lambda a, b: [*a, *b]]


class Crash(BaseException):
    """Stands for the end of the process: nothing of a node catches it."""


def one_node(node: Callable[..., Any], **how: Any) -> StateGraph[Any, Any, Any, Any]:
    """A graph of one node."""
    graph = StateGraph(State)
    graph.add_node("work", node, **how)
    graph.add_edge(START, "work")
    graph.add_edge("work", END)
    return graph


def statuses(records: list[Any]) -> list[str]:
    """How the effects of a thread ended."""
    return [r.status for r in records if r.type == "effect_ended"]


class World:
    """What effects do to, and a process that can end at a chosen point."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.keys: list[str] = []
        self.crash_in: set[str] = set()

    async def pay(self, what: str) -> str:
        """Do it, and end the process if it is to end there."""
        self.keys.append(idempotency_key())
        self.log.append(what)
        if what in self.crash_in:
            self.crash_in.discard(what)
            raise Crash
        return f"paid {what}"


async def crashes(graph: Any, storage: Storage, given: Any, thread: str = "t") -> None:
    """Run until the process would have ended."""
    with pytest.raises(Crash):
        await stretto.run(graph, given, thread=thread, storage=storage)


async def test_a_settled_effect_is_given_back_when_its_node_runs_again(storage: Storage) -> None:
    """Two effects, the process ends in between: the first is not done again."""
    world = World()

    async def work(state: State) -> State:
        first = await effect("pay", world.pay, "a")
        if len(world.log) == 1 and not world.crash_in:
            world.crash_in.add("never")
            raise Crash
        return {"done": [first, await effect("pay", world.pay, "b")]}

    graph = one_node(work)
    await crashes(graph, storage, {})
    result = await stretto.resume(graph, "t", storage=storage)
    assert result.value["done"] == ["paid a", "paid b"]
    assert world.log == ["a", "b"]
    assert statuses(await storage.journal.records("t")) == ["settled", "returned", "settled"]


@pytest.mark.parametrize("declared", ["reads", "idempotent"])
async def test_what_does_no_harm_is_done_again_under_the_same_key(
    declared: Any, storage: Storage
) -> None:
    """An effect that never came back is repeated, and the service sees the same key."""
    world = World()
    world.crash_in = {"a"}

    async def work(state: State) -> State:
        return {"done": [await effect("pay", world.pay, "a", effect=declared)]}

    graph = one_node(work)
    await crashes(graph, storage, {})
    result = await stretto.resume(graph, "t", storage=storage)
    assert result.value["done"] == ["paid a"]
    assert world.log == ["a", "a"]
    assert len(set(world.keys)) == 1
    assert len(world.keys[0]) == 32


@pytest.mark.parametrize(
    ("answer", "log", "done"),
    [
        ({"type": "approve"}, ["a", "a"], "paid a"),
        ({"type": "respond", "message": "receipt 7"}, ["a"], "receipt 7"),
        ({"type": "reject", "message": "leave it"}, ["a"], "leave it"),
    ],
)
async def test_what_is_undeclared_asks_whether_it_happened(
    answer: Any, log: list[str], done: str, storage: Storage
) -> None:
    """A person says: do it again, it gave this, or leave it."""
    world = World()
    world.crash_in = {"a"}

    async def work(state: State) -> State:
        return {"done": [await effect("pay", world.pay, "a")]}

    graph = one_node(work)
    await crashes(graph, storage, {})
    asked = await stretto.resume(graph, "t", storage=storage)
    (question,) = asked.interrupts
    assert question.value["action_requests"][0]["name"] == "pay"
    assert "Did it happen?" in question.value["action_requests"][0]["description"]
    assert world.log == ["a"]
    result = await stretto.resume(graph, "t", {"decisions": [answer]}, storage=storage)
    assert result.value["done"] == [done]
    assert world.log == log


async def test_each_attempt_is_asked_about_anew(storage: Storage) -> None:
    """After an approved repeat that never came back either, the old answer does not count."""
    world = World()
    world.crash_in = {"a"}
    approve = {"decisions": [{"type": "approve"}]}

    async def work(state: State) -> State:
        return {"done": [await effect("pay", world.pay, "a")]}

    graph = one_node(work)
    await crashes(graph, storage, {})
    await stretto.resume(graph, "t", storage=storage)
    world.crash_in = {"a"}
    with pytest.raises(Crash):
        await stretto.resume(graph, "t", approve, storage=storage)
    asked = await stretto.resume(graph, "t", storage=storage)
    assert asked.status == "interrupted"
    assert world.log == ["a", "a"]
    said = {"decisions": [{"type": "respond", "message": "done by hand"}]}
    result = await stretto.resume(graph, "t", said, storage=storage)
    assert result.value["done"] == ["done by hand"]
    assert world.log == ["a", "a"]


async def test_questions_of_the_ledger_and_tasks_of_the_node_are_not_mixed_up(
    storage: Storage,
) -> None:
    """LangGraph finds tasks by their order: what the ledger asked counts in every execution."""
    world = World()
    world.crash_in = {"a"}

    async def asking(number: int) -> str:
        return f"{number}: {interrupt(f'number {number}?')}"

    async def work(state: State) -> State:
        got = [await effect("pay", world.pay, "a")]
        return {"done": [*got, *[await langgraph_task(asking)(n) for n in range(3)]]}

    graph = one_node(work)
    await crashes(graph, storage, {})
    result = await stretto.resume(graph, "t", storage=storage)
    said = {"decisions": [{"type": "respond", "message": "paid a"}]}
    result = await stretto.resume(graph, "t", said, storage=storage)
    asked: list[object] = []
    while result.status == "interrupted":
        asked.append(result.interrupts[0].value)
        result = await stretto.resume(graph, "t", f"yes {len(asked)}", storage=storage)
    assert asked == ["number 0?", "number 1?", "number 2?"]
    assert result.value["done"] == ["paid a", "0: yes 1", "1: yes 2", "2: yes 3"]
    assert world.log == ["a"]


async def test_what_must_not_be_repeated_fails_with_the_remedy(storage: Storage) -> None:
    """`fail` is neither repeated nor asked about."""
    world = World()
    world.crash_in = {"a"}

    async def work(state: State) -> State:
        return {"done": [await effect("pay", world.pay, "a", effect="fail")]}

    graph = one_node(work)
    await crashes(graph, storage, {})
    with pytest.raises(EffectUnknown, match="effect='ask'"):
        await stretto.resume(graph, "t", storage=storage)
    assert world.log == ["a"]


async def test_a_node_that_asks_for_something_else_is_told(storage: Storage) -> None:
    """A settled effect is not taken for another one."""
    world = World()
    given = ["a", "b"]

    async def work(state: State) -> State:
        said = await effect("pay", world.pay, given.pop(0))
        if given:
            raise Crash
        return {"done": [said]}

    graph = one_node(work)
    await crashes(graph, storage, {})
    with pytest.raises(EffectChanged, match="key="):
        await stretto.resume(graph, "t", storage=storage)
    assert world.log == ["a"]


async def test_effects_at_once_are_told_apart_by_key(storage: Storage) -> None:
    """Parallel effects in another order on the second run each find their own record."""
    world = World()
    orders = [["a", "b", "c"], ["c", "a", "b"]]

    async def work(state: State) -> State:
        order = orders.pop(0)
        got = await asyncio.gather(*(effect("pay", world.pay, x, key=x) for x in order))
        if orders:
            raise Crash
        return {"done": sorted(got)}

    graph = one_node(work)
    await crashes(graph, storage, {})
    result = await stretto.resume(graph, "t", storage=storage)
    assert result.value["done"] == ["paid a", "paid b", "paid c"]
    assert sorted(world.log) == ["a", "b", "c"]


async def test_a_retry_within_the_run_does_it_again_without_asking(storage: Storage) -> None:
    """LangGraph's retry policy was the caller's decision."""
    tried: list[int] = []

    def flaky() -> str:
        tried.append(1)
        if len(tried) == 1:
            raise ConnectionError("gone")
        return "there"

    async def work(state: State) -> State:
        return {"done": [await effect("call", flaky)]}

    graph = one_node(work, retry_policy=RetryPolicy(initial_interval=0.0, jitter=False))
    result = await stretto.run(graph, {}, thread="t", storage=storage)
    assert result.value["done"] == ["there"]
    assert len(tried) == 2


async def test_a_failure_of_an_earlier_run_asks(storage: Storage) -> None:
    """It raised, but it may have done something: a person decides, told of the error."""
    tried: list[int] = []

    def flaky() -> str:
        tried.append(1)
        raise ConnectionError("lost the line")

    async def work(state: State) -> State:
        return {"done": [await effect("call", flaky)]}

    graph = one_node(work)
    with pytest.raises(ConnectionError):
        await stretto.run(graph, {}, thread="t", storage=storage)
    asked = await stretto.resume(graph, "t", storage=storage)
    assert "lost the line" in asked.interrupts[0].value["action_requests"][0]["description"]
    assert len(tried) == 1


class Receipt(BaseModel):
    """What a shop gives."""

    number: int


async def test_a_pydantic_value_comes_back_as_what_the_function_declares(storage: Storage) -> None:
    """Also in a process that has only its record."""
    seen: list[object] = []

    def buy() -> Receipt:
        return Receipt(number=7)

    async def work(state: State) -> State:
        seen.append(await effect("buy", buy))
        if len(seen) == 1:
            raise Crash
        return {"done": ["ok"]}

    graph = one_node(work)
    await crashes(graph, storage, {})
    await stretto.resume(graph, "t", storage=storage)
    assert seen == [Receipt(number=7), Receipt(number=7)]


async def test_a_value_is_the_same_the_first_time_and_from_its_record(storage: Storage) -> None:
    """A tuple is a list at once, not only after a crash."""
    seen: list[object] = []

    async def work(state: State) -> State:
        seen.append(await effect("pair", lambda: {"pair": (1, 2)}))
        if len(seen) == 1:
            raise Crash
        return {"done": ["ok"]}

    graph = one_node(work)
    await crashes(graph, storage, {})
    await stretto.resume(graph, "t", storage=storage)
    assert seen == [{"pair": [1, 2]}] * 2


async def test_outside_a_run_an_effect_is_a_call() -> None:
    """Without a journal there is nothing to remember."""
    assert await effect("add", lambda a, b: a + b, 1, 2) == 3
    assert idempotency_key() == ""
    with pytest.raises(InvalidInput, match="no effect"):
        await effect("add", lambda: 1, effect="sometimes")  # type: ignore[arg-type]


async def test_exit_durability_is_refused(storage: Storage) -> None:
    """A run that stores nothing before its end cannot keep effects single."""
    from stretto.journal.handler import JournalHandler

    async def work(state: State) -> State:
        return {"done": [await effect("add", lambda: 1)]}

    graph = one_node(work).compile(checkpointer=storage.checkpointer)
    with installed(JournalHandler(storage.journal)), pytest.raises(InvalidInput, match="exit"):
        await graph.ainvoke({}, {"configurable": {"thread_id": "t"}}, durability="exit")


async def test_the_first_effect_of_a_new_thread_waits_for_its_checkpoint(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody has stored or read anything of the thread yet, and the database is slow."""
    from stretto.journal.handler import JournalHandler

    inner = storage.checkpointer.inner
    put, stored = inner.aput, list[str]()

    async def slow(config: Any, checkpoint: Any, *rest: Any) -> Any:
        for _ in range(200):  # all that can run meanwhile runs
            await asyncio.sleep(0)
        made = await put(config, checkpoint, *rest)
        stored.append(checkpoint["id"])
        return made

    async def work(state: State, config: RunnableConfig) -> State:
        at = config["configurable"]["checkpoint_map"][""]
        return {"done": [await effect("look", lambda: at in stored)]}

    monkeypatch.setattr(inner, "aput", slow)
    graph = one_node(work).compile(checkpointer=storage.checkpointer)
    with installed(JournalHandler(storage.journal)):
        out = await graph.ainvoke({}, {"configurable": {"thread_id": "new"}}, durability="async")
    assert out["done"] == [True]


def shop(world: World, **effects: Any) -> list[Any]:
    """Tools of a shop."""

    async def order(what: str) -> str:
        """Order a thing."""
        return await world.pay(what)

    @tool(effect="reads")
    async def look(what: str) -> str:
        """Look at a thing."""
        world.log.append(f"look {what}")
        return f"{what} is red"

    return [order, look]


def model(*turns: Any) -> ScriptedModel:
    """A model that says these in turn, by how often it has spoken."""

    def answer(messages: list[Any]) -> Any:
        return turns[sum(m.type == "ai" for m in messages)]

    return ScriptedModel(answer)


async def test_an_agents_tool_call_happens_once(storage: Storage) -> None:
    """Killed in one of two parallel calls: the finished one is given back, the other asks."""
    world = World()
    world.crash_in = {"cup"}
    two = Reply(tool_calls=[tool_call("order", what="plate"), tool_call("order", what="cup")])
    shopping = model(two, "All ordered.")
    agent = Agent(name="shop", prompt="Order.", model=shopping, tools=shop(world))
    graph = agent_graph(agent)
    await crashes(graph, storage, "Order a plate and a cup.")
    asked = await stretto.resume(graph, "t", storage=storage)
    assert [i.value["action_requests"][0]["args"] for i in asked.interrupts] == [{"what": "cup"}]
    said = {"decisions": [{"type": "respond", "message": "paid cup"}]}
    result = await stretto.resume(graph, "t", said, storage=storage)
    told = [m.content for m in result.value["messages"] if isinstance(m, ToolMessage)]
    assert told == ["paid plate", "paid cup"]
    assert sorted(world.log) == ["cup", "plate"]
    assert result.text == "All ordered."


async def test_a_tool_that_asks_and_then_dies_does_not_take_the_answer_for_another(
    storage: Storage,
) -> None:
    """An interrupt inside the tool, approved, then a kill: the next question is the ledger's."""
    world = World()
    world.crash_in = {"cup"}

    async def order(what: str) -> str:
        """Order a thing, if a person agrees."""
        if interrupt(f"order {what}?") != "yes":
            return "not ordered"
        return await world.pay(what)

    buy = Reply(tool_calls=[tool_call("order", what="cup")])
    graph = agent_graph(
        Agent(name="shop", prompt="Order.", model=model(buy, "Done."), tools=[order])
    )
    asked = await stretto.run(graph, "Order a cup.", thread="t", storage=storage)
    assert asked.interrupts[0].value == "order cup?"
    with pytest.raises(Crash):
        await stretto.resume(graph, "t", "yes", storage=storage)
    again = await stretto.resume(graph, "t", storage=storage)
    assert "Did it happen?" in str(again.interrupts[0].value)
    assert world.log == ["cup"]
    said = {"decisions": [{"type": "respond", "message": "paid cup"}]}
    result = await stretto.resume(graph, "t", said, storage=storage)
    assert result.status == "done"
    assert world.log == ["cup"]


async def test_a_model_call_is_not_paid_twice(storage: Storage) -> None:
    """A node that is left behind its model call gets the recorded answer, typed output included."""
    asked: list[int] = []

    class Verdict(BaseModel):
        good: bool

    def answer(messages: list[Any]) -> Any:
        asked.append(len(messages))
        return Reply(value=Verdict(good=True))

    from langchain.agents.middleware import AgentMiddleware

    class Dies(AgentMiddleware):
        async def awrap_model_call(self, request: Any, handler: Any) -> Any:
            response = await handler(request)
            if len(asked) == 1 and not getattr(self, "died", False):
                self.died = True
                raise Crash
            assert response.structured_response == Verdict(good=True)
            return response

    graph = create_agent(
        ScriptedModel(answer), middleware=[Dies(), EffectsOnce()], response_format=Verdict
    )
    await crashes(graph, storage, {"messages": [("user", "Good?")]})
    result = await stretto.resume(graph, "t", storage=storage)
    assert Verdict.model_validate(result.value["structured_response"]).good
    assert len(asked) == 1


def test_synchronous_graphs_have_the_same_face(storage_url: dict[str, Any]) -> None:
    """`invoke` without an event loop: the tool happens once, and the question can be answered."""
    world: list[str] = []

    def order(what: str) -> str:
        """Order a thing."""
        world.append(what)
        if len(world) == 1:
            raise Crash
        return f"paid {what}"

    from stretto.journal import open_journal
    from stretto.journal.handler import JournalHandler

    buy = Reply(tool_calls=[tool_call("order", what="cup")])
    graph = create_agent(
        model(buy, "Done."), [order], middleware=[EffectsOnce()], checkpointer=InMemorySaver()
    )
    config: Any = {"configurable": {"thread_id": "t"}}

    async def played() -> None:
        async with open_journal(storage_url["journal"]) as journal:
            with installed(JournalHandler(journal)):
                with pytest.raises(Crash):
                    await asyncio.to_thread(
                        graph.invoke, {"messages": [("user", "go")]}, config, durability="sync"
                    )
                out = await asyncio.to_thread(graph.invoke, None, config, durability="sync")
                assert "Did it happen?" in str(out["__interrupt__"][0].value)
                said = Command(resume={"decisions": [{"type": "approve"}]})
                out = await asyncio.to_thread(graph.invoke, said, config, durability="sync")
                assert out["messages"][-1].content == "Done."
        assert world == ["cup", "cup"]

    asyncio.run(played())


@pytest.fixture
def storage_url(tmp_path: Any) -> dict[str, Any]:
    """Where a synchronous test keeps its journal."""
    return {"journal": tmp_path / "journal.sqlite"}


async def test_effects_in_nested_and_parallel_graphs_have_keys_of_their_own(
    storage: Storage,
) -> None:
    """The same node in two branches: each does its own, once."""
    world = World()
    runs: list[int] = []

    async def work(state: State) -> State:
        return {"done": [await effect("pay", world.pay, "same")]}

    inner = one_node(work).compile()

    async def last(state: State) -> State:
        runs.append(1)
        if len(runs) == 1:
            raise Crash
        return {}

    outer = StateGraph(State)
    outer.add_node("left", inner)
    outer.add_node("right", inner)
    outer.add_node("last", last)
    outer.add_edge(START, "left")
    outer.add_edge(START, "right")
    outer.add_edge(["left", "right"], "last")
    await crashes(outer, storage, {})
    await stretto.resume(outer, "t", storage=storage)
    assert world.log == ["same", "same"]


async def test_a_fork_asks_before_it_repeats_and_shares_what_was_before(storage: Storage) -> None:
    """What was settled before the checkpoint stays; what its step did asks first."""
    world = World()

    async def first(state: State) -> State:
        return {"done": [await effect("pay", world.pay, "a")]}

    async def second(state: State) -> State:
        return {"done": [await effect("pay", world.pay, "b")]}

    graph = StateGraph(State)
    graph.add_node("first", first)
    graph.add_node("second", second)
    graph.add_edge(START, "first")
    graph.add_edge("first", "second")
    compiled = graph.compile(checkpointer=storage.checkpointer)
    await stretto.run(compiled, {}, thread="t", storage=storage)
    history = [s async for s in compiled.aget_state_history({"configurable": {"thread_id": "t"}})]
    at = next(s for s in history if s.next == ("second",))
    await stretto.fork(compiled, "t", at.config["configurable"]["checkpoint_id"], storage=storage)
    asked = await stretto.resume(compiled, "t", storage=storage)
    assert "Is it to be done again here?" in str(asked.interrupts[0].value)
    assert world.log == ["a", "b"]
    approve = {"decisions": [{"type": "approve"}]}
    result = await stretto.resume(compiled, "t", approve, storage=storage)
    assert result.value["done"] == ["paid a", "paid b"]
    assert world.log == ["a", "b", "b"]


def chain_of_two(
    world: World, declared: Any = "ask", *, counts: bool = False
) -> StateGraph[Any, Any, Any, Any]:
    """A node that only goes on, and one with an effect."""

    async def first(state: State) -> State:
        return {"done": ["went on"]}

    async def second(state: State) -> State:
        what = f"b{len(world.log)}" if counts else "b"
        return {"done": [await effect("pay", world.pay, what, effect=declared)]}

    graph = StateGraph(State)
    graph.add_node("first", first)
    graph.add_node("second", second)
    graph.add_edge(START, "first")
    graph.add_edge("first", "second")
    return graph


async def checkpoint_before(graph: Any, node: str) -> str:
    """The newest checkpoint from which a node comes next."""
    config: Any = {"configurable": {"thread_id": "t"}}
    history = [s async for s in graph.aget_state_history(config)]
    at = next(s for s in history if s.next == (node,))
    return str(at.config["configurable"]["checkpoint_id"])


async def test_effects_of_one_name_in_a_fork_are_asked_about_each_once(storage: Storage) -> None:
    """What the fork itself does is no reason to ask again: answered one after the other."""
    world = World()
    buy = Reply(tool_calls=[tool_call("order", what="plate"), tool_call("order", what="cup")])
    agent = Agent(name="shop", prompt="Order.", model=model(buy, "Done."), tools=shop(world))
    graph = agent_graph(agent)
    await stretto.run(graph, "Order.", thread="t", storage=storage)
    bound = graph.copy({"checkpointer": storage.checkpointer})
    config: Any = {"configurable": {"thread_id": "t"}}
    history = [s async for s in bound.aget_state_history(config)]
    at = next(s for s in history if s.next == ("tools", "tools")).config
    checkpoint = at["configurable"]["checkpoint_id"]
    result = await stretto.resume(graph, "t", checkpoint=checkpoint, storage=storage)
    asked = [i.value["action_requests"][0]["args"]["what"] for i in result.interrupts]
    assert sorted(asked) == ["cup", "plate"]
    approve = {"decisions": [{"type": "approve"}]}
    first, second = (i.id for i in result.interrupts)
    result = await stretto.resume(graph, "t", answers={first: approve}, storage=storage)
    assert [i.id for i in result.interrupts] == [second]
    result = await stretto.resume(graph, "t", answers={second: approve}, storage=storage)
    assert result.status == "done"
    assert sorted(world.log) == ["cup", "cup", "plate", "plate"]


async def test_a_fork_further_back_asks_about_the_branch_that_was_left(storage: Storage) -> None:
    """One step before, too: the same effect with the same input was done on the other branch."""
    world = World()
    graph = chain_of_two(world).compile(checkpointer=storage.checkpointer)
    await stretto.run(graph, {}, thread="t", storage=storage)
    at = await checkpoint_before(graph, "first")
    asked = await stretto.resume(graph, "t", checkpoint=at, storage=storage)
    assert "Is it to be done again here?" in str(asked.interrupts[0].value)
    assert world.log == ["b"]
    said = {"decisions": [{"type": "respond", "message": "paid b"}]}
    result = await stretto.resume(graph, "t", said, storage=storage)
    assert result.value["done"] == ["went on", "paid b"]
    assert world.log == ["b"]


async def test_what_was_done_and_must_not_be_repeated_is_refused_in_a_fork(
    storage: Storage,
) -> None:
    """And it is not said that nobody knows."""
    world = World()
    graph = chain_of_two(world, "fail").compile(checkpointer=storage.checkpointer)
    await stretto.run(graph, {}, thread="t", storage=storage)
    for node in ("second", "first"):
        at = await checkpoint_before(graph, node)
        with pytest.raises(EffectUnknown, match="before this fork"):
            await stretto.resume(graph, "t", checkpoint=at, storage=storage)
    assert world.log == ["b"]


async def test_a_fork_behind_pruned_records_asks(storage: Storage) -> None:
    """Nobody knows what was done from there: it is not taken for nothing."""
    world = World()
    graph = chain_of_two(world, counts=True).compile(checkpointer=storage.checkpointer)
    await stretto.run(graph, {}, thread="t", storage=storage)
    at = await checkpoint_before(graph, "second")
    await stretto.run(graph, {}, thread="t", storage=storage)
    assert await storage.journal.prune(keep=1)
    asked = await stretto.resume(graph, "t", checkpoint=at, storage=storage)
    assert "are pruned" in str(asked.interrupts[0].value)
    assert world.log == ["b0", "b1"]


@pytest.mark.parametrize("way", ["ainvoke", "update_state"])
async def test_langgraphs_own_ways_back_ask_too(way: str, storage: Storage) -> None:
    """Going on from an old checkpoint, or an edit there, is a fork as well."""
    from stretto.journal.handler import JournalHandler

    world = World()

    async def work(state: State) -> State:
        return {"done": [await effect("pay", world.pay, "b")]}

    graph = one_node(work).compile(checkpointer=storage.checkpointer)
    await stretto.run(graph, {}, thread="t", storage=storage)
    history = [s async for s in graph.aget_state_history({"configurable": {"thread_id": "t"}})]
    at = next(s for s in history if s.next == ("work",)).config
    if way == "update_state":
        at = await graph.aupdate_state(at, {"done": ["edited"]}, as_node="__start__")
    with installed(JournalHandler(storage.journal)):
        out = await graph.ainvoke(None, at, durability="sync")
    assert "Is it to be done again here?" in str(out["__interrupt__"][0].value)
    assert world.log == ["b"]


async def test_a_question_in_a_nested_graph_waits_once_and_can_be_answered(
    storage: Storage,
) -> None:
    """A subgraph as a node: one question, one answer, without its id."""
    world = World()
    world.crash_in = {"a"}

    async def work(state: State) -> State:
        return {"done": [await effect("pay", world.pay, "a")]}

    outer = StateGraph(State)
    outer.add_node("inner", one_node(work).compile())
    outer.add_edge(START, "inner")
    await crashes(outer, storage, {})
    asked = await stretto.resume(outer, "t", storage=storage)
    assert len(asked.interrupts) == 1
    said = {"decisions": [{"type": "respond", "message": "paid a"}]}
    result = await stretto.resume(outer, "t", said, storage=storage)
    assert result.value["done"] == ["paid a"]
    assert world.log == ["a"]
