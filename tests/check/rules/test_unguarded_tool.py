"""Tools that write."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.check.rules.reading_code import seen, seen_in_source

if TYPE_CHECKING:
    from pathlib import Path

TOOLS = '''
from langchain.agents import create_agent
from langchain.agents.middleware import (
    AgentMiddleware, HumanInTheLoopMiddleware, ModelCallLimitMiddleware, ToolRetryMiddleware,
    wrap_tool_call,
)
from langgraph.graph import MessagesState
import stretto
from stretto import EffectsOnce
from stretto.testing import ScriptedModel

model = ScriptedModel(["Done."])
notes = []


def unsend(result, **arguments):
    pass


@tool
def order(item: str) -> str:
    """Order."""
    requests.post("https://shop.example/orders", json={"item": item})
    return "ordered"


@tool
def search(text: str) -> str:
    """Search."""
    return requests.post("https://find.example/search", json={"text": text}).text


@tool
def price(item: str) -> str:
    """Tell a price."""
    return requests.get("https://shop.example/prices").text


@tool
def send_mail(to: str) -> str:
    """Send, in play."""
    print(to)
    return f"sent to {to}"


@tool
def note(text: str) -> str:
    """Keep in mind."""
    notes.append(text)
    return "noted"


@tool
def asked(item: str) -> str:
    """Order when told to."""
    if interrupt("?") == "yes":
        requests.post("https://shop.example/orders", json={"item": item})
    return "ordered"


@tool
def save(text: str) -> str:
    """Save."""
    Path("draft.txt").write_text(text)
    return "saved"


@tool
@stretto.tool(effect="idempotent")
def upsert(item: str) -> str:
    """Order once."""
    requests.post("https://shop.example/orders", json={"item": item})
    return "ordered"


@tool
@stretto.tool(effect="fail", undo=unsend)
def undone(item: str) -> str:
    """Order, and send back."""
    requests.post("https://shop.example/orders", json={"item": item})
    return "ordered"


@tool
@stretto.tool(effect="ask")
def declared(item: str) -> str:
    """Order by other means."""
    return item


class Approves(AgentMiddleware):
    def wrap_tool_call(self, request, handler):
        return handler(request)


def approve(state: MessagesState):
    interrupt("?")
    return {}
'''
AGENT = """
agent = create_agent(model, [{tool}], middleware=[{middleware}])
builder = StateGraph(MessagesState)
builder.add_node("agent", agent)
builder.add_edge(START, "agent")
graph = builder.compile(checkpointer=InMemorySaver())
"""


@pytest.mark.parametrize(
    ("tool", "middleware"),
    [
        ("order", ""),
        ("order", "ModelCallLimitMiddleware(run_limit=3), ToolRetryMiddleware()"),
        ("declared", ""),
    ],
)
def test_a_tool_that_nothing_guards_is_found(tool: str, middleware: str, tmp_path: Path):
    """It writes, or says that it does, and neither is held to anything."""
    tail = AGENT.format(tool=tool, middleware=middleware)
    (found,) = seen(TOOLS, tmp_path, "E305", tail)
    assert (found.severity, found.certainty) == ("warning", "proved")
    assert repr(tool) in found.message
    assert len(seen_in_source(TOOLS, tmp_path, "E305", tail)) == 1


def test_asking_for_another_tool_is_no_guard(tmp_path: Path):
    """The middleware must name the tool."""
    asks = "HumanInTheLoopMiddleware(interrupt_on={'price': True, 'order': False})"
    assert seen(TOOLS, tmp_path, "E305", AGENT.format(tool="order, price", middleware=asks))


@pytest.mark.parametrize(
    ("tool", "middleware"),
    [
        ("order", "HumanInTheLoopMiddleware(interrupt_on={'order': True})"),
        ("order", "EffectsOnce()"),
        ("declared", "EffectsOnce()"),
        ("order", "Approves()"),
        ("search, price, send_mail, note, asked, save, upsert, undone", ""),
    ],
)
def test_nothing_is_said_of_a_tool_that_is_guarded(tool: str, middleware: str, tmp_path: Path):
    """Approved, in the ledger, harmless, undone, or it does not write at all."""
    tail = AGENT.format(tool=tool, middleware=middleware)
    assert seen(TOOLS, tmp_path, "E305", tail) == []
    assert seen_in_source(TOOLS, tmp_path, "E305", tail) == []


def test_an_agent_that_is_the_whole_graph_is_looked_at(tmp_path: Path):
    """`create_agent` alone."""
    (found,) = seen(TOOLS, tmp_path, "E305", "\ngraph = create_agent(model, [order])\n")
    assert found.node == "tools"
    stops = "\ngraph = create_agent(model, [order], interrupt_before=['tools'])\n"
    assert seen(TOOLS, tmp_path, "E305", stops) == []


def test_a_tool_node_is_guarded_by_a_node_that_asks(tmp_path: Path):
    """By hand the question is put by a node before the tools."""
    tail = """
builder = StateGraph(MessagesState)
builder.add_node("tools", ToolNode([order]))
{more}
graph = builder.compile(checkpointer=InMemorySaver())
"""
    alone = tail.format(more='builder.add_edge(START, "tools")')
    assert len(seen(TOOLS, tmp_path, "E305", alone)) == 1
    assert len(seen_in_source(TOOLS, tmp_path, "E305", alone)) == 1
    more = """
builder.add_node("approve", approve)
builder.add_edge(START, "approve")
builder.add_edge("approve", "tools")
"""
    assert seen(TOOLS, tmp_path, "E305", tail.format(more=more)) == []
    assert seen_in_source(TOOLS, tmp_path, "E305", tail.format(more=more)) == []
