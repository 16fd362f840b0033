"""Drives one turn, or one resume of it, and shows it; Ctrl-C stops it at a safe point."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar, cast

from stretto.cli.faults import RunFailed, report
from stretto.errors import InvalidInput, RunStopped, UnknownName
from stretto.patterns.pace import PROGRESS
from stretto.runs import stream

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator, Mapping, Sequence

    from langgraph.runtime import RunControl
    from langgraph.types import StreamMode

    from stretto.cli.display import Display
    from stretto.policy import Limits
    from stretto.runs import Input, Part, Result, Storage
    from stretto.spec.target import AnyGraph

T = TypeVar("T")
TICK = 0.1
"""Seconds between two drawings of what goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What to run."""

    graph: AnyGraph
    team: str
    input: Input
    thread: str
    model: str = ""
    context: Mapping[str, Any] | None = None
    limits: Limits | None = None
    wait: float = 0.0
    take_over: bool = False
    compensate: bool = False
    modes: Sequence[StreamMode] = ()


class _StoppedAtOnce(RunFailed):
    """Raised by the second Ctrl-C: threads that still work must not hold the process."""


async def drive(
    turn: Turn,
    display: Display,
    *,
    storage: Storage,
    also: Callable[[Part], None] | None = None,
    is_chat: bool = False,
) -> Result:
    """Run a turn to its end, showing it as it goes on.

    Args:
        turn: What to run.
        display: Shows it; closed when the turn has ended, however it did.
        storage: Open state.
        also: Is given each part of the stream that is no record.
        is_chat: Whether the message on Ctrl-C speaks of the turn rather than of the program.

    Raises:
        RunFailed: It did not end; carries why, the thread and the node.
    """
    from langgraph.runtime import RunControl

    control, stop = RunControl(), _Stop()
    try:
        with _interruptible(control, stop, display, is_chat=is_chat), _ticking(display):
            result = await _parts(turn, display, control, storage, also)
    except asyncio.CancelledError as error:
        if not stop.now:
            raise
        stopped = RunStopped(
            f"stopped at once; what was finished is stored. Go on: stretto resume {turn.thread}"
        )
        display.kill()
        kind = RunFailed if is_chat else _StoppedAtOnce
        raise kind(stopped, thread=turn.thread) from error
    except Exception as error:
        failed_in = display.view.failed_in or ("" if not display.view.thread else "the graph")
        raise RunFailed(error, thread=turn.thread, node=failed_in) from error
    finally:
        display.close()
    return result


async def _parts(
    turn: Turn,
    display: Display,
    control: RunControl,
    storage: Storage,
    also: Callable[[Part], None] | None,
) -> Result:
    parts = stream(
        turn.graph,
        turn.input,
        thread=turn.thread,
        context=turn.context,
        limits=turn.limits,
        storage=storage,
        wait=turn.wait,
        take_over=turn.take_over,
        compensate=turn.compensate,
        team=turn.team,
        model=turn.model,
        control=control,
        modes=turn.modes or ("custom",),
    )
    async with aclosing(parts):
        async for part in parts:
            if part["type"] == "journal":
                display.add(part["data"])
            elif part["type"] == "end":
                result: Result = part["data"]
                return result
            elif part["type"] == "custom" and PROGRESS in _mapping(part["data"]):
                display.pace(part["data"])
            elif also is not None:
                also(part)
    raise AssertionError  # pragma: no cover - a stream that does not raise ends with its result


def _mapping(data: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", data) if isinstance(data, dict) else {}


@dataclass(slots=True)
class _Stop:
    """How often the run was asked to stop."""

    asked: int = 0
    now: bool = field(default=False)


@contextmanager
def _interruptible(
    control: RunControl, stop: _Stop, display: Display, *, is_chat: bool
) -> Generator[None]:
    """First Ctrl-C: stop at a safe point; second: at once; third: without a word."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def interrupt() -> None:
        stop.asked += 1
        if stop.asked == 1:
            control.request_drain("Ctrl-C")
            what = "the turn" if is_chat else "at once"
            display.say(
                "stopping at the next safe point, when what runs now has ended "
                f"(Ctrl-C again stops {what}{' at once' if is_chat else ''})"
            )
        elif stop.asked == 2:
            stop.now = True
            if task is not None:
                task.cancel()
        else:
            os._exit(130)

    signals = (signal.SIGINT, signal.SIGTERM)
    for one in signals:
        loop.add_signal_handler(one, interrupt)
    try:
        yield
    finally:
        for one in signals:
            loop.remove_signal_handler(one)


@contextmanager
def _ticking(display: Display) -> Generator[None]:
    async def tick() -> None:
        while True:
            display.tick()
            await asyncio.sleep(TICK)

    ticker = asyncio.create_task(tick())
    try:
        yield
    finally:
        ticker.cancel()


def complete(coroutine: Coroutine[Any, Any, T], *, as_json: bool = False) -> T:
    """Run a command's coroutine; after a stop at once, leave without waiting for threads."""
    runner = asyncio.Runner()
    try:
        return runner.run(coroutine)
    except _StoppedAtOnce as stopped:
        code = report(stopped, as_json=as_json)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    finally:
        runner.close()


def check_context(
    graph: AnyGraph, team: str, sources: Sequence[str], given: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Give the run's context of the sources and what else was given; `None` without any.

    Raises:
        InvalidInput: The graph takes no sources, or says what it takes and that is not among it.
    """
    known = _context_fields(graph)
    if known and (unknown := [name for name in given if name not in known]):
        raise UnknownName("context of the team", unknown[0], known)
    if not sources:
        return dict(given) or None
    if not takes_sources(graph):
        raise InvalidInput(
            f"the team {team!r} takes no sources. Leave --sources out, or give its graph a "
            "context with `sources` (stretto.state.ResearchContext)."
        )
    return {**given, "sources": list(sources)}


def graph_input(graph: AnyGraph, team: str, question: str) -> str | dict[str, Any]:
    """Give the question; for a graph without `messages` the JSON object it stands for.

    Raises:
        InvalidInput: The graph has no `messages`, and the question is no JSON object.
    """
    if "messages" in graph.channels:
        return question
    try:
        given = json.loads(question)
    except json.JSONDecodeError:
        given = None
    if not isinstance(given, dict):
        raise InvalidInput(
            f"the team {team!r} has no `messages`, so a text says nothing to it. "
            f"Give its input as a JSON object: stretto run {team} '{{...}}'"
        )
    return cast("dict[str, Any]", given)


def runs_on_default(graph: AnyGraph, team: str) -> bool:
    """Whether agents of ours are in the graph; others bring models of their own."""
    nodes = graph.nodes.values()
    return team.startswith("agent:") or any("version" in (n.metadata or {}) for n in nodes)


def has_plan(graph: AnyGraph) -> bool:
    """Whether the graph is a team that plans, so that its nodes need no lines of their own."""
    return {"plan", "answer"} <= set(graph.channels)


def takes_sources(graph: AnyGraph) -> bool:
    """Whether the graph's context has `sources`."""
    return "sources" in _context_fields(graph)


def _context_fields(graph: AnyGraph) -> Sequence[str]:
    """What the graph says that its context has; empty where it says nothing."""
    return list((graph.get_context_jsonschema() or {}).get("properties", {}))
