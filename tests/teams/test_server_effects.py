"""Effects are single under `langgraph dev` too, without our runner, whatever kills the server."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from langgraph_sdk import get_client

from stretto.journal import open_journal
from stretto.journal.chain import link

if TYPE_CHECKING:
    from langgraph_sdk.client import LangGraphClient

    from tests.teams.conftest import DevServer

WAITS = 60.0
"""Seconds a server may take for a few steps."""


def happened(server: DevServer) -> list[tuple[str, str]]:
    """What happened in the world: each with its idempotency key."""
    log = server.folder / "world.log"
    lines = log.read_text().splitlines() if log.exists() else []
    return [(line.split(" ")[0], line.split(" ")[1]) for line in lines]


async def dies(server: DevServer) -> None:
    """Wait until the server has died."""
    process = server.process
    assert process is not None
    await asyncio.to_thread(process.wait, WAITS)
    server.end(signal.SIGKILL)


async def settled(client: LangGraphClient, thread: str) -> dict[str, Any]:
    """The state once no run of the thread is at work: a restarted server goes on by itself."""
    async with asyncio.timeout(WAITS):
        for run in await client.runs.list(thread):
            await client.runs.join(thread, run["run_id"])
    state: Any = await client.threads.get_state(thread)
    return state


async def verified(server: DevServer, thread: str) -> None:
    """The chain of the thread holds."""
    async with open_journal(server.state / "journal.sqlite") as journal:
        entries = await journal.entries(thread)
        taken = await journal.take(thread) - 1
    before = ""
    for position, entry in enumerate(entries):
        assert (entry.position, entry.prev) == (position, before)
        assert link(before, entry.body) == entry.hash
        before = entry.hash
    assert entries
    assert taken >= 2  # once by each of the server's lives


async def killed_in(server: DevServer, graph: str, at: str, given: Any) -> str:
    """Start a run whose server dies, and start the server again; gives the thread."""
    (server.folder / "world.log").unlink(missing_ok=True)
    (server.folder / f"die-{at}").touch()
    async with get_client(url=server.url) as client:
        thread = (await client.threads.create(graph_id=graph))["thread_id"]
        await client.runs.create(thread, graph, input=given)
        await dies(server)
    server.start()
    async with get_client(url=server.url) as client:
        await client.threads.create(thread_id=thread, if_exists="do_nothing", graph_id=graph)
    return thread


async def gone_on(client: LangGraphClient, graph: str, thread: str) -> dict[str, Any]:
    """The state after the run has gone on: by the server itself, or asked to."""
    state = await settled(client, thread)
    if state["next"] and not state["interrupts"]:
        await client.runs.wait(thread, graph, input=None)
        state = await settled(client, thread)
    return state


async def test_an_order_that_may_have_happened_is_asked_about(dev_server: DevServer) -> None:
    """Killed right behind an order: nothing is ordered twice, a person says that it happened."""
    given = {"messages": [{"role": "user", "content": "Order a cup and a plate."}]}
    thread = await killed_in(dev_server, "shop", "order-plate", given)
    async with get_client(url=dev_server.url) as client:
        state = await gone_on(client, "shop", thread)
        assert [i["value"]["action_requests"][0]["args"] for i in state["interrupts"]] == [
            {"what": "plate"}
        ]
        said = {"decisions": [{"type": "respond", "message": "plate is ordered"}]}
        await client.runs.wait(thread, "shop", command={"resume": said})
        state = await settled(client, thread)
    assert state["values"]["messages"][-1]["content"] == "All is ordered."
    world = happened(dev_server)
    assert Counter(what for what, _ in world if what.startswith("order")) == {
        "order-plate": 1,
        "order-cup": 1,
    }
    assert len({key for what, key in world if what == "reserve-cup"}) == 1
    await verified(dev_server, thread)


@pytest.mark.parametrize("at", ["look-cup", "reserve-cup"])
async def test_what_does_no_harm_goes_on_by_itself(at: str, dev_server: DevServer) -> None:
    """Killed in a tool that reads, or one that knows its key: the run ends without a question."""
    given = {"messages": [{"role": "user", "content": "Order a cup and a plate."}]}
    thread = await killed_in(dev_server, "shop", at, given)
    async with get_client(url=dev_server.url) as client:
        state = await gone_on(client, "shop", thread)
        if state["interrupts"]:  # the parallel order had begun when the server died
            said = {"decisions": [{"type": "approve"}]}
            if "order-plate" in dict(happened(dev_server)):
                said = {"decisions": [{"type": "respond", "message": "plate is ordered"}]}
            await client.runs.wait(thread, "shop", command={"resume": said})
            state = await settled(client, thread)
    assert state["values"]["messages"][-1]["content"] == "All is ordered."
    world = happened(dev_server)
    assert Counter(what for what, _ in world if what.startswith("order")) == {
        "order-plate": 1,
        "order-cup": 1,
    }
    assert len({key for what, key in world if what == "reserve-cup"}) == 1
    await verified(dev_server, thread)


async def test_a_settled_effect_is_given_back_though_the_server_is_asynchronous(
    dev_server: DevServer,
) -> None:
    """The server passes durability="async": the barrier keeps what the key is made of."""
    thread = await killed_in(dev_server, "steps", "behind", {"given": []})
    async with get_client(url=dev_server.url) as client:
        state = await gone_on(client, "steps", thread)
    assert not state["interrupts"]
    assert state["values"]["given"] == [f"{n} is ordered" for n in ("first", "second", "third")]
    assert [what for what, _ in happened(dev_server)] == [
        "order-first",
        "order-second",
        "order-third",
    ]
    await verified(dev_server, thread)
