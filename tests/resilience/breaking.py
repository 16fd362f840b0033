"""A process with a breaker, for tests: it does what its standard input says, and tells the rest.

`python breaking.py PROBES`; lines `time SECONDS`, `enter TIMES`, `leave OUTCOME` (of the call that
was let through last); one line comes back for each.
"""

from __future__ import annotations

import asyncio
import sys

from stretto.errors import BreakerOpen
from stretto.policy import Breaker
from stretto.resilience.circuits import circuit
from stretto.resilience.names import forget


async def main() -> None:
    """Obey."""
    now = [0.0]
    rule = Breaker(failures=2, cooldown=10, probes=int(sys.argv[1]))
    breaker, passes = circuit("shared", rule, now=lambda: now[0]), []

    async def enter() -> int:
        try:
            passes.append(await breaker.enter())
        except BreakerOpen:
            return 0
        return 1

    for line in sys.stdin:
        what, told = line.split()
        match what:
            case "time":
                now[0] = float(told)
                answer = told
            case "enter":
                answer = str(sum(await asyncio.gather(*(enter() for _ in range(int(told))))))
            case _:
                answer = str(await breaker.leave(passes.pop(), told))  # type: ignore[arg-type]
        print(answer, flush=True)  # noqa: T201
    forget()


asyncio.run(main())
