"""Retries, fallbacks and handoffs, as LangGraph and LangChain make them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import (
    ModelFallbackMiddleware,
    ModelRetryMiddleware,
    ToolRetryMiddleware,
)
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import InjectedToolCallId, tool
from langgraph.func import task
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.types import Command, RetryPolicy, Send

from stretto.journal.handler import JournalHandler
from stretto.records import (
    AnyRecord,
    Decided,
    FellBack,
    Handoff,
    ModelStarted,
    NodeEnded,
    NodeStarted,
    Retried,
    ToolEnded,
    ToolStarted,
)
from stretto.testing import ScriptedModel, tool_call
from stretto.testing.reply import Reply

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from langgraph.graph.state import CompiledStateGraph

    from stretto.journal import Journal

TWICE = RetryPolicy(initial_interval=0.0, jitter=False, max_attempts=2, retry_on=ValueError)
ASKED: Any = {"messages": [HumanMessage("hi")]}


class Named(ScriptedModel):
    """A model with a name, which is all that tells two of them apart in the journal."""

    model_name: str = "a"

    def _get_ls_params(self, stop: Any = None, **kwargs: Any) -> Any:
        return super()._get_ls_params(stop=stop, **kwargs) | {"ls_model_name": self.model_name}


def named(name: str, *replies: Any) -> Named:
    """A model that says these."""
    return Named(list(replies), model_name=name)


@pytest.fixture
def told(file_journal: Journal) -> Callable[..., Awaitable[list[AnyRecord]]]:
    """Runs a graph and gives its records of some types."""

    async def run(graph: CompiledStateGraph[Any], *kinds: Any) -> list[AnyRecord]:
        config: Any = {"callbacks": [JournalHandler(file_journal)]}
        await graph.ainvoke(ASKED, config)
        await file_journal.flush()
        return [r for r in await file_journal.records() if isinstance(r, kinds)]

    return run


def alone(node: Any, **about: Any) -> CompiledStateGraph[Any]:
    """A graph of one node."""
    graph = StateGraph(MessagesState).add_node("work", node, **about)
    return graph.add_edge(START, "work").compile()


def failing(times: int) -> Callable[[], None]:
    """Raises so many times when it is called."""
    left = iter(range(times))

    def fail() -> None:
        if (number := next(left, None)) is not None:
            raise ValueError(f"no {number}")

    return fail


async def test_a_node_tried_again_by_its_policy(told: Any) -> None:
    """Told between the end of one try and the start of the next, with why the one before failed."""
    fail = failing(1)

    async def work(state: Any) -> Any:
        fail()
        return {}

    records = await told(alone(work, retry_policy=TWICE), NodeStarted, NodeEnded, Retried)
    assert [r.type for r in records] == [
        "node_started",
        "node_ended",
        "retried",
        "node_started",
        "node_ended",
    ]
    again = records[2]
    assert (again.step, again.name, again.attempt) == ("node", "work", 2)
    assert (again.error, again.span) == ("ValueError: no 0", records[3].span)


async def test_a_node_that_ran_out_of_time_is_tried_again(told: Any) -> None:
    """LangGraph cancels it, and its policy begins it again."""
    tries: list[int] = []

    async def work(state: Any) -> Any:
        tries.append(1)
        if len(tries) == 1:
            await asyncio.Event().wait()
        return {}

    policy = TWICE._replace(retry_on=Exception)
    (again,) = await told(alone(work, retry_policy=policy, timeout=0.05), Retried)
    assert (again.name, again.attempt, again.error) == ("work", 2, "cancelled before its end")


async def test_a_task_tried_again(told: Any) -> None:
    """Functional `@task`s too."""
    fail = failing(1)

    @task(retry_policy=TWICE)
    async def piece(number: int) -> int:
        fail()
        return number

    async def work(state: Any) -> Any:
        await piece(1)
        return {}

    (again,) = await told(alone(work), Retried)
    assert (again.step, again.name, again.attempt) == ("node", "piece", 2)


async def test_a_loop_is_no_retry(told: Any) -> None:
    """A node that runs twice is at another place each time; nor is a model called twice."""
    model = named("a", "1", "2", "3", "4")

    async def work(state: Any) -> Any:
        await model.ainvoke("hi")
        await model.ainvoke("hi")
        return {"messages": [AIMessage("once more")]}

    graph = StateGraph(MessagesState).add_node("work", work).add_edge(START, "work")
    graph.add_conditional_edges("work", lambda s: "work" if len(s["messages"]) < 3 else END)
    assert len(await told(graph.compile(), Retried, FellBack, ModelStarted)) == 4


async def test_another_question_after_a_failure_is_no_retry(told: Any) -> None:
    """What failed was not done again."""
    model = named("a", ValueError("no"), "ok")

    async def work(state: Any) -> Any:
        with pytest.raises(ValueError, match="no"):
            await model.ainvoke("one thing")
        await model.ainvoke("another")
        return {}

    assert await told(alone(work), Retried, FellBack) == []


async def test_a_model_tried_again_by_middleware(told: Any) -> None:
    """Each attempt is told; the node ran once."""
    retry = ModelRetryMiddleware(max_retries=2, initial_delay=0.0, jitter=False)
    model = named("a", ValueError("1"), ValueError("2"), "ok")
    records = await told(create_agent(model, [], middleware=[retry]), Retried)
    assert [(r.step, r.name, r.attempt, r.error) for r in records] == [
        ("model", "a", 2, "ValueError: 1"),
        ("model", "a", 3, "ValueError: 2"),
    ]


async def test_a_model_tried_again_by_a_runnable(told: Any) -> None:
    """LangChain's `with_retry`."""
    model = named("a", ValueError("1"), "ok").with_retry(
        retry_if_exception_type=(ValueError,), wait_exponential_jitter=False
    )

    async def work(state: Any) -> Any:
        return {"messages": [await model.ainvoke("hi")]}

    (again,) = await told(alone(work), Retried)
    assert (again.step, again.attempt) == ("model", 2)


@pytest.mark.parametrize("way", ["middleware", "runnable"])
async def test_another_model_takes_over(told: Any, way: str) -> None:
    """By LangChain's middleware or runnable; the whole chain of them."""
    first, *others = (
        named("a", ValueError("1")),
        named("b", ValueError("2")),
        named("c", "ok"),
    )
    if way == "middleware":
        graph = create_agent(first, [], middleware=[ModelFallbackMiddleware(*others)])
    else:
        model = first.with_fallbacks(others)

        async def work(state: Any) -> Any:
            return {"messages": [await model.ainvoke("hi")]}

        graph = alone(work)
    records = await told(graph, FellBack, Retried)
    assert [(r.type, r.step, r.name, r.to, r.error) for r in records] == [
        ("fell_back", "model", "a", "b", "ValueError: 1"),
        ("fell_back", "model", "b", "c", "ValueError: 2"),
    ]


async def test_a_tool_tried_again_by_middleware(told: Any) -> None:
    """The same call; a model that calls for it anew later does not try it again."""
    fail = failing(1)

    @tool
    def look(x: str) -> str:
        """Look."""
        fail()
        return x

    model = named(
        "a",
        Reply(tool_calls=[tool_call("look", x="1")]),
        Reply(tool_calls=[tool_call("look", x="1")]),
        "ok",
    )
    retry = ToolRetryMiddleware(max_retries=1, initial_delay=0.0, jitter=False)
    records = await told(create_agent(model, [look], middleware=[retry]), Retried, ToolStarted)
    assert [r.type for r in records] == ["tool_started", "retried", "tool_started", "tool_started"]
    assert (records[1].step, records[1].name, records[1].error) == (
        "tool",
        "look",
        "ValueError: no 0",
    )


async def test_another_tool_takes_over(told: Any) -> None:
    """With the same arguments, in the same node."""

    @tool
    def look(x: str) -> str:
        """Look."""
        raise ValueError("no")

    @tool
    def look_elsewhere(x: str) -> str:
        """Look elsewhere."""
        return x

    async def work(state: Any) -> Any:
        await look.with_fallbacks([look_elsewhere]).ainvoke({"x": "1"})
        return {}

    (back,) = await told(alone(work), FellBack)
    assert (back.step, back.name, back.to) == ("tool", "look", "look_elsewhere")


async def test_an_error_handler_takes_over_from_its_node(told: Any) -> None:
    """LangGraph runs it as a node of its own, after the retries."""

    async def work(state: Any) -> Any:
        raise ValueError("no")

    graph = alone(work, retry_policy=TWICE, error_handler=lambda state: {"messages": []})
    again, back = await told(graph, FellBack, Retried)
    assert (again.type, again.attempt) == ("retried", 2)
    assert (back.step, back.name, back.error) == ("node", "work", "ValueError: no")
    assert "work" in back.to


async def test_a_swarm_of_agents(told: Any) -> None:
    """Peers with tools that hand over to one another: once each, by whom, to whom and why."""

    def hand_over(to: str) -> Any:
        @tool(f"to_{to}")
        def to_peer(reason: str, tool_call_id: Annotated[str, InjectedToolCallId]) -> Any:
            """Hand over."""
            said = ToolMessage("handed over", tool_call_id=tool_call_id)
            return Command(goto=to, graph=Command.PARENT, update={"messages": [said]})

        return to_peer

    call = Reply(tool_calls=[tool_call("to_bob", reason="he knows wood")])
    alice = create_agent(named("a", call), [hand_over("bob")], name="alice")
    bob = create_agent(named("b", "It is oak."), [hand_over("alice")], name="bob")
    graph = StateGraph(MessagesState)
    graph.add_node("alice", alice, destinations=("bob",))
    graph.add_node("bob", bob, destinations=("alice",))
    graph.add_edge(START, "alice")
    ended, handed = await told(graph.compile(), Handoff, Decided, ToolEnded)
    assert ended.result == "handed over"
    assert (handed.by, handed.to, handed.reason) == ("alice", "bob", "he knows wood")
    assert handed.agent == "alice"


async def test_a_node_around_an_agent_hands_over_and_a_router_decides(told: Any) -> None:
    """Hand-written: what worked inside says whether it was a handoff."""
    clerk = create_agent(named("a", "done"), [], name="clerk")

    async def router(state: Any) -> Any:
        return Command(goto=[Send("desk", state)])

    async def desk(state: Any) -> Any:
        await clerk.ainvoke({"messages": [HumanMessage("x")]})
        return Command(goto="file")

    async def file(state: Any) -> Any:
        return Command(goto=END)

    graph = StateGraph(MessagesState)
    graph.add_node("router", router, destinations=("desk",))
    graph.add_node("desk", desk, destinations=("file",))
    graph.add_node("file", file, destinations=(END,))
    graph.add_edge(START, "router")
    first, second, third = await told(graph.compile(), Handoff, Decided)
    assert isinstance(first, Decided)
    assert (first.by, first.decision) == ("router", "goto desk")
    assert isinstance(second, Handoff)
    assert (second.by, second.to) == ("clerk", "file")
    assert isinstance(third, Decided)
    assert (third.by, third.decision) == ("file", "goto __end__")


async def test_edges_and_an_agent_s_own_steps_are_no_handoffs(told: Any) -> None:
    """The graph's author decided those."""

    @tool
    def look(x: str) -> str:
        """Look."""
        return x

    model = named("a", Reply(tool_calls=[tool_call("look", x="1")]), "ok")
    agent = create_agent(model, [look], name="clerk")
    graph = StateGraph(MessagesState).add_node("clerk", agent).add_node("end", lambda s: {})
    graph.add_edge(START, "clerk").add_conditional_edges("clerk", lambda s: "end", ["end"])
    assert await told(graph.compile(), Handoff, Decided) == []
