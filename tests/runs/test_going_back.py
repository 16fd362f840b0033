"""Answers that outlive a process, and answers given at an earlier checkpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import pytest
from langgraph.func import task as langgraph_task
from langgraph.graph import END, START, StateGraph
from langgraph.types import interrupt
from typing_extensions import TypedDict

import stretto
from stretto.errors import InvalidAnswer, ThreadUnknown

if TYPE_CHECKING:
    from stretto.runs import Storage


class State(TypedDict, total=False):
    """What was said."""

    said: Annotated[list[Any], lambda a, b: [*a, *b]]


class Crash(BaseException):
    """Stands for the end of the process."""


class Asking:
    """Two nodes that ask one after the other, or at once; a process can end behind an answer."""

    def __init__(self, storage: Storage, *, parallel: bool = False) -> None:
        self.asked: list[str] = []
        self.dies_behind = ""
        graph = StateGraph(State)
        for name in ("first", "second"):
            graph.add_node(name, self.node(name))
        graph.add_edge(START, "first")
        graph.add_edge(START, "second") if parallel else graph.add_edge("first", "second")
        graph.add_edge("second", END)
        self.graph = graph.compile(checkpointer=storage.checkpointer)
        self.storage = storage

    def node(self, name: str) -> Any:
        """A node that asks."""

        async def ask(state: State) -> State:
            answer = interrupt({"ask": name})
            self.asked.append(name)
            if self.dies_behind == name:
                self.dies_behind = ""
                raise Crash
            return {"said": [f"{name}: {answer}"]}

        ask.__name__ = name
        return ask

    async def resume(self, *given: Any, **named: Any) -> Any:
        """Go on with the thread."""
        return await stretto.resume(self.graph, "t", *given, storage=self.storage, **named)

    async def checkpoints(self, node: str) -> list[str]:
        """The checkpoints from which a node comes next, newest first."""
        config: Any = {"configurable": {"thread_id": "t"}}
        return [
            s.config["configurable"]["checkpoint_id"]
            async for s in self.graph.aget_state_history(config)
            if node in s.next
        ]


async def test_an_answer_is_kept_when_the_process_dies_behind_it(storage: Storage) -> None:
    """LangGraph forgets it; a resume without an answer goes on with the one that was given."""
    asking = Asking(storage)
    await stretto.run(asking.graph, {}, thread="t", storage=storage)
    asking.dies_behind = "first"
    with pytest.raises(Crash):
        await asking.resume("blue", by="ada")
    await lost(storage, "__resume__")
    result = await asking.resume(by="eva")
    assert result.interrupts[0].value == {"ask": "second"}
    result = await asking.resume("red")
    assert result.value["said"] == ["first: blue", "second: red"]
    answered = [r for r in await storage.journal.records("t") if r.type == "answered"]
    assert [(r.answer, r.by) for r in answered] == [("blue", "ada"), ("blue", "ada"), ("red", "")]


async def test_answers_of_parallel_questions_are_kept_each(storage: Storage) -> None:
    """Both were given; one node ended, the other died: neither is asked again."""
    asking = Asking(storage, parallel=True)
    waiting = await stretto.run(asking.graph, {}, thread="t", storage=storage)
    answers = {i.id: f"{i.value['ask']}!" for i in waiting.interrupts}
    asking.dies_behind = "second"
    with pytest.raises(Crash):
        await asking.resume(answers=answers)
    await lost(storage, "__resume__")
    result = await asking.resume()
    assert sorted(result.value["said"]) == ["first: first!", "second: second!"]


async def test_a_question_that_was_put_again_is_not_answered_by_the_old_answer(
    storage: Storage,
) -> None:
    """What waits since the answer waits on."""
    asking = Asking(storage)
    await stretto.run(asking.graph, {}, thread="t", storage=storage)
    result = await asking.resume("blue")
    again = await asking.resume()
    assert again.interrupts == result.interrupts
    assert again.status == "interrupted"


async def test_an_old_question_is_answered_after_a_fork(storage: Storage) -> None:
    """The thread goes back, the question is put anew, and the answer is given to that."""
    asking = Asking(storage)
    first = await stretto.run(asking.graph, {}, thread="t", storage=storage)
    await asking.resume("blue")
    await asking.resume("red")
    (at,) = await asking.checkpoints("first")
    result = await asking.resume(answers={first.interrupts[0].id: "green"}, checkpoint=at, by="ada")
    assert result.interrupts[0].value == {"ask": "second"}
    result = await asking.resume("white")
    assert result.value["said"] == ["first: green", "second: white"]
    records = await storage.journal.records("t")
    (forked,) = [r for r in records if r.type == "forked"]
    assert (forked.origin, forked.by) == (at, "ada")
    assert [r.checkpoint for r in records if r.type == "run_started"].count(at) == 1


async def test_going_back_without_an_answer_puts_the_question(storage: Storage) -> None:
    """As a fork and a resume."""
    asking = Asking(storage)
    await stretto.run(asking.graph, {}, thread="t", storage=storage)
    await asking.resume("blue")
    (at, *_) = await asking.checkpoints("first")
    result = await asking.resume(checkpoint=at)
    assert result.interrupts[0].value == {"ask": "first"}


async def test_what_is_not_asked_there_is_refused(storage: Storage) -> None:
    """An answer to nobody's question, and a checkpoint that is not the thread's."""
    asking = Asking(storage)
    await stretto.run(asking.graph, {}, thread="t", storage=storage)
    await asking.resume("blue")
    (at, *_) = await asking.checkpoints("first")
    with pytest.raises(InvalidAnswer, match="not asked again"):
        await asking.resume(answers={"0" * 32: "x"}, checkpoint=at)
    with pytest.raises(ThreadUnknown, match="stretto fork"):
        await asking.resume("x", checkpoint="nowhere")


async def test_an_answer_that_langgraph_kept_is_not_given_to_the_next_question(
    storage: Storage,
) -> None:
    """A node that fails behind its first answer, and then asks a second question, asks it."""
    failing = ["once"]

    async def ask(state: State) -> State:
        first = interrupt("first?")
        if failing:
            failing.pop()
            raise RuntimeError("no luck")
        return {"said": [first, interrupt("second?")]}

    graph = StateGraph(State)
    graph.add_node("ask", ask)
    graph.add_edge(START, "ask")
    compiled = graph.compile(checkpointer=storage.checkpointer)
    await stretto.run(compiled, {}, thread="t", storage=storage)
    with pytest.raises(RuntimeError):
        await stretto.resume(compiled, "t", "blue", storage=storage)
    result = await stretto.resume(compiled, "t", storage=storage)
    assert [i.value for i in result.interrupts] == ["second?"]
    result = await stretto.resume(compiled, "t", "red", storage=storage)
    assert result.value["said"] == ["blue", "red"]


async def test_an_answer_is_kept_that_does_not_wait_any_more_and_was_not_stored(
    storage: Storage,
) -> None:
    """A task's result was lost in a kill, while a question behind it was stored already."""
    asked: list[str] = []

    @langgraph_task
    async def ask(name: str) -> str:
        answer = interrupt(name)
        asked.append(name)
        return f"{name} {answer}"

    async def work(state: State) -> State:
        told = [await ask("first?")]
        return {"said": [*told, interrupt("behind?")]}

    graph = StateGraph(State)
    graph.add_node("work", work)
    graph.add_edge(START, "work")
    compiled = graph.compile(checkpointer=storage.checkpointer)
    await stretto.run(compiled, {}, thread="t", storage=storage)
    result = await stretto.resume(compiled, "t", "blue", storage=storage)
    assert [i.value for i in result.interrupts] == ["behind?"]
    await lost(storage, "__return__")
    await lost(storage, "__resume__")
    result = await stretto.resume(compiled, "t", "red", storage=storage)
    assert result.value["said"] == ["first? blue", "red"]
    assert asked == ["first?", "first?"]


async def lost(storage: Storage, channel: str) -> None:
    """Remove the stored writes of a channel, as a kill may have left them unstored."""
    inner: Any = storage.checkpointer.inner
    if hasattr(inner, "pool"):
        async with inner.pool.connection() as connection:
            await connection.execute("DELETE FROM checkpoint_writes WHERE channel = %s", (channel,))
        return
    await inner.execute(("DELETE FROM writes WHERE channel = ?", (channel,)))
