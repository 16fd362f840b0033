"""Recorded task graphs through `plan`'s executor: makespan against bounds and against waves.

    python -m bench.dataflow FOLDER [--seconds 8] [--workers 4]

FOLDER holds WfFormat JSON files, searched in subfolders. Run times are scaled so that the bound of
each graph is about `--seconds`. Three runs a graph: unlimited width against the critical path;
`--workers` slots against Graham's bound, work / p + critical path (R. L. Graham, Bounds on
multiprocessing timing anomalies, 1969); and hand-written LangGraph in waves, one superstep a level.
All with SQLite checkpoints at `durability="sync"`; ours with the journal on.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections import defaultdict
from operator import add
from pathlib import Path
from typing import Annotated, Any

from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Send
from rich.console import Console
from rich.table import Table
from typing_extensions import TypedDict

import stretto
from stretto import Plan, Review, Task


class Trace:
    """A recorded workflow: seconds and needs by task id."""

    def __init__(self, path: Path) -> None:
        workflow = json.loads(path.read_text())["workflow"]
        self.name = path.stem
        seconds = {t["id"]: float(t["runtimeInSeconds"]) for t in workflow["execution"]["tasks"]}
        tasks = workflow["specification"]["tasks"]
        self.needs = {t["id"]: sorted(set(t["parents"])) for t in tasks}
        self.seconds = {i: seconds.get(i, 0.0) for i in self.needs}
        self.level: dict[str, int] = {}
        self.ends: dict[str, float] = {}
        for i in self.order():
            self.level[i] = 1 + max((self.level[n] for n in self.needs[i]), default=-1)
            self.ends[i] = self.seconds[i] + max((self.ends[n] for n in self.needs[i]), default=0.0)

    def order(self) -> list[str]:
        from graphlib import TopologicalSorter

        return list(TopologicalSorter(self.needs).static_order())

    @property
    def critical(self) -> float:
        return max(self.ends.values())

    @property
    def work(self) -> float:
        return sum(self.seconds.values())


class Clock:
    """When each task began and ended, and whether one began before its needs had ended."""

    def __init__(self, needs: dict[str, list[str]]) -> None:
        self.needs, self.began, self.ended = needs, dict[str, float](), dict[str, float]()
        self.violations = 0

    async def work(self, task: str, seconds: float) -> None:
        self.violations += any(n not in self.ended for n in self.needs[task])
        self.began[task] = time.perf_counter()
        await asyncio.sleep(seconds)
        self.ended[task] = time.perf_counter()

    @property
    def makespan(self) -> float:
        return max(self.ended.values()) - min(self.began.values())


async def ours(trace: Trace, scale: float, width: int) -> Clock:
    """The plan pattern: a task starts when its own needs are met."""
    clock = Clock(trace.needs)
    tasks = [Task(id=i, goal=i, executor="worker", needs=n) for i, n in trace.needs.items()]

    def planner(state: Any) -> Plan:
        return Plan(tasks=tasks)

    async def worker(state: Any) -> str:
        task = state["task"].id
        await clock.work(task, trace.seconds[task] * scale)
        return task

    def reviewer(state: Any) -> Review:
        return Review(verdict="accept", reason="done")

    graph = stretto.plan(planner, [worker], reviewer, max_tasks=len(tasks), width=width)
    with tempfile.TemporaryDirectory() as home:
        async with stretto.open_storage(home=Path(home)) as storage:
            result = await stretto.run(graph, "go", storage=storage)
    assert set(result.value["results"]) == set(trace.needs)
    return clock


class Waves(TypedDict):
    """State of the hand-written graph."""

    level: int
    done: Annotated[list[str], add]


async def waves(trace: Trace, scale: float) -> Clock:
    """Hand-written LangGraph: a superstep a level, one `Send` a task."""
    clock = Clock(trace.needs)
    levels: dict[int, list[str]] = defaultdict(list)
    for task, level in trace.level.items():
        levels[level].append(task)

    async def worker(state: Any) -> Any:
        await clock.work(state["task"], trace.seconds[state["task"]] * scale)
        return {"done": [state["task"]]}

    def next_level(state: Waves) -> Any:
        return [Send("worker", {"task": t}) for t in levels[state["level"]]] or END

    graph = StateGraph(Waves)
    graph.add_node("worker", worker)
    graph.add_node("level", lambda state: {"level": state["level"] + 1})
    graph.add_conditional_edges(START, next_level, ["worker", END])
    graph.add_edge("worker", "level")
    graph.add_conditional_edges("level", next_level, ["worker", END])
    with tempfile.TemporaryDirectory() as home:
        async with AsyncSqliteSaver.from_conn_string(str(Path(home, "c.sqlite"))) as saver:
            config: Any = {"configurable": {"thread_id": "t"}, "recursion_limit": 10_000}
            await graph.compile(checkpointer=saver).ainvoke(
                {"level": 0, "done": []}, config, durability="sync"
            )
    return clock


async def measure(trace: Trace, seconds: float, workers: int) -> dict[str, Any]:
    """The three runs of one graph."""
    scale = seconds / trace.critical
    free = await ours(trace, scale, len(trace.needs))
    wave = await waves(trace, scale)
    bound = trace.work / workers + trace.critical
    narrow_scale = seconds / bound
    narrow = await ours(trace, narrow_scale, workers)
    return {
        "name": trace.name,
        "tasks": len(trace.needs),
        "levels": 1 + max(trace.level.values()),
        "ratio": free.makespan / (trace.critical * scale),
        "waves": wave.makespan / (trace.critical * scale),
        "graham": narrow.makespan / seconds,
        "violations": free.violations + narrow.violations,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--workers", type=int, default=4)
    given = parser.parse_args()
    traces = [Trace(path) for path in sorted(given.folder.rglob("*.json"))]
    if not traces:
        parser.error(f"no WfFormat file (*.json) under {given.folder}")
    table = Table(
        "graph", "tasks", "levels", "ours / critical", "waves / critical", "4 slots / Graham"
    )
    rows = []
    for trace in traces:
        row = asyncio.run(measure(trace, given.seconds, given.workers))
        rows.append(row)
        figures = (f"{row[key]:.3f}" for key in ("ratio", "waves", "graham"))
        table.add_row(row["name"], str(row["tasks"]), str(row["levels"]), *figures)
    Console().print(table)
    told = {
        "worst": round(max(r["ratio"] for r in rows), 3),
        "median": round(statistics.median(r["ratio"] for r in rows), 3),
        "violations": sum(r["violations"] for r in rows),
        "waves_worst": round(max(r["waves"] for r in rows), 3),
        "graham_worst": round(max(r["graham"] for r in rows), 3),
        "graphs": len(rows),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
