"""Resilient orchestration: what others break does not break you.

A pottery sells plates while its bank is down, its kiln is small, and its process is killed. You see
a breaker, a bulkhead, failover, degraded operation, and recovery that repeats nothing.

    python examples/resilient_orchestration.py
"""

import asyncio
import multiprocessing
import signal
import tempfile
from pathlib import Path
from typing import Any

import stretto
from stretto import (
    Agent,
    Breaker,
    Bulkhead,
    Constant,
    Fallback,
    Policy,
    effect,
    member,
    scatter,
    sequential,
)
from stretto.records import BreakerChanged, FellBack
from stretto.testing import ScriptedModel, faulty, kill_at

calls: list[str] = []


# A breaker: after two failures in a row the bank is left alone for a minute. Degraded operation:
# meanwhile a constant stands in for its answer, so the shop goes on.
async def bank(_state: dict[str, Any]) -> str:
    """Checks a card; the line is dead today."""
    calls.append("bank")
    raise ConnectionError("the line is dead")


till = sequential(
    member(
        bank,
        policy=Policy(
            breaker=Breaker(row=2, cooldown=60),
            fallback=Fallback(to=(Constant(value="cash only today"),)),
        ),
    )
)

# Failover: a model is down, and another takes over the call, with the same messages and tools.
down = faulty(ScriptedModel("never said"), ConnectionError("the provider is down"))
spare = ScriptedModel("Plates are 12.50 each.")
clerk = Agent(name="clerk", model=down, policy=Policy(fallback=Fallback(to=(spare,))))
counter = sequential(clerk)


# A bulkhead: however many plates there are, the kiln holds two.
kiln: list[int] = [0, 0]  # in it now, and at most so far


async def fire(state: dict[str, Any]) -> str:
    """Fires one plate."""
    kiln[0] += 1
    kiln[1] = max(kiln)
    await asyncio.sleep(0)  # whoever may, comes in now
    kiln[0] -= 1
    return f"{state['item']} fired"


firing = scatter(
    member(fire, policy=Policy(bulkhead=Bulkhead(limit=2))),
    each=lambda state: state["messages"][-1].text.split(),
)


# Recovery: what changes the world is an effect, and an effect happens once. The world is a file
# here, so that it outlives the process.
def book(text: str, ledger: str) -> str:
    """Write a line into the books."""
    with Path(ledger).open("a") as file:
        file.write(f"{text}\n")
    return f"{text} booked"


async def charge(state: dict[str, Any]) -> str:
    """Charges the card."""
    receipt: str = await effect("charge", book, "charged 12.50", state["messages"][-1].text)
    return receipt


async def ship(state: dict[str, Any]) -> str:
    """Sends the parcel."""
    receipt: str = await effect("ship", book, "parcel sent", state["messages"][-1].text)
    return receipt


sale = sequential(charge, ship)


def sell_and_die(home: Path) -> None:
    """Sell a plate, and be killed: the card is charged, and nothing of it is stored yet."""

    async def sell() -> None:
        async with stretto.open_storage(home=home) as storage:
            kill_at(storage, 4, kind="checkpoint")  # as `kill -9` does, at the fourth write
            await stretto.run(sale, str(home / "books"), thread="sale", storage=storage)

    asyncio.run(sell())


async def main(home: Path) -> None:
    """Run all with their state in `home`."""
    async with stretto.open_storage(home=home) as storage:
        print("A bank that is down, five times asked:")
        for thread in ("till1", "till2", "till3", "till4", "till5"):
            result = await stretto.run(till, "A plate.", thread=thread, storage=storage)
            print(f"  {thread}: {result.text}; calls of the bank so far: {len(calls)}")
            assert result.text == "cash only today"
        assert calls == ["bank", "bank"], "the breaker let calls through"
        records = await storage.journal.records("till2")
        assert [one.state for one in records if isinstance(one, BreakerChanged)] == ["open"]

        print("A model that is down:")
        result = await stretto.run(counter, "What is a plate?", thread="model", storage=storage)
        records = await storage.journal.records("model")
        [fell] = [record for record in records if isinstance(record, FellBack)]
        print(f"  {result.text} ({fell.error})")
        assert result.text == "Plates are 12.50 each."

        print("Six plates, and a kiln for two:")
        result = await stretto.run(firing, "a b c d e f", storage=storage)
        print(f"  {len(result.value['results'])} fired, at most {kiln[1]} at once")
        assert len(result.value["results"]) == 6
        assert kiln == [0, 2]

    print("A process that is killed between charging and shipping:")
    other = multiprocessing.get_context("spawn").Process(target=sell_and_die, args=(home,))
    other.start()
    other.join()
    books = home / "books"
    print(f"  exit code {other.exitcode}, books: {books.read_text().splitlines()}")
    assert other.exitcode == -signal.SIGKILL
    assert books.read_text() == "charged 12.50\n"
    async with stretto.open_storage(home=home) as storage:
        result = await stretto.resume(sale, "sale", storage=storage)
    print(f"  resumed, books: {books.read_text().splitlines()}")
    assert result.text == "parcel sent booked"
    assert books.read_text() == "charged 12.50\nparcel sent\n", "an effect was lost or repeated"
    print("All as promised.")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(main(Path(folder)))
