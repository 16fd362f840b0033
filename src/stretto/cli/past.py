"""The turns of a thread as its checkpoints tell, and what it holds now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from stretto.cli.words import cut, plain

if TYPE_CHECKING:
    from langgraph.types import StateSnapshot
    from rich.console import RenderableType

    from stretto.spec.target import AnyGraph


@dataclass(frozen=True, slots=True)
class PastTurn:
    """The end of a turn."""

    checkpoint: str
    when: str
    asked: str
    said: str


async def past(graph: AnyGraph, thread: str) -> list[PastTurn]:
    """The turns that led to where the thread stands, oldest first.

    Forks that were left are not among them. `graph` has the checkpointer.
    """
    config: Any = {"configurable": {"thread_id": thread}}
    found = {_id(s.config): s async for s in graph.aget_state_history(config)}
    turns: list[PastTurn] = []
    snapshot = next(iter(found.values()), None)
    while snapshot is not None:
        if not snapshot.next and (snapshot.metadata or {}).get("source") in {"loop", "fork"}:
            turns.append(_turn(snapshot))
        snapshot = found.get(_id(snapshot.parent_config))
    return turns[::-1]


def _id(config: Any) -> str:
    return str((config or {}).get("configurable", {}).get("checkpoint_id", ""))


def _turn(snapshot: StateSnapshot) -> PastTurn:
    messages: list[Any] = snapshot.values.get("messages") or []
    asked = next((m.text for m in reversed(messages) if m.type == "human"), "")
    said = messages[-1].text if messages else ""
    when = (snapshot.created_at or "")[:19].replace("T", " ")
    return PastTurn(_id(snapshot.config), when, cut(asked, 80), cut(said, 80))


def draw_past(turns: list[PastTurn]) -> RenderableType:
    """Draw the turns, numbered as `/fork` takes them."""
    if not turns:
        return Text("no turn has ended yet", "dim")
    table = Table.grid(padding=(0, 2))
    for number, turn in enumerate(turns, 1):
        table.add_row(
            Text(str(number), "bold"),
            Text(turn.when, "dim", no_wrap=True),
            Text.assemble(turn.asked, ("  →  ", "dim"), turn.said),
        )
    return table


def draw_state(snapshot: StateSnapshot) -> RenderableType:
    """Draw what a thread holds: each field in brief, and what comes next."""
    table = Table.grid(padding=(0, 2))
    for name, value in snapshot.values.items():
        table.add_row(Text(name, "bold"), Text(_brief(value)))
    waits = f", waits for {len(snapshot.interrupts)} answers" if snapshot.interrupts else ""
    stands = (
        f"unfinished: {', '.join(snapshot.next)} comes next{waits}" if snapshot.next else "ended"
    )
    table.add_row(Text("turn", "bold"), Text(stands))
    table.add_row(Text("checkpoint", "bold"), Text(_id(snapshot.config), "dim"))
    return table


def _brief(value: Any) -> str:
    if isinstance(value, list | dict):
        size = f"{len(value)} in all"
        last = list(value.values() if isinstance(value, dict) else value)[-1:]
        return f"{size}; last: {_brief(last[0])}" if last else "empty"
    if hasattr(value, "type") and hasattr(value, "text"):
        return cut(f"{value.type}: {value.text}", 160)
    if hasattr(value, "model_dump"):
        return cut(plain(value.model_dump(mode="json")), 160)
    return cut(plain(value), 160)
