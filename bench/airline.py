"""Recorded runs of a real model, imported, replayed through a graph, audited and scored.

    python -m bench.airline FILE.jsonl.gz [--limit N]

Each conversation of the log is imported into a journal. Then a `create_agent` agent with a
recorded model, recorded tools and the `EffectsOnce` middleware is run on it by `stretto.run`, with
journal and checkpoints on disk, one turn of the user at a time. What its state holds in the end is
compared with the log: tool calls in order with their arguments, and all messages. Last, every
thread's chain of records is verified. `pass^k` is the mean over tasks of the chance that k trials
drawn from the recorded ones all succeed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from rich.console import Console
from rich.table import Table

from stretto.journal.audit import verify
from stretto.journal.requests import message_json
from stretto.replay import import_log, recorded
from stretto.replay.logs import Conversation, read_log
from stretto.runs import Storage, open_storage, run
from stretto.testing.agent import recorded_agent

if TYPE_CHECKING:
    from collections.abc import Sequence

TRIALS = (1, 2, 3, 4)


@dataclass
class Found:
    """What the replays came to."""

    runs: int = 0
    turns: int = 0
    calls: int = 0
    messages: int = 0
    identical: int = 0
    same_messages: int = 0
    audited: int = 0
    seconds: float = 0.0
    journal_bytes: int = 0
    different: list[str] = field(default_factory=list)


def turns(talk: Conversation) -> list[list[BaseMessage]]:
    """What the user says, each time until the assistant speaks."""
    found: list[list[BaseMessage]] = []
    before: BaseMessage | None = None
    for message in talk.messages:
        if isinstance(message, HumanMessage):
            if not isinstance(before, HumanMessage):
                found.append([])
            found[-1].append(message)
        before = message
    return found


def calls(messages: Sequence[BaseMessage]) -> list[tuple[str, str]]:
    """Tool calls in order, with their arguments as JSON."""
    return [
        (call["name"], json.dumps(call["args"], sort_keys=True))
        for message in messages
        if isinstance(message, AIMessage)
        for call in message.tool_calls
    ]


async def replay_one(talk: Conversation, thread: str, storage: Storage, found: Found) -> None:
    """Run a conversation through the graph again and compare."""
    graph = recorded_agent(talk.messages)
    result: Any = None
    for said in turns(talk):
        result = await run(graph, list(said), thread=thread, storage=storage, team="airline")
        found.turns += 1
    then = [m for m in talk.messages if not isinstance(m, SystemMessage)]
    now = result.value["messages"]
    found.runs += 1
    found.messages += len(now)
    found.calls += len(calls(now))
    same_calls = calls(then) == calls(now)
    same_messages = [message_json(m) for m in then] == [message_json(m) for m in now]
    found.identical += same_calls
    found.same_messages += same_messages
    if not (same_calls and same_messages):
        found.different.append(thread)


async def measure(path: Path, folder: Path, limit: int | None) -> tuple[Found, list[Conversation]]:
    """Import, replay and verify."""
    found, talks = Found(), read_log(path)[:limit]
    async with open_storage(home=folder / "imported") as storage:
        names = await import_log(storage.journal, path, prefix="gpt-4o")
        imported = [await is_whole(storage, name) for name in names[:limit]]
    async with open_storage(home=folder / "replayed") as storage:
        names = [f"airline-{number}" for number in range(1, len(talks) + 1)]
        began = time.perf_counter()
        for name, talk in zip(names, talks, strict=True):
            await replay_one(talk, name, storage, found)
        found.seconds = time.perf_counter() - began
        replayed = [await is_whole(storage, name) for name in names]
    found.journal_bytes = size(folder / "replayed")
    found.audited = sum(map(all, zip(imported, replayed, strict=True)))
    return found, talks


async def is_whole(storage: Storage, thread: str) -> bool:
    """Whether a thread's records, and what they refer to, are as they were written."""
    entries = await storage.journal.entries(thread)
    recording = await recorded(storage.journal, thread)
    said = {record.payload for record in recording.records if record.payload}
    payloads = {**recording.payloads, **await storage.journal.payloads(thread, said)}
    return verify(entries, payloads).ok and len(entries) == len(recording.records)


def size(folder: Path) -> int:
    """Bytes of the journal in a folder."""
    return sum(path.stat().st_size for path in folder.glob("journal.sqlite*"))


def passes(talks: Sequence[Conversation]) -> dict[str, float]:
    """pass^k: the mean over tasks of C(successes, k) / C(trials, k)."""
    rewards: dict[Any, list[float]] = defaultdict(list)
    for talk in talks:
        data = talk.data or {}
        rewards[data.get("task_id")].append(float(data.get("reward", 0.0)))
    told: dict[str, float] = {}
    for k in TRIALS:
        tasks = [values for values in rewards.values() if len(values) >= k]
        if tasks:
            chances = [math.comb(round(sum(v)), k) / math.comb(len(v), k) for v in tasks]
            told[str(k)] = round(sum(chances) / len(chances), 3)
    return told


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("--limit", type=int, help="replay only the first N conversations")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found, talks = asyncio.run(measure(given.file, Path(folder), given.limit))
    table = Table("what", "count", title=given.file.name)
    table.add_row("conversations replayed", f"{found.runs}")
    table.add_row("turns, messages, tool calls", f"{found.turns}, {found.messages}, {found.calls}")
    table.add_row("same tool calls, in order, same arguments", f"{found.identical}")
    table.add_row("same messages", f"{found.same_messages}")
    table.add_row("audits that verify", f"{found.audited}")
    table.add_row("conversations a second", f"{found.runs / found.seconds:.1f}")
    table.add_row(
        "journal bytes a message, replayed", f"{found.journal_bytes / found.messages:,.0f}"
    )
    shown = "  ".join(f"pass^{k} {value:.3f}" for k, value in passes(talks).items())
    Console().print(table, shown)
    if found.different:
        print("different:", ", ".join(found.different))
    told = {
        "runs": found.runs,
        "identical": found.identical,
        "same_messages": found.same_messages,
        "audit_ok": found.audited == found.runs,
        "pass": passes(talks),
        "runs_per_second": round(found.runs / found.seconds, 2),
        "journal_bytes_per_message": round(found.journal_bytes / found.messages),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
