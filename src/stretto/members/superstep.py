"""The superstep that a node is at work in: who else is in it, and what it has stored already."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.runtime import get_runtime

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from langchain_core.runnables import RunnableConfig

# LangGraph's own names in a config; none of them is a promised API.
_CALL = "__pregel_call"
_FUTURES = "futures"
_CHECKPOINTER = "__pregel_checkpointer"


@dataclass(frozen=True, slots=True)
class Superstep:
    """The tasks that run beside one another now."""

    task: str
    """Id of the task that looks."""
    number: int
    """The same for all that look from within this superstep, while it runs; 0 for one alone."""
    mates: Mapping[str, tuple[str, asyncio.Future[Any]]]
    """Node and future of each task that has not ended, by task id, the one that looks included.
    Empty when it is alone, when who else is there cannot be seen, or when that is known already."""
    seen: bool
    """Whether it could be seen who else is there."""


def superstep(config: RunnableConfig, known: Container[int] = ()) -> Superstep:
    """Look around from within a node; not again in a superstep whose number is `known`."""
    task = _task()
    reference = getattr((config.get("configurable") or {}).get(_CALL), "keywords", {}).get(_FUTURES)
    futures: Any = reference() if callable(reference) else None
    if not isinstance(futures, dict):
        return Superstep(task, 0, {}, seen=False)
    if id(futures) in known:
        return Superstep(task, id(futures), {}, seen=True)
    found: dict[str, tuple[str, asyncio.Future[Any]]] = {}
    for future, each in dict[Any, Any](futures).items():
        name, known_by = getattr(each, "name", None), getattr(each, "id", None)
        if isinstance(future, asyncio.Future) and isinstance(name, str) and known_by:
            found[str(known_by)] = (name, future)
    beside = task in found  # one alone is run without a future
    return Superstep(task, id(futures) if beside else 0, found if beside else {}, seen=True)


async def stored(config: RunnableConfig, channel: str) -> list[Any]:
    """What tasks of this superstep that have ended wrote to a channel, as far as it is stored.

    That is what tasks wrote that ended before the run was resumed. Empty without a checkpointer.
    """
    saver = (config.get("configurable") or {}).get(_CHECKPOINTER)
    info = get_runtime().execution_info
    if info is None or not isinstance(saver, BaseCheckpointSaver):
        return []
    place = {
        "thread_id": info.thread_id,
        "checkpoint_ns": info.checkpoint_ns.rpartition("|")[0],
        "checkpoint_id": info.checkpoint_id,
    }
    held = await saver.aget_tuple({"configurable": place})
    writes = held.pending_writes if held is not None else None
    return [value for _, name, value in writes or () if name == channel]


def _task() -> str:
    info = get_runtime().execution_info
    return "" if info is None else info.task_id
