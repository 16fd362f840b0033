"""The support team under `langgraph dev`: the server's own store, a question by SDK, no blocking."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from langgraph_sdk.client import LangGraphClient

    from tests.teams.conftest import DevServer

pytestmark = pytest.mark.slow
BANK = Path(__file__).parent.parent.parent / "examples" / "bank"


def context(customer: str = "ann") -> dict[str, Any]:
    """Who the run is for; a resume is told it, too."""
    return {"sources": [str(BANK)], "charges": str(BANK / "charges.csv"), "customer": customer}


async def said(client: LangGraphClient, thread: str, text: str, customer: str = "ann") -> Any:
    """One turn; gives the state after it."""
    await client.runs.wait(
        thread,
        "support",
        input={"messages": [{"role": "user", "content": text}]},
        context=context(customer),
    )
    return await client.threads.get_state(thread, subgraphs=True)


async def test_the_servers_store_remembers_and_forgets(
    client: LangGraphClient, dev_server: DevServer
):
    """Between threads, by the customer of the context; nothing blocks the server's event loop."""
    threads = [(await client.threads.create())["thread_id"] for _ in range(4)]
    await said(client, threads[0], "My name is Ann Berg and I have the Quay Account")
    kept = await client.store.get_item(["support", "customers"], "ann")
    assert kept["value"]["name"] == "Ann Berg"
    known = await said(client, threads[1], "hello")
    assert "Hello, Ann Berg" in known["values"]["messages"][-1]["content"]
    other = await said(client, threads[2], "hello", customer="ben")
    assert "Ann" not in other["values"]["messages"][-1]["content"]
    lost = await said(client, threads[1], "I lost my card")
    assert "(cards.md:13)" in lost["values"]["messages"][-1]["content"]
    await said(client, threads[1], "forget me")
    gone = await client.store.search_items(["support"])
    assert not [item for item in gone["items"] if item["key"] == "ann"]
    assert "BlockingError" not in dev_server.output()


async def test_a_refund_is_answered_over_the_sdk(client: LangGraphClient, dev_server: DevServer):
    """The question waits as an interrupt, and a yes pays."""
    thread = (await client.threads.create())["thread_id"]
    waits = await said(client, thread, "Please refund C-1043")
    (asked,) = waits["interrupts"]
    assert (
        "Pay 4.50 EUR back to ann for C-1043" in asked["value"]["action_requests"][0]["description"]
    )
    done = await client.runs.wait(
        thread,
        "support",
        command={"resume": {"decisions": [{"type": "approve"}]}},
        context=context(),
    )
    assert "Your receipt is R-" in done["messages"][-1]["content"]
    assert "BlockingError" not in dev_server.output()
