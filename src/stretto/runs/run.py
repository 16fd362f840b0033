"""The doors to a run that want its end rather than its parts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Unpack, cast

from langgraph.runtime import RunControl
from typing_extensions import TypedDict

from stretto.errors import InvalidInput
from stretto.policy import Limits
from stretto.runs.forking import fork_held
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
    take_over: bool
    compensate: bool


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
    checkpoint: str = "",
    **options: Unpack[Options],
) -> Result:
    """Go on with a thread after a crash, a stop or an interrupt; finished work is not done again.

    Args:
        graph: The graph the thread belongs to.
        thread: Its id.
        answer: Answer to the only interrupt that waits.
        answers: Answers by interrupt id; those left out wait on.
        by: Who answers, for the journal.
        checkpoint: Go back to this checkpoint first, and answer what is asked there anew.
        **options: As for `stream`.

    Raises:
        As `stream`.
    """
    given = Resume(answer=answer, answers=answers or {}, by=by, checkpoint=checkpoint)
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
    graph: Graph, thread: str, checkpoint: str, *, by: str = "", storage: Storage | None = None
) -> str:
    """Go back to an earlier checkpoint: the thread goes on from there with `resume`.

    What came after stays in the history. What was done before the checkpoint stays done. What its
    first step would do again, and is not declared harmless to repeat, is asked about. Gives the id
    of the new checkpoint.

    Raises:
        ThreadUnknown: The thread has no such checkpoint.
        ThreadBusy: A turn is being written on the thread.
    """
    if storage is None:
        async with open_storage() as opened:
            return await fork(graph, thread, checkpoint, by=by, storage=opened)
    async with storage.writing(thread):
        copy, _ = await fork_held(compiled(graph, storage), storage, thread, checkpoint, by)
        return copy
