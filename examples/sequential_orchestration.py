"""Sequential orchestration: one step after the other, each given what the one before gave.

A pottery takes an order. You see the order of the steps and what passes between them, the progress
while they run, a gate that stops what is not sound, and a rollback when a late step fails.

    python examples/sequential_orchestration.py
"""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from pydantic import BaseModel

import stretto
from stretto import Result, Storage, member, saga, sequential
from stretto.errors import ResultUnfit
from stretto.records import NodeStarted


class Order(BaseModel):
    """What somebody wants."""

    what: str
    count: int


class Quote(BaseModel):
    """What it costs."""

    order: Order
    euros: float


# A step is a function of the state (or an agent, or a whole graph). What it returns stands in
# `results` under its name, and keeps its type.


def read(state: dict[str, Any]) -> dict[str, Any]:
    """Reads the order: a count, then what."""
    count, _, what = state["messages"][-1].text.partition(" ")
    return {"what": what, "count": count}


def price(state: dict[str, Any]) -> Quote:
    """Prices it."""
    order: Order = state["results"]["read"]
    return Quote(order=order, euros=order.count * 12.5)


def confirm(state: dict[str, Any]) -> str:
    """Confirms it."""
    quote: Quote = state["results"]["price"]
    return f"{quote.order.count} {quote.order.what} for {quote.euros:.2f} euros"


# `gives=` is a gate: the dictionary that `read` returns must fit Order, and is read as one.
# `takes=` is the gate on the other side: what comes in must fit.
desk = sequential(
    member(read, gives=Order), member(price, takes=Order), member(confirm, takes=Quote)
)

# The second chain changes the world outside, which is this list here.
world: list[str] = []


async def reserve(_state: dict[str, Any]) -> str:
    """Takes the plates from the shelf."""
    world.append("reserved")
    return "shelf 7"


async def charge(_state: dict[str, Any]) -> str:
    """Charges the card."""
    world.append("charged")
    return "receipt 31"


async def ship(_state: dict[str, Any]) -> str:
    """Hands the parcel over: today there is no courier."""
    raise ConnectionError("no courier today")


# An undo is called with what its step gave, and with what the step was given.


def put_back(shelf: str, _brief: object) -> None:
    """Put the plates back."""
    world.append(f"put back on {shelf}")


def pay_back(receipt: str, _brief: object) -> None:
    """Pay the money back."""
    world.append(f"paid back {receipt}")


# Each step of a saga stands with what undoes it. The last one has nothing to undo.
delivery = saga((reserve, put_back), (charge, pay_back), ship)


async def take_order(storage: Storage) -> None:
    """Order, data and progress: the stream tells each step as it begins."""
    progress: list[str] = []
    async for part in stretto.stream(desk, "3 plates", thread="order", storage=storage):
        told = part["data"]
        if isinstance(told, NodeStarted):
            progress.append(f"{told.step} {told.node}")
            print("  step", progress[-1])
        if isinstance(told, Result):  # the last part of every stream
            print("  answer:", told.text)
            assert told.text == "3 plates for 37.50 euros"
            assert told.value["results"]["read"] == Order(what="plates", count=3)
    assert progress == ["1 of 3 read", "2 of 3 price", "3 of 3 confirm"]


async def stop_at_gate(storage: Storage) -> None:
    """A gate that does not hold stops the chain there, not three steps later."""
    try:
        await stretto.run(desk, "some plates", thread="gate", storage=storage)
    except ResultUnfit as error:
        print("  stopped:", str(error).splitlines()[0])
        assert "'read'" in str(error)
    else:
        raise AssertionError("an order without a count went through")
    told = await storage.journal.records("gate")
    worked = [record.node for record in told if isinstance(record, NodeStarted)]
    assert worked == ["read"], "a step worked behind the gate"


async def roll_back(storage: Storage) -> None:
    """A late step fails: what was done is undone, the last thing first."""
    try:
        await stretto.run(delivery, "3 plates", thread="delivery", storage=storage)
    except ConnectionError as error:
        print("  failed:", error, "-", error.__notes__[0])
    else:
        raise AssertionError("the delivery went through")
    for deed in world:
        print("   ", deed)
    assert world == ["reserved", "charged", "paid back receipt 31", "put back on shelf 7"]


async def main(home: Path) -> None:
    """Run the three with their state in `home`."""
    async with stretto.open_storage(home=home) as storage:
        print("An order, step by step:")
        await take_order(storage)
        print("An order that is none:")
        await stop_at_gate(storage)
        print("A delivery that fails at its last step:")
        await roll_back(storage)
    print("All as promised.")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(main(Path(folder)))
