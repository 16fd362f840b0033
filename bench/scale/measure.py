"""One turn of a team, weighed: what its models were sent, its supersteps, CPU and checkpoints."""

from __future__ import annotations

import cProfile
import gc
import math
import pstats
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langchain_core.callbacks import AsyncCallbackHandler
from langchain_core.messages.utils import count_tokens_approximately
from langgraph.checkpoint.memory import InMemorySaver

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from langgraph.graph import StateGraph

GROWING = ("calls", "messages", "tokens", "supersteps", "python", "cpu")
"""What a turn costs."""
FIGURES = (*GROWING, "stored", "build")
GIVEN: Any = {"messages": [("human", "See that all parts of the house are in order.")]}


@dataclass(frozen=True)
class Cost:
    """What one turn costs."""

    agents: int
    calls: int
    """Of models."""
    messages: int
    """Sent to models, all calls together."""
    tokens: int
    """The same, with the tools that they were offered; approximately."""
    supersteps: int
    """Of all graphs, nested ones too."""
    python: int
    """Calls of functions of Python and C: what CPU is spent on, the same in each run."""
    stored: int
    """Bytes of checkpoints, where each step is stored."""
    cpu: float
    """Seconds, when nothing is stored."""
    build: float
    """CPU seconds until the graph is compiled."""


class _Weigh(AsyncCallbackHandler):
    """Counts what models are sent and in how many supersteps nodes ran."""

    def __init__(self) -> None:
        self.calls = self.messages = self.tokens = 0
        self.steps: set[tuple[str, int]] = set()

    async def on_chat_model_start(
        self, serialized: Any, messages: list[list[Any]], **more: Any
    ) -> None:
        tools = (more.get("invocation_params") or {}).get("tools")
        for each in messages:
            self.calls += 1
            self.messages += len(each)
            self.tokens += count_tokens_approximately(each, tools=tools)

    async def on_chain_start(
        self, serialized: Any, inputs: Any, *, metadata: Any = None, **more: Any
    ) -> None:
        told = metadata or {}
        if "langgraph_step" in told:
            within = str(told.get("langgraph_checkpoint_ns", "")).rpartition("|")[0]
            self.steps.add((within, told["langgraph_step"]))


async def weigh(
    make: Callable[[int], StateGraph[Any, Any, Any, Any]], agents: int, repeats: int
) -> Cost:
    """Let a team of so many agents do its task a few times; its CPU is the least."""
    began = time.process_time()
    graph = make(agents)
    plain = graph.compile()
    build = time.process_time() - began
    weigher, saver = _Weigh(), InMemorySaver()
    config: Any = {"recursion_limit": 10_000}
    await plain.ainvoke(GIVEN, {**config, "callbacks": [weigher]})
    stored = {**config, "configurable": {"thread_id": "t"}}
    await graph.compile(checkpointer=saver).ainvoke(GIVEN, stored, durability="sync")
    work = await _counted(plain, config)
    cpu = [await _timed(plain, config) for _ in range(repeats)]
    return Cost(
        agents,
        weigher.calls,
        weigher.messages,
        weigher.tokens,
        len(weigher.steps),
        work,
        _bytes(saver),
        min(cpu),
        build,
    )


async def _counted(graph: Any, config: Any) -> int:
    with cProfile.Profile() as profile:
        await graph.ainvoke(GIVEN, config)
    counted: Any = pstats.Stats(profile)
    return int(counted.total_calls)


async def _timed(graph: Any, config: Any) -> float:
    gc.collect()
    gc.disable()
    try:
        began = time.process_time()
        await graph.ainvoke(GIVEN, config)
        return time.process_time() - began
    finally:
        gc.enable()


def _bytes(saver: InMemorySaver) -> int:
    """Of all that it holds, as it was serialized."""
    checkpoints = [
        len(blob)
        for spaces in saver.storage.values()
        for kept in spaces.values()
        for (_, one), (_, two), _ in kept.values()
        for blob in (one, two)
    ]
    blobs = [len(blob) for _, blob in saver.blobs.values()]
    writes = [len(each[2][1]) for kept in saver.writes.values() for each in kept.values()]
    return sum([*checkpoints, *blobs, *writes])


def slope(costs: Sequence[Cost], figure: str) -> float:
    """The exponent with which a figure grows: the slope of its logarithm over that of the agents.

    By least squares over all sizes.
    """
    points = [(math.log(c.agents), math.log(max(getattr(c, figure), 1e-9))) for c in costs]
    x, y = zip(*points, strict=True)
    return statistics.linear_regression(x, y).slope


def tail(costs: Sequence[Cost], figure: str) -> float:
    """The same between the two largest sizes alone, where what grows fast shows first."""
    return slope(sorted(costs, key=lambda cost: cost.agents)[-2:], figure)
