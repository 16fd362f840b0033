"""What journal, ledger and checkpoints cost, and how fast records are read.

    python -m bench.journal [--repeats 7] [--records 100000]

A team of three `create_agent` agents, one after the other. Each calls its model, a tool and its
model again; a model call takes 200 ms. The team runs through `stretto.run`, with journal, ledger
(`EffectsOnce`) and checkpoints in SQLite files, each stored before the step that follows, and bare:
the same agents without the ledger, `ainvoke`, no checkpointer. The two alternate; medians count.

CPU a record: the same with models that answer at once: a run with the journal (handler, digests,
writer), less a bare one, divided by the records. `flushed_record_cpu_ms` is the same with
checkpoints on both sides, where the journal is flushed before each; `effect_cpu_ms` what ledger and
`stretto.run` add to that, divided by the model and tool calls.

Reading: records of such runs are copied until there are enough; then, from the file, all is counted
that `stretto metrics` tells: success rates, latencies (p50, p95, p99), tokens, money and quality by
team, agent, version, tool and model.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import statistics
import tempfile
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain.agents import create_agent
from langchain_core.messages import HumanMessage
from langchain_core.tools import tool
from langgraph.graph import START, MessagesState, StateGraph
from rich.console import Console
from rich.table import Table

import stretto
from stretto.checkpoint import open_checkpointer
from stretto.cli.figures import draw_metrics
from stretto.journal import Journal, open_journal
from stretto.journal.handler import JournalHandler
from stretto.members.effects import EffectsOnce
from stretto.observe.metrics import Metrics
from stretto.runs.storage import open_storage
from stretto.testing import Reply, ScriptedModel, tool_call

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

QUESTION = "Which woods were used for the hull of the Vasa, and where did they come from?"
AGENTS = ("searcher", "reader", "writer")
CALL_SECONDS = 0.2
WARM = 2
"""Runs before those that are measured."""
TEXT = "The hull is of oak, felled in Scania and in the Baltic lands; the masts are of pine. " * 3


@tool
@stretto.tool(effect="reads")
def look(words: str) -> str:
    """Look words up."""
    return f"{words}: {TEXT}"


def agent(name: str, seconds: float, middleware: list[Any]) -> Any:
    """An agent that looks something up and then answers; each model call takes `seconds`."""

    async def answer(messages: Any) -> Reply:
        await asyncio.sleep(seconds)
        if messages[-1].type == "tool":
            return Reply(f"{name} says: {TEXT}", usage=(900, 80))
        return Reply(tool_calls=[tool_call("look", words=f"hull {name}")])

    return create_agent(ScriptedModel(answer), [look], middleware=middleware, name=name)


def team(seconds: float, *, single: bool) -> StateGraph[Any, Any, Any, Any]:
    """The three agents in a row; `single` makes their effects happen once."""
    graph: StateGraph[Any, Any, Any, Any] = StateGraph(MessagesState)
    before = START
    for name in AGENTS:
        graph.add_node(name, agent(name, seconds, [EffectsOnce()] if single else []))
        graph.add_edge(before, name)
        before = name
    return graph


def asked() -> dict[str, Any]:
    return {"messages": [HumanMessage(QUESTION)]}


@dataclass
class Way:
    """A way to run the team, and what its runs took."""

    name: str
    run: Callable[[str], Awaitable[Any]]
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    async def once(self, number: int) -> None:
        gc.collect()
        wall, cpu = time.perf_counter(), time.process_time()
        await self.run(f"{self.name}-{number}")
        self.wall.append(time.perf_counter() - wall)
        self.cpu.append(time.process_time() - cpu)


async def alternate(ways: list[Way], repeats: int) -> None:
    """Warm each way up, then let them take turns."""
    for number in range(-WARM, repeats):
        for way in ways:
            await way.once(number)
            if number < 0:
                way.wall.clear()
                way.cpu.clear()


async def measure(seconds: float, repeats: int, folder: Path) -> tuple[list[Way], dict[str, float]]:
    """Run bare, with each part and with all; gives the ways, and the records and effects of a run.

    Runs that are journaled have the same records, but for those of effects.
    """
    async with AsyncExitStack() as stack:
        storage = await stack.enter_async_context(open_storage(home=folder / "all"))
        alone = await stack.enter_async_context(open_journal(folder / "alone" / "journal.sqlite"))
        log = await stack.enter_async_context(open_journal(folder / "log" / "journal.sqlite"))
        savers: list[Any] = [
            await stack.enter_async_context(
                open_checkpointer(folder / name / "c.sqlite", journal=j)
            )
            for name, j in (("only", None), ("log", log))
        ]
        graphs = [team(seconds, single=False).compile(checkpointer=c) for c in (None, *savers)]
        ours = team(seconds, single=True).compile()

        def run(graph: Any, journal: Journal | None) -> Callable[[str], Awaitable[Any]]:
            async def once(thread: str) -> None:
                told: Any = {"configurable": {"thread_id": thread}, "run_name": "team"}
                if journal is not None:
                    told["callbacks"] = [JournalHandler(journal)]
                await graph.ainvoke(
                    asked(), told, durability="sync" if graph.checkpointer else None
                )
                if journal is not None:
                    await journal.flush()

            return once

        async def run_all(thread: str) -> None:
            await stretto.run(ours, asked(), thread=thread, storage=storage, team="team")

        bare, checkpointed, journaled = graphs
        ways = [
            Way("bare", run(bare, None)),
            Way("journal", run(bare, alone)),
            Way("checkpoints", run(checkpointed, None)),
            Way("both", run(journaled, log)),
            Way("all", run_all),
        ]
        await alternate(ways, repeats)
        records = await alone.records(said=False)
        effects = await storage.journal.records(types=("effect_started",), said=False)
        counts = {"records": len(records), "effects": len(effects)}
        return ways, {name: count / (repeats + WARM) for name, count in counts.items()}


async def copied(source: Journal, target: Journal, count: int) -> None:
    """Write the records of a run again and again, as other runs on other threads."""
    thread = (await source.threads())[0].thread
    records = await source.records(thread)
    for number in range(-(-count // len(records))):
        for record in records:
            told = {"thread": f"{thread}-{number}", "run": f"{record.run}-{number}", "payload": ""}
            target.append(record.model_copy(update=told))
        await target.flush()


async def read(count: int, folder: Path) -> tuple[float, int, Metrics]:
    """CPU seconds of reading so many records into metrics."""
    async with (
        open_journal(folder / "all" / "journal.sqlite") as source,
        open_journal(folder / "many" / "journal.sqlite") as many,
    ):
        await copied(source, many, count)
    async with open_journal(folder / "many" / "journal.sqlite") as many:
        gc.collect()
        began = time.process_time()
        found = Metrics()
        async for records in many.pages():
            found.add(records)
        told = found.told()
        seconds = time.process_time() - began
        assert told["teams"]
        return seconds, found.records, found


def show(title: str, ways: list[Way]) -> None:
    table = Table("run", "wall ms", "CPU ms", title=title)
    for way in ways:
        wall, cpu = statistics.median(way.wall), statistics.median(way.cpu)
        table.add_row(way.name, f"{wall * 1e3:.1f}", f"{cpu * 1e3:.1f}")
    Console().print(table)


def show_metrics(found: Metrics) -> None:
    Console().print(draw_metrics(found, by=None, width=100))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--records", type=int, default=100_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        slow, _ = asyncio.run(measure(CALL_SECONDS, given.repeats, Path(folder, "slow")))
        instant, counts = asyncio.run(measure(0.0, 5 * given.repeats, Path(folder, "instant")))
        seconds, count, found = asyncio.run(read(given.records, Path(folder, "instant")))
    show("model calls of 200 ms", slow)
    show("model calls that take no time", instant)
    show_metrics(found)
    wall = {way.name: statistics.median(way.wall) for way in slow}
    cpu = {way.name: statistics.median(way.cpu) for way in instant}
    per_record = 1e3 / counts["records"]
    told = {
        "overhead": round(wall["all"] / wall["bare"] - 1, 4),
        "overhead_of_checkpoints": round(wall["checkpoints"] / wall["bare"] - 1, 4),
        "record_cpu_ms": round((cpu["journal"] - cpu["bare"]) * per_record, 4),
        "flushed_record_cpu_ms": round((cpu["both"] - cpu["checkpoints"]) * per_record, 4),
        "effect_cpu_ms": round((cpu["all"] - cpu["both"]) / counts["effects"] * 1e3, 4),
        "metrics_seconds": round(seconds, 3),
        "metrics_records": count,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
