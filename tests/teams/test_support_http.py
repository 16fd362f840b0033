"""The support team, unchanged, with a model at the other end of real HTTP."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import stretto
from stretto.testing import Reply, ScriptedModel, openai_server, status, tool_call
from tests.teams.shipped import ROOT, shipped, use_server

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from langchain_core.messages import BaseMessage

    from stretto.testing import OpenAIServer

CONTEXT = {"sources": [str(ROOT / "examples" / "bank")], "customer": "ann"}
QUOTE = "A withdrawal at a machine abroad costs 4.50 euros"


def answers(messages: Sequence[BaseMessage]) -> Any:
    """A model that plays the dispatcher, the billing desk and the sales desk."""
    system, asked = messages[0].text, messages[1].text
    tools = [message for message in messages if message.type == "tool"]
    if "decide which desk" in system:
        return Reply(tool_calls=[tool_call("Choice", label="billing", reason="r", confidence=0.9)])
    if "You are the billing desk" in system:
        if "offers" in asked:
            return Reply(tool_calls=[tool_call("hand_over_to_sales", reason="an offer is wanted")])
        if not tools:
            return Reply(tool_calls=[tool_call("charges")])
        payload = {"charge": "C-1043", "amount": "4.50", "reason": "three are free"}
        told = {"reason": "the fee was wrong", "payload": payload}
        return Reply(tool_calls=[tool_call("hand_over_to_refund", **told)])
    if not tools:
        return Reply(tool_calls=[tool_call("search", query="withdrawal abroad")])
    path = str(ROOT / "examples" / "bank" / "fees.md")
    citation = {"path": path, "line": 9, "symbol": "Fees > Cash", "kind": "text", "quote": QUOTE}
    found = {"found": True, "answer": "It costs 4.50 euros.", "citations": [citation]}
    return Reply(tool_calls=[tool_call("Finding", **found)])


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenAIServer]:
    """The scripted model behind the OpenAI API, as the team's model."""
    with openai_server(ScriptedModel(answers)) as serving:
        use_server(monkeypatch, serving.url)
        yield serving


team = partial(shipped, "support")


async def test_desks_hand_over_and_a_person_says_yes(server: OpenAIServer):
    """Dispatcher, billing, its tool, the refund desk with what was handed over; paid once."""
    asked = await stretto.run(
        team(), "The machine abroad took something from my card", thread="t", context=CONTEXT
    )
    told = asked.interrupts[0].value["action_requests"][0]["description"]
    assert "Pay 4.50 EUR back to ann for C-1043 (Cash withdrawal abroad" in told
    assert "three are free" in told
    done = await stretto.resume(team(), "t", {"decisions": [{"type": "approve"}]})
    assert "Your receipt is R-0001" in done.text
    with closing(sqlite3.connect(Path(os.environ["STRETTO_HOME"]) / "support.sqlite")) as books:
        assert books.execute("SELECT charge, cents FROM refunds").fetchall() == [("C-1043", 450)]
    assert server.errors == ()


async def test_what_is_remembered_reaches_the_desk_as_data(server: OpenAIServer):
    """The desk that takes over reads who the customer is; addresses and cards it is not sent."""
    await stretto.run(team(), "My name is Ann Berg", context=CONTEXT)
    result = await stretto.run(
        team(),
        "Are there offers, and what about my card 4111 1111 1111 1111? ann@example.com",
        thread="t",
        context=CONTEXT,
    )
    assert result.value["active"] == "sales"
    assert "It costs 4.50 euros.\n\nFrom our documents:\n- Fees > Cash (fees.md:9)" in result.text
    asked = [message.text for each in server.requests for message in each.call.messages]
    assert any("<context>" in text and "customer's name: Ann Berg" in text for text in asked)
    assert not any("4111 1111" in text or "ann@example.com" in text for text in asked)
    assert server.errors == ()


async def test_a_person_stands_in_for_a_desk_whose_model_is_down(
    server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
):
    """The person is told why, and answers; the next turn goes to the desks again."""
    with openai_server(ScriptedModel(answers), faults=lambda _: status(503)) as down:
        monkeypatch.setenv("OPENAI_BASE_URL", down.url)
        asked = await stretto.run(team(), "I lost my card", thread="t", context=CONTEXT)
    told = asked.interrupts[0].value["action_requests"][0]["description"]
    assert "The desk is not available for this: 'I lost my card'" in told
    answer = {"type": "respond", "message": "It is blocked."}
    done = await stretto.resume(team(), "t", {"decisions": [answer]})
    assert done.text == "It is blocked."
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    again = await stretto.run(team(), "I lost my card", thread="t", context=CONTEXT)
    assert again.status == "done"
