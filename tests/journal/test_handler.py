from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any

import pytest
from langchain.agents import create_agent
from langchain_core.callbacks import adispatch_custom_event, dispatch_custom_event
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage
from langchain_core.runnables import RunnableConfig, RunnableLambda
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.func import task
from langgraph.graph import START, StateGraph
from langgraph.runtime import RunControl, Runtime
from langgraph.types import Command, interrupt
from typing_extensions import TypedDict

from stretto.errors import LimitReached, StateUnavailable
from stretto.journal import Journal, Usage
from stretto.journal.handler import Announcement, JournalHandler
from stretto.journal.install import installed
from stretto.policy import Limits
from stretto.records import (
    AGENT_KEY,
    RECORD_EVENT,
    TASK_KEY,
    TEAM_KEY,
    Answered,
    AnyRecord,
    Decided,
    Interrupted,
    ModelEnded,
    ModelStarted,
    NodeEnded,
    NodeStarted,
    RunEnded,
    RunStarted,
    ToolEnded,
    ToolStarted,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from langgraph.graph.state import CompiledStateGraph


class State(TypedDict, total=False):
    """A state of two keys."""

    messages: list[AnyMessage]
    text: str


class Model(GenericFakeChatModel):
    """Says what it was given, one message after the other, and takes tools."""

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        """It needs to know nothing of them."""
        return self


def model(*messages: AIMessage | str) -> Model:
    """One that says these."""
    return Model(messages=iter(messages))


def calls(*names: str) -> AIMessage:
    """A message that calls tools, each with the argument x."""
    found = [{"name": n, "args": {"x": n}, "id": f"c{i}"} for i, n in enumerate(names)]
    return AIMessage("", tool_calls=found)


@tool
def double(x: str) -> str:
    """Say it twice."""
    return x + x


@tool
def ask(x: str) -> str:
    """Ask a person."""
    return str(interrupt({"question": x}))


@tool
def broken(x: str) -> str:
    """Fail."""
    raise ValueError("it broke")


def graph(*nodes: Any, checkpointer: Any = True, **named: Any) -> CompiledStateGraph[Any]:
    """A chain of nodes, named by their functions or by keyword."""
    builder = StateGraph(State)
    steps = {node.__name__: node for node in nodes} | named
    for before, (name, node) in zip([START, *steps], steps.items(), strict=False):
        builder.add_node(name, node)
        builder.add_edge(before, name)
    return builder.compile(
        checkpointer=InMemorySaver() if checkpointer is True else checkpointer, name="chain"
    )


def config(handler: JournalHandler | None, thread: str = "t") -> RunnableConfig:
    """For a run on a thread."""
    told: RunnableConfig = {"configurable": {"thread_id": thread}}
    return {**told, "callbacks": [handler]} if handler else told


async def written(journal: Journal, thread: str = "t") -> list[AnyRecord]:
    """The records of a thread, the last ones included."""
    await journal.flush()
    return await journal.records(thread)


def of(records: list[AnyRecord], kind: type[Any]) -> list[Any]:
    """The records of one kind."""
    return [record for record in records if isinstance(record, kind)]


def kinds(records: list[AnyRecord]) -> list[str]:
    """What happened and where."""
    return [f"{r.type} {r.node}".strip() for r in records]


async def hello(state: State) -> State:
    """A node."""
    return {"text": "hello"}


async def test_a_run_and_its_nodes(file_journal: Journal) -> None:
    """Start and end of each, in the order in which they happened, sharing a span."""
    chain = graph(hello, checkpointer=None)
    handler = JournalHandler(file_journal)
    await chain.ainvoke({"text": "hi"}, {"callbacks": [handler], "run_name": "greet"})
    await file_journal.flush()
    records = await file_journal.records()
    assert kinds(records) == ["run_started", "node_started hello", "node_ended hello", "run_ended"]
    start, node, node_end, end = records
    assert isinstance(start, RunStarted)
    assert (start.team, start.resumed, start.process) == ("greet", False, os.getpid())
    assert start.thread == f"run:{start.run}"
    assert (start.span, end.span, start.parent) == (start.run, start.run, "")
    assert (node.span, node.parent) == (node_end.span, start.run)
    assert node.place.startswith("hello:")
    assert len(handler._spans) == 0


async def test_the_question_is_the_last_human_message(file_journal: Journal) -> None:
    """And the thread is the graph's."""
    chain = graph(hello)
    messages = [HumanMessage("first"), AIMessage("yes?"), HumanMessage("second")]
    await chain.ainvoke({"messages": messages}, config(JournalHandler(file_journal), "mine"))
    (start, *_) = await written(file_journal, "mine")
    assert isinstance(start, RunStarted)
    assert start.question == "second"


async def test_what_only_the_caller_knows_is_announced(file_journal: Journal) -> None:
    """Team, model, context and limits are in the first record."""
    handler = JournalHandler(
        file_journal,
        limits=Limits(model_calls=7),
        announcement=Announcement(team="research", model="offline", context={"sources": ["a"]}),
    )
    await graph(hello).ainvoke({"text": "hi"}, config(handler))
    (start, *_) = await written(file_journal)
    assert isinstance(start, RunStarted)
    assert (start.team, start.model, start.context) == ("research", "offline", {"sources": ["a"]})
    assert start.limits == {"model_calls": 7}


async def test_agents_models_and_tools(file_journal: Journal) -> None:
    """A `create_agent` agent inside a node: who called what, with what, and what came of it."""
    end = AIMessage(
        "done", usage_metadata={"input_tokens": 5, "output_tokens": 2, "total_tokens": 7}
    )
    agent = create_agent(model(calls("double"), end), [double], name="clerk")

    async def work(state: State) -> State:
        out = await agent.ainvoke({"messages": state["messages"]})
        return {"text": out["messages"][-1].content}

    chain = graph(work)
    told = config(JournalHandler(file_journal)) | {"metadata": {TEAM_KEY: "office"}}
    await chain.ainvoke({"messages": [HumanMessage("hi")]}, told)
    records = await written(file_journal)
    assert kinds(records) == [
        "run_started",
        "node_started work",
        "node_started model",
        "model_started model",
        "model_ended model",
        "node_ended model",
        "node_started tools",
        "tool_started tools",
        "tool_ended tools",
        "node_ended tools",
        "node_started model",
        "model_started model",
        "model_ended model",
        "node_ended model",
        "node_ended work",
        "run_ended",
    ]
    assert of(records, RunStarted)[0].team == "office"
    first, last = of(records, ModelEnded)
    assert (first.tool_calls, first.agent) == (("double",), "clerk")
    assert (last.text, last.input_tokens, last.output_tokens) == ("done", 5, 2)
    assert [r.messages for r in of(records, ModelStarted)] == [1, 3]
    (call,), (result,) = of(records, ToolStarted), of(records, ToolEnded)
    assert (call.tool, call.call, call.args) == ("double", "c0", {"x": "double"})
    assert (result.status, result.result, result.span) == ("done", "doubledouble", call.span)
    inner = next(r for r in of(records, NodeStarted) if r.node == "tools")
    assert call.parent == inner.span
    assert inner.parent == of(records, NodeStarted)[0].span
    assert inner.place.count("|") == 1


async def test_metadata_tells_agent_and_task(file_journal: Journal) -> None:
    """On the whole branch below; LangChain hands metadata down."""

    async def work(state: State) -> State:
        told: RunnableConfig = {"metadata": {AGENT_KEY: "anna", TASK_KEY: "t1"}}
        return {"text": (await model("ok").ainvoke("hi", told)).text}

    await graph(work).ainvoke({"text": ""}, config(JournalHandler(file_journal)))
    started = of(await written(file_journal), ModelStarted)[0]
    assert (started.agent, started.task, started.node) == ("anna", "t1", "work")


async def test_a_step_of_a_chain_tells_its_place(file_journal: Journal) -> None:
    """The node of the chain does, and nothing within it."""

    async def work(state: State) -> State:
        return {"text": state["text"] + "!"}

    inner, outer = StateGraph(State), StateGraph(State)
    inner.add_node("inner", work)
    inner.add_edge(START, "inner")
    outer.add_node("one", inner.compile(), metadata={"step": "1 of 2"})
    outer.add_node("two", work, metadata={"step": "2 of 2"})
    outer.add_edge(START, "one")
    outer.add_edge("one", "two")
    await outer.compile().ainvoke({"text": ""}, config(JournalHandler(file_journal)))
    places = {r.node: r.step for r in of(await written(file_journal), NodeStarted)}
    assert places == {"one": "1 of 2", "inner": "", "two": "2 of 2"}


async def test_streamed_models_tell_their_usage(file_journal: Journal) -> None:
    """Streaming takes another way through LangChain; the record is the same."""
    end = AIMessage(
        "one two", usage_metadata={"input_tokens": 5, "output_tokens": 2, "total_tokens": 7}
    )

    async def work(state: State) -> State:
        async for _ in model(end).astream("hi"):
            pass
        return {"text": ""}

    chain = graph(work)
    handler = JournalHandler(file_journal)
    async for _ in chain.astream(
        {"text": ""}, config(handler), stream_mode=["messages", "updates"]
    ):
        pass
    (ended,) = of(await written(file_journal), ModelEnded)
    assert ended.text == "one two"


async def test_an_interrupt_is_told_once_with_its_place(file_journal: Journal) -> None:
    """A tool three levels down asks; the answer and the second start follow on the resume."""
    agent = create_agent(model(calls("ask"), "thanks"), [ask], name="clerk")

    async def work(state: State) -> State:
        return {
            "text": (await agent.ainvoke({"messages": [HumanMessage("x")]}))["messages"][-1].text
        }

    chain = graph(work)
    await chain.ainvoke({"text": ""}, config(JournalHandler(file_journal)))
    records = await written(file_journal)
    (asked,) = of(records, Interrupted)
    assert (asked.value, asked.node, asked.agent) == ({"question": "ask"}, "tools", "clerk")
    assert of(records, ToolEnded)[0].status == "interrupted"
    assert {r.status for r in of(records, NodeEnded) if r.node != "model"} == {"interrupted"}
    assert of(records, RunEnded)[0].status == "interrupted"

    by = Announcement(by="eva")
    await chain.ainvoke(
        Command(resume="yes"), config(JournalHandler(file_journal, announcement=by))
    )
    again = (await written(file_journal))[len(records) :]
    assert isinstance(again[0], RunStarted)
    assert (again[0].resumed, again[0].question) == (True, "")
    (answer,) = of(again, Answered)
    assert (answer.interrupt, answer.answer, answer.by) == ("", "yes", "eva")
    assert of(again, ToolEnded)[0].result == "yes"
    assert of(again, Interrupted) == []
    assert of(again, RunEnded)[0].status == "done"


async def test_parallel_interrupts_are_told_and_answered_each(file_journal: Journal) -> None:
    """Several tasks ask at once; answers carry the id of what they answer."""

    def asking(state: State) -> State:
        return {"text": interrupt("a?")}

    def asking_too(state: State) -> State:
        interrupt("b?")
        return {}

    builder = StateGraph(State).add_node(asking).add_node(asking_too)
    builder.add_edge(START, "asking").add_edge(START, "asking_too")
    chain = builder.compile(checkpointer=InMemorySaver())
    await chain.ainvoke({"text": ""}, config(JournalHandler(file_journal)))
    records = await written(file_journal)
    asked = {r.value: r.interrupt for r in of(records, Interrupted)}
    assert asked.keys() == {"a?", "b?"}
    answers = {asked["b?"]: "B", asked["a?"]: "A"}
    await chain.ainvoke(Command(resume=answers), config(JournalHandler(file_journal)))
    given = of(await written(file_journal), Answered)
    assert {r.interrupt: r.answer for r in given} == answers


async def test_a_breakpoint_leaves_the_run_interrupted(file_journal: Journal) -> None:
    """Nothing was asked, but the run waits; going on without input is a resume."""
    chain = graph(hello)
    handler = JournalHandler(file_journal)
    await chain.ainvoke({"text": ""}, config(handler), interrupt_before=["hello"])
    records = await written(file_journal)
    assert of(records, Interrupted) == []
    assert of(records, RunEnded)[0].status == "interrupted"
    await chain.ainvoke(None, config(handler))
    assert of(await written(file_journal), RunStarted)[1].resumed


async def test_tasks_are_recorded_as_nodes(file_journal: Journal) -> None:
    """Functional `@task`s inside a node are the node's children."""

    @task
    async def piece(number: int) -> int:
        return number

    async def work(state: State) -> State:
        await asyncio.gather(*(piece(number) for number in range(3)))
        return {}

    await graph(work).ainvoke({"text": ""}, config(JournalHandler(file_journal)))
    records = await written(file_journal)
    node, *pieces = of(records, NodeStarted)
    assert [r.node for r in pieces] == ["piece"] * 3
    assert {r.parent for r in pieces} == {node.span}


async def test_a_graph_as_a_node(file_journal: Journal) -> None:
    """The node is told once, and the nodes inside it below it."""
    outer = graph(inner=graph(hello, checkpointer=None))
    await outer.ainvoke({"text": ""}, config(JournalHandler(file_journal)))
    records = await written(file_journal)
    assert kinds(records) == [
        "run_started",
        "node_started inner",
        "node_started hello",
        "node_ended hello",
        "node_ended inner",
        "run_ended",
    ]


async def test_a_decision_tells_where_it_was_made(file_journal: Journal) -> None:
    """By LangChain's custom event; others are not ours."""

    async def review(state: State) -> State:
        await adispatch_custom_event("other", {"x": 1})
        told = {
            "type": "decided",
            "decision": "accept",
            "reason": "good",
            "alternatives": ["revise"],
            "data": {"a": 1},
        }
        await adispatch_custom_event(RECORD_EVENT, told)
        return {}

    await graph(review).ainvoke({"text": ""}, config(JournalHandler(file_journal)))
    (decided,) = of(await written(file_journal), Decided)
    assert (decided.by, decided.decision, decided.reason) == ("review", "accept", "good")
    assert (decided.alternatives, decided.data, decided.node) == (("revise",), {"a": 1}, "review")


async def test_failures_are_told_where_they_happened(file_journal: Journal) -> None:
    """The tool, its nodes and the run end as failed, with the error."""
    agent = create_agent(model(calls("broken")), [broken])
    with pytest.raises(ValueError, match="it broke"):
        await agent.ainvoke(
            {"messages": [HumanMessage("x")]}, {"callbacks": [JournalHandler(file_journal)]}
        )
    await file_journal.flush()
    records = await file_journal.records()
    assert of(records, ToolEnded)[0].error == "ValueError: it broke"
    assert of(records, NodeEnded)[-1].status == "failed"
    assert (of(records, RunEnded)[0].status, of(records, RunEnded)[0].error) == (
        "failed",
        "ValueError: it broke",
    )


async def test_a_failed_model_call_is_told(file_journal: Journal) -> None:
    """With its error; the run fails."""

    async def work(state: State) -> State:
        return {"text": (await model().ainvoke("hi")).text}

    with pytest.raises(RuntimeError):
        await graph(work).ainvoke({"text": ""}, config(JournalHandler(file_journal)))
    (ended,) = of(await written(file_journal), ModelEnded)
    assert "Error" in ended.error


async def test_a_cancelled_run_was_stopped(file_journal: Journal) -> None:
    """What was at work was cancelled, not failed."""
    begun = asyncio.Event()

    async def work(state: State) -> State:
        begun.set()
        await asyncio.Event().wait()
        return {}

    handler = JournalHandler(file_journal)
    run = asyncio.create_task(graph(work).ainvoke({"text": ""}, config(handler)))
    await begun.wait()
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    records = await written(file_journal)
    assert of(records, NodeEnded)[0].status == "cancelled"
    assert of(records, RunEnded)[0].status == "stopped"
    assert len(handler._spans) == 0


async def test_a_drained_run_was_stopped(file_journal: Journal) -> None:
    """LangGraph's own way to stop at a safe point."""
    control = RunControl()

    async def work(state: State, runtime: Runtime) -> State:
        control.request_drain("enough")
        return {}

    chain = graph(work, hello)
    from langgraph.errors import GraphDrained

    with pytest.raises(GraphDrained):
        await chain.ainvoke({"text": ""}, config(JournalHandler(file_journal)), control=control)
    assert of(await written(file_journal), RunEnded)[0].status == "stopped"


async def test_a_handoff_to_the_parent_ends_its_node_well(file_journal: Journal) -> None:
    """`Command(graph=PARENT)` is raised by LangGraph, but it is no failure."""

    async def leave(state: State) -> Command[Any]:
        return Command(graph=Command.PARENT, goto="hello")

    builder = StateGraph(State).add_node("inner", graph(leave, checkpointer=None)).add_node(hello)
    chain = builder.add_edge(START, "inner").compile()
    await chain.ainvoke({"text": ""}, {"callbacks": [JournalHandler(file_journal)]})
    await file_journal.flush()
    assert {r.status for r in of(await file_journal.records(), NodeEnded)} == {"done"}


def test_a_synchronous_run_is_journaled_too(tmp_path: Any) -> None:
    """`invoke` runs its nodes in threads."""
    from stretto.journal import open_journal

    def work(state: State) -> State:
        dispatch_custom_event(RECORD_EVENT, {"type": "decided", "decision": "go"})
        return {"text": model("ok").invoke("hi").text}

    async def main() -> list[AnyRecord]:
        async with open_journal(tmp_path / "journal.sqlite") as journal:
            chain = graph(work)
            await asyncio.to_thread(chain.invoke, {"text": ""}, config(JournalHandler(journal)))
            return await written(journal)

    assert [r.type for r in asyncio.run(main())] == [
        "run_started",
        "node_started",
        "decided",
        "model_started",
        "model_ended",
        "node_ended",
        "run_ended",
    ]


def talker(count: int) -> Callable[[State], Any]:
    """A node that calls a model some times."""
    voice = model(*("ok" for _ in range(100)))

    async def talk(state: State) -> State:
        for _ in range(count):
            await voice.ainvoke("hi")
        return {}

    return talk


async def test_the_call_over_the_limit_is_not_made(file_journal: Journal) -> None:
    """The run fails before it, and the text says what to do."""
    handler = JournalHandler(file_journal, limits=Limits(model_calls=2))
    with pytest.raises(LimitReached, match="--max-model-calls"):
        await graph(talk=talker(3)).ainvoke({"text": ""}, config(handler))
    records = await written(file_journal)
    assert len(of(records, ModelStarted)) == 2
    assert of(records, RunEnded)[0].error.startswith("LimitReached")


async def test_what_was_spent_before_counts(file_journal: Journal) -> None:
    """A resume does not start anew."""
    handler = JournalHandler(file_journal, limits=Limits(model_calls=5), spent=Usage(model_calls=4))
    with pytest.raises(LimitReached):
        await graph(talk=talker(2)).ainvoke({"text": ""}, config(handler))
    assert len(of(await written(file_journal), ModelStarted)) == 1


async def test_tool_calls_can_be_limited(file_journal: Journal) -> None:
    """The tool does not run."""
    ran: list[str] = []

    @tool
    def note(x: str) -> str:
        """Note it."""
        ran.append(x)
        return x

    agent = create_agent(model(calls("note"), calls("note"), "end"), [note])
    limits = Limits(model_calls=None, tool_calls=1)
    with pytest.raises(LimitReached, match="--max-tool-calls"):
        await agent.ainvoke(
            {"messages": [HumanMessage("x")]},
            {"callbacks": [JournalHandler(file_journal, limits=limits)]},
        )
    assert len(ran) == 1


async def test_each_run_has_the_limit_of_its_own(file_journal: Journal) -> None:
    """One handler may serve many runs."""
    handler = JournalHandler(file_journal, limits=Limits(model_calls=2))
    for thread in ("a", "b"):
        await graph(talk=talker(2)).ainvoke({"text": ""}, config(handler, thread))
    assert len(of(await written(file_journal, "b"), ModelStarted)) == 2


async def test_nothing_runs_unjournaled(file_journal: Journal) -> None:
    """When the journal cannot be written, the run fails before the tool runs."""
    ran: list[str] = []

    @tool
    def note(x: str) -> str:
        """Note it."""
        ran.append(x)
        return x

    class Closing(Model):
        async def _agenerate(self, *args: Any, **kwargs: Any) -> Any:
            result = await super()._agenerate(*args, **kwargs)
            await file_journal.aclose()
            return result

    agent = create_agent(Closing(messages=iter([calls("note"), "end"])), [note])
    with pytest.raises(StateUnavailable):
        await agent.ainvoke(
            {"messages": [HumanMessage("x")]}, {"callbacks": [JournalHandler(file_journal)]}
        )
    assert ran == []


async def test_calls_outside_any_graph_are_not_recorded(file_journal: Journal) -> None:
    """A model or a chain alone is no run."""
    told: RunnableConfig = {"callbacks": [JournalHandler(file_journal)]}
    await model("ok").ainvoke("hi", told)
    await RunnableLambda(lambda x: x).ainvoke("hi", told)
    await double.ainvoke({"x": "a"}, told)
    await file_journal.flush()
    assert await file_journal.records() == []


async def test_a_graph_inside_a_runnable_is_a_run(file_journal: Journal) -> None:
    """It is the outermost graph."""
    chain = RunnableLambda(lambda x: {"text": x}) | graph(hello)
    await chain.ainvoke("hi", config(JournalHandler(file_journal)))
    assert [r.type for r in await written(file_journal)][:1] == ["run_started"]


async def test_an_installed_handler_sees_every_run(file_journal: Journal) -> None:
    """Interrupts too, which LangGraph tells only to handlers in the config."""

    async def asking(state: State) -> State:
        return {"text": interrupt("sure?")}

    chain = graph(asking)
    with installed(JournalHandler(file_journal)):
        await chain.ainvoke({"text": ""}, config(None))
        await chain.ainvoke(Command(resume="yes"), config(None))
    await chain.ainvoke({"text": ""}, config(None))
    records = await written(file_journal)
    assert [r.status for r in of(records, RunEnded)] == ["interrupted", "done"]
    assert [r.value for r in of(records, Interrupted)] == ["sure?"]


async def test_installed_and_passed_writes_once(file_journal: Journal) -> None:
    """The one in the config is the one that counts."""
    mine = JournalHandler(file_journal, announcement=Announcement(team="mine"))
    with installed(JournalHandler(file_journal)):
        await graph(hello).ainvoke({"text": ""}, config(mine))
    records = await written(file_journal)
    assert len(records) == 4
    assert of(records, RunStarted)[0].team == "mine"


async def test_the_log_does_not_repeat_what_is_raised(
    file_journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    """langchain-core logs what handlers raise; ours makes itself heard."""
    handler = JournalHandler(file_journal, limits=Limits(model_calls=0))
    with pytest.raises(LimitReached):
        await graph(talk=talker(1)).ainvoke({"text": ""}, config(handler))
    assert caplog.text == ""
