"""Steps that are undone in reverse when one of them comes to nothing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from pydantic import BaseModel
from typing_extensions import TypedDict

import stretto
from stretto import Fallback, Policy, member
from stretto.errors import (
    InvalidInput,
    InvalidMember,
    WorkUndone,
)
from stretto.patterns import parallel, saga, sequential
from stretto.records import Compensated, CompensationStarted, Decided
from tests.patterns.sagas import (
    NO,
    WORLD,
    World,
    effects,
    fails,
    state_of,
    statuses,
    step,
    take_back,
    trip,
    undo,
    world,
)

if TYPE_CHECKING:
    from stretto import Storage

__all__ = ["world"]
pytestmark = pytest.mark.usefixtures("world")


async def test_steps_that_go_well_are_a_chain(storage: Storage, world: World) -> None:
    """The last one's result is the answer, and nothing is undone."""
    graph = trip(step("pay"))
    result = await stretto.run(graph, "go", thread="t", storage=storage)
    assert result.text == "pay"
    state = await state_of(graph, storage)
    assert state["results"] == {name: name for name in ("flight", "hotel", "car", "pay")}
    assert set(statuses(state).values()) == {"done"}
    assert world.log == ["flight", "hotel", "car", "pay"]


async def test_what_was_done_is_undone_in_reverse(storage: Storage, world: World) -> None:
    """Without a keyword of the run; the error is the step's, with a note, and the state tells."""
    graph = trip(step("pay", NO))
    error = await fails(graph, storage, ValueError)
    assert str(error) == "no more"
    assert "compensation: undone: car, hotel, flight" in error.__notes__
    assert world.log[-3:] == ["undo car", "undo hotel", "undo flight"]
    state = await state_of(graph, storage)
    assert statuses(state) == {
        **dict.fromkeys(("flight", "hotel", "car"), "undone"),
        "pay": "failed",
    }
    assert state["results"] == {}
    assert state["failed"] == {"pay": "ValueError: no more"}


async def test_the_journal_tells_what_was_undone_and_why(storage: Storage) -> None:
    """As a decision, and step by step."""
    await fails(trip(step("pay", NO)), storage, ValueError)
    records = await storage.journal.records("t")
    (choice,) = [r for r in records if isinstance(r, Decided)]
    assert (choice.by, choice.decision) == ("saga", "undo")
    assert choice.reason == "pay: ValueError: no more"
    assert choice.data == {"steps": ["car", "hotel", "flight"]}
    assert [r.step for r in records if isinstance(r, Compensated)] == ["car", "hotel", "flight"]
    assert len([r for r in records if isinstance(r, CompensationStarted)]) == 1


async def test_a_step_without_an_undo_stays_done(storage: Storage) -> None:
    """And one that was left out was not done."""
    graph = saga(step("look"), step("skip", when=lambda _: False), (step("a"), undo), step("b", NO))
    await fails(graph, storage, ValueError)
    state = await state_of(graph, storage)
    assert statuses(state) == {"look": "done", "skip": "skipped", "a": "undone", "b": "failed"}
    assert state["results"] == {"look": "look"}


async def test_branches_end_before_anything_is_undone(storage: Storage, world: World) -> None:
    """Those done of all of them are undone in the reverse of the order in which they ended."""
    gate = asyncio.Event()

    async def slow(_state: Any) -> str:
        await gate.wait()
        world.note("slow")
        return "slow"

    async def opens(_state: Any) -> str:
        gate.set()
        world.note("try quick")
        raise NO

    graph = saga(
        (step("first"), undo),
        [(member(slow), undo), member(opens, name="quick"), (step("x"), undo)],
    )
    await fails(graph, storage, ValueError)
    assert world.log == [
        "first",
        *world.log[1:4],
        *(f"undo {name}" for name in reversed([n for n in world.log[1:4] if n != "try quick"])),
        "undo first",
    ]
    assert set(world.log[1:4]) == {"slow", "x", "try quick"}


async def test_the_last_branches_together_are_the_answer(storage: Storage) -> None:
    """By name."""
    graph = saga((step("a"), undo), [step("b"), step("c")])
    result = await stretto.run(graph, "go", thread="t", storage=storage)
    assert result.value["structured_response"] == {"b": "b", "c": "c"}


async def test_effects_within_steps_are_undone_too(storage: Storage, world: World) -> None:
    """Also those of the step that failed; each with its own undo."""
    graph = saga(effects("a", "a1", "a2"), (step("b"), undo), effects("c", "c1", end=NO))
    await fails(graph, storage, ValueError)
    assert world.log == ["a1", "a2", "b", "c1", "undo c1", "undo b", "undo a2", "undo a1"]
    state = await state_of(graph, storage)
    assert statuses(state) == {"a": "undone", "b": "undone", "c": "failed"}


async def test_a_parallel_graph_is_a_step(storage: Storage, world: World) -> None:
    """What its branches did is undone when a step after it fails."""
    both = parallel(
        *(member(step(n), policy=Policy(undo=undo)) for n in ("b", "c")),
    )
    graph = saga((step("a"), undo), member(both, name="both"), step("d", NO))
    await fails(graph, storage, ValueError)
    assert world.log[3] == "try d"
    assert world.log[4:] == [f"undo {name}" for name in reversed(world.log[:3])]
    assert statuses(await state_of(graph, storage))["both"] == "undone"


async def test_a_saga_in_a_chain_undoes_itself_alone(storage: Storage, world: World) -> None:
    """What was done before it stands; what comes after it is not done."""
    before = member(step("before"), policy=Policy(undo=undo))
    chain = sequential(before, member(trip(step("pay", NO)), name="trip"), step("after"))
    error = await fails(chain, storage, ValueError)
    assert "compensation: undone: car, hotel, flight" in error.__notes__
    assert world.log[4:] == ["try pay", "undo car", "undo hotel", "undo flight"]
    with pytest.raises(WorkUndone, match=r"'pay' failed: ValueError: no more\. undone: car, hotel"):
        await stretto.resume(chain, "t", storage=storage)
    assert len(world.log) == 8


async def test_a_saga_in_a_saga_is_undone_with_it(storage: Storage, world: World) -> None:
    """One that failed has undone itself; one that is done is undone with the rest."""
    inner = saga((step("b"), undo), (step("c"), undo))
    graph = saga((step("a"), undo), member(inner, name="inner"), step("d", NO))
    await fails(graph, storage, ValueError)
    assert world.log[4:] == ["undo c", "undo b", "undo a"]
    world.forget()
    bad = saga((step("b"), undo), step("c", NO))
    graph = saga((step("a"), undo), member(bad, name="inner"), step("d"))
    await fails(graph, storage, ValueError, thread="u")
    assert world.log == ["a", "b", "try c", "undo b", "undo a"]


async def test_who_takes_over_from_a_saga_finds_it_undone(storage: Storage, world: World) -> None:
    """A fallback begins when it is."""
    policy = Policy(fallback=Fallback(to=[step("train")]))
    graph = sequential(member(trip(step("pay", NO)), name="trip", policy=policy))
    result = await stretto.run(graph, "go", thread="t", storage=storage)
    assert result.text == "train"
    assert world.log[3:] == ["try pay", "undo car", "undo hotel", "undo flight", "train"]


async def test_a_next_turn_begins_anew(storage: Storage, world: World) -> None:
    """Nothing of the failed turn is left in its state, and only its own steps are undone."""
    ends: list[Any] = [NO]

    async def pay(state: Any) -> str:
        assert set(state["results"]) == {"flight", "hotel", "car"}
        if ends:
            raise ends.pop()
        return "paid"

    graph = trip(pay, step("thank"))
    await fails(graph, storage, ValueError)
    with pytest.raises(WorkUndone, match="the last turn on thread 't' was undone"):
        await stretto.resume(graph, "t", storage=storage)
    compiled = graph.compile(checkpointer=storage.checkpointer)
    await compiled.aupdate_state({"configurable": {"thread_id": "t"}}, None, as_node="__end__")
    result = await stretto.run(graph, "again", thread="t", storage=storage)
    assert result.text == "thank"
    state = await state_of(graph, storage)
    assert set(statuses(state).values()) == {"done"}
    assert state["failed"] == {}
    ends.append(NO)
    world.forget()
    await fails(graph, storage, ValueError)
    assert world.once[3:] == ["undo car", "undo hotel", "undo flight"]
    assert set(statuses(await state_of(graph, storage))) == {"flight", "hotel", "car", "pay"}


async def test_steps_are_nodes(storage: Storage, world: World) -> None:
    """A breakpoint holds before one; a fork between two goes on from there."""
    graph = trip(step("pay"))
    compiled = graph.compile(checkpointer=storage.checkpointer, interrupt_before=["car"])
    await stretto.run(compiled, "go", thread="t", storage=storage)
    assert world.log == ["flight", "hotel"]
    at = await compiled.aget_state({"configurable": {"thread_id": "t"}})
    assert at.next == ("car",)
    await stretto.resume(compiled, "t", storage=storage)
    assert world.log == ["flight", "hotel", "car", "pay"]
    await stretto.fork(graph, "t", at.config["configurable"]["checkpoint_id"], storage=storage)
    result = await stretto.resume(graph, "t", storage=storage)
    assert (result.text, world.log[4:]) == ("pay", ["car", "pay"])


async def test_a_limit_for_the_graph_alone_is_no_failure(world: World) -> None:
    """LangGraph's own door works as well."""
    saver = InMemorySaver()
    compiled = trip(step("pay")).compile(checkpointer=saver)
    out = await compiled.ainvoke(
        {"messages": [("human", "go")]}, {"configurable": {"thread_id": "t"}}
    )
    assert out["messages"][-1].text == "pay"
    assert len(world.log) == 4


def test_the_drawing_shows_steps_and_what_undoes_them() -> None:
    """Every node can be reached."""
    graph = saga((step("a"), undo), [(step("b"), undo), step("c")], step("d"))
    drawn = graph.compile().get_graph(xray=True)
    assert set(drawn.nodes) == {
        "__start__",
        "a",
        "b",
        "c",
        "join_2",
        "d",
        "undo",
        "failed",
        "__end__",
    }
    led_to = {edge.target for edge in drawn.edges}
    assert led_to == set(drawn.nodes) - {"__start__"}


class Paid(BaseModel):
    """A typed result."""

    amount: int


def give_back(output: Paid, brief: dict[str, Any]) -> None:
    """Undo what gave a pydantic value."""
    assert isinstance(output, Paid)
    WORLD.note(f"give back {output.amount} for {brief['order']}")


class Own(TypedDict, total=False):
    """Fields of the user's own."""

    order: str


async def test_an_undo_gets_what_the_step_gave_and_was_given(
    storage: Storage, world: World
) -> None:
    """Typed, with the user's own fields."""

    async def pay(_state: Any) -> Paid:
        return Paid(amount=7)

    graph = saga((pay, give_back), step("b", NO), state=Own)
    with pytest.raises(ValueError, match="no more"):
        await stretto.run(graph, {"messages": [("human", "go")], "order": "o1"}, storage=storage)
    assert world.log[-1] == "give back 7 for o1"


def local(output: str, brief: dict[str, Any]) -> None:
    """Not undone by this."""


@pytest.mark.parametrize(
    ("steps", "error", "told"),
    [
        ([], InvalidMember, "at least one"),
        ([[]], InvalidMember, "a list of steps is empty"),
        ([step("a"), step("a")], InvalidMember, "two members are called 'a'"),
        ([step("undo")], InvalidMember, "'undo', which is a node of the pattern"),
        ([[step("a"), step("b")], step("join_1")], InvalidMember, "'join_1', which is a node"),
        ([(step("a"), lambda output, brief: None)], InvalidInput, "a lambda"),
        ([(step("a"), take_back)], InvalidInput, "the undo of 'a' is called with two arguments"),
        ([(step("a"), "nonsense")], InvalidInput, "names no undo"),
        ([(step("a"), 7)], InvalidInput, "undoes nothing"),
        ([(step("a", policy=Policy(undo=undo)), local)], InvalidInput, "and another beside it"),
        ([((step("a"), undo), undo)], InvalidMember, "is no step"),
        ([(step("a"), undo, undo)], InvalidMember, "is no step"),
        ([step("a", detach=True)], InvalidInput, "nobody waits for the step 'a'"),
        ([7], InvalidMember, "is no member"),
    ],
)
def test_what_cannot_be_a_step_is_refused(
    steps: list[Any], error: type[Exception], told: str
) -> None:
    """When it is built, with what to do."""
    with pytest.raises(error, match=told):
        saga(*steps)


def test_an_unknown_context_is_refused() -> None:
    """As everywhere."""
    with pytest.raises(InvalidInput, match="no context policy"):
        saga(step("a"), context="everything")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
