"""Runs async work to its end for LangChain's synchronous callers."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine


def awaitable(handler: Callable[[Any], Any]) -> Callable[[Any], Awaitable[Any]]:
    """The same function, to be awaited."""

    async def call(request: Any) -> Any:
        return handler(request)

    return call


def run_blocking(work: Coroutine[Any, Any, Any]) -> Any:
    """Run to the end on an event loop of its own, in this context."""
    context = contextvars.copy_context()
    result: list[Any] = []

    def run() -> None:
        try:
            result.extend((True, context.run(asyncio.run, work)))
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            result.extend((False, error))

    thread = threading.Thread(target=run, name="stretto-effect")
    thread.start()
    thread.join()
    if not result[0]:
        raise cast("BaseException", result[1])
    return result[1]
