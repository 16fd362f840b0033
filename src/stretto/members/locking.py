"""One at a time: locks in nodes, tools and functions, told to the journal."""

from __future__ import annotations

import asyncio
import functools
import inspect
import math
from contextlib import suppress
from typing import TYPE_CHECKING, Any, overload

from stretto.errors import InvalidInput
from stretto.members.telling import teller
from stretto.members.where import here
from stretto.resilience.lock import LEASE, Locking, NamedLock

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Name = str | Callable[..., str]

MOST_NAME = 255
"""Characters of a lock's name."""


def lock(name: str, *, wait: float | None = None, lease: float = LEASE) -> Locking:
    """A lock for an `async with`: one holder at a time, in all runs, threads and processes.

    It gives a `LockToken`, whose `number` is higher than that of every holder before. It is freed
    when the block ends, in whatever way, and when the process dies. Work that is begun within the
    block borrows it; of those who borrow it, too, one has it at a time.

    Locks are kept where state is kept by default: under the state home, for the processes of one
    machine, or in the database of STRETTO_DATABASE_URL, for those of all machines.

    Args:
        name: What is locked: a file, a ticket. At most 255 characters.
        wait: The most seconds to wait for it; 0 does not wait, `None` is no bound of its own.
        lease: Seconds after which the database takes it from a machine that is not heard of (its
            power or network is gone). A process that was killed loses it at once.

    Raises:
        InvalidInput: No name, a wait or lease that is no time; on entering: it was entered
            before, or STRETTO_DATABASE_URL is no URL.
        LockBusy: On entering: it was not free in that time.
        Deadlock: On entering: it would never be free, because its holder waits for what those
            around this call hold.
        StateUnavailable, StateUnreadable: On entering: it cannot be known who has it.
        MissingExtra: On entering: the database needs the extra "postgres".
    """
    return Locking(NamedLock(_name(name), _seconds("lease", lease, 3.0)), _wait(wait), _tell)


@overload
def alone(
    name: Name, function: None = None, *, wait: float | None = None, lease: float = LEASE
) -> Callable[[Callable[..., Any]], Callable[..., Awaitable[Any]]]: ...


@overload
def alone(
    name: Name, function: Callable[..., Any], *, wait: float | None = None, lease: float = LEASE
) -> Callable[..., Awaitable[Any]]: ...


def alone(
    name: Name,
    function: Callable[..., Any] | None = None,
    *,
    wait: float | None = None,
    lease: float = LEASE,
) -> Any:
    """Make a function the single writer of something: each call of it holds the lock of that name.

    As `alone("crm.csv", update)`, or as a decorator: `@alone("crm.csv")`. It stays what it was for
    members and tools: its name, parameters and declared effect are kept.

    Args:
        name: The lock's; or a function that gives it, called with the arguments of the call.
        function: What is to be alone; one that is not async is run in a thread.
        wait: As for `lock`.
        lease: As for `lock`.

    Raises:
        InvalidInput: As for `lock`; for a name that is worked out, when the function is called.
    """
    if not callable(name):
        lock(name, wait=wait, lease=lease)
    _wait(wait)

    def wrapped(inner: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
        if not callable(inner):
            raise InvalidInput(f"{inner!r} cannot be alone. Give a function.")

        @functools.wraps(inner)
        async def call(*args: Any, **kwargs: Any) -> Any:
            of = name(*args, **kwargs) if callable(name) else name
            async with lock(of, wait=wait, lease=lease):
                if inspect.iscoroutinefunction(inner):
                    return await inner(*args, **kwargs)
                given = await asyncio.to_thread(inner, *args, **kwargs)
                return await given if inspect.isawaitable(given) else given

        return call

    return wrapped if function is None else wrapped(function)


def _tell(*, name: str, seconds: float) -> None:
    """Journal a wait, where there is a run whose steps are stored as they end."""
    with suppress(InvalidInput):
        teller(here(), "node")("waited", on="lock", name=name, seconds=seconds)


def _name(name: object) -> str:
    if isinstance(name, str) and name.strip() and len(name) <= MOST_NAME and name.isprintable():
        return name
    raise InvalidInput(
        f"{str(name)[:40]!r} cannot name a lock. Use 1 to {MOST_NAME} printable characters."
    )


def _wait(wait: float | None) -> float | None:
    return None if wait is None else _seconds("wait", wait, 0.0)


def _seconds(what: str, given: object, least: float) -> float:
    if isinstance(given, int | float) and least <= given and math.isfinite(given):
        return float(given)
    raise InvalidInput(f"the {what} of a lock is {given!r}. Give seconds, at least {least:g}.")
