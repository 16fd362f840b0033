"""Makes a call that does not come back a second time; the first to succeed counts."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

from stretto.resilience.waiting import apart

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from stretto.policy import Hedge
    from stretto.resilience.deadline import Sleep

T = TypeVar("T")


async def hedged(
    rule: Hedge, call: Callable[[], Awaitable[T]], *, sleep: Sleep = asyncio.sleep
) -> T:
    """Make the call; each time `rule.after` seconds pass without a result, make another beside it.

    The first that succeeds counts, the others are cancelled. A call that fails is not replaced:
    when all that were made have failed, the first failure is raised.
    """

    async def racing() -> T:
        with apart():  # the loser is not waited for, whatever it waits for
            return await call()

    calls: list[asyncio.Future[T]] = [asyncio.ensure_future(racing())]
    timer: asyncio.Future[None] | None = None
    try:
        while True:
            if timer is None and len(calls) <= rule.most:
                timer = asyncio.ensure_future(sleep(rule.after))
            open_ = [each for each in calls if not each.done()]
            waiting: list[asyncio.Future[Any]] = [*open_, *([timer] if timer else [])]
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for each in calls:
                if each.done() and not each.cancelled() and each.exception() is None:
                    return each.result()
            if all(each.done() for each in calls):
                return calls[0].result()
            if timer is not None and timer.done():
                timer = None
                calls.append(asyncio.ensure_future(racing()))
    finally:
        left: list[asyncio.Future[Any]] = [*calls, *([timer] if timer is not None else [])]
        for each in left:
            each.cancel()
        await asyncio.gather(*left, return_exceptions=True)
