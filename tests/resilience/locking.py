"""A process with locks, for tests: it does what its standard input says, and tells the rest.

Lines `TASK take NAME`, within what the task has, `TASK drop` of the last, and `- queued NAME NUMBER`,
which is answered when so many have the lock or wait for it here. What comes back: `TASK has NAME
TOKEN`, `TASK dropped NAME`, `TASK deadlock TEXT` (after which the task has dropped all), `- queued`.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack

from stretto.errors import Deadlock
from stretto.resilience.lock import _LOCKS, Locking, NamedLock


async def task(name: str, lines: asyncio.Queue[list[str]]) -> None:
    """Obey one line after another."""
    held: list[tuple[str, AsyncExitStack]] = []
    while True:
        what, *told = await lines.get()
        if what == "drop":
            last, stack = held.pop()
            await stack.aclose()
            print(name, "dropped", last, flush=True)  # noqa: T201
            continue
        stack = AsyncExitStack()
        try:
            token = await stack.enter_async_context(Locking(NamedLock(told[0]), None))
        except Deadlock as error:
            while held:
                await held.pop()[1].aclose()
            print(name, "deadlock", error, flush=True)  # noqa: T201
        else:
            held.append((told[0], stack))
            print(name, "has", told[0], token.number, flush=True)  # noqa: T201


async def queued(name: str, number: int) -> None:
    """Wait until so many have the lock or wait for it."""
    while True:
        room = next((each.room for (_, n, _), each in _LOCKS.items() if n == name), None)
        if room is not None and room.working + room.waiting == number:
            return
        await asyncio.sleep(0.01)


async def main() -> None:
    """Hand the lines out."""
    tasks: dict[str, tuple[asyncio.Queue[list[str]], asyncio.Task[None]]] = {}
    while line := await asyncio.to_thread(sys.stdin.readline):
        name, *told = line.split()
        if name == "-":
            await queued(told[1], int(told[2]))
            print("- queued", flush=True)  # noqa: T201
            continue
        if name not in tasks:
            lines: asyncio.Queue[list[str]] = asyncio.Queue()
            tasks[name] = lines, asyncio.create_task(task(name, lines), name=name)
        tasks[name][0].put_nowait(told)


if __name__ == "__main__":
    asyncio.run(main())
