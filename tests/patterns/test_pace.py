"""Rate and time left are told from what this process has done."""

from __future__ import annotations

from typing import Any

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict

from stretto.patterns.pace import Pace
from stretto.testing import Clock


class State(TypedDict, total=False):
    """Nothing."""

    done: bool


async def told(tell: Any) -> list[dict[str, Any]]:
    """What a node tells the custom stream."""

    async def node(state: State) -> State:
        tell()
        return {"done": True}

    graph = StateGraph(State)
    graph.add_node("node", node)
    graph.add_edge(START, "node")
    graph.add_edge("node", END)
    return [part async for part in graph.compile().astream({}, stream_mode="custom")]


async def test_progress_tells_rate_and_time_left() -> None:
    """Of a known total, of a share of a file, and of neither; from a resume's own start."""
    clock = Clock(0.0)

    def tell() -> None:
        known = Pace("m", "known", 100, 400, ticks=clock)
        file = Pace("m", "file", 100, None, share=0.25, ticks=clock)
        blind = Pace("m", "blind", 0, None, ticks=clock)
        clock.advance(10)
        known.tell(100, None)
        file.tell(50, 0.5)
        blind.tell(20, None)

    known, file, blind = await told(tell)
    assert known == {
        "progress": "m", "done": 200, "total": 400, "share": 0.5, "rate": 10.0, "left": 20.0,
    }  # fmt: skip
    assert (file["done"], file["rate"], file["left"], file["total"]) == (150, 5.0, 20.0, None)
    assert (blind["rate"], blind["left"], blind["share"]) == (2.0, None, None)
