"""Runs a graph again from what was recorded, with no model and no tool."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import StateGraph
from langgraph.pregel import Pregel
from langgraph.store.memory import InMemoryStore
from langgraph.types import Command

from stretto.checkpoint import serializer
from stretto.errors import InvalidInput
from stretto.journal.announcement import Announcement
from stretto.policy import Prices
from stretto.records import TEAM_KEY
from stretto.replay.ledger import ReplayLedger
from stretto.replay.leftover import leftover
from stretto.replay.nodes import StepHandler
from stretto.replay.recording import Recording, check, recorded
from stretto.replay.script import Turn, fork_of, turns
from stretto.replay.session import Session, Stopped
from stretto.replay.substitute import RecordedError, substituted
from stretto.runs import open_storage
from stretto.runs.stream import STEPS

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig

    from stretto.journal import Journal
    from stretto.replay.difference import Difference
    from stretto.replay.script import Run
    from stretto.runs import Storage
    from stretto.runs.stream import Graph


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What came of a replay."""

    thread: str
    team: str
    turns: int
    """Turns that were replayed to their end."""
    model_calls: int
    tool_calls: int
    """Tool calls and other effects that were given back."""
    answers: int
    """Answers of people that were given again."""
    nodes: int = 0
    """Nodes of the root graph whose updates of the state were compared."""
    difference: Difference | None = None
    """The first thing that the graph does otherwise; `None` when it does the same."""
    stopped: str = ""
    """Why the replay went no further, though nothing differed; empty when all was replayed."""

    @property
    def same(self) -> bool:
        """Whether the graph does the same, to the end."""
        return self.difference is None and not self.stopped

    def __str__(self) -> str:
        """In a line when it does the same, else what differs."""
        if self.difference is not None:
            return str(self.difference)
        counts = ("model call", self.model_calls), ("tool call", self.tool_calls)
        done = ", ".join(_counted(n, noun) for noun, n in (*counts, ("answer", self.answers)))
        done += f", {_counted(self.nodes, 'node')}" if self.nodes else ""
        if self.stopped:
            return f"the same as far as it goes ({done}): {self.stopped}"
        return f"does the same: {done}"


async def replay(graph: Graph, thread: str, *, storage: Storage | None = None) -> Replay:
    """Run a thread's turns again on a graph, and tell the first thing that it does otherwise.

    No model, no tool and no `effect` is called: what they gave is given back from the journal.
    Other code of the nodes runs. Nothing is stored.

    Args:
        graph: Any LangGraph graph; as it is today.
        thread: A thread that was journaled.
        storage: Open state; by default the project's is opened.

    Raises:
        ThreadUnknown: It has no records.
        Unreplayable: Part of it was not recorded, was pruned or forgotten.
        StateUnavailable, StateUnreadable: As the journal.
    """
    if storage is None:
        async with open_storage() as opened:
            return await replay_recording(graph, await recorded(opened.journal, thread))
    return await replay_recording(graph, await recorded(storage.journal, thread))


async def replay_recording(graph: Graph, recording: Recording) -> Replay:
    """Run what was recorded again on a graph; see `replay`.

    Raises:
        Unreplayable: Part of it was not recorded, was pruned or forgotten.
    """
    check(recording)
    found = turns(recording)
    work = _Work(graph, recording, found[0])
    done = 0
    with substituted(work.session):
        for turn in found:
            work.session.turn = turn
            try:
                await work.turn(turn)
            except Stopped:
                break
            done += 1
        if done == len(found) and fork_of(recording) is not None:
            work.session.stops(
                f"what comes after turn {done} starts from an older checkpoint (it was forked), "
                "and a replay has none of the thread's checkpoints."
            )
    session = work.session
    return Replay(
        thread=recording.thread,
        team=found[0].begin.team,
        turns=done,
        model_calls=session.models,
        tool_calls=session.effects,
        answers=session.answers,
        nodes=session.nodes,
        difference=session.difference,
        stopped=session.stopped,
    )


class _Work:
    """A graph at work in memory, under a session."""

    def __init__(self, graph: Graph, recording: Recording, first: Turn) -> None:
        self.session = Session(recording, first)
        self.graph = _in_memory(graph)
        team = first.begin.team
        journal = cast("Journal", self.session)
        self.handler = StepHandler(
            self.session.steps,
            journal,
            announcement=Announcement(team=team),
            prices=Prices(),
            ledger=ReplayLedger(self.session),
        )
        self.config: RunnableConfig = {
            "configurable": {"thread_id": f"replay-{uuid.uuid4().hex}"},
            "callbacks": [self.handler],
            "run_name": team,
            "tags": ["stretto", "replay"],
            "metadata": {TEAM_KEY: team},
            "recursion_limit": STEPS,
        }

    async def turn(self, turn: Turn) -> None:
        """Replay a turn.

        Raises:
            Stopped: The replay has ended.
        """
        begin = turn.begin
        if begin.resumed:
            raise self.session.stops("the thread's first turn was not recorded from its beginning.")
        if begin.checkpoint:
            raise self.session.stops(
                f"turn {turn.number} starts from an older checkpoint (it was forked), and a replay "
                "has none of the thread's checkpoints."
            )
        if not begin.input:
            raise self.session.stops(f"the input of turn {turn.number} was not stored.")
        self.session.ends.clear()
        self.session.ended.clear()
        self.session.steps.clear()
        error = await self._run(self.session.recording.value(begin.input), turn)
        for run in turn.runs[1:]:
            error = await self._go_on(run, turn, error)
        await self._end(turn, error)

    async def _go_on(self, run: Run, turn: Turn, error: Exception | None) -> Exception | None:
        """Resume as the run did; what a crash had cut off is not, the replay has gone through."""
        if not run.answers:
            return await self._run(None, turn) if error is not None else None
        waiting = [i.id for i in (await self.graph.aget_state(self.config)).interrupts]
        answers: dict[str, Any] = {}
        known = {one.recorded: one.now for one in self.session.asked}
        for given in run.answers:
            target = known.get(given.interrupt, "")
            if not given.interrupt and len(waiting) == 1:
                target = waiting[0]
            if target in waiting:
                exact = given.output in self.session.recording.payloads
                value = self.session.recording.value(given.output) if exact else given.answer
                answers[target] = value
                self.session.answers += given.interrupt not in run.kept
        if not answers:
            return error
        return await self._run(Command(resume=answers), turn)

    async def _run(self, given: Any, turn: Turn) -> Exception | None:
        """Run the graph until it ends or waits; gives what it raised, if it did."""
        context = dict(turn.begin.context) or None
        try:
            await self.graph.ainvoke(
                given, self.config, context=cast("Any", context), durability="sync"
            )
        except Stopped:
            raise
        except Exception as error:
            if self.session.is_over:
                raise Stopped from error
            return error
        if self.session.is_over:
            raise Stopped
        return None

    async def _end(self, turn: Turn, error: Exception | None) -> None:
        """See whether the turn came to the same end."""
        last = turn.runs[-1]
        if error is not None:
            if last.status == "failed":
                return
            name = type(error).__name__
            now = str(error) if isinstance(error, RecordedError) else f"{name}: {error}"
            raise self.session.differs("error", "the turn fails.", name=name, now={"error": now})
        if last.status == "failed" and not _failed_outside(turn):
            then = {"error": last.end.error if last.end else ""}
            raise self.session.differs("error", "the turn fails no more.", recorded=then)
        if last.is_broken:
            return
        self.session.difference = leftover(self.session)
        if self.session.is_over:
            raise Stopped


def _failed_outside(turn: Turn) -> bool:
    """Whether the turn failed by what a replay has none of: a limit, a provider, a state."""
    end = turn.runs[-1].end
    return end is not None and end.error.startswith(("LimitReached", "State", "Thread"))


def _in_memory(graph: object) -> Pregel[Any, Any, Any, Any]:
    saver, store = InMemorySaver(serde=serializer()), InMemoryStore()
    if isinstance(graph, StateGraph):
        return graph.compile(checkpointer=saver, store=store)
    if not isinstance(graph, Pregel):
        raise InvalidInput(f"{graph!r} is no LangGraph graph. Give a StateGraph or a compiled one.")
    return graph.copy({"checkpointer": saver, "store": store, "cache": None})


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
