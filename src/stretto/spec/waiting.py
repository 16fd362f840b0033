"""Waiting for async work from synchronous code, also inside a running event loop."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable

T = TypeVar("T")


def wait_for(work: Awaitable[T]) -> T:
    """Give the result of `work`, run to its end on an event loop in a thread of its own.

    A graph may be imported while a loop is running, whose thread cannot run another one; it is
    held up meanwhile, so this is for loading alone.
    """

    async def run() -> T:
        return await work

    with ThreadPoolExecutor(1, thread_name_prefix="stretto-load") as pool:
        return pool.submit(copy_context().run, asyncio.run, run()).result()
