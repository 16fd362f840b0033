"""A whole turn is undone: on demand, or when it fails."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated, Any

import pytest
from langgraph.errors import GraphRecursionError
from langgraph.graph import END, START, StateGraph
from langgraph.types import interrupt
from typing_extensions import TypedDict

import stretto
from stretto import Answer, effect
from stretto.errors import (
    BudgetExceeded,
    InvalidInput,
    LimitReached,
    ThreadBusy,
    ThreadUnknown,
    WorkUndone,
)
from stretto.journal.letters import open_letters
from stretto.records import Compensated, CompensationStarted

if TYPE_CHECKING:
    from stretto.runs import Storage

LOG: list[str] = []
BROKEN: dict[str, BaseException] = {}


class Crash(BaseException):
    """Stands for the end of the process."""


@pytest.fixture(autouse=True)
def log() -> list[str]:
    """Nothing has happened yet."""
    LOG.clear()
    BROKEN.clear()
    return LOG


def note(what: str) -> None:
    """Write down what happens, and fail if it is to fail."""
    LOG.append(what)
    if what in BROKEN:
        raise BROKEN[what]


def pay(amount: int) -> str:
    """Do a step."""
    note(f"pay {amount}")
    return f"receipt {amount}"


def pay_back(receipt: str, amount: int) -> None:
    """Undo it."""
    assert receipt == f"receipt {amount}"
    note(f"pay back {amount}")


class State(TypedDict, total=False):
    """What the graph works on."""

    done: Annotated[list[Any], lambda a, b: [*a, *b]]
    answer: Any


def chain(last: Any = None) -> StateGraph[Any, Any, Any, Any]:
    """Two nodes that pay, and a last one."""

    async def first(state: State) -> State:
        return {"done": [await effect("pay", pay, 1, effect="idempotent", undo=pay_back)]}

    async def second(state: State) -> State:
        return {"done": [await effect("pay", pay, 2, effect="idempotent", undo=pay_back)]}

    async def third(state: State) -> Any:
        return (last() if last else {}) or {}

    graph = StateGraph(State)
    graph.add_sequence([("first", first), ("second", second), ("third", third)])
    graph.add_edge(START, "first")
    graph.add_edge("third", END)
    return graph


def broken() -> None:
    """What the last node does where the turn is to fail."""
    raise ValueError("no")


async def test_a_turn_is_undone_on_demand(storage: Storage, log: list[str]) -> None:
    """The last step first, once, and in the journal."""
    await stretto.run(chain(), {}, thread="t", storage=storage)
    made = await stretto.compensate("t", by="ann", storage=storage)
    assert log == ["pay 1", "pay 2", "pay back 2", "pay back 1"]
    assert [each.status for each in made] == ["undone", "undone"]
    assert await stretto.compensate("t", storage=storage) == []
    assert len(log) == 4
    records = await storage.journal.records("t")
    (began,) = [r for r in records if isinstance(r, CompensationStarted)]
    assert (began.why, began.by, began.scope) == ("asked", "ann", "")
    assert [r.why for r in records if isinstance(r, Compensated)] == ["asked", "asked"]


async def test_only_the_last_turn_is_undone(storage: Storage, log: list[str]) -> None:
    """What was asked before it stands."""
    graph = chain()
    await stretto.run(graph, {}, thread="t", storage=storage)
    log.clear()
    await stretto.run(graph, {}, thread="t", storage=storage)
    await stretto.compensate("t", storage=storage)
    assert log == ["pay 1", "pay 2", "pay back 2", "pay back 1"]
    await stretto.run(graph, {}, thread="t", storage=storage)
    assert log[4:] == ["pay 1", "pay 2"]


async def test_a_turn_that_fails_is_undone_where_that_is_wanted(
    storage: Storage, log: list[str]
) -> None:
    """And does not go on; gone back before it, it is done anew."""
    graph = chain(broken)
    with pytest.raises(ValueError, match="no") as raised:
        await stretto.run(graph, {}, thread="t", storage=storage, compensate=True)
    assert "compensation: undone: pay, pay" in raised.value.__notes__
    assert log == ["pay 1", "pay 2", "pay back 2", "pay back 1"]
    with pytest.raises(WorkUndone, match=r"ValueError: no\. undone: pay, pay"):
        await stretto.resume(graph, "t", storage=storage)
    mended = chain()
    compiled = mended.compile(checkpointer=storage.checkpointer)
    config: Any = {"configurable": {"thread_id": "t"}}
    history = [s async for s in compiled.aget_state_history(config)]
    start = next(s for s in history if s.next == ("first",))
    at = start.config["configurable"]["checkpoint_id"]
    result = await stretto.resume(mended, "t", checkpoint=at, storage=storage)
    assert result.value["done"] == ["receipt 1", "receipt 2"]
    assert log[4:] == ["pay 1", "pay 2"]


@pytest.mark.parametrize(
    "error",
    [
        LimitReached("the run has used its 3 tool calls; what it has done is stored."),
        BudgetExceeded("third", "tokens", 1, 1, "Raise it."),
        GraphRecursionError("Recursion limit of 3 reached"),
    ],
)
async def test_a_turn_that_has_used_up_a_limit_stands(
    storage: Storage, log: list[str], error: Exception
) -> None:
    """As its error says: a resume goes on from what is stored."""
    ends = [error]

    def last() -> None:
        if ends:
            raise ends.pop()

    graph = chain(last)
    with pytest.raises(LimitReached):
        await stretto.run(graph, {}, thread="t", storage=storage, compensate=True)
    result = await stretto.resume(graph, "t", storage=storage)
    assert result.status == "done"
    assert log == ["pay 1", "pay 2"]


async def test_an_undone_turn_is_told_of_with_one_full_stop(storage: Storage) -> None:
    """Errors end with one of their own."""

    def last() -> None:
        raise ValueError("there is no car.")

    with pytest.raises(ValueError, match="no car"):
        await stretto.run(chain(last), {}, thread="t", storage=storage, compensate=True)
    with pytest.raises(WorkUndone, match="no car") as raised:
        await stretto.resume(chain(last), "t", storage=storage)
    assert ".." not in str(raised.value)


async def test_a_turn_that_fails_stands_otherwise(storage: Storage, log: list[str]) -> None:
    """It can be resumed."""
    with pytest.raises(ValueError, match="no"):
        await stretto.run(chain(broken), {}, thread="t", storage=storage)
    await stretto.resume(chain(), "t", storage=storage)
    assert log == ["pay 1", "pay 2"]


async def test_a_rejected_turn_is_undone(storage: Storage, log: list[str]) -> None:
    """A person refused its answer."""
    answer = Answer(question="?", text="t", accepted=False, verdict="rejected", reason="dear")
    result = await stretto.run(
        chain(lambda: {"answer": answer}), {}, thread="t", storage=storage, compensate=True
    )
    assert result.answer == answer
    assert log[2:] == ["pay back 2", "pay back 1"]


async def test_a_turn_that_waits_is_not_undone(storage: Storage, log: list[str]) -> None:
    """It goes on when it is answered."""
    graph = chain(lambda: {"done": [interrupt("sure?")]})
    asked = await stretto.run(graph, {}, thread="t", storage=storage, compensate=True)
    assert asked.status == "interrupted"
    result = await stretto.resume(graph, "t", "yes", storage=storage, compensate=True)
    assert (result.status, log) == ("done", ["pay 1", "pay 2"])


@pytest.mark.parametrize("how", ["cancelled", "left"])
async def test_a_turn_that_is_left_is_undone(how: str, storage: Storage, log: list[str]) -> None:
    """Cancelled from outside, or its stream closed."""
    reached = asyncio.Event()

    async def hang(state: State) -> State:
        reached.set()
        await asyncio.Event().wait()
        return {}

    graph = StateGraph(State)

    async def first(state: State) -> State:
        return {"done": [await effect("pay", pay, 1, effect="idempotent", undo=pay_back)]}

    graph.add_sequence([("first", first), ("hang", hang)])
    graph.add_edge(START, "first")
    if how == "cancelled":
        running = asyncio.create_task(
            stretto.run(graph, {}, thread="t", storage=storage, compensate=True)
        )
        await reached.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    else:
        parts = stretto.stream(graph, {}, thread="t", storage=storage, compensate=True)
        async with aclosing(parts):
            async for part in parts:
                if part["type"] == "updates" and "first" in part["data"]:
                    break
    assert log == ["pay 1", "pay back 1"]


async def test_input_that_is_refused_undoes_nothing(storage: Storage, log: list[str]) -> None:
    """The turn before it stands."""
    with pytest.raises(ValueError, match="no"):
        await stretto.run(chain(broken), {}, thread="t", storage=storage)
    with pytest.raises(InvalidInput, match="has not ended"):
        await stretto.run(chain(), {}, thread="t", storage=storage, compensate=True)
    assert log == ["pay 1", "pay 2"]


async def test_an_undoing_that_was_cut_off_is_finished_by_a_resume(
    storage: Storage, log: list[str]
) -> None:
    """And the turn fails as it did."""
    graph = chain(broken)
    BROKEN["pay back 1"] = Crash()
    with pytest.raises(Crash):
        await stretto.run(graph, {}, thread="t", storage=storage, compensate=True)
    BROKEN.clear()
    with pytest.raises(WorkUndone, match="undone: pay, pay"):
        await stretto.resume(graph, "t", storage=storage)
    assert log[2:] == ["pay back 2", "pay back 1", "pay back 1"]


async def test_what_cannot_be_undone_is_a_dead_letter_once(
    storage: Storage, log: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second call leaves it to the person."""
    await stretto.run(chain(), {}, thread="t", storage=storage)
    monkeypatch.setattr(f"{__name__}.BROKEN", {"pay back 2": ConnectionError("down")})

    async def at_once(seconds: float) -> None:
        assert seconds > 0

    monkeypatch.setattr("stretto.members.undoing.SLEEP", at_once)
    made = await stretto.compensate("t", storage=storage)
    assert [each.status for each in made] == ["dead letter", "undone"]
    assert log[2:] == [*["pay back 2"] * 3, "pay back 1"]
    assert await stretto.compensate("t", storage=storage) == []
    (letter,) = await open_letters(storage.journal, "t")
    assert (letter.attempts, letter.error) == (3, "ConnectionError: down")


async def test_a_thread_at_work_or_unknown_is_refused(storage: Storage) -> None:
    """Nothing is undone under the hands of a run."""
    with pytest.raises(ThreadUnknown):
        await stretto.compensate("nobody", storage=storage)
    async with storage.writing("t"):
        with pytest.raises(ThreadBusy):
            await stretto.compensate("t", storage=storage)
