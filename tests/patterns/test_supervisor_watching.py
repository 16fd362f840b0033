"""Workers that fail, stall or lie: restarted, then others take over, then it is escalated."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.callbacks import adispatch_custom_event
from langchain_core.runnables import RunnableLambda
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.runtime import Runtime  # noqa: TC002 - read at run time
from langgraph.types import Command, interrupt
from typing_extensions import TypedDict

import stretto
from stretto import Agent, Budget, Limits, Policy, Resume, member
from stretto.errors import (
    BudgetExceeded,
    EffectUnknown,
    InvalidInput,
    LimitReached,
    ManagerStuck,
    ModelRefused,
    Rejected,
    Stalled,
    StateUnavailable,
    WorkerFailed,
)
from stretto.members.effects import effect
from stretto.models.marks import unmarked
from stretto.patterns import supervisor
from stretto.patterns.watching import Pulse, fate, in_motion
from stretto.records import Decided, FellBack, Retried
from stretto.state import Delegate
from stretto.testing import CheckedModel, Clock, Reply, ScriptedModel, tool_call

if TYPE_CHECKING:
    from collections.abc import Callable

    from stretto import Storage


def to(worker: str, task: str) -> Any:
    """A delegation."""
    return tool_call(f"delegate_to_{worker}", task=task)


def boss(*said: Any, **fields: Any) -> Agent:
    """A manager that says this, one after the other; a list is several calls at once."""
    replies = [Reply(tool_calls=each) if isinstance(each, list) else each for each in said]
    return Agent(name="boss", model=CheckedModel(ScriptedModel(replies)), **fields)


def fails(name: str, times: int, error: Callable[[], Exception] = lambda: OSError("broke")) -> Any:
    """A worker that fails so often."""
    left = [times]

    async def work(state: Any) -> str:
        if left[0]:
            left[0] -= 1
            raise error()
        return f"{name} did {state['task']}"

    return member(work, name=name)


def hangs(name: str, times: int) -> Any:
    """A worker that never comes back, so often."""
    left = [times]

    async def work(state: Any) -> str:
        if left[0]:
            left[0] -= 1
            await asyncio.Event().wait()
        return f"{name} did {state['task']}"

    return member(work, name=name)


async def ask(graph: Any) -> dict[str, Any]:
    """The state at the end of a turn."""
    return await graph.compile().ainvoke({"messages": [("human", "go")]})


def only(out: Any) -> Any:
    """The only delegation."""
    (record,) = out["work"]
    return record


async def test_a_worker_that_fails_is_restarted(storage: Storage) -> None:
    """As often as declared; the journal is told why."""
    graph = supervisor(boss([to("a", "x")], "done"), [fails("a", 2)], restarts=2)
    result = await stretto.run(graph, "go", thread="t", storage=storage)
    record = only(result.value)
    assert (record.status, record.attempts, record.result) == ("done", 3, "a did x")
    told = await storage.journal.records("t", types=("retried",))
    assert [(r.name, r.attempt, r.error) for r in told if isinstance(r, Retried)] == [
        ("a", 2, "OSError: broke"),
        ("a", 3, "OSError: broke"),
    ]


async def test_a_restarted_worker_goes_on_where_it_failed(storage: Storage) -> None:
    """A graph at its step, a function with what its effects gave."""
    done: list[str] = []

    class State(TypedDict, total=False):
        task: str
        text: str

    async def first(_state: State) -> State:
        done.append("first")
        return {"text": "one"}

    async def second(state: State) -> State:
        done.append("second")
        if done.count("second") == 1:
            raise OSError("broke")
        return {"text": f"{state['text']} two"}

    inner = StateGraph(State)
    inner.add_sequence([first, second])
    inner.add_edge(START, "first")

    async def careful(state: Any) -> str:
        bought = await effect("buy", lambda: done.append("bought") or "plate")
        if done.count("bought") == 1 and "broken" not in done:
            done.append("broken")
            raise OSError("broke")
        return f"{bought} for {state['task']}"

    workers = [inner.compile(name="inner"), careful]
    manager = boss([to("inner", "x"), to("careful", "y")], "done")
    result = await stretto.run(supervisor(manager, workers), "go", thread="t", storage=storage)
    assert done.count("first") == 1
    assert done.count("second") == 2
    assert done.count("bought") == 1
    assert result.value["results"]["careful"] == "plate for y"


async def test_a_worker_that_makes_no_progress_is_restarted() -> None:
    """Within its idle time; others do not notice."""
    manager = boss([to("slow", "x"), to("a", "y")], "done")
    graph = supervisor(manager, [hangs("slow", 1), fails("a", 0)], idle={"slow": 0.05})
    out = await ask(graph)
    assert [(r.worker, r.status, r.attempts) for r in out["work"]] == [
        ("slow", "done", 2),
        ("a", "done", 1),
    ]


async def test_synchronous_workers_are_watched_too() -> None:
    """They run beside; what they give too late is not used."""
    go, times = threading.Event(), [0]

    def blocks(state: Any) -> str:
        times[0] += 1
        if times[0] == 1:
            go.wait(30)
            return "too late"
        go.set()
        return f"did {state['task']}"

    out = await ask(supervisor(boss([to("blocks", "x")], "done"), [blocks], idle=0.2, restarts=5))
    assert only(out).result == "did x"


async def test_progress_is_what_is_streamed_called_or_said() -> None:
    """And nothing else."""
    clock = Clock()

    async def turns(how_many: int, work: Any) -> Any:
        task = asyncio.ensure_future(in_motion(work, {}, "w", 10.0, sleep=clock.sleep, now=clock))
        for _ in range(how_many):
            for _ in range(20):
                await asyncio.sleep(0)
            clock.advance(6.0)
        for _ in range(20):
            await asyncio.sleep(0)
        return await task

    async def beats(config: Any) -> str:
        async def step(_: Any) -> None:
            await clock.sleep(6.0)
            await adispatch_custom_event("beat", {})

        for _ in range(4):
            await RunnableLambda(step).ainvoke(None, config)
        return "done"

    async def silent(_config: Any) -> str:
        for _ in range(4):
            await clock.sleep(6.0)
        return "done"

    assert await turns(5, beats) == "done"
    with pytest.raises(Stalled, match=r"'w' made no progress for 10 s.*heartbeat"):
        await turns(5, silent)


async def test_a_heartbeat_and_custom_stream_parts_are_progress() -> None:
    """Of functions that take the runtime, or write to the stream."""
    beats = asyncio.Queue[None]()

    async def patient(state: Any, runtime: Runtime[Any]) -> str:
        for _ in range(10):
            runtime.heartbeat()
            runtime.stream_writer({"still": "here"})
            beats.put_nowait(None)
            await asyncio.sleep(0)
        return f"did {state['task']}"

    out = await ask(supervisor(boss([to("patient", "x")], "done"), [patient], idle=60))
    assert only(out).attempts == 1
    assert beats.qsize() == 10


async def test_work_that_is_cancelled_stops() -> None:
    """When the run is, and not only when it stalls."""
    stopped = asyncio.Event()

    async def work(_config: Any) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    task = asyncio.ensure_future(in_motion(work, {}, "w", 60.0))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert stopped.is_set()


async def test_others_take_over_in_order(storage: Storage) -> None:
    """Other workers, and members that the manager knows nothing of."""
    manager = boss([to("a", "x")], "done")
    team = [fails("a", 9), fails("b", 9)]
    graph = supervisor(manager, team, reassign={"a": ["b", fails("spare", 0)]}, restarts=1)
    result = await stretto.run(graph, "go", thread="t", storage=storage)
    record = only(result.value)
    assert (record.worker, record.by, record.status) == ("a", "spare", "done")
    assert (record.attempts, record.tried) == (5, ["a", "b"])
    assert result.value["results"] == {"spare": "spare did x"}
    assert result.value["failed"] == {"a": "broke", "b": "broke"}
    told = await storage.journal.records("t", types=("fell_back",))
    assert [(r.name, r.to) for r in told if isinstance(r, FellBack)] == [
        ("a", "b"),
        ("b", "spare"),
    ]
    model: Any = manager.model
    assert model.requests[0].request.tool_names == ("delegate_to_a", "delegate_to_b")


async def test_others_of_the_turn_wait_for_who_takes_over() -> None:
    """The manager is asked when all is settled."""
    manager = boss([to("a", "x"), to("b", "y")], "done")
    out = await ask(supervisor(manager, [fails("a", 9), fails("b", 0)], reassign=["b"]))
    assert [r.result for r in out["work"]] == ["b did x", "b did y"]
    model: Any = manager.model
    assert len(model.requests) == 2
    assert model.problems == []


async def test_the_manager_is_told_what_nobody_could_do(storage: Storage) -> None:
    """And decides what then."""
    manager = boss([to("a", "x")], [to("b", "x")], "done")
    graph = supervisor(manager, [fails("a", 9), fails("b", 0)])
    result = await stretto.run(graph, "go", thread="t", storage=storage)
    assert [r.status for r in result.value["work"]] == ["given up", "done"]
    said = next(m for m in result.value["messages"] if m.type == "tool")
    assert said.status == "error"
    assert said.text.startswith("Not done. broke (Tried by a, 2 times in all.)")
    told = await storage.journal.records("t", types=("decided",))
    assert any(isinstance(r, Decided) and r.decision == "escalated: manager" for r in told)


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        ({"type": "respond", "message": "I did it"}, "done", "I did it"),
        ({"type": "reject", "message": "leave it"}, "given up", "Not done: leave it"),
        ({"type": "reject"}, "given up", "Not done: a person gave it up."),
        ({"type": "approve"}, "done", "a did x"),
    ],
)
async def test_a_person_decides_on_what_nobody_could_do(
    answer: Any, status: str, words: str, storage: Storage
) -> None:
    """Do it again, here is the result, give it up."""
    team = [fails("a", 2), fails("b", 0)]
    graph = supervisor(boss([to("a", "x"), to("b", "y")], "done"), team, escalate="person")
    paused = await stretto.run(graph, "go", thread="t", storage=storage)
    (asked,) = paused.interrupts
    assert asked.value["action_requests"][0]["args"] == {"worker": "a", "task": "x"}
    result = await stretto.run(
        graph, Resume(answer={"decisions": [answer]}), thread="t", storage=storage
    )
    assert result.text == "done"
    assert [r.status for r in result.value["work"]] == [status, "done"]
    assert words in [m.text for m in result.value["messages"]]


async def test_a_person_may_word_the_task_anew() -> None:
    """Or give it to another worker; not to nobody."""
    manager = boss([to("a", "x")], "done")
    graph = supervisor(manager, [fails("a", 9), fails("b", 0)], escalate="person").compile(
        checkpointer=InMemorySaver()
    )
    config: Any = {"configurable": {"thread_id": "t"}}
    await graph.ainvoke({"messages": [("human", "go")]}, config)
    edit: Any = {"type": "edit", "edited_action": {"name": "delegation", "args": {"worker": "c"}}}
    await graph.ainvoke(Command(resume={"decisions": [edit]}), config)
    (asked,) = (await graph.aget_state(config)).interrupts
    assert "no worker 'c'" in asked.value["action_requests"][0]["description"]
    edit["edited_action"]["args"] = {"worker": "b", "task": "xx"}
    out = await graph.ainvoke(Command(resume={"decisions": [edit]}), config)
    assert (only(out).by, only(out).result) == ("b", "b did xx")


async def test_a_run_may_end_with_what_nobody_could_do() -> None:
    """The error names the task, who tried, and why it failed."""
    graph = supervisor(boss([to("a", "x")]), [fails("a", 9)], escalate="fail")
    with pytest.raises(WorkerFailed, match=r"'a' could not do 'x': broke Name others"):
        await ask(graph)


async def test_what_a_check_refuses_is_done_anew_with_the_reason() -> None:
    """By the same worker, then by others."""
    briefs: list[str] = []

    def think(messages: Any) -> str:
        briefs.append(messages[-1].text)
        return "nonsense"

    liar = Agent(name="liar", model=ScriptedModel(think))
    manager = boss([to("liar", "x")], "done")

    def check(task: str, result: Any) -> str:
        return "" if task in str(result) else "it is not about the task"

    out = await ask(
        supervisor(manager, [liar], check=check, reassign={"liar": [fails("b", 0)]}, restarts=1)
    )
    assert (only(out).by, only(out).attempts, only(out).tried) == ("b", 3, ["liar", "liar"])
    assert briefs[0] == "x"
    assert "it is not about the task" in briefs[1]


@pytest.mark.parametrize("says", [False, True])
async def test_a_check_may_say_yes_or_no(says: bool) -> None:  # noqa: FBT001
    """A text is the reason."""
    out = await ask(
        supervisor(boss([to("a", "x")], "done"), [fails("a", 0)], check=lambda *_: says)
    )
    assert only(out).status == ("done" if says else "given up")


async def test_nobody_else_may_try_what_may_have_happened() -> None:
    """Or what a person refused: it is escalated."""
    never = fails("b", 0)
    worker = fails("a", 9, lambda: Rejected("no"))
    out = await ask(supervisor(boss([to("a", "x")], "done"), [worker, never], reassign=["b"]))
    assert (only(out).status, only(out).tried, only(out).attempts) == ("given up", ["a"], 1)


async def test_a_worker_whose_budget_is_used_up_is_not_restarted(storage: Storage) -> None:
    """Another takes over; the whole team's budget ends the run."""
    agent = Agent(
        name="a",
        model=ScriptedModel("never"),
        policy=Policy(budget=Budget(tokens=1)),
    )
    graph = supervisor(boss([to("a", "x")], "done"), [agent, fails("b", 0)], reassign=["b"])
    result = await stretto.run(graph, "go", thread="t", storage=storage)
    assert (only(result.value).by, only(result.value).attempts) == ("b", 2)
    broke = supervisor(boss([to("a", "x")], "done"), [agent], budget=Budget(calls=1))
    with pytest.raises(LimitReached):
        await stretto.run(broke, "go", thread="u", storage=storage, limits=Limits(model_calls=1))


async def test_an_answer_of_a_wrong_shape_is_no_failure_of_the_worker() -> None:
    """It is refused, and can be given again."""

    async def careful(_state: Any) -> str:
        return f"a person said {interrupt('?', response_schema=int)}"

    graph = supervisor(boss([to("careful", "x")], "done"), [careful]).compile(
        checkpointer=InMemorySaver()
    )
    config: Any = {"configurable": {"thread_id": "t"}}
    await graph.ainvoke({"messages": [("human", "go")]}, config)
    with pytest.raises(Exception, match="integer"):
        await graph.ainvoke(Command(resume="many"), config)
    out = await graph.ainvoke(Command(resume=3), config)
    assert (only(out).result, only(out).attempts) == ("a person said 3", 1)


@pytest.mark.parametrize(
    ("error", "then"),
    [
        (OSError("x"), "restart"),
        (Stalled("w", 1.0), "restart"),
        (ModelRefused("x"), "pass on"),
        (InvalidInput("x"), "pass on"),
        (ManagerStuck("x", "m"), "pass on"),
        (BudgetExceeded("supervisor/w", "calls", 1, 1, ""), "pass on"),
        (BudgetExceeded("supervisor", "calls", 1, 1, ""), "raise"),
        (LimitReached("x"), "raise"),
        (StateUnavailable("x"), "raise"),
        (EffectUnknown("x"), "stop"),
        (Rejected("x"), "stop"),
    ],
)
def test_each_failure_has_its_fate(error: Exception, then: str) -> None:
    """What may go better, what will not, and what is not the worker's."""
    assert fate(error, "w") == then


async def test_a_worker_that_cancels_itself_has_failed() -> None:
    """It does not end the run in silence."""

    async def odd(_state: Any) -> str:
        raise asyncio.CancelledError

    out = await ask(supervisor(boss([to("odd", "x")], "done"), [odd], restarts=0))
    assert "nobody had cancelled it" in only(out).why


async def test_a_supervisor_that_fails_is_watched_like_any_worker() -> None:
    """A manager may manage managers."""
    low = boss(*([to("a", str(i))] for i in range(9)))
    team = supervisor(low, [fails("a", 0)], max_delegations=2)
    high = boss([to("team", "x")], "done")
    out = await ask(supervisor(high, [member(team, name="team")], reassign=[fails("b", 0)]))
    assert (only(out).by, only(out).tried) == ("b", ["team"])


async def test_a_stalled_agent_goes_on_without_repeating(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What its model said and what its tools did before is given back."""
    hung = asyncio.Event()

    async def stopped(*_: Any) -> None:
        await hung.wait()
        hung.clear()

    monkeypatch.setattr(Pulse, "stopped", stopped)
    said: list[int] = []
    done: list[str] = []

    @stretto.tool(effect="ask")
    def buy(what: str) -> str:
        """Buy something."""
        done.append(what)
        return f"bought {what}"

    async def think(messages: Any) -> Reply:
        said.append(len(messages))
        if len(messages) == 1:
            return Reply(tool_calls=[tool_call("buy", what="plate")])
        if said.count(len(messages)) == 1:
            hung.set()
            await asyncio.Event().wait()
        return Reply(f"I {unmarked(messages[-1]).text}")

    agent = Agent(name="clerk", model=ScriptedModel(think), tools=[buy])
    graph = supervisor(boss([to("clerk", "x")], "done"), [agent], idle=1.0)
    result = await stretto.run(graph, "go", thread="t", storage=storage)
    assert (only(result.value).result, only(result.value).attempts) == ("I bought plate", 2)
    assert done == ["plate"]
    assert said == [1, 3, 3]


async def test_a_person_is_asked_when_all_else_is_done(storage: Storage) -> None:
    """What one of several waits for holds up none of the others, nor those who take over."""
    done: list[str] = []

    async def strict(state: Any) -> str:
        if state["task"] == "never":
            raise Rejected("It is not allowed. Ask a person.")
        raise OSError("down")

    async def other(state: Any) -> str:
        done.append(state["task"])
        return f"did {state['task']}"

    def chief(state: Any) -> Any:
        if not state.get("work"):
            return [Delegate(worker="strict", task=task) for task in ("never", "one", "two")]
        return "told"

    graph = supervisor(
        chief, [strict], restarts=0, reassign=[member(other, name="other")], escalate="person"
    )
    result = await stretto.run(graph, "go", thread="t", storage=storage)
    assert result.status == "interrupted"
    assert sorted(done) == ["one", "two"]
    assert [each.status for each in result.value["work"]] == ["asked", "done", "done"]
    (asked,) = result.interrupts
    answer = {"decisions": [{"type": "respond", "message": "by hand"}]}
    again = await stretto.run(
        graph, Resume(answers={asked.id: answer}), thread="t", storage=storage
    )
    assert (again.status, again.text) == ("done", "told")
    assert [each.result for each in again.value["work"]] == ["by hand", "did one", "did two"]
    assert sorted(done) == ["one", "two"]


async def test_a_run_that_is_cut_off_repeats_only_what_was_not_done(storage: Storage) -> None:
    """Of the tasks of one message, too."""
    done: list[str] = []
    cut = asyncio.Event()

    async def quick(state: Any) -> str:
        done.append(state["task"])
        return f"did {state['task']}"

    async def slow(state: Any) -> str:
        if not cut.is_set():
            cut.set()
            await asyncio.Event().wait()
        done.append(state["task"])
        return f"did {state['task']}"

    manager = boss([to("quick", "x"), to("slow", "y"), to("quick", "z")], "done")
    graph = supervisor(manager, [quick, slow])
    run = asyncio.ensure_future(stretto.run(graph, "go", thread="t", storage=storage))
    await cut.wait()
    while True:  # until the two that are done are stored
        if await _stored(graph, storage, 2):
            break
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    result = await stretto.run(graph, Resume(), thread="t", storage=storage)
    assert result.text == "done"
    assert sorted(done) == ["x", "y", "z"]


async def _stored(graph: Any, storage: Storage, tasks: int) -> bool:
    """Whether the results of so many tasks of the step at work are stored."""
    compiled = graph.compile(checkpointer=storage.checkpointer)
    state = await compiled.aget_state({"configurable": {"thread_id": "t"}})
    return sum(task.result is not None for task in state.tasks) >= tasks
