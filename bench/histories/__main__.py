"""Generated teams, and whether strict providers would accept every request of theirs.

    python -m bench.histories [--requests 10000] [--seed 0] [--pattern swarm ...]

Teams of all patterns, nested by chance, with members of every kind; models that call tools and hand
over by chance, several at once, or give nothing, or fail; tools and workers that fail; all context
policies, functions that give broken histories among them; one to four turns on a thread, also after
a turn that failed, was resumed or was left with a question open; conversations that are compacted.
Each request is checked by the rules of OpenAI and of Anthropic
(`stretto.testing.history_problems`).

A tenth as many are checked with the mending of histories switched off: what would be refused then
shows that the search finds something where there is something.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import time
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from bench.histories.search import search, unmended
from bench.histories.teams import PATTERNS

if TYPE_CHECKING:
    from bench.histories.search import Found


def show(found: Found, control: Found) -> None:
    console = Console()
    table = Table("pattern", "requests", "invalid", "invalid if not mended, %")
    for pattern, number in sorted(found.requests.items()):
        bare = control.invalid[pattern] / (control.requests[pattern] or 1)
        table.add_row(pattern, str(number), str(found.invalid[pattern]), f"{bare:.0%}")
    console.print(table)
    console.print("turns:", dict(found.turns.most_common()))
    for where, request in found.examples[:5]:
        console.print(f"team {where!r}:", *request.problems)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--pattern", nargs="*", default=(), choices=[*PATTERNS])
    given = parser.parse_args()
    logging.disable()  # failures are told to the log, and here they are on purpose
    began = time.process_time()
    found = asyncio.run(search(given.requests, given.seed, given.pattern))
    with unmended():
        control = asyncio.run(search(given.requests // 10, given.seed, given.pattern))
    show(found, control)
    told = {
        "requests": found.requests.total(),
        "invalid": found.invalid.total(),
        "unmended_invalid_share": round(control.invalid.total() / control.requests.total(), 2),
        "teams": found.teams,
        "turns": found.turns.total(),
        "cpu_seconds": round(time.process_time() - began),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
