"""Retries around what must not be done twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import ToolRetryMiddleware

import stretto
from stretto import EffectsOnce
from stretto.check import check
from stretto.testing import ScriptedModel
from tests.check.rules.reading_code import ONE, seen, seen_in_source

if TYPE_CHECKING:
    from pathlib import Path

TAIL = """
from langgraph.types import RetryPolicy
builder = StateGraph(State)
builder.add_node("node", node, retry_policy=RetryPolicy(max_attempts=MANY))
builder.add_edge(START, "node")
builder.add_edge("node", END)
graph = builder.compile()
"""
BEFORE = """
async def node(state: State):
    async with httpx.AsyncClient() as client:
        await client.post("https://shop.example/orders")
        return {"a": (await client.get("https://shop.example/day")).text}
"""
BAD = [
    (BEFORE, "error"),
    ("def node(state: State):\n    requests.post('https://shop.example/orders')\n", "warning"),
    (
        """
def pay(state):
    requests.post('https://shop.example/orders').raise_for_status()
def node(state: State):
    pay(state)
    return {"a": requests.get("https://shop.example").text}
""",
        "error",
    ),
    (
        """
def node(state: State):
    charge_card(state["a"])
    requests.get("https://shop.example")
def charge_card(a): ...
""",
        "warning",
    ),
]
GOOD = [
    """
def node(state: State):
    said = requests.get("https://shop.example").text
    with open("log.txt", "a") as file:
        file.write(said)
    return {"a": said}
""",
    """
def node(state: State):
    requests.put("https://shop.example/orders/1", json={"a": state["a"]})
    return {"a": requests.get("https://shop.example").text}
""",
    """
def node(state: State):
    found = requests.get("https://shop.example").text
    if found == "already sent":
        return {}
    try:
        requests.post("https://shop.example/orders")
    except requests.RequestException:
        return {"a": "not sent"}
    return {"a": found}
""",
    """
@task
def order(what):
    requests.post("https://shop.example/orders", json=what)
def node(state: State):
    order(state["a"]).result()
    return {"a": requests.get("https://shop.example").text}
""",
]


@pytest.mark.parametrize(("code", "severity"), BAD)
def test_an_effect_that_a_retry_repeats_is_found(code: str, severity: str, tmp_path: Path):
    """It is found in the graph and in its source, and not where nothing is tried again."""
    for found in (seen, seen_in_source):
        (one,) = found(code, tmp_path, "P402", TAIL.replace("MANY", "3"))
        assert one.severity == severity
        assert found(code, tmp_path, "P402", TAIL.replace("MANY", "1")) == []


@pytest.mark.parametrize("code", GOOD)
def test_what_may_be_done_again_is_not(code: str, tmp_path: Path):
    """Reads, what comes last, what is caught, keyed or done once."""
    tail = TAIL.replace("MANY", "3")
    assert seen(code, tmp_path, "P402", tail) == []
    assert seen_in_source(code, tmp_path, "P402", tail) == []


def test_a_decorator_s_retry_is_found(tmp_path: Path):
    """On a function that the node calls, too."""
    code = """
@tenacity.retry(stop=tenacity.stop_after_attempt(3))
def order():
    requests.post("https://shop.example/orders")
    return requests.get("https://shop.example").text
def node(state: State):
    return {"a": order()}
"""
    for found in (seen, seen_in_source):
        assert [f.severity for f in found(code, tmp_path, "P402", ONE)] == ["error"]


@stretto.tool(effect="fail")
def send(text: str) -> str:
    """Send a text."""
    return text


@stretto.tool(effect="idempotent")
def save(text: str) -> str:
    """Save a text."""
    return text


@pytest.mark.parametrize(
    ("middleware", "count"),
    [
        ([ToolRetryMiddleware()], 1),
        ([ToolRetryMiddleware(tools=["save"])], 0),
        ([ToolRetryMiddleware(max_retries=0)], 0),
        ([EffectsOnce(), ToolRetryMiddleware()], 0),
        ([], 0),
    ],
)
def test_a_tool_that_writes_is_not_to_be_tried_again(middleware: list, count: int):
    """Unless it is left out, may be done again, or is done once."""
    agent = create_agent(ScriptedModel(["yes"]), [send, save], middleware=middleware)
    assert [finding.code for finding in check(agent)].count("P402") == count
