"""Watches a worker: notices when it makes no progress, restarts it, and keeps what it failed with.

LangGraph's `RetryPolicy` restarts, so that a restarted worker goes on where it failed. Its
`TimeoutPolicy` and `error_handler` are not used: a node cannot catch its own `NodeTimeoutError`;
handlers stand in the drawing as nodes that nothing leads to; and one whose step is resumed is given
the error as a text.
"""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.runnables.config import merge_configs, set_config_context
from langgraph.errors import GraphRecursionError, is_invalid_resume
from langgraph.runtime import Runtime, get_runtime
from langgraph.types import RetryPolicy

from stretto.errors import (
    BudgetExceeded,
    EffectChanged,
    EffectUnknown,
    InvalidInput,
    ManagerStuck,
    ModelRefused,
    Rejected,
    Stalled,
    WorkUndone,
)
from stretto.members.compensation import LIMITS, PASSING
from stretto.members.nested import restarted

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig

    from stretto.members import ConfigNode

    Run = Callable[[RunnableConfig], Awaitable[Any]]
    Sleep = Callable[[float], Awaitable[None]]

Fate: TypeAlias = Literal["raise", "restart", "pass on", "stop"]
GaveUp: TypeAlias = Callable[[Mapping[str, Any], Exception, int, bool], Mapping[str, Any]]
"""Makes the update of a worker that failed: of its task, the error, how often it was tried, and
whether another may try."""
GRACE = 1.0
"""Seconds that a stalled worker has to stop in, before it is left to itself."""
_RUNTIME = "__pregel_runtime"  # LangGraph's own name in a config; not a promised API


def fate(error: BaseException, worker: str) -> Fate:
    """What is done when a worker fails with this.

    `raise`: it is not the worker's failure: a person is asked, a limit of the run is used up, state
    cannot be written. `restart`: it may go better next time. `pass on`: it will not, for this
    worker. `stop`: nobody else may try, since it may have happened, or a person said no.
    """
    match error:
        case EffectUnknown() | EffectChanged() | Rejected() | WorkUndone():
            return "stop"
        case BudgetExceeded() if worker in error.budget.split("/"):
            return "pass on"
        case GraphRecursionError() | ManagerStuck() | ModelRefused():
            return "pass on"
        case _ if isinstance(error, (*PASSING, *LIMITS)) or is_invalid_resume(error):
            return "raise"
        case InvalidInput():
            return "pass on"
        case _:
            return "restart"


def restarting(worker: str, restarts: int) -> RetryPolicy | None:
    """LangGraph's policy by which a worker's node is restarted; `None` when it never is."""
    if not restarts:
        return None

    def retry_on(error: Exception) -> bool:
        return fate(error, worker) == "restart"

    return RetryPolicy(
        initial_interval=0.0,
        jitter=False,
        max_attempts=restarts + 1,
        retry_on=retry_on,
    )


def watched(
    node: ConfigNode, worker: str, gave_up: GaveUp, *, restarts: int, idle: float | None
) -> ConfigNode:
    """A worker's node that does not fail where another can help.

    Args:
        node: What it does.
        worker: Its name.
        gave_up: Makes the update when it is not restarted any more.
        restarts: How often it is; the node needs the policy of `restarting` for it.
        idle: Seconds that it may go without progress; `None` for ever.
    """

    @functools.wraps(node)  # LangGraph looks through it to the graph that the node closes over
    async def run(state: Any, config: RunnableConfig) -> Any:
        attempt = attempt_now()
        try:
            if idle is None and attempt == 1:
                return await node(state, config)
            mine = config if attempt == 1 else restarted(config)
            return await in_motion(functools.partial(node, state), mine, worker, idle)
        except Exception as error:  # noqa: BLE001 - every kind has its fate
            failure = error
        then = fate(failure, worker)
        if then == "raise":
            raise failure
        if then == "restart" and attempt <= restarts:
            raise failure  # LangGraph restarts it, the journal tells of it
        return gave_up(state, failure, attempt, then != "stop")

    return run


async def in_motion(
    work: Run,
    config: RunnableConfig,
    worker: str,
    idle: float | None,
    *,
    sleep: Sleep = asyncio.sleep,
    now: Callable[[], float] = time.monotonic,
) -> Any:
    """Do work that has to show progress: streams, model and tool calls, steps of graphs within.

    Args:
        work: Does it, in the config that it is given.
        config: That of the node.
        worker: Whose it is.
        idle: Seconds without progress after which it is stopped; `None` for never.
        sleep: Waits; another than `asyncio.sleep` is for tests.
        now: Tells the time in seconds.

    Raises:
        Stalled: There was none for so long.
    """
    pulse = Pulse(now)
    inside = config if idle is None else pulse.within(config)
    with set_config_context(inside) as context:
        task = asyncio.get_running_loop().create_task(_started(work, inside), context=context)
    watch = asyncio.create_task(pulse.stopped(idle, sleep))
    try:
        await asyncio.wait({task, watch}, return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError:
        task.cancel()
        await asyncio.wait({task})
        raise
    finally:
        watch.cancel()
    if idle is not None and not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=GRACE)
        if not task.done() or task.cancelled():
            task.add_done_callback(_looked_at)
            raise Stalled(worker, idle)
        if task.exception() is not None:
            raise Stalled(worker, idle) from task.exception()
    return task.result()


async def _started(work: Run, config: RunnableConfig) -> Any:
    return await work(config)


class Pulse:
    """When something last happened in a piece of work."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now, self._last = now, now()

    def touch(self) -> None:
        """Something happened."""
        self._last = self._now()

    async def stopped(self, idle: float | None, sleep: Sleep) -> None:
        """Wait until nothing has happened for so many seconds."""
        if idle is None:
            await asyncio.Event().wait()
            return
        while (left := self._last + idle - self._now()) > 0:
            await sleep(left)

    def within(self, config: RunnableConfig) -> RunnableConfig:
        """The config for the work: what happens in it touches this."""
        heard: RunnableConfig = merge_configs(config, {"callbacks": [_Listener(self)]})
        inside = dict(config.get("configurable") or {})
        if isinstance(runtime := inside.get(_RUNTIME), Runtime):
            write = runtime.stream_writer

            def touched(chunk: Any) -> None:
                self.touch()
                write(chunk)

            inside[_RUNTIME] = runtime.override(stream_writer=touched, heartbeat=self.touch)
        return {**heard, "configurable": inside}


class _Listener(BaseCallbackHandler):
    """Hears whatever happens under a config."""

    run_inline = True

    def __init__(self, pulse: Pulse) -> None:
        self._pulse = pulse

    def _touch(self, *_: Any, **__: Any) -> None:
        self._pulse.touch()

    on_chat_model_start = _touch
    on_llm_start = on_llm_new_token = on_llm_end = on_llm_error = _touch
    on_chain_start = on_chain_end = on_chain_error = _touch
    on_tool_start = on_tool_end = on_tool_error = _touch
    on_retriever_start = on_retriever_end = on_retriever_error = _touch
    on_agent_action = on_agent_finish = _touch
    on_text = on_retry = on_custom_event = _touch


def words(error: BaseException) -> str:
    """What is said of an error; its kind where it says nothing."""
    return str(error) or type(error).__name__


def attempt_now() -> int:
    """How often the node at work has been started, from 1."""
    info = getattr(get_runtime(), "execution_info", None)
    return getattr(info, "node_attempt", 1)


def _looked_at(task: asyncio.Task[Any]) -> None:
    with suppress(asyncio.CancelledError):
        task.exception()
