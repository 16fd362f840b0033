"""Any compiled LangGraph graph runs journaled, bounded and resumable."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.runtime import RunControl
from langgraph.types import interrupt
from typing_extensions import TypedDict

import stretto
from stretto import Limits, Resume
from stretto.errors import (
    InvalidAnswer,
    InvalidInput,
    LimitReached,
    RunStopped,
    ThreadBusy,
    ThreadUnknown,
)
from stretto.testing import ScriptedModel

if TYPE_CHECKING:
    from stretto.runs import Storage


class Counted(TypedDict, total=False):
    """A state without messages."""

    n: int
    said: str


def echo_graph(**compiled: Any) -> Any:
    """A hand-written graph over messages with a model in it."""
    model = ScriptedModel(lambda messages: f"echo {messages[-1].text}")

    async def talk(state: MessagesState) -> Any:
        return {"messages": [await model.ainvoke(state["messages"])]}

    graph = StateGraph(MessagesState)
    graph.add_node("talk", talk)
    graph.add_edge(START, "talk")
    graph.add_edge("talk", END)
    return graph.compile(name="echo", **compiled)


def asking_graph(*names: str) -> Any:
    """A graph whose nodes ask at once, and count how often they ran to their end."""
    graph = StateGraph(Counted)
    for name in names:

        def ask(state: Counted, name: str = name) -> Any:
            answer = interrupt({"ask": name})
            return {"said": answer} if name == names[0] else {}

        graph.add_node(name, ask)
        graph.add_edge(START, name)
        graph.add_edge(name, END)
    return graph.compile(name="asking")


def failing_graph(fail: list[bool], ran: list[str]) -> Any:
    """Two steps; the second fails while `fail` says so."""

    def first(state: Counted) -> Any:
        ran.append("first")
        return {"n": 1}

    def second(state: Counted) -> Any:
        ran.append("second")
        if fail[0]:
            raise ValueError("the disk fell off")
        return {"said": "done"}

    graph = StateGraph(Counted)
    graph.add_node("first", first)
    graph.add_node("second", second)
    graph.add_edge(START, "first")
    graph.add_edge("first", "second")
    graph.add_edge("second", END)
    return graph.compile(name="failing")


async def test_a_run_brings_checkpointer_journal_and_thread(storage: Storage) -> None:
    """A graph that never heard of us is remembered between turns and leaves records."""
    graph = echo_graph()
    first = await stretto.run(graph, "one", storage=storage)
    second = await stretto.run(graph, "two", thread=first.thread, storage=storage)
    assert second.status == "done"
    assert [m.text for m in second.value["messages"]] == ["one", "echo one", "two", "echo two"]
    assert second.text == "echo two"
    types = [r.type for r in await storage.journal.records(first.thread)]
    assert types.count("run_started") == types.count("run_ended") == 2
    assert types.count("model_started") == 2
    assert second.usage.model_calls == 1


async def test_a_stream_gives_langgraphs_parts_records_and_the_end(storage: Storage) -> None:
    """Parts keep LangGraph's form; records come among them; the last part is the result."""
    parts = [p async for p in stretto.stream(echo_graph(), "hi", thread="t", storage=storage)]
    kinds = {p["type"] for p in parts}
    assert kinds == {"updates", "messages", "journal", "end"}
    assert parts[-1]["type"] == "end"
    assert parts[-1]["data"].text == "echo hi"
    tokens = "".join(p["data"][0].text for p in parts if p["type"] == "messages")
    assert "echo hi" in tokens
    records = [p["data"].type for p in parts if p["type"] == "journal"]
    assert records[0] == "run_started"
    assert records[-1] == "run_ended"


async def test_a_plain_invoke_keeps_working(storage: Storage) -> None:
    """Running a graph through us does not change it."""
    graph = echo_graph()
    await stretto.run(graph, "one", storage=storage)
    assert graph.checkpointer is None
    out = await graph.ainvoke({"messages": [("user", "x")]})
    assert out["messages"][-1].text == "echo x"


async def test_a_graph_with_its_own_checkpointer_keeps_it(storage: Storage) -> None:
    """We do not move a user's threads."""
    saver = InMemorySaver()
    await stretto.run(echo_graph(checkpointer=saver), "one", thread="t", storage=storage)
    assert saver.get({"configurable": {"thread_id": "t"}}) is not None


def test_the_synchronous_door_works() -> None:
    """`invoke` runs a turn from synchronous code, on the project's own state."""
    first = stretto.invoke(echo_graph(), "one")
    second = stretto.invoke(echo_graph(), HumanMessage("two"), thread=first.thread)
    assert len(second.value["messages"]) == 4


async def test_a_failed_run_goes_on_where_it_failed(storage: Storage) -> None:
    """The error is the node's own; what was done is not done again."""
    fail, ran = [True], list[str]()
    graph = failing_graph(fail, ran)
    with pytest.raises(ValueError, match="the disk fell off"):
        await stretto.run(graph, {"n": 0}, thread="t", storage=storage)
    with pytest.raises(InvalidInput, match="has not ended"):
        await stretto.run(graph, {"n": 0}, thread="t", storage=storage)
    fail[0] = False
    result = await stretto.resume(graph, "t", storage=storage)
    assert result.value == {"n": 1, "said": "done"}
    assert ran == ["first", "second", "second"]
    ended = [r for r in await storage.journal.records("t") if r.type == "run_ended"]
    assert [r.status for r in ended] == ["failed", "done"]
    assert "the disk fell off" in ended[0].error


async def test_an_unfinished_turn_is_not_dropped_by_another_graph(storage: Storage) -> None:
    """A graph without the node that waits is refused; the right one still goes on."""
    graph, other = asking_graph("one"), failing_graph([False], [])
    waiting = await stretto.run(graph, {"n": 0}, thread="t", storage=storage)
    for _ in range(2):
        with pytest.raises(InvalidInput, match="goes on in 'one'"):
            await stretto.run(other, {"n": 0}, thread="t", storage=storage)
        with pytest.raises(InvalidInput, match="its name back"):
            await stretto.resume(other, "t", storage=storage)
    answer = {waiting.interrupts[0].id: "yes"}
    done = await stretto.resume(graph, "t", answers=answer, storage=storage)
    assert done.value["said"] == "yes"


@pytest.mark.parametrize(
    ("last", "words"),
    [
        (("ai", "hi"), "hi"),
        ({"role": "assistant", "content": "hi"}, "hi"),
        ("hi", "hi"),
        (None, ""),
        (7, ""),
    ],
)
async def test_a_result_has_words_whatever_messages_hold(
    last: Any, words: str, storage: Storage
) -> None:
    """A graph may keep its messages in any form."""

    class Loose(TypedDict, total=False):
        messages: Any

    graph = StateGraph(Loose)
    graph.add_node("n", lambda state: {"messages": [last]})
    graph.add_edge(START, "n")
    result = await stretto.run(graph, {"messages": "x"}, storage=storage)
    assert result.text == words


@pytest.mark.parametrize("thread", ["", " ", "a\nb", "\x00", "x" * 256])
async def test_a_thread_id_that_cannot_be_typed_is_refused(thread: str, storage: Storage) -> None:
    """It could not be found again."""
    with pytest.raises(InvalidInput, match="cannot name a thread"):
        await stretto.run(echo_graph(), "hi", thread=thread, storage=storage)


async def test_what_is_no_graph_or_input_is_refused(storage: Storage) -> None:
    """Each error says what to give."""
    with pytest.raises(InvalidInput, match="is no LangGraph graph"):
        await stretto.run(5, "hi", storage=storage)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="is no input"):
        await stretto.run(echo_graph(), 123, storage=storage)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="no checkpoint is named"):
        await stretto.fork(echo_graph(), "t", "", storage=storage)


async def test_the_synchronous_door_is_closed_inside_an_event_loop() -> None:
    """The error names the door that is open."""
    with pytest.raises(InvalidInput, match=r"await stretto.run"):
        stretto.invoke(echo_graph(), "hi")


async def test_an_interrupt_is_answered_and_journaled(storage: Storage) -> None:
    """The run waits, the answer lets it go on, and the journal knows who gave it."""
    graph = asking_graph("one")
    waiting = await stretto.run(graph, {"n": 0}, thread="t", storage=storage)
    assert waiting.status == "interrupted"
    assert waiting.interrupts[0].value == {"ask": "one"}
    with pytest.raises(InvalidInput, match="waits for a person"):
        await stretto.run(graph, {"n": 0}, thread="t", storage=storage)
    done = await stretto.resume(graph, "t", "yes", by="ada", storage=storage)
    assert done.value["said"] == "yes"
    (answered,) = [r for r in await storage.journal.records("t") if r.type == "answered"]
    assert (answered.answer, answered.by) == ("yes", "ada")


async def test_several_interrupts_are_answered_by_id(storage: Storage) -> None:
    """One bare answer for two is refused; answered one at a time, the other waits on."""
    graph = asking_graph("one", "two")
    waiting = await stretto.run(graph, {"n": 0}, thread="t", storage=storage)
    first, second = waiting.interrupts
    with pytest.raises(InvalidAnswer, match="2 interrupts wait"):
        await stretto.resume(graph, "t", "yes", storage=storage)
    with pytest.raises(InvalidAnswer, match="does not wait"):
        await stretto.resume(graph, "t", answers={"nope": 1}, storage=storage)
    part = await stretto.resume(graph, "t", answers={second.id: "b"}, storage=storage)
    assert [i.id for i in part.interrupts] == [first.id]
    done = await stretto.resume(graph, "t", answers={first.id: "a"}, storage=storage)
    assert done.status == "done"


async def test_there_is_nothing_to_resume_on_an_unknown_or_ended_thread(storage: Storage) -> None:
    """Each says what to do instead."""
    graph = echo_graph()
    with pytest.raises(ThreadUnknown, match="stretto threads"):
        await stretto.resume(graph, "nope", storage=storage)
    done = await stretto.run(graph, "hi", storage=storage)
    with pytest.raises(InvalidInput, match="has ended its last turn"):
        await stretto.resume(graph, done.thread, storage=storage)


async def test_a_limit_stops_before_the_call_that_exceeds_it(storage: Storage) -> None:
    """The model is called so often and not once more; a higher limit goes on."""
    model = ScriptedModel(lambda messages: "x")

    async def call(state: Counted) -> Any:
        await model.ainvoke("go")
        return {"n": state.get("n", 0) + 1}

    graph = StateGraph(Counted)
    graph.add_node("call", call)
    graph.add_edge(START, "call")
    graph.add_conditional_edges("call", lambda s: END if s["n"] >= 5 else "call", ["call", END])
    ready = graph.compile(name="caller")
    limits = Limits(model_calls=3)
    with pytest.raises(LimitReached, match="used its 3 model calls"):
        await stretto.run(ready, {"n": 0}, thread="t", limits=limits, storage=storage)
    assert len(model.calls) == 3
    with pytest.raises(LimitReached):
        await stretto.resume(ready, "t", limits=limits, storage=storage)
    assert len(model.calls) == 3
    done = await stretto.resume(ready, "t", limits=Limits(model_calls=5), storage=storage)
    assert done.value["n"] == 5
    assert done.usage.model_calls == 5


async def test_steps_are_bounded(storage: Storage) -> None:
    """A loop without end stops at `Limits.steps`."""
    graph = StateGraph(Counted)
    graph.add_node("loop", lambda s: {"n": s.get("n", 0) + 1})
    graph.add_edge(START, "loop")
    graph.add_edge("loop", "loop")
    limits = Limits(steps=7)
    with pytest.raises(LimitReached, match="its 7 supersteps"):
        await stretto.run(graph, {"n": 0}, limits=limits, storage=storage)


async def test_a_second_turn_is_refused_or_waits_and_none_is_lost(storage: Storage) -> None:
    """Three turns at once on one thread: refused at once, or all in the history."""
    gate, inside = asyncio.Event(), asyncio.Event()

    async def talk(state: MessagesState) -> Any:
        inside.set()
        await gate.wait()
        return {"messages": [AIMessage("ok")]}

    graph = StateGraph(MessagesState)
    graph.add_node("talk", talk)
    graph.add_edge(START, "talk")
    ready = graph.compile(name="slow")
    first = asyncio.create_task(stretto.run(ready, "1", thread="t", storage=storage))
    await inside.wait()
    with pytest.raises(ThreadBusy, match="another turn"):
        await stretto.run(ready, "2", thread="t", storage=storage)
    others = [
        asyncio.create_task(stretto.run(ready, n, thread="t", storage=storage, wait=30))
        for n in "34"
    ]
    gate.set()
    await asyncio.gather(first, *others)
    last = await stretto.run(ready, "5", thread="t", storage=storage)
    said = [m.text for m in last.value["messages"] if m.type == "human"]
    assert sorted(said) == ["1", "3", "4", "5"]
    assert len(last.value["messages"]) == 8


async def test_a_run_asked_to_stop_does_so_between_steps(storage: Storage) -> None:
    """What was done is stored, and a resume does the rest."""
    control, ran = RunControl(), list[str]()

    def first(state: Counted) -> Any:
        ran.append("first")
        control.request_drain()
        return {"n": 1}

    def second(state: Counted) -> Any:
        ran.append("second")
        return {"n": 2}

    graph = StateGraph(Counted)
    graph.add_node("first", first)
    graph.add_node("second", second)
    graph.add_edge(START, "first")
    graph.add_edge("first", "second")
    with pytest.raises(RunStopped, match="stretto resume t"):
        await stretto.run(graph, {"n": 0}, thread="t", control=control, storage=storage)
    assert ran == ["first"]
    done = await stretto.resume(graph, "t", storage=storage)
    assert ran == ["first", "second"]
    assert done.value["n"] == 2


async def test_a_resume_takes_the_context_of_its_turn(storage: Storage) -> None:
    """What the run was given beside the input is not lost with its process."""
    seen: list[Any] = []

    async def node(state: Counted, runtime: Any) -> Any:
        seen.append(runtime.context)
        return {"said": interrupt("?")}

    graph = StateGraph(Counted)
    graph.add_node("node", node)
    graph.add_edge(START, "node")
    context = {"sources": ["docs"]}
    await stretto.run(graph, {"n": 0}, thread="t", context=context, storage=storage)
    await stretto.run(graph, Resume(answer="yes"), thread="t", storage=storage)
    assert seen == [context, context]


async def test_a_thread_keeps_its_context_until_it_is_given_another(storage: Storage) -> None:
    """A follow-up has the sources of the turn before."""
    seen: list[Any] = []

    async def node(state: Counted, runtime: Any) -> Any:
        seen.append(runtime.context)
        return {"n": 1}

    graph = StateGraph(Counted)
    graph.add_node("node", node)
    graph.add_edge(START, "node")
    first: dict[str, Any] = {"sources": ["docs"]}
    await stretto.run(graph, {"n": 0}, thread="t", context=first, storage=storage)
    await stretto.run(graph, {"n": 0}, thread="t", storage=storage)
    await stretto.run(graph, {"n": 0}, thread="t", context={"sources": ["x"]}, storage=storage)
    await stretto.run(graph, {"n": 0}, thread="t", storage=storage)
    assert seen == [first, first, {"sources": ["x"]}, {"sources": ["x"]}]


@pytest.mark.parametrize("empty", ["", "  \n"])
async def test_an_empty_question_is_refused(empty: str, storage: Storage) -> None:
    """Nothing is stored for it."""
    with pytest.raises(InvalidInput, match="question is empty"):
        await stretto.run(echo_graph(), empty, thread="t", storage=storage)
    assert await storage.journal.threads() == []


async def test_a_text_for_a_graph_without_messages_is_refused(storage: Storage) -> None:
    """The error says what to give."""
    with pytest.raises(InvalidInput, match="as a dictionary"):
        await stretto.run(asking_graph("one"), "hi", storage=storage)


async def test_leaving_a_stream_stops_the_run(storage: Storage) -> None:
    """A consumer that breaks off leaves a thread that can be resumed, and its lock is free."""
    fail, ran = [False], list[str]()
    graph = failing_graph(fail, ran)
    parts = stretto.stream(graph, {"n": 0}, thread="t", storage=storage)
    async for part in parts:
        if part["type"] == "updates":
            break
    await parts.aclose()
    result = await stretto.resume(graph, "t", storage=storage)
    assert result.value["said"] == "done"


async def test_a_fork_goes_on_from_an_earlier_checkpoint(storage: Storage) -> None:
    """The next turn starts from there; what came after stays in the history."""
    graph = echo_graph()
    first = await stretto.run(graph, "one", thread="t", storage=storage)
    config: Any = {"configurable": {"thread_id": "t"}}
    held = await storage.checkpointer.aget_tuple(config)
    assert held is not None
    checkpoint = held.checkpoint["id"]
    await stretto.run(graph, "two", thread="t", storage=storage)
    await stretto.fork(graph, "t", checkpoint, storage=storage)
    third = await stretto.run(graph, "three", thread="t", storage=storage)
    assert first.status == "done"
    assert [m.text for m in third.value["messages"]] == ["one", "echo one", "three", "echo three"]
    with pytest.raises(ThreadUnknown, match="no checkpoint 'nope'"):
        await stretto.fork(graph, "t", "nope", storage=storage)
