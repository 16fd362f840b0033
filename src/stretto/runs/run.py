"""The doors to a run that want its end rather than its parts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Unpack, cast

from langgraph.runtime import RunControl
from typing_extensions import TypedDict

from stretto.errors import InvalidInput, ThreadUnknown
from stretto.policy import Limits
from stretto.runs.storage import Storage, open_storage
from stretto.runs.stream import Graph, Input, Resume, compiled, stream

if TYPE_CHECKING:
    from stretto.runs.result import Result


class Options(TypedDict, total=False):
    """The keywords of `stream` that `run`, `resume` and `invoke` pass on."""

    context: Mapping[str, Any] | None
    limits: Limits | None
    storage: Storage | None
    wait: float
    team: str
    model: str
    control: RunControl | None


async def run(
    graph: Graph,
    input: Input,  # noqa: A002 - LangGraph's own name for it
    *,
    thread: str | None = None,
    **options: Unpack[Options],
) -> Result:
    """Run a turn to its end, or until it waits for a person; as `stream`, and raises as it does."""
    async with aclosing(stream(graph, input, thread=thread, modes=(), **options)) as parts:
        ends = [part["data"] async for part in parts if part["type"] == "end"]
    return cast("Result", ends[0])


async def resume(
    graph: Graph,
    thread: str,
    answer: Any = None,
    *,
    answers: Mapping[str, Any] | None = None,
    by: str = "",
    **options: Unpack[Options],
) -> Result:
    """Go on with a thread after a crash, a stop or an interrupt; finished work is not done again.

    Args:
        graph: The graph the thread belongs to.
        thread: Its id.
        answer: Answer to the only interrupt that waits.
        answers: Answers by interrupt id; those left out wait on.
        by: Who answers, for the journal.
        **options: As for `stream`.

    Raises:
        As `stream`.
    """
    given = Resume(answer=answer, answers=answers or {}, by=by)
    return await run(graph, given, thread=thread, **options)


def invoke(
    graph: Graph,
    input: Input,  # noqa: A002 - LangGraph's own name for it
    *,
    thread: str | None = None,
    **options: Unpack[Options],
) -> Result:
    """Run a turn from synchronous code; as `run`.

    Raises:
        InvalidInput: An event loop runs in this thread already; await `run` there.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(run(graph, input, thread=thread, **options))
    raise InvalidInput("an event loop runs here already. Use `await stretto.run(...)` instead.")


async def fork(
    graph: Graph, thread: str, checkpoint: str, *, storage: Storage | None = None
) -> str:
    """Go back to an earlier checkpoint: the thread's next turn starts from there.

    What came after stays in the history. Gives the id of the new checkpoint.

    Raises:
        ThreadUnknown: The thread has no such checkpoint.
        ThreadBusy: A turn is being written on the thread.
    """
    if storage is None:
        async with open_storage() as opened:
            return await fork(graph, thread, checkpoint, storage=opened)
    if not checkpoint.strip():
        raise InvalidInput("no checkpoint is named. Give the id of one of the thread's history.")
    async with storage.locks.hold(thread, wait=0):
        ready = compiled(graph, storage)
        at = {"thread_id": thread, "checkpoint_id": checkpoint, "checkpoint_ns": ""}
        if await storage.checkpointer.aget_tuple({"configurable": at}) is None:
            raise ThreadUnknown(
                f"thread {thread!r} has no checkpoint {checkpoint!r}. See its `history`."
            )
        made = await ready.aupdate_state({"configurable": at}, None, as_node="__copy__")
        return str(made.get("configurable", {})["checkpoint_id"])
