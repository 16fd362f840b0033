"""How a saga comes to nothing, and what is left of it then."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

import stretto
from stretto import Answer, Limits, Policy, Retry, Timeout, member
from stretto.errors import (
    InvalidInput,
    LimitReached,
    Rejected,
    TimedOut,
    WorkUndone,
)
from stretto.journal.letters import open_letters
from stretto.patterns import approve, parallel, saga, sequential
from stretto.records import CompensationStarted
from stretto.replay import replay
from tests.patterns.sagas import (
    NO,
    Crash,
    World,
    answer,
    fails,
    state_of,
    statuses,
    step,
    trip,
    undo,
    world,
)

if TYPE_CHECKING:
    from stretto import Storage

__all__ = ["world"]
pytestmark = pytest.mark.usefixtures("world")


async def test_a_person_who_rejects_has_it_undone(storage: Storage, world: World) -> None:
    """While it waits nothing is; `Rejected` is raised as it was."""
    graph = trip(step("pay", "ask"))
    result = await stretto.run(graph, "go", thread="t", storage=storage)
    assert result.interrupts
    assert world.log == ["flight", "hotel", "car"]
    with pytest.raises(Rejected, match="no pay"):
        await stretto.resume(graph, "t", answer("reject"), storage=storage)
    assert world.log[3:] == ["undo car", "undo hotel", "undo flight"]
    (began,) = [r for r in await storage.journal.records("t") if isinstance(r, CompensationStarted)]
    assert began.why == "rejected"
    assert statuses(await state_of(graph, storage))["pay"] == "rejected"


async def test_a_person_who_approves_lets_it_go_on(storage: Storage, world: World) -> None:
    """What was done is not done again."""
    graph = trip(step("pay", "ask"), step("thank"))
    await stretto.run(graph, "go", thread="t", storage=storage)
    result = await stretto.resume(graph, "t", answer("approve"), storage=storage)
    assert (result.text, world.log) == ("thank", ["flight", "hotel", "car", "pay", "thank"])


async def test_an_answer_of_another_shape_undoes_nothing(storage: Storage, world: World) -> None:
    """It can be given again."""
    graph = trip(step("pay", "ask"))
    await stretto.run(graph, "go", thread="t", storage=storage)
    with pytest.raises(InvalidInput):
        await stretto.resume(graph, "t", answer("perhaps"), storage=storage)
    result = await stretto.resume(graph, "t", answer("approve"), storage=storage)
    assert (result.text, world.log) == ("pay", ["flight", "hotel", "car", "pay"])


async def test_a_rejected_answer_is_a_rejection(storage: Storage, world: World) -> None:
    """Of `approve`, or of any graph that gives one."""
    graph = trip(member(approve(step("pay")), name="yes"))
    await stretto.run(graph, "go", thread="t", storage=storage)
    with pytest.raises(Rejected):
        await stretto.resume(graph, "t", answer("reject"), storage=storage)
    assert world.log[4:] == ["undo car", "undo hotel", "undo flight"]

    async def refuse(_state: Any) -> dict[str, Any]:
        return {
            "answer": Answer(
                question="?", text="t", accepted=False, verdict="rejected", reason="dear"
            )
        }

    with pytest.raises(Rejected, match="dear"):
        await stretto.run(trip(member(refuse)), "go", thread="u", storage=storage)
    assert world.log[-1] == "undo flight"


async def test_two_branches_ask_and_one_is_refused(storage: Storage, world: World) -> None:
    """In any order of answers; the other is done, and undone."""
    graph = saga((step("a"), undo), [(step("b", "ask"), undo), (step("c", "ask"), undo)])
    result = await stretto.run(graph, "go", thread="t", storage=storage)
    by_step = {i.value["action_requests"][0]["args"]["step"]: i.id for i in result.interrupts}
    await stretto.resume(graph, "t", answers={by_step["c"]: answer("reject")}, storage=storage)
    assert world.log == ["a"]
    with pytest.raises(Rejected, match="no c"):
        await stretto.resume(graph, "t", answers={by_step["b"]: answer("approve")}, storage=storage)
    assert world.log == ["a", "b", "undo b", "undo a"]


@pytest.mark.parametrize("alone", [True, False])
async def test_a_saga_that_is_cancelled_is_undone(
    storage: Storage, world: World, *, alone: bool
) -> None:
    """Alone, and as a member; and does not go on."""
    begun = asyncio.Event()

    async def hang(_state: Any) -> str:
        begun.set()
        await asyncio.Event().wait()
        return ""

    graph = trip(hang)
    graph = graph if alone else sequential(member(graph, name="trip"))
    task = asyncio.create_task(stretto.run(graph, "go", thread="t", storage=storage))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert world.log[3:] == ["undo car", "undo hotel", "undo flight"]
    with pytest.raises(WorkUndone, match="was cancelled"):
        await stretto.resume(graph, "t", storage=storage)


async def test_a_saga_that_takes_too_long_is_undone(storage: Storage, world: World) -> None:
    """By the time that a step has."""

    async def hang(_state: Any) -> str:
        await asyncio.Event().wait()
        return ""

    late = member(hang, policy=Policy(timeout=Timeout(total=0.05)))
    await fails(trip(late), storage, TimedOut)
    assert world.log[3:] == ["undo car", "undo hotel", "undo flight"]


async def test_a_limit_of_the_run_undoes_nothing(storage: Storage, world: World) -> None:
    """A resume goes on from what was done."""
    ends: list[Any] = [LimitReached("used up; raise it")]

    async def pay(_state: Any) -> str:
        if ends:
            raise ends.pop()
        return "paid"

    graph = trip(pay)
    await fails(graph, storage, LimitReached)
    result = await stretto.resume(graph, "t", storage=storage)
    assert (result.text, world.log) == ("paid", ["flight", "hotel", "car"])
    assert Limits().model_calls


async def test_a_step_is_tried_again_before_anything_is_undone(
    storage: Storage, world: World
) -> None:
    """Its policy is its own."""
    down = [ConnectionError("down")]

    async def pay(_state: Any) -> str:
        if down:
            raise down.pop()
        return "paid"

    retry = Policy(retry=Retry(wait=0.001))
    result = await stretto.run(trip((member(pay, policy=retry), undo)), "go", storage=storage)
    assert (result.text, world.log) == ("paid", ["flight", "hotel", "car"])


async def test_an_undo_that_fails_is_tried_again_then_a_dead_letter(
    storage: Storage, world: World
) -> None:
    """The others are undone; error, state and journal tell."""
    world.fails = {"undo car": [ConnectionError("down")] * 2, "undo hotel": [ValueError("no")] * 9}
    graph = trip(step("pay", NO))
    error = await fails(graph, storage, ValueError)
    assert world.log[4:] == ["undo car", "undo flight"]
    (letter,) = await open_letters(storage.journal)
    assert (letter.name, letter.attempts) == ("hotel", 3)
    assert any(
        f"could not be undone: hotel (stretto dead-letters show {letter.id})" in n
        for n in error.__notes__
    )
    state = await state_of(graph, storage)
    assert statuses(state)["hotel"] == "dead letter"
    assert letter.id in state["steps"]["hotel"].why
    assert state["results"] == {"hotel": "hotel"}


async def test_a_person_may_be_asked_before_it_is_undone(storage: Storage, world: World) -> None:
    """What is not wanted undone stays; the saga has failed all the same."""
    graph = trip(step("pay", NO), confirm=True)
    result = await stretto.run(graph, "go", thread="t", storage=storage)
    (asked,) = result.interrupts
    assert asked.value["action_requests"][0]["args"] == {"steps": ["car", "hotel", "flight"]}
    with pytest.raises(ValueError, match="no more") as raised:
        await stretto.resume(graph, "t", answer("reject"), storage=storage)
    assert "compensation: nothing was undone: a person did not want it" in raised.value.__notes__
    assert world.log == ["flight", "hotel", "car", "try pay"]
    assert statuses(await state_of(graph, storage))["car"] == "kept"
    await stretto.run(graph, "go", thread="u", storage=storage)
    with pytest.raises(ValueError, match="no more"):
        await stretto.resume(graph, "u", answer("approve"), storage=storage)
    assert world.log[-3:] == ["undo car", "undo hotel", "undo flight"]


async def test_a_fork_into_what_was_undone_does_not_go_on(storage: Storage, world: World) -> None:
    """It names the step; a fork before the saga does all anew."""
    ends: list[Any] = [NO]

    async def pay(_state: Any) -> str:
        if ends:
            raise ends.pop()
        return "paid"

    graph = trip(pay)
    await fails(graph, storage, ValueError)
    compiled = graph.compile(checkpointer=storage.checkpointer)
    config = {"configurable": {"thread_id": "t"}}
    history = [each async for each in compiled.aget_state_history(config)]
    middle = next(each for each in history if each.next == ("car",))
    first = next(each for each in history if each.next == ("flight",))
    await stretto.fork(graph, "t", middle.config["configurable"]["checkpoint_id"], storage=storage)
    with pytest.raises(WorkUndone, match="'flight' was undone"):
        await stretto.resume(graph, "t", storage=storage)
    assert world.log.count("car") == 1
    await stretto.fork(graph, "t", first.config["configurable"]["checkpoint_id"], storage=storage)
    result = await stretto.resume(graph, "t", storage=storage)
    assert (result.text, world.log[-3:]) == ("paid", ["flight", "hotel", "car"])


@pytest.mark.parametrize("alone", [True, False])
async def test_a_crash_in_the_undoing_is_made_good(
    storage: Storage, world: World, *, alone: bool
) -> None:
    """A resume undoes the rest, and says so."""

    def made() -> Any:
        graph = trip(step("pay", NO))
        return graph if alone else sequential(member(graph, name="trip"))

    world.crash_at = 6
    with pytest.raises(Crash):
        await stretto.run(made(), "go", thread="t", storage=storage)
    assert world.log[4:] == ["undo car"]
    with pytest.raises(WorkUndone, match="undone: car, hotel, flight"):
        await stretto.resume(made(), "t", storage=storage)
    assert world.once[4:] == ["undo car", "undo hotel", "undo flight"]


async def test_without_a_journal_nothing_can_be_undone(world: World) -> None:
    """The error says so."""
    with pytest.raises(ValueError, match="no more") as raised:
        await trip(step("pay", NO)).compile().ainvoke({"messages": [("human", "go")]})
    assert "compensation: nothing was undone: the run has no journal" in raised.value.__notes__
    assert len(world.log) == 4


async def test_a_replay_does_the_same_and_undoes_nothing(storage: Storage, world: World) -> None:
    """What was undone once is not undone again."""
    graph = trip(step("pay", "ask"))
    await stretto.run(graph, "go", thread="t", storage=storage)
    with pytest.raises(Rejected):
        await stretto.resume(graph, "t", answer("reject"), storage=storage)
    log = list(world.log)
    found = await replay(graph, "t", storage=storage)
    assert str(found) == "does the same: 0 model calls, 3 tool calls, 1 answer"
    assert world.log == log


@pytest.mark.parametrize("alone", [True, False])
async def test_the_deadline_of_a_run_undoes_nothing(
    storage: Storage, world: World, *, alone: bool
) -> None:
    """It cancels what is at work, which a resume goes on with."""
    hangs = [True]

    async def pay(_state: Any) -> str:
        if hangs:
            await asyncio.Event().wait()
        return "paid"

    graph = trip(pay)
    graph = graph if alone else sequential(member(graph, name="trip"))
    await fails(graph, storage, LimitReached, limits=Limits(seconds=0.5))
    hangs.clear()
    result = await stretto.resume(graph, "t", storage=storage)
    assert result.text == "paid"
    assert not [what for what in world.log if what.startswith("undo")]


async def test_a_saga_that_is_not_needed_any_more_is_undone(storage: Storage, world: World) -> None:
    """Where another branch was first."""
    begun = asyncio.Event()

    async def hang(_state: Any) -> str:
        begun.set()
        await asyncio.Event().wait()
        return ""

    async def first(_state: Any) -> str:
        await begun.wait()
        return "walk"

    graph = parallel(member(trip(hang), name="trip"), first, require="any")
    result = await stretto.run(graph, "go", thread="t", storage=storage)
    assert result.value["results"] == {"first": "walk"}
    assert world.log[3:] == ["undo car", "undo hotel", "undo flight"]
