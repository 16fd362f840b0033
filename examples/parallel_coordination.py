"""Parallel coordination: several work at once, and it is said what counts as enough.

A pottery prepares a market day. You see fork and join, map and reduce, a barrier, a deadline, and
an answer made of what there is, with what is missing named.

    python examples/parallel_coordination.py
"""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import stretto
from stretto import Storage, map_reduce, parallel, sequential
from stretto.errors import BranchesFailed

# What happens, in the order in which it happens.
events: list[str] = []


async def weather(_state: dict[str, Any]) -> str:
    """Knows the weather."""
    return "rain until noon"


async def stall(_state: dict[str, Any]) -> str:
    """Knows where the stall stands."""
    return "row 4"


def note(state: dict[str, Any]) -> str:
    """Makes one note of all results."""
    return " | ".join(f"{name}: {told}" for name, told in sorted(state["results"].items()))


# Fork and join: two at once, then one that sees what both gave.
briefing = parallel(weather, stall, join=note)


# Map and reduce: a worker is given a chunk of the items; what it gives is folded, in order.
def sales(state: dict[str, Any]) -> list[int]:
    """Split the request into numbers."""
    return [int(word) for word in state["messages"][-1].text.split()]


async def add_up(chunk: list[int]) -> dict[str, int]:
    """Adds up a chunk."""
    return {"pots": len(chunk), "euros": sum(chunk)}


def fold(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    """Make one result of two."""
    return {name: one[name] + other[name] for name in one}


takings = map_reduce(sales, add_up, fold, chunk=2, width=2)


# A barrier: nobody loads the van before all that is side by side before it has ended.
async def wrap_plates(_state: dict[str, Any]) -> str:
    """Wraps plates; takes its time."""
    for _ in range(3):
        await asyncio.sleep(0)  # lets the others go first
    events.append("plates wrapped")
    return "wrapped"


async def wrap_jars(_state: dict[str, Any]) -> str:
    """Wraps jars."""
    events.append("jars wrapped")
    return "wrapped"


async def load_van(_state: dict[str, Any]) -> str:
    """Loads the van."""
    events.append("van loaded")
    return "loaded"


leaving = sequential(parallel(wrap_plates, wrap_jars).compile(name="wrapping"), load_van)


# Who may be late, and who is down. The phone of the far supplier rings until somebody answers.
answered = asyncio.Event()


async def far(_state: dict[str, Any]) -> str:
    """A supplier who is hard to reach."""
    await answered.wait()
    return "clay on Monday"


async def near(_state: dict[str, Any]) -> str:
    """A supplier next door."""
    events.append("near called")
    return "clay today"


async def closed(_state: dict[str, Any]) -> str:
    """A supplier who has gone out of business."""
    raise ConnectionError("number not in use")


# All must answer within the deadline (in seconds). Two of three are enough for `offers`.
everybody = parallel(near, far, deadline=0.2)
offers = parallel(closed, near, weather, require=2)


async def meet_deadline(storage: Storage) -> None:
    """Who is late is named; what the others gave is kept, and a resume calls only the late one."""
    try:
        await stretto.run(everybody, "Clay?", thread="clay", storage=storage)
    except BranchesFailed as error:
        print("  too late:", error.failed)
        assert list(error.failed) == ["far"]
    else:
        raise AssertionError("nobody was late")
    answered.set()
    result = await stretto.resume(everybody, "clay", storage=storage)
    print("  resumed:", result.value["results"])
    assert result.value["results"] == {"near": "clay today", "far": "clay on Monday"}
    assert events.count("near called") == 1, "near had answered and was called again"


async def main(home: Path) -> None:
    """Run all with their state in `home`."""
    async with stretto.open_storage(home=home) as storage:
        print("Fork and join:")
        result = await stretto.run(briefing, "What is today like?", storage=storage)
        print(" ", result.text)
        assert result.text == "stall: row 4 | weather: rain until noon"

        print("Map and reduce, two at a time:")
        result = await stretto.run(takings, "12 30 8 25 15", storage=storage)
        print(" ", result.value["accumulated"], "in", result.value["mapped"].chunks, "chunks")
        assert result.value["accumulated"] == {"pots": 5, "euros": 90}
        assert result.value["mapped"].chunks == 3

        print("A barrier between wrapping and loading:")
        await stretto.run(leaving, "Let us go.", storage=storage)
        print("  " + ", ".join(events))
        assert events == ["jars wrapped", "plates wrapped", "van loaded"]

        print("A deadline:")
        await meet_deadline(storage)

        print("Two of three are enough:")
        result = await stretto.run(offers, "Clay?", storage=storage)
        print(" ", result.value["results"], "without", result.value["failed"])
        assert result.value["results"] == {"near": "clay today", "weather": "rain until noon"}
        assert result.value["failed"] == {"closed": "ConnectionError: number not in use"}
    print("All as promised.")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(main(Path(folder)))
