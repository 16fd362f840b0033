"""Runs a compiled LangGraph graph, any one, with checkpoints, journal, limits and one writer."""

from __future__ import annotations

import asyncio
import time
import uuid
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, cast

from langchain_core.messages import BaseMessage, HumanMessage
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import StateGraph
from langgraph.pregel import Pregel
from typing_extensions import TypedDict, is_typeddict

from stretto.errors import InvalidInput, ThreadUnknown, TimedOut
from stretto.journal import Usage
from stretto.journal.announcement import Announcement
from stretto.journal.budgets import limit_reached
from stretto.journal.handler import JournalHandler
from stretto.policy import Limits
from stretto.records import TEAM_KEY
from stretto.resilience.deadline import in_time
from stretto.runs.answers import kept_answers, moved, resumption
from stretto.runs.failure import compensation_told, explained
from stretto.runs.forking import fork_held
from stretto.runs.migrating import migrate
from stretto.runs.pinning import keep_version, refuse_other_version, version_of
from stretto.runs.result import Result
from stretto.runs.storage import Storage, open_storage
from stretto.runs.undoing import compensated, refuse_undone
from stretto.spec.undo import undoes_itself

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence

    from langchain_core.runnables import RunnableConfig
    from langgraph.runtime import RunControl
    from langgraph.types import Interrupt, StateSnapshot, StreamMode

MOST_THREAD = 255
"""Characters of a thread id."""
STEPS = 1000
"""Supersteps of each graph of a run, where `Limits.steps` says nothing (LangGraph: 10,007)."""
BRANCH = "branch:to:"
"""How LangGraph's checkpoints name the channel that starts a node."""
MODES: tuple[StreamMode, ...] = ("updates", "messages", "custom")


class Part(TypedDict):
    """A part of a run's stream: LangGraph's own (version 2), or one of two kinds of ours."""

    type: Literal[
        "updates", "messages", "custom", "values", "tasks", "checkpoints", "debug", "journal", "end"
    ]
    """`journal`: a record; `end`: the last part of a run that did not fail."""
    ns: tuple[str, ...]
    """The subgraph it comes from; empty for the root, and for parts of ours."""
    data: Any
    """A record for `journal`, a `Result` for `end`, else what LangGraph says."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Goes on with a thread: after a crash, a stop, a failure or an interrupt."""

    answer: Any = None
    """Answer to the only interrupt that waits; `None` to go on without one."""
    answers: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Answers by interrupt id, where several wait; those left out wait on."""
    by: str = ""
    """Who answers, for the journal."""
    checkpoint: str = ""
    """Goes back to this checkpoint first: the turn forks from there, and the answer is given to
    what is asked there anew."""
    migrate: bool = False
    """Takes the turn over from the version in which it began, as the team's `migrates` says."""


Graph = Pregel[Any, Any, Any, Any] | StateGraph[Any, Any, Any, Any]
Input = str | BaseMessage | list[BaseMessage] | dict[str, Any] | Resume
"""A text or messages for graphs with `messages`; any input as a dictionary; or `Resume`."""


async def stream(
    graph: Graph,
    input: Input,  # noqa: A002 - LangGraph's own name for it
    *,
    thread: str | None = None,
    context: Mapping[str, Any] | None = None,
    limits: Limits | None = None,
    storage: Storage | None = None,
    wait: float = 0.0,
    team: str = "",
    model: str = "",
    control: RunControl | None = None,
    modes: Sequence[StreamMode] = MODES,
    take_over: bool = False,
    compensate: bool = False,
) -> AsyncGenerator[Part]:
    """Run a turn on a thread and give its parts as they come; the last is `end` with a `Result`.

    Leave it before its end with `contextlib.aclosing`, so that the run stops at once.

    The graph runs with `durability="sync"` on the project's checkpointer and store (unless it was
    compiled with its own), and every record of it is journaled before the step that follows.

    Args:
        graph: Any LangGraph graph, compiled or not; one of Stretto's or not.
        input: What starts the turn, or `Resume`.
        thread: Where the turn belongs; a new thread by default.
        context: The run's context; by default the thread's last one.
        limits: What the turn may use; 100 model calls by default.
        storage: Open state; by default the project's is opened for this run.
        wait: Seconds to wait for another turn on the thread to end.
        team: What to call the graph in the journal; its own name by default, "team" when it is not
            compiled. `stretto resume` finds the graph by it: name it as in langgraph.json.
        model: The default model's name, for the journal.
        control: Asks the run to stop at a safe point (`request_drain`).
        modes: LangGraph's stream modes.
        take_over: Take the thread from a turn that is being written on it and hangs; what that
            one does from then on is neither stored nor started.
        compensate: Undo what was done in the turn, the last step first, when it fails, is cancelled
            or its answer is rejected; see `stretto.compensate`. Not when it waits for a person,
            was asked to stop or has used up a limit.

    Raises:
        WorkUndone: `Resume` of a turn that was undone.
        ThreadTaken: Another process has taken the thread over meanwhile.
        EffectUnknown, EffectChanged: An effect may have happened and is not to be repeated.
        ThreadBusy: Another turn is being written on the thread.
        ThreadUnknown: `Resume` on a thread that has no checkpoint.
        InvalidInput: An empty question, or an unfinished turn on the thread.
        InvalidAnswer: The answer does not fit; nothing is saved, it can be given again.
        LimitReached: A limit is used up; a resume with a higher one goes on.
        ModelRefused, ModelUnavailable: The provider did not serve.
        RunStopped: The run was asked to stop.
        StateUnavailable: What happened could not be stored.
        Exception: What a node raised; what was done before is stored.
    """
    thread = str(uuid.uuid4()) if thread is None else valid_thread(thread)
    async with AsyncExitStack() as stack:
        if storage is None:
            storage = await stack.enter_async_context(open_storage())
        held = storage.writing(thread, wait=wait, take_over=take_over)
        fence = await stack.enter_async_context(held)
        ready = compiled(graph, storage)
        named = team or (ready.get_name() if isinstance(graph, Pregel) else "team")
        await keep_version(ready, storage.store, team, begins=not isinstance(input, Resume))
        begin = partial(
            _Run, ready, thread, storage, limits=limits or Limits(), team=named, fence=fence
        )
        run = begin()
        try:
            if isinstance(input, Resume) and input.checkpoint:
                asked = await run.forked(input)
                if input.answers or input.answer is not None:
                    again = run.turn(Resume(by=input.by), context, model, control, modes)
                    async with aclosing(again):
                        async for part in again:
                            yield part
                    input = await run.answers_moved(input, asked)  # noqa: A001 - the parameter's
                    run = begin()
            if isinstance(input, Resume):
                await run.refuse_lost(input)
            wanted = compensate or undoes_itself(graph)
            async with compensated(storage, thread, run.id, wanted=wanted) as judge:
                parts = run.turn(input, context, model, control, modes)
                async with aclosing(parts):
                    async for part in parts:
                        yield part
                result = await run.result()
                await judge(result.answer)
            yield {"type": "end", "ns": (), "data": result}
        except Exception as error:
            better = explained(error, thread)
            if better is error:
                raise
            if told := compensation_told(error):
                better.add_note(told)
            raise better from error


def valid_thread(thread: str) -> str:
    """Give back a thread id that can be stored, printed and typed.

    Raises:
        InvalidInput: It is blank, longer than 255 characters, or has unprintable ones.
    """
    if thread.strip() and len(thread) <= MOST_THREAD and thread.isprintable():
        return thread
    raise InvalidInput(
        f"{thread[:40]!r} cannot name a thread. Use 1 to {MOST_THREAD} printable characters."
    )


def compiled(graph: object, storage: Storage) -> Pregel[Any, Any, Any, Any]:
    """Give a graph that runs on this storage, where it was not compiled with its own."""
    if isinstance(graph, StateGraph):
        return graph.compile(checkpointer=storage.checkpointer, store=storage.store)
    if not isinstance(graph, Pregel):
        raise InvalidInput(f"{graph!r} is no LangGraph graph. Give a StateGraph or a compiled one.")
    given: dict[str, Any] = {}
    if graph.checkpointer is None or isinstance(graph.checkpointer, bool):
        given["checkpointer"] = storage.checkpointer
    if graph.store is None:
        given["store"] = storage.store
    return graph.copy(given) if given else graph


@dataclass(slots=True)
class _Given:
    """A graph's input, made ready."""

    input: Any
    context: Mapping[str, Any] | None
    config: RunnableConfig


class _Run:
    """One turn, or one resume of it, on a thread that is held."""

    def __init__(
        self,
        graph: Pregel[Any, Any, Any, Any],
        thread: str,
        storage: Storage,
        *,
        limits: Limits,
        team: str,
        fence: int,
    ) -> None:
        self.graph, self.thread, self.storage = graph, thread, storage
        self.limits, self.team, self.fence = limits, team, fence
        self.id = uuid.uuid4()
        self.checkpoint = ""
        self.started = time.monotonic()

    @property
    def address(self) -> RunnableConfig:
        """Where the thread's newest checkpoint is."""
        return {"configurable": {"thread_id": self.thread}}

    async def forked(self, given: Resume) -> tuple[Interrupt, ...]:
        """Go back to the checkpoint that is named; gives what was asked there."""
        _, asked = await fork_held(
            self.graph, self.storage, self.thread, given.checkpoint, given.by
        )
        self.checkpoint = given.checkpoint
        return asked

    async def refuse_lost(self, given: Resume) -> None:
        """Refuse to go on with what was undone or began in another version, or take it over."""
        await refuse_undone(self.storage, self.thread)
        began = await self.storage.journal.last_run(self.thread)
        if began is None or began.team_version in ("", version_of(self.graph)):
            return
        if given.migrate:
            await migrate(self.graph, self.storage, self.address, began)
        else:
            refuse_other_version(self.graph, began.team_version, self.thread)

    async def answers_moved(self, given: Resume, asked: Sequence[Interrupt]) -> Resume:
        """The same answers, for what is asked since the fork."""
        now = (await self.graph.aget_state(self.address)).interrupts
        return replace(given, answers=moved(given.answers, asked, now), checkpoint="")

    async def turn(
        self,
        given: Input,
        context: Mapping[str, Any] | None,
        model: str,
        control: RunControl | None,
        modes: Sequence[StreamMode],
    ) -> AsyncGenerator[Part]:
        """Run from the thread's newest checkpoint; gives the parts."""
        parts = self.parts(await self.prepare(given, context, model), control, modes)
        async with aclosing(parts):
            async for part in parts:
                yield part

    async def prepare(self, given: Input, context: Mapping[str, Any] | None, model: str) -> _Given:
        """Check the input against the thread, and make the graph's input and config of it."""
        snapshot = await self.graph.aget_state(self.address)
        await self._refuse_foreign()
        spent = Usage()
        by, gave = "", dict[str, str]()
        if isinstance(given, Resume):
            self._refuse_ended(snapshot)
            spent, by = await self.storage.journal.spent(self.thread), given.by
            kept = await kept_answers(self.storage.journal, self.graph.checkpointer, self.thread)
            ready: Any = resumption(given.answer, given.answers, snapshot.interrupts, kept.answers)
            gave = kept.gave(ready)
        else:
            self._refuse_unfinished(snapshot)
            ready = graph_input(given, self.graph)
        if context is None and snapshot.values:
            before = await self.storage.journal.last_run(self.thread)
            context = (before and before.context) or None
        known = Announcement(
            team=self.team,
            version=version_of(self.graph),
            model=model,
            context=dict(context or {}),
            by=by,
            gave=gave,
            checkpoint=self.checkpoint,
            fence=self.fence,
        )
        handler = JournalHandler(
            self.storage.journal, limits=self.limits, spent=spent, announcement=known
        )
        config: RunnableConfig = {
            **self.address,
            "callbacks": [handler],
            "run_id": self.id,
            "run_name": self.team,
            "tags": ["stretto"],
            "metadata": {TEAM_KEY: self.team},
            "recursion_limit": self.limits.steps or STEPS,
        }
        return _Given(ready, context, config)

    async def _refuse_foreign(self) -> None:
        """Refuse where the thread is to go on in a node that this graph does not have."""
        saver = self.graph.checkpointer
        held = (
            await saver.aget_tuple(self.address) if isinstance(saver, BaseCheckpointSaver) else None
        )
        waiting = held.checkpoint["channel_values"] if held is not None else {}
        nodes = [name.removeprefix(BRANCH) for name in waiting if name.startswith(BRANCH)]
        if strange := [node for node in nodes if node not in self.graph.nodes]:
            raise InvalidInput(
                f"the last turn on thread {self.thread!r} has not ended; it goes on in "
                f"{', '.join(map(repr, strange))}, which the graph {self.graph.get_name()!r} does "
                "not have. Give the node its name back, resume with the graph that began the turn, "
                "or use another thread."
            )

    def _refuse_ended(self, snapshot: StateSnapshot) -> None:
        if not snapshot.values and not snapshot.tasks:
            raise ThreadUnknown(
                f"thread {self.thread!r} has nothing to resume. See `stretto threads`."
            )
        if not snapshot.tasks:
            raise InvalidInput(
                f"thread {self.thread!r} has ended its last turn; there is nothing to resume. "
                "Ask it something new."
            )

    def _refuse_unfinished(self, snapshot: StateSnapshot) -> None:
        if snapshot.interrupts:
            raise InvalidInput(
                f"thread {self.thread!r} waits for a person's answer. Answer it "
                f"(stretto resume {self.thread}), or use another thread."
            )
        if snapshot.tasks:  # not `next`: that leaves out what is done and not yet checkpointed
            raise InvalidInput(
                f"the last turn on thread {self.thread!r} has not ended. Let it end "
                f"(stretto resume {self.thread}), or use another thread."
            )

    async def parts(
        self, given: _Given, control: RunControl | None, modes: Sequence[StreamMode]
    ) -> AsyncGenerator[Part]:
        """LangGraph's parts and the run's records, in the order in which they come."""
        with self.storage.journal.subscribe() as records:
            found: asyncio.Queue[Part | BaseException | None] = asyncio.Queue()

            async def pump_graph() -> None:
                try:
                    await self.before_deadline(
                        lambda: self._steps(given, control, modes, found.put_nowait)
                    )
                    await self.storage.journal.flush()
                    found.put_nowait(None)
                except BaseException as error:
                    with suppress(Exception):
                        await self.storage.journal.flush()
                    found.put_nowait(error)
                    raise

            async def pump_records() -> None:
                while True:
                    record = await records.get()
                    if record.run == str(self.id):
                        found.put_nowait({"type": "journal", "ns": (), "data": record})

            async with _running(pump_graph()) as task, _running(pump_records()):
                while True:
                    part = await found.get()
                    if part is None or isinstance(part, BaseException):
                        break
                    yield part
                for left in _drained(records, found, str(self.id)):
                    yield left
                await task

    async def _steps(
        self,
        given: _Given,
        control: RunControl | None,
        modes: Sequence[StreamMode],
        put: Callable[[Part], None],
    ) -> None:
        """Let the graph run, and hand over its parts."""
        async for part in self.graph.astream(
            given.input,
            given.config,
            context=cast("Any", given.context),
            stream_mode=list(modes),
            subgraphs=True,
            durability="sync",
            version="v2",
            control=control,
        ):
            put(cast("Part", part))

    async def before_deadline(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do it in the seconds that the limits allow.

        Raises:
            LimitReached: They are over; what was done is stored.
        """
        seconds = self.limits.seconds
        try:
            await in_time(seconds, work, "", whole_run=True)
        except TimedOut as error:
            if str(error):  # a member's own
                raise
            raise limit_reached("seconds", seconds or 0.0) from None

    async def result(self) -> Result:
        """What the thread's newest checkpoint says."""
        snapshot = await self.graph.aget_state(self.address)
        return Result(
            thread=self.thread,
            status="interrupted" if snapshot.interrupts or snapshot.next else "done",
            value=cast("dict[str, Any]", snapshot.values),
            interrupts=tuple({i.id: i for i in snapshot.interrupts}.values()),
            usage=await self.storage.journal.spent(self.thread),
            seconds=time.monotonic() - self.started,
            run=str(self.id),
        )


@asynccontextmanager
async def _running(coroutine: Any) -> AsyncGenerator[asyncio.Task[None]]:
    """Run beside the body; what is left of it when the body ends is cancelled and awaited."""
    task: asyncio.Task[None] = asyncio.create_task(coroutine)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            task.exception()  # looked at: the body has awaited it, or does not want it any more


def _drained(records: asyncio.Queue[Any], found: asyncio.Queue[Any], run: str) -> list[Part]:
    """What came in before the end and was not given yet."""
    left: list[Part] = []
    while not found.empty():
        part = found.get_nowait()
        if isinstance(part, dict):
            left.append(cast("Part", part))
    while not records.empty():
        record = records.get_nowait()
        if record.run == run:
            left.append({"type": "journal", "ns": (), "data": record})
    return left


def graph_input(given: Input, graph: Pregel[Any, Any, Any, Any]) -> Any:
    """Make a graph's input of a text, messages or a dictionary.

    Raises:
        InvalidInput: A text for a graph without `messages`, an empty one, or a field that the
            graph's state does not have.
    """
    if isinstance(given, dict):
        return _known_fields(given, graph)
    if not isinstance(given, str | BaseMessage | list):
        raise InvalidInput(
            f"{given!r} is no input. Give a text, messages, a dictionary or `Resume(...)`."
        )
    if "messages" not in graph.channels:
        raise InvalidInput(
            f"the graph {graph.get_name()!r} has no `messages`, so a text says nothing to it. "
            "Give its input as a dictionary."
        )
    if isinstance(given, str):
        if not given.strip():
            raise InvalidInput("the question is empty. Say what you want to know.")
        return {"messages": [HumanMessage(given)]}
    return {"messages": given if isinstance(given, list) else [given]}


def _known_fields(given: dict[str, Any], graph: Pregel[Any, Any, Any, Any]) -> dict[str, Any]:
    """The same input, if none of it would be dropped without a word."""
    schema: Any = getattr(getattr(graph, "builder", None), "input_schema", None)
    if not is_typeddict(schema):
        return given
    if odd := sorted(set(given) - set(graph.channels)):
        known = ", ".join(map(repr, sorted(schema.__annotations__)))
        raise InvalidInput(
            f"the graph {graph.get_name()!r} has no field {odd[0]!r}, so it would be dropped. Give "
            f"what it takes: {known}."
        )
    return given
