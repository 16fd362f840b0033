"""Goes back to an earlier checkpoint of a thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stretto import clock
from stretto.errors import InvalidInput, ThreadUnknown
from stretto.records import Forked

if TYPE_CHECKING:
    from langgraph.pregel import Pregel
    from langgraph.types import Interrupt

    from stretto.runs.storage import Storage


async def fork_held(
    graph: Pregel[Any, Any, Any, Any], storage: Storage, thread: str, checkpoint: str, by: str = ""
) -> tuple[str, tuple[Interrupt, ...]]:
    """Fork a thread that is held: its newest checkpoint is now a copy of an earlier one.

    Gives the id of the copy, and what was asked at the earlier one.

    Raises:
        ThreadUnknown: The thread has no such checkpoint.
        InvalidInput: None is named.
    """
    if not checkpoint.strip():
        raise InvalidInput("no checkpoint is named. Give the id of one of the thread's history.")
    at: Any = {
        "configurable": {"thread_id": thread, "checkpoint_id": checkpoint, "checkpoint_ns": ""}
    }
    if await storage.checkpointer.aget_tuple(at) is None:
        raise ThreadUnknown(
            f"thread {thread!r} has no checkpoint {checkpoint!r}. See them: stretto fork {thread}"
        )
    asked = (await graph.aget_state(at)).interrupts
    made = await graph.aupdate_state(at, None, as_node="__copy__")
    copy = str(made.get("configurable", {})["checkpoint_id"])
    storage.journal.append(
        Forked(time=clock.now(), thread=thread, run="", checkpoint=copy, origin=checkpoint, by=by)
    )
    await storage.journal.flush(thread)
    return copy, tuple(asked)
