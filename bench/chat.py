"""A long conversation on one thread: bytes on disk, and CPU of the last turn.

    python -m bench.chat [--turns 200] [--repeats 50]

The same one-node graph with the same replies, on SQLite with `durability="sync"`: our `ChatState`
(histories as changes, `DeltaChannel`) on our checkpointer, the same with compaction, and
hand-written LangGraph with `add_messages` on its own, each as it opens. No journal on either side.
The last turns alternate, and their medians are compared: once with bare replies, once with replies
that carry what a provider tells of them, as those of real models do.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from langchain_core.messages import AIMessage, HumanMessage, UsageMetadata
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.runtime import get_runtime
from rich.console import Console
from rich.table import Table

from stretto.checkpoint import open_checkpointer
from stretto.members import Compaction
from stretto.state import ChatState
from stretto.testing import ScriptedModel

TEXT = "The quick brown fox jumps over the lazy dog while the band plays on. " * 2
"""What is said in a message: about 140 characters."""
THREAD: Any = {"configurable": {"thread_id": "t"}}


TOLD: dict[str, Any] = {
    "model_name": "gpt-5-mini",
    "model_provider": "openai",
    "finish_reason": "stop",
    "token_usage": {"prompt_tokens": 900, "completion_tokens": 40, "total_tokens": 940},
}
"""What a provider tells of an answer, as langchain-openai keeps it."""


def reply(state: Any, *, told: bool) -> AIMessage:
    """Answer with a message as long as the question; `told` adds what a provider tells of it."""
    text = f"answer {len(state['messages'])}: {TEXT}"
    if not told:
        return AIMessage(text)
    usage = UsageMetadata(input_tokens=900, output_tokens=40, total_tokens=940)
    return AIMessage(text, usage_metadata=usage, response_metadata=dict(TOLD))


def chat(state: type[Any], compaction: Compaction | None = None, *, told: bool) -> Any:
    """The conversation as a graph of one node."""
    graph = StateGraph(state)
    summary = ScriptedModel(lambda messages: "They spoke about a fox.")
    middleware = compaction.middleware(summary) if compaction else None

    async def talk(state: Any) -> Any:
        compacted = middleware and await middleware.abefore_model(state, get_runtime())
        said = reply(state, told=told)
        return {"messages": [*(compacted or {"messages": []})["messages"], said]}

    graph.add_node("talk", talk)
    graph.add_edge(START, "talk")
    graph.add_edge("talk", END)
    return graph


class Conversation:
    """A graph, its file and how long its turns took."""

    def __init__(self, name: str, graph: Any, path: Path) -> None:
        self.name, self.graph, self.path = name, graph, path
        self.seconds: list[float] = []

    async def turn(self, number: int) -> None:
        began = time.process_time()
        given = {"messages": [HumanMessage(f"question {number}: {TEXT}")]}
        await self.graph.ainvoke(given, THREAD, durability="sync")
        self.seconds.append(time.process_time() - began)

    @property
    def bytes(self) -> int:
        return sum(p.stat().st_size for p in self.path.parent.glob(f"{self.path.name}*"))


async def measure(turns: int, repeats: int, folder: Path, *, told: bool) -> list[Conversation]:
    """Lead all conversations to the last turns, then alternate those."""
    async with AsyncExitStack() as stack:
        paths = [folder / f"{name}.sqlite" for name in ("ours", "compacted", "by_hand")]
        savers = [
            await stack.enter_async_context(open_checkpointer(paths[0])),
            await stack.enter_async_context(open_checkpointer(paths[1])),
            await stack.enter_async_context(AsyncSqliteSaver.from_conn_string(str(paths[2]))),
        ]
        graphs = [
            chat(ChatState, told=told),
            chat(ChatState, Compaction(tokens=8_000, keep=20), told=told),
            chat(MessagesState, told=told),
        ]
        talks = [
            Conversation(path.stem, graph.compile(checkpointer=saver), path)
            for path, graph, saver in zip(paths, graphs, savers, strict=True)
        ]
        for talk in talks:
            for number in range(turns - repeats):
                await talk.turn(number)
            talk.seconds.clear()
        for number in range(turns - repeats, turns):
            for talk in talks:
                await talk.turn(number)
    return talks


def figures(turns: int, repeats: int, *, told: bool) -> dict[str, float | int]:
    """One workload, measured and printed."""
    with tempfile.TemporaryDirectory() as folder:
        talks = asyncio.run(measure(turns, repeats, Path(folder), told=told))
        sizes = {talk.name: talk.bytes for talk in talks}
    cpu = {talk.name: statistics.median(talk.seconds) for talk in talks}
    title = "replies with what a provider tells" if told else "bare replies"
    table = Table("conversation", "MB", "CPU ms of the last turns", "to hand-written", title=title)
    for name, seconds in cpu.items():
        ratio = seconds / cpu["by_hand"]
        table.add_row(name, f"{sizes[name] / 1e6:.2f}", f"{seconds * 1e3:.2f}", f"{ratio:.2f}")
    Console().print(table)
    return {
        "bytes": sizes["ours"],
        "bytes_compacted": sizes["compacted"],
        "bytes_hand_written": sizes["by_hand"],
        "last_turn_ratio": round(cpu["ours"] / cpu["by_hand"], 3),
        "compacted_ratio": round(cpu["compacted"] / cpu["by_hand"], 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--turns", type=int, default=200)
    parser.add_argument("--repeats", type=int, default=50)
    given = parser.parse_args()
    bare = figures(given.turns, given.repeats, told=False)
    told = figures(given.turns, given.repeats, told=True)
    print(json.dumps({**bare, "turns": given.turns, "with_metadata": told}))


if __name__ == "__main__":
    main()
