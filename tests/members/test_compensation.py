"""A member whose work comes to nothing undoes what it did, the last step first."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any

import pytest
from langchain_core.tools import tool as langchain_tool
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.types import interrupt
from pydantic import BaseModel
from typing_extensions import TypedDict

import stretto
from stretto import Agent, Answer, effect, idempotency_key, tool
from stretto.errors import (
    BudgetExceeded,
    InvalidInput,
    LimitReached,
    Rejected,
    StateUnavailable,
    WorkUndone,
)
from stretto.journal.handler import JournalHandler
from stretto.journal.install import installed
from stretto.journal.letters import all_letters, open_letters
from stretto.members import agent_graph
from stretto.members.compensation import compensating, undoable
from stretto.members.where import here
from stretto.members.work import Work
from stretto.policy import Fallback, Limits, Policy, Retry
from stretto.policy.resilience import TROUBLES
from stretto.records import Compensated, CompensationStarted, EffectStarted
from stretto.resilience.guard import Means
from stretto.testing import Clock, Reply, ScriptedModel, tool_call

if TYPE_CHECKING:
    from collections.abc import Callable

    from langchain_core.runnables import RunnableConfig

    from stretto.runs import Storage

QUICK = Retry(attempts=3, wait=1e-6, longest=1e-6, on=TROUBLES)


class Crash(BaseException):
    """Stands for the end of the process: nothing of a node catches it."""


class Town:
    """What steps do to, and how it goes wrong."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin anew."""
        self.log: list[str] = []
        self.keys: list[str] = []
        self.fails: dict[str, list[BaseException]] = {}

    def note(self, what: str) -> None:
        """Write down what happens, and fail if it is to fail."""
        self.log.append(what)
        self.keys.append(idempotency_key())
        if self.fails.get(what):
            raise self.fails[what].pop(0)


TOWN = Town()


@pytest.fixture(autouse=True)
def town() -> Town:
    """A town in which nothing has happened."""
    TOWN.forget()
    return TOWN


class Room(BaseModel):
    """What a hotel gives."""

    number: int


def book(what: str, *, nights: int = 1) -> str:
    """Do a step."""
    TOWN.note(f"book {what}")
    return f"{what} for {nights}"


async def cancel(result: str, what: str, *, nights: int = 1) -> None:
    """Undo it."""
    assert result == f"{what} for {nights}"
    TOWN.note(f"cancel {what}")


def take(number: int) -> Room:
    """Do a step that gives a pydantic value."""
    TOWN.note(f"take {number}")
    return Room(number=number)


def leave(room: Room, number: int) -> None:
    """Undo it."""
    assert isinstance(room, Room)
    assert room.number == number
    TOWN.note(f"leave {number}")


@tool(effect="ask")
def careful(result: str, what: str, *, nights: int = 1) -> None:
    """Undo what must not be undone twice."""
    TOWN.note(f"careful {what}")


class State(TypedDict, total=False):
    """What the graphs of these tests work on."""

    done: Annotated[list[Any], lambda a, b: [*a, *b]]
    answer: Any


def member(work: Callable[[], Any], **how: Any) -> StateGraph[Any, Any, Any, Any]:
    """A graph of one member that undoes what it did when it comes to nothing."""

    async def trip(state: State) -> Any:
        return await compensating(here(), "trip", work, **{"retry": QUICK, **how})

    graph = StateGraph(State)
    graph.add_node("trip", trip)
    graph.add_edge(START, "trip")
    graph.add_edge("trip", END)
    return graph


async def steps(*names: str, undo: Any = cancel, end: BaseException | None = None) -> State:
    """Book these, then fail if wanted."""
    for name in names:
        await effect("book", book, name, effect="idempotent", undo=undo)
    if end is not None:
        raise end
    return {"done": list(names)}


async def undone(storage: Storage, thread: str = "t") -> list[tuple[str, str]]:
    """What the journal tells of undoing."""
    records = await storage.journal.records(thread)
    return [(r.step, r.status) for r in records if isinstance(r, Compensated)]


async def fails(graph: Any, storage: Storage, error: type[BaseException], **how: Any) -> Any:
    """Run, and give what it raises."""
    with pytest.raises(error) as raised:
        await stretto.run(graph, {}, thread="t", storage=storage, **how)
    return raised.value


async def test_what_was_done_is_undone_in_reverse(storage: Storage, town: Town) -> None:
    """The error stays as it is, with a note of what was undone."""
    graph = member(lambda: steps("a", "b", end=ValueError("no c")))
    error = await fails(graph, storage, ValueError)
    assert town.log == ["book a", "book b", "cancel b", "cancel a"]
    assert "compensation: undone: book, book" in error.__notes__
    assert await undone(storage) == [("book", "done"), ("book", "done")]
    assert len(set(town.keys)) == 4


async def test_who_takes_over_is_tried_and_undone_on_its_own(storage: Storage, town: Town) -> None:
    """Members at one place: what the first did is undone before the second begins."""

    def deputy(name: str, end: BaseException | None) -> Any:
        async def work(state: dict[str, Any]) -> str:
            """Book something."""
            await steps(name, end=end)
            return f"{name} is booked"

        return stretto.member(work, name=name, policy=Policy(compensate=True))

    async def fails_at_once(state: dict[str, Any]) -> str:
        """It is down."""
        raise ConnectionError("down")

    fallback = Fallback(to=[deputy("a", ConnectionError("a is down")), deputy("b", None)])
    one = stretto.member(fails_at_once, policy=Policy(fallback=fallback))
    graph = StateGraph(MessagesState)
    node = one.node(
        lambda state: {"messages": state["messages"]},
        lambda _, reply: {"messages": [("ai", reply.text)]},
    )
    graph.add_node("work", node).add_edge(START, "work").add_edge("work", END)
    result = await stretto.run(graph, "Go on.", thread="t", storage=storage)
    assert result.value["messages"][-1].content == "b is booked"
    assert town.log == ["book a", "cancel a", "book b"]
    (began,) = [r for r in await storage.journal.records("t") if isinstance(r, CompensationStarted)]
    assert began.key == f"{began.scope}|undoing|a"


async def test_an_undoing_that_is_finished_later_leaves_what_came_after_it(
    storage: Storage, town: Town
) -> None:
    """The work of who took over stands."""

    async def trip(state: State) -> Any:
        with suppress(ValueError):
            await compensating(here(), "a", lambda: steps("a", end=ValueError("no")), retry=QUICK)
        await compensating(here(), "b", lambda: steps("b"), retry=QUICK)
        with pytest.raises(WorkUndone):
            await compensating(here(), "a", lambda: steps("a"), retry=QUICK)
        return {}

    graph = StateGraph(State).add_node("trip", trip).add_edge(START, "trip")
    await stretto.run(graph, {}, thread="t", storage=storage)
    assert town.log == ["book a", "cancel a", "book b"]


@pytest.mark.parametrize(
    ("error", "is_undone"),
    [
        (LimitReached("the run has used its 3 model calls; what it has done is stored"), False),
        (BudgetExceeded("run", "tokens", 1, 1, "Raise it."), False),
        (BudgetExceeded("trip", "tokens", 1, 1, "Raise it."), True),
    ],
)
async def test_a_limit_of_the_run_undoes_nothing_and_a_budget_does(
    storage: Storage, town: Town, error: LimitReached, *, is_undone: bool
) -> None:
    """The run can be resumed with a higher limit; who has used up its own budget has failed."""
    await fails(member(lambda: steps("a", end=error)), storage, LimitReached)
    assert town.log == (["book a", "cancel a"] if is_undone else ["book a"])


async def test_the_deadline_of_a_run_undoes_nothing(storage: Storage, town: Town) -> None:
    """It cancels what is at work, which a resume goes on with."""
    hangs = [True]

    async def work() -> State:
        await steps("a")
        if hangs:
            hangs.pop()
            await asyncio.Event().wait()
        return {"done": ["a"]}

    graph, limits = member(work), Limits(seconds=0.5)
    await fails(graph, storage, LimitReached, limits=limits, compensate=True)
    assert town.log == ["book a"]
    result = await stretto.resume(graph, "t", storage=storage)
    assert (result.value["done"], town.log) == (["a"], ["book a"])


async def test_nothing_is_undone_of_work_that_ends_well(storage: Storage, town: Town) -> None:
    """And nothing more is written of it."""
    await stretto.run(member(lambda: steps("a")), {}, thread="t", storage=storage)
    assert town.log == ["book a"]
    records = await storage.journal.records("t")
    assert not [r for r in records if isinstance(r, CompensationStarted)]
    started = next(r for r in records if isinstance(r, EffectStarted))
    assert started.undo.endswith(":cancel")


async def test_a_resume_does_not_go_on_from_what_was_undone(storage: Storage, town: Town) -> None:
    """It fails as before; a fork before it does all anew, and asks nobody."""
    ends: list[BaseException | None] = [ValueError("no c"), None]
    graph = member(lambda: steps("a", undo=cancel, end=ends.pop(0)))
    await fails(graph, storage, ValueError)
    with pytest.raises(WorkUndone, match=r"'trip' failed: ValueError: no c\. undone: book\..*fork"):
        await stretto.resume(graph, "t", storage=storage)
    assert town.log == ["book a", "cancel a"]
    compiled = graph.compile(checkpointer=storage.checkpointer)
    at = await compiled.aget_state({"configurable": {"thread_id": "t"}})
    await stretto.fork(graph, "t", at.config["configurable"]["checkpoint_id"], storage=storage)
    result = await stretto.resume(graph, "t", storage=storage)
    assert result.value["done"] == ["a"]
    assert town.log == ["book a", "cancel a", "book a"]


async def test_a_fork_does_what_was_undone_without_a_question(storage: Storage, town: Town) -> None:
    """What is declared `ask` and was undone stands nowhere any more."""
    ends: list[BaseException | None] = [ValueError("no"), None]

    async def work() -> State:
        await effect("book", book, "a", effect="ask", undo=cancel)
        if (end := ends.pop(0)) is not None:
            raise end
        return {"done": ["a"]}

    graph = member(work)
    await fails(graph, storage, ValueError)
    compiled = graph.compile(checkpointer=storage.checkpointer)
    at = await compiled.aget_state({"configurable": {"thread_id": "t"}})
    await stretto.fork(graph, "t", at.config["configurable"]["checkpoint_id"], storage=storage)
    result = await stretto.resume(graph, "t", storage=storage)
    assert (result.status, town.log) == ("done", ["book a", "cancel a", "book a"])


async def test_a_question_undoes_nothing(storage: Storage, town: Town) -> None:
    """Work that waits for a person goes on."""

    async def work() -> State:
        await effect("book", book, "a", effect="idempotent", undo=cancel)
        return {"done": [interrupt("sure?")]}

    graph = member(work)
    await stretto.run(graph, {}, thread="t", storage=storage)
    result = await stretto.resume(graph, "t", "yes", storage=storage)
    assert (result.value["done"], town.log) == (["yes"], ["book a"])


async def test_a_step_that_raised_is_not_undone(storage: Storage, town: Town) -> None:
    """Only what came to an end was done."""
    town.fails = {"book b": [ValueError("full")]}
    await fails(member(lambda: steps("a", "b")), storage, ValueError)
    assert town.log == ["book a", "book b", "cancel a"]


async def test_an_undo_is_tried_again(storage: Storage, town: Town) -> None:
    """Under one key, until it succeeds."""
    town.fails = {"cancel a": [ValueError("busy"), ConnectionError("gone")]}
    await fails(member(lambda: steps("a", end=ValueError("no"))), storage, ValueError)
    assert town.log == ["book a", "cancel a", "cancel a", "cancel a"]
    assert len(set(town.keys[1:])) == 1
    (record,) = [r for r in await storage.journal.records("t") if isinstance(r, Compensated)]
    assert (record.status, record.attempts, record.why) == ("done", 3, "failed")
    assert not await open_letters(storage.journal)


async def test_waits_between_tries_are_the_clocks(storage: Storage, town: Town) -> None:
    """They grow, and nobody sleeps for real."""
    waits: list[float] = []
    clock = Clock()

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        clock.advance(seconds)

    town.fails = {"cancel a": [ValueError("busy"), ValueError("busy")]}
    retry = Retry(attempts=3, wait=2.0, jitter=0, on=TROUBLES)
    graph = member(lambda: steps("a", end=ValueError("no")), retry=retry, sleep=sleep)
    await fails(graph, storage, ValueError)
    assert waits == [2.0, 4.0]


async def test_a_policy_that_compensates_waits_with_its_own_means(
    storage: Storage, town: Town
) -> None:
    """Those that its other parts wait with."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    async def call(_: RunnableConfig) -> None:
        await steps("a", end=ValueError("no"))

    async def finish(output: Any) -> Any:
        return output

    work = Work("trip", Policy(compensate=True), whole=True, means=Means(sleep=sleep))

    async def trip(state: State, config: RunnableConfig) -> Any:
        return await work.run(call, state, config, finish)

    town.fails = {"cancel a": [ValueError("busy")]}
    graph = StateGraph(State).add_node("trip", trip).add_edge(START, "trip")
    await fails(graph, storage, ValueError)
    assert town.log == ["book a", "cancel a", "cancel a"]
    assert len(waits) == 1


async def test_an_undo_that_fails_for_good_becomes_a_dead_letter(
    storage: Storage, town: Town
) -> None:
    """With all that a person needs; the others are undone."""
    town.fails = {"cancel b": [ValueError(f"no {n}") for n in range(9)]}
    graph = member(lambda: steps("a", "b", "c", end=ValueError("down")))
    error = await fails(graph, storage, ValueError)
    assert town.log[3:] == ["cancel c", *["cancel b"] * 3, "cancel a"]
    (letter,) = await open_letters(storage.journal)
    assert (letter.name, letter.attempts, letter.error) == ("book", 3, "ValueError: no 2")
    assert letter.args == {"result": "b for 1", "args": ["b"]}
    assert letter.undo.endswith(":cancel")
    assert (letter.node, letter.thread, letter.is_open) == ("trip", "t", True)
    told = f"compensation: undone: book, book; could not be undone: book (stretto dead-letters show {letter.id})"
    assert told in error.__notes__
    with pytest.raises(WorkUndone, match=f"show {letter.id}"):
        await stretto.resume(graph, "t", storage=storage)
    assert town.log.count("cancel b") == 3
    assert len(await all_letters(storage.journal)) == 1


async def test_a_rejected_answer_is_undone_and_passed_on(storage: Storage, town: Town) -> None:
    """The run goes on with it."""
    answer = Answer(question="?", text="t", accepted=False, verdict="rejected", reason="dear")

    async def work() -> State:
        await steps("a")
        return {"answer": answer}

    result = await stretto.run(member(work), {}, thread="t", storage=storage)
    assert (result.value["answer"], result.status) == (answer, "done")
    assert town.log == ["book a", "cancel a"]
    (began,) = [r for r in await storage.journal.records("t") if isinstance(r, CompensationStarted)]
    assert (began.why, began.error) == ("rejected", "dear")


async def test_a_rejected_answer_is_given_again(storage: Storage, town: Town) -> None:
    """When the process ends between the undoing and the next checkpoint, nothing is done twice."""
    answer = Answer(question="?", text="t", accepted=False, verdict="rejected")
    crashes = [Crash()]

    async def trip(state: State) -> Any:
        async def work() -> State:
            await steps("a")
            return {"answer": answer}

        update = await compensating(here(), "trip", work)
        if crashes:
            raise crashes.pop()
        return update

    graph = StateGraph(State)
    graph.add_node("trip", trip)
    graph.add_edge(START, "trip")
    await fails(graph, storage, Crash)
    result = await stretto.resume(graph, "t", storage=storage)
    assert (result.value["answer"], town.log) == (answer, ["book a", "cancel a"])


async def test_a_member_may_say_that_it_is_rejected(storage: Storage, town: Town) -> None:
    """By raising `Rejected`."""
    await fails(member(lambda: steps("a", end=Rejected("too dear"))), storage, Rejected)
    assert town.log == ["book a", "cancel a"]
    (record,) = [r for r in await storage.journal.records("t") if isinstance(r, Compensated)]
    assert record.why == "rejected"


async def test_what_is_cancelled_is_undone(storage: Storage, town: Town) -> None:
    """In peace: the undoing is not cancelled with it."""
    reached = asyncio.Event()

    async def work() -> State:
        await steps("a", "b")
        reached.set()
        await asyncio.Event().wait()
        return {}

    running = asyncio.create_task(stretto.run(member(work), {}, thread="t", storage=storage))
    await reached.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert town.log == ["book a", "book b", "cancel b", "cancel a"]
    (began,) = [r for r in await storage.journal.records("t") if isinstance(r, CompensationStarted)]
    assert began.why == "cancelled"


async def test_what_is_cancelled_when_the_storage_fails_is_not_undone(
    storage: Storage, town: Town
) -> None:
    """LangGraph cancels those beside a member that could not be stored; a resume goes on."""
    reached, gone = asyncio.Event(), [True]

    async def work() -> State:
        await steps("a")
        if gone:
            storage.journal.stored.failed("t", StateUnavailable("gone for a moment"))
            reached.set()
            await asyncio.Event().wait()
        return {"done": ["trip"]}

    running = asyncio.create_task(stretto.run(member(work), {}, thread="t", storage=storage))
    await reached.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    gone.clear()
    result = await stretto.resume(member(work), "t", storage=storage)
    assert result.value["done"] == ["trip"]
    assert town.log == ["book a"]


async def test_a_step_that_was_cut_off_is_a_persons(storage: Storage, town: Town) -> None:
    """Nobody knows whether it was done: it is not undone blindly."""
    reached = asyncio.Event()

    async def slow(what: str) -> str:
        town.note(f"slow {what}")
        reached.set()
        await asyncio.Event().wait()
        return "never"

    async def work() -> State:
        await steps("a")
        await effect("slow", slow, "b", effect="idempotent", undo=cancel)
        return {}

    running = asyncio.create_task(stretto.run(member(work), {}, thread="t", storage=storage))
    await reached.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert town.log == ["book a", "slow b", "cancel a"]
    (letter,) = await open_letters(storage.journal)
    assert (letter.name, letter.attempts) == ("slow", 0)
    assert "nobody knows whether it was done" in letter.error


async def test_compensation_that_was_cut_off_is_finished_first(
    storage: Storage, town: Town
) -> None:
    """The process ends in an undo: a resume undoes the rest, and does not go forward."""
    town.fails = {"cancel b": [Crash()]}
    graph = member(lambda: steps("a", "b", "c", end=ValueError("down")))
    await fails(graph, storage, Crash)
    assert town.log[3:] == ["cancel c", "cancel b"]
    with pytest.raises(WorkUndone, match="undone: book, book, book"):
        await stretto.resume(graph, "t", storage=storage)
    assert town.log[3:] == ["cancel c", "cancel b", "cancel b", "cancel a"]
    assert town.keys[4] == town.keys[5]
    with pytest.raises(WorkUndone):
        await stretto.resume(graph, "t", storage=storage)
    assert len(town.log) == 7


async def test_an_undo_that_may_have_happened_is_not_begun_again(
    storage: Storage, town: Town
) -> None:
    """When it is declared `ask`, it becomes a dead letter rather than run twice."""
    town.fails = {"careful a": [Crash()]}
    graph = member(lambda: steps("a", undo=careful, end=ValueError("down")))
    await fails(graph, storage, Crash)
    with pytest.raises(WorkUndone, match="could not be undone"):
        await stretto.resume(graph, "t", storage=storage)
    assert town.log == ["book a", "careful a"]
    (letter,) = await open_letters(storage.journal)
    assert "declared effect='ask'" in letter.error


async def test_what_was_forgotten_becomes_a_dead_letter(storage: Storage, town: Town) -> None:
    """Its arguments are gone, and the letter says so."""
    town.fails = {"cancel b": [Crash()]}
    await fails(member(lambda: steps("a", "b", end=ValueError("no"))), storage, Crash)
    await storage.journal.forget("t")
    made = await stretto.compensate("t", storage=storage)
    assert [each.status for each in made] == ["dead letter", "dead letter"]
    told = await open_letters(storage.journal)
    assert all("is not kept any more" in letter.error for letter in told)


async def test_an_unknown_undo_becomes_a_dead_letter(storage: Storage, town: Town) -> None:
    """The function was renamed since."""
    graph = member(lambda: steps("a", undo="no.such.module:cancel", end=ValueError("no")))
    await fails(graph, storage, ValueError)
    (letter,) = await open_letters(storage.journal)
    assert "'no.such.module:cancel', is not found here" in letter.error
    assert letter.attempts == 0


async def test_pydantic_values_come_back_as_the_undo_declares_them(
    storage: Storage, town: Town
) -> None:
    """They are stored as dictionaries."""

    async def work() -> State:
        room = await effect("take", take, 7, undo=leave)
        assert room.number == 7
        raise ValueError

    await fails(member(work), storage, ValueError)
    assert town.log == ["take 7", "leave 7"]


@tool(effect="idempotent", undo=cancel)
def reserve(what: str, nights: int = 1) -> str:
    """Reserve something."""
    return book(what, nights=nights)


def give_back(result: dict[str, Any], name: str) -> None:
    """Undo what a tool did that gave JSON."""
    TOWN.note(f"give {result['id']} back")


@langchain_tool
def borrow(name: str) -> dict[str, Any]:
    """Borrow something."""
    TOWN.note(f"borrow {name}")
    return {"id": 3}


borrow.metadata = {"stretto_effect": "idempotent", "stretto_undo": f"{__name__}:give_back"}


async def test_tools_of_an_agent_are_undone(storage: Storage, town: Town) -> None:
    """With what they returned, not with the message about it."""

    def answer(messages: list[Any]) -> Any:
        calls = [tool_call("reserve", what="x", nights=2), tool_call("borrow", name="y")]
        return "done" if len(town.log) == 2 else Reply(tool_calls=[calls[len(town.log)]])

    agent = Agent(name="clerk", model=ScriptedModel(answer), tools=[reserve, borrow])
    graph = agent_graph(agent)

    async def work() -> State:
        from langgraph.config import get_config

        await graph.ainvoke({"messages": [("human", "go")]}, get_config())
        raise ValueError("no")

    await fails(member(work), storage, ValueError)
    assert town.log == ["book x", "borrow y", "give 3 back", "cancel x"]


async def test_a_refused_step_is_not_undone(storage: Storage, town: Town) -> None:
    """A person said that it did not happen; what a person says did happen is undone."""
    town.fails = {"book a": [Crash()], "book b": [Crash()]}

    async def work() -> State:
        for name in "ab":
            await effect("book", book, name, effect="ask", undo=cancel)
        raise ValueError("no")

    graph = member(work)
    await fails(graph, storage, Crash)
    await stretto.resume(graph, "t", storage=storage)
    no = {"decisions": [{"type": "reject"}]}
    with pytest.raises(Crash):
        await stretto.resume(graph, "t", no, storage=storage)
    await stretto.resume(graph, "t", storage=storage)
    yes = {"decisions": [{"type": "respond", "message": "b for 1"}]}
    with pytest.raises(ValueError, match="no"):
        await stretto.resume(graph, "t", yes, storage=storage)
    assert town.log == ["book a", "book b", "cancel b"]


def take_apart(result: Any, given: Any) -> None:
    """Undo a member's whole work."""
    assert result == {"made": given["what"]}
    TOWN.note(f"apart {given['what']}")


async def test_a_members_whole_work_can_be_undone(storage: Storage, town: Town) -> None:
    """By the policy's undo, with what it gave and was given; it happens once."""

    async def make(given: Any) -> Any:
        town.note(f"make {given['what']}")
        return {"made": given["what"]}

    async def work() -> State:
        at = here()
        await undoable(at, "maker", take_apart, make, {"what": "cup"})
        raise ValueError("no")

    await fails(member(work), storage, ValueError)
    assert town.log == ["make cup", "apart cup"]


async def test_members_within_members_are_undone_once(storage: Storage, town: Town) -> None:
    """The inner one undoes its own; the outer one what is left."""

    async def inner(state: State) -> Any:
        return await compensating(
            here(), "inner", lambda: steps("c", "d", end=ValueError("no")), retry=QUICK
        )

    nested = StateGraph(State)
    nested.add_node("first", lambda state: {"done": ["first"]})
    nested.add_node("inner", inner)
    nested.add_edge(START, "first")
    nested.add_edge("first", "inner")
    team = nested.compile()

    async def work() -> State:
        await steps("a")
        return await team.ainvoke({})

    await fails(member(work), storage, ValueError)
    assert town.log == ["book a", "book c", "book d", "cancel d", "cancel c", "cancel a"]


async def test_a_server_run_compensates_as_well(storage: Storage, town: Town) -> None:
    """Without `stretto.run`: a graph with our checkpointer and the journal's handler."""
    graph = member(lambda: steps("a", end=ValueError("no"))).compile(
        checkpointer=storage.checkpointer
    )
    with installed(JournalHandler(storage.journal)), pytest.raises(ValueError, match="no"):
        await graph.ainvoke({}, {"configurable": {"thread_id": "s"}})
    assert town.log == ["book a", "cancel a"]


async def test_outside_a_journaled_run_nothing_is_undone(town: Town) -> None:
    """Nobody knows there what was done."""
    with pytest.raises(ValueError, match="no"):
        await compensating(None, "trip", lambda: steps("a", end=ValueError("no")))
    assert town.log == ["book a"]

    async def do(given: Any) -> Any:
        return given

    assert await undoable(None, "x", cancel, do, 3) == 3


@pytest.mark.parametrize(
    ("undo", "why"),
    [
        (lambda *_: None, "a lambda"),
        (Town().note, "only a function"),
        ("cancel", "module:function"),
    ],
)
async def test_an_undo_that_nobody_finds_again_is_refused(undo: Any, why: str) -> None:
    """At its declaration, with what to do."""
    with pytest.raises(InvalidInput, match=why):
        tool(effect="ask", undo=undo)
    with pytest.raises(InvalidInput, match=why):
        await effect("book", book, "a", undo=undo)


async def test_what_only_reads_has_no_undo() -> None:
    """There is nothing to undo."""
    with pytest.raises(InvalidInput, match="nothing to undo"):
        tool(effect="reads", undo=cancel)
    with pytest.raises(InvalidInput, match="nothing to undo"):
        await effect("book", book, "a", effect="reads", undo=cancel)


async def test_what_cannot_be_kept_for_its_undo_is_refused_before(
    storage: Storage, town: Town
) -> None:
    """It is not done, because it could not be undone."""

    async def work() -> State:
        await effect("book", book, asyncio.Event(), undo=cancel)
        return {}

    await fails(member(work), storage, InvalidInput)
    assert town.log == []
