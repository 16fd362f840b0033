"""What policies cost: all of them around the team of `bench.journal`, and each by itself.

    python -m bench.policies [--repeats 7] [--calls 3000]

The team of three agents, each of which calls its model, a tool and its model again; a model call
takes 200 ms. With policies it runs through `stretto.run` with journal, ledger and checkpoints, and
each member carries every policy there is: retry, timeouts, fallback to a model and to a constant,
breaker, bulkhead, rate, hedge, cache, budgets of its own and of the team, undo and compensation.
Nothing fails, so all of it is overhead. Bare are the same agents without anything, `ainvoke`, no
checkpointer. The two alternate with the team without policies; medians count.

CPU of each policy: so many calls that do nothing under that policy alone, less calls under an empty
one, divided by the calls; the median of alternating rounds. `budget` is a reservation of six
messages in three accounts and its settling, `undo` an effect of the ledger within a run.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain.agents.middleware.types import ModelRequest
from langchain_core.messages import HumanMessage
from langgraph.graph import START, MessagesState, StateGraph
from rich.console import Console
from rich.table import Table

import stretto
from bench.journal import AGENTS, CALL_SECONDS, TEXT, Way, alternate, asked, look, show, team
from stretto import Agent, member
from stretto.members import caching
from stretto.members.spending import reserving, spending
from stretto.policy import (
    Breaker,
    Budget,
    Bulkhead,
    Cache,
    Constant,
    Fallback,
    Hedge,
    Limits,
    Policy,
    Rate,
    Retry,
    Timeout,
)
from stretto.resilience.guard import Guard, Target
from stretto.runs.storage import open_storage
from stretto.testing import Reply, ScriptedModel, tool_call

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from stretto.runs import Storage

PARTS: dict[str, dict[str, Any]] = {
    "retry": {"retry": Retry()},
    "timeout": {"timeout": Timeout(call=30)},
    "fallback": {"fallback": Fallback(to="offline")},
    "breaker": {"breaker": Breaker()},
    "bulkhead": {"bulkhead": Bulkhead(limit=100)},
    "rate": {"rate": Rate(calls=1_000_000, burst=1_000)},
    "hedge": {"hedge": Hedge(after=20)},
}
"""Policies around a call, each alone."""
TEAM = Budget(tokens=10_000_000, calls=1_000)


def undone(result: Any, given: Any) -> None:
    """Undo a member's work; never called here."""


def every(name: str) -> Policy:
    """Every policy there is, for one member."""
    return Policy(
        retry=Retry(),
        timeout=Timeout(call=30, total=200),
        fallback=Fallback(to=[ScriptedModel(["another"]), Constant(value="nobody")]),
        breaker=Breaker(),
        bulkhead=Bulkhead(limit=100, name=name),
        rate=Rate(calls=1_000_000, burst=1_000),
        hedge=Hedge(after=20),
        cache=Cache(seconds=60),
        budget=Budget(tokens=1_000_000, calls=100, seconds=500),
        undo=undone,
        compensate=True,
    )


def model(name: str, seconds: float) -> ScriptedModel:
    """One that asks for the tool and then answers; each call takes `seconds`."""

    async def answer(messages: Any) -> Reply:
        await asyncio.sleep(seconds)
        if messages[-1].type == "tool":
            return Reply(f"{name} says: {TEXT}", usage=(900, 80))
        return Reply(tool_calls=[tool_call("look", words=f"hull {name}")], usage=(900, 20))

    return ScriptedModel(answer)


def carried(
    seconds: float, policy: Callable[[str], Policy | None]
) -> StateGraph[Any, Any, Any, Any]:
    """The team as members that carry a policy."""
    graph: StateGraph[Any, Any, Any, Any] = StateGraph(MessagesState)
    before = START
    for name in AGENTS:
        agent = Agent(name=name, model=model(name, seconds), tools=[look], policy=policy(name))
        node = member(agent).node(
            lambda state: {"messages": state["messages"]},
            lambda _, reply: {"messages": [("ai", reply.text)]},
        )
        graph.add_node(name, node)
        graph.add_edge(before, name)
        before = name
    return graph


async def teams(seconds: float, repeats: int, storage: Storage) -> list[Way]:
    """Run bare, with nothing but the journal and the ledger, and with every policy."""
    bare = team(seconds, single=False).compile()
    plain, full = carried(seconds, lambda _: None).compile(), carried(seconds, every).compile()

    def question(thread: str) -> dict[str, Any]:
        """Another each time: nothing comes from the cache."""
        given = asked()
        given["messages"][0].content += f" ({thread})"
        return given

    async def run_bare(thread: str) -> None:
        await bare.ainvoke(question(thread), {"configurable": {"thread_id": thread}})

    def run(graph: Any, **limits: Any) -> Callable[[str], Awaitable[Any]]:
        async def once(thread: str) -> None:
            given, bounds = question(thread), Limits(**limits)
            await stretto.run(graph, given, thread=thread, storage=storage, limits=bounds)

        return once

    ways = [
        Way("bare", run_bare),
        Way("journaled", run(plain)),
        Way("policies", run(full, tokens=10_000_000, seconds=600)),
    ]
    await alternate(ways, repeats)
    return ways


async def guarded(policy: Policy, calls: int) -> float:
    """CPU seconds of calls that do nothing."""
    guard = Guard(policy, "bench")

    async def nothing(_: int) -> None:
        await asyncio.sleep(0)

    targets = [Target("first", nothing), Target("second", nothing)]
    began = time.process_time()
    for _ in range(calls):
        await guard.run(targets)
    return time.process_time() - began


async def cached(calls: int) -> float:
    """CPU seconds of calls that are looked up, made and kept."""

    async def nothing() -> str:
        await asyncio.sleep(0)
        return TEXT

    caching.clear()
    began = time.process_time()
    for number in range(calls):
        await caching.cached(Cache(), "bench", str(number), nothing)
    spent = time.process_time() - began
    caching.clear()
    return spent


async def budgeted(calls: int) -> float:
    """CPU seconds of calls that are reserved in a member's budget and its team's, and settled."""
    request: ModelRequest[Any] = ModelRequest(
        model=ScriptedModel(["done"]),
        messages=[HumanMessage(TEXT) for _ in range(6)],
        tools=[],
    )
    budget = Budget(tokens=10**12, calls=10**9)
    async with spending(budget, "member", None, within=(("team", budget),)):
        began = time.process_time()
        for _ in range(calls):
            async with reserving(request):
                await asyncio.sleep(0)
        return time.process_time() - began


async def in_a_run(policy: Policy | None, calls: int, storage: Storage, thread: str) -> float:
    """CPU seconds of a run whose only member, a function that does nothing, works so often."""

    async def nothing(state: Any) -> str:
        """Do nothing."""
        return "done"

    graph: StateGraph[Any, Any, Any, Any] = StateGraph(MessagesState)
    for number in range(calls):
        one = member(nothing, name=f"n{number}", policy=policy)
        graph.add_node(f"n{number}", one.node(dict, lambda _, __: {}))
        graph.add_edge(f"n{number - 1}" if number else START, f"n{number}")
    ready = graph.compile()
    gc.collect()
    began = time.process_time()
    await stretto.run(ready, asked(), thread=thread, storage=storage)
    return time.process_time() - began


async def each(calls: int, rounds: int, storage: Storage) -> dict[str, float]:
    """Microseconds of CPU that each policy adds to a call."""
    found: dict[str, list[float]] = {}

    def note(name: str, spent: float, without: float, number: int) -> None:
        found.setdefault(name, []).append((spent - without) / number * 1e6)

    few = max(10, calls // 100)
    await guarded(Policy(), calls)
    for number in range(rounds):
        without = await guarded(Policy(), calls)
        for name, part in PARTS.items():
            note(name, await guarded(Policy(**part), calls), without, calls)
        note("cache", await cached(calls), without, calls)
        note("budget", await budgeted(calls), without, calls)
        without = await in_a_run(None, few, storage, f"without-{number}")
        spent = await in_a_run(Policy(undo=undone), few, storage, f"undo-{number}")
        note("undo", spent, without, few)
    return {name: statistics.median(spans) for name, spans in found.items()}


async def measured(repeats: int, calls: int, folder: Path) -> tuple[list[Way], dict[str, float]]:
    async with open_storage(home=folder) as storage:
        ways = await teams(CALL_SECONDS, repeats, storage)
        return ways, await each(calls, 5, storage)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--calls", type=int, default=3_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ways, spent = asyncio.run(measured(given.repeats, given.calls, Path(folder)))
    show("model calls of 200 ms", ways)
    table = Table("policy", "microseconds of CPU a call")
    for name, micro in spent.items():
        table.add_row(name, f"{micro:.1f}")
    Console().print(table)
    wall = {way.name: statistics.median(way.wall) for way in ways}
    told = {
        "overhead": round(wall["policies"] / wall["bare"] - 1, 4),
        "overhead_without_policies": round(wall["journaled"] / wall["bare"] - 1, 4),
        "microseconds": {name: round(micro, 1) for name, micro in spent.items()},
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
