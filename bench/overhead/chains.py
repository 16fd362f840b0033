"""A chain of ten steps, a loop of 25 rounds, and a chain whose steps are stored."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict

import stretto
from bench.overhead.ways import Work
from stretto import open_storage, refine, sequential

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AsyncExitStack
    from pathlib import Path

STEPS, ROUNDS = 10, 25
ASKED = {"stretto": 1.1, "fused": 0.35}


class Counted(TypedDict, total=False):
    """What the steps share."""

    n: int


def counting() -> list[Any]:
    """Steps that each add one."""

    def step(number: int) -> Any:
        async def work(state: Any) -> dict[str, Any]:
            return {"n": state["n"] + 1}

        work.__name__ = f"s{number}"
        return work

    return [step(number) for number in range(STEPS)]


def hand_chain() -> StateGraph[Any, Any, Any, Any]:
    """The chain by hand."""
    graph: StateGraph[Any, Any, Any, Any] = StateGraph(Counted)
    before = START
    for step in counting():
        graph.add_node(step.__name__, step)
        graph.add_edge(before, step.__name__)
        before = step.__name__
    graph.add_edge(before, END)
    return graph


class Draft(TypedDict, total=False):
    """What a loop by hand keeps."""

    draft: str
    best: str
    score: float
    top: float
    round: int


def hand_loop() -> StateGraph[Any, Any, Any, Any]:
    """A draft, a judge, and back, with the best draft kept."""

    async def write(state: Draft) -> dict[str, Any]:
        return {"draft": f"draft {state.get('round', 0) + 1}", "round": state.get("round", 0) + 1}

    async def judge(state: Draft) -> dict[str, Any]:
        score = float(state["round"])
        told: dict[str, Any] = {"score": score}
        if score > state.get("top", -1.0):
            told |= {"best": state["draft"], "top": score}
        return told

    def goes(state: Draft) -> str:
        return END if state["score"] >= ROUNDS or state["round"] >= ROUNDS else "write"

    graph: StateGraph[Any, Any, Any, Any] = StateGraph(Draft)
    graph.add_node("write", write)
    graph.add_node("judge", judge)
    graph.add_edge(START, "write")
    graph.add_edge("write", "judge")
    graph.add_conditional_edges("judge", goes, ["write", END])
    return graph


def our_loop(*, fuse: bool) -> StateGraph[Any, Any, Any, Any]:
    """The same with `refine`."""

    async def write(state: Any) -> str:
        now = state.get("refining")
        return f"draft {1 if now is None or now.ended else now.round}"

    async def judge(state: Any) -> dict[str, Any]:
        return {"score": float(state["refining"].round)}

    return refine(write, judge, until=ROUNDS, max_rounds=ROUNDS, fuse=fuse)


def runs(graph: StateGraph[Any, Any, Any, Any], given: dict[str, Any]) -> Callable[[], Any]:
    """A turn of a graph that stores nothing."""
    ready = graph.compile()
    return lambda: ready.ainvoke(given, {"recursion_limit": 1000})


def chain() -> Work:
    """Wired and fused, beside the chain by hand."""
    ours = {fuse: sequential(*counting(), state=Counted, fuse=fuse) for fuse in (False, True)}
    given = {"n": 0}
    ways = {
        "by hand": runs(hand_chain(), given),
        "stretto": runs(ours[False], given),
        "fused": runs(ours[True], given),
    }
    return Work("chain of 10", ways, ASKED, times=10)


def loop() -> Work:
    """Wired and fused, beside the loop by hand."""
    given: dict[str, Any] = {"messages": [("human", "go")]}
    ways = {
        "by hand": runs(hand_loop(), {}),
        "stretto": runs(our_loop(fuse=False), given),
        "fused": runs(our_loop(fuse=True), given),
    }
    return Work("loop of 25", ways, ASKED, times=3)


async def durable(stack: AsyncExitStack, folder: Path) -> Work:
    """Each step stored before the next begins: by LangGraph's checkpoints, and by the ledger."""
    saver = await stack.enter_async_context(
        AsyncSqliteSaver.from_conn_string(str(folder / "hand.sqlite"))
    )
    await saver.setup()
    await saver.conn.execute("PRAGMA synchronous=FULL")
    storage = await stack.enter_async_context(open_storage(home=folder / "ours"))
    by_hand = hand_chain().compile(checkpointer=saver)
    fused = sequential(*counting(), state=Counted, fuse=True).compile()
    number = iter(range(1_000_000))

    async def hand() -> None:
        config: Any = {"configurable": {"thread_id": f"h{next(number)}"}}
        await by_hand.ainvoke({"n": 0}, config, durability="sync")

    async def ours() -> None:
        given = {"n": 0, "messages": [("human", "go")]}
        await stretto.run(fused, given, thread=f"o{next(number)}", storage=storage)

    ways = {"by hand": hand, "fused": ours}
    return Work("durable chain of 10, wall", ways, {"fused": 0.5}, clock=time.perf_counter, times=3)
