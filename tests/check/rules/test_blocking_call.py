"""Calls that hold the event loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.check.rules.reading_code import seen, seen_in_source

if TYPE_CHECKING:
    from pathlib import Path

TAIL = """
builder = StateGraph(State)
builder.add_node("node", node, timeout={})
builder.add_edge(START, "node")
builder.add_edge("node", END)
graph = builder.compile()
"""
HEAD = """
import subprocess, time, urllib.request
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.prompts import ChatPromptTemplate
llm = FakeListChatModel(responses=["yes"])
prompt = ChatPromptTemplate.from_messages([("user", "{a}")])
def helper():
    time.sleep(3)
"""
BAD = [
    "time.sleep(3)",
    "requests.get('https://weather.example')",
    "httpx.get('https://weather.example')",
    "urllib.request.urlopen('https://weather.example')",
    "subprocess.run(['make'])",
    "llm.invoke(state['a'])",
    "helper()",
    "with httpx.Client() as client:\n        client.get('https://weather.example')",
    "requests.Session().get('https://weather.example')",
]
GOOD = [
    "await asyncio.sleep(3)",
    "await asyncio.to_thread(time.sleep, 3)",
    "await asyncio.to_thread(lambda: time.sleep(3))",
    "await asyncio.to_thread(helper)",
    "async with httpx.AsyncClient() as client:\n        await client.get('https://weather.example')",
    "await llm.ainvoke(state['a'])",
    "prompt.invoke({'a': state['a']})",
    "time.sleep(0)",
    "Path('notes.txt').read_text()",
    "requests.codes.ok",
    "def work():\n        time.sleep(3)\n    await asyncio.to_thread(work)",
    "async for part in llm.astream(state['a']):\n        print(part)",
]


def _node(line: str, kind: str = "async def") -> str:
    return f"{HEAD}\n{kind} node(state: State):\n    {line}\n    return {{'a': 'b'}}\n"


@pytest.mark.parametrize("line", BAD)
def test_a_call_that_blocks_is_found(line: str, tmp_path: Path):
    """It is an error where there is a timeout, and a warning where there is none."""
    for found in (seen, seen_in_source):
        (late,) = found(_node(line), tmp_path, "P404", TAIL.format(5))
        (slow,) = found(_node(line), tmp_path, "P404", TAIL.format(None))
        assert slow.severity == "warning"
        assert late.severity == ("error" if late.certainty == "proved" else "warning")


@pytest.mark.parametrize("line", GOOD)
def test_what_waits_elsewhere_is_not(line: str, tmp_path: Path):
    """What is awaited, or done in a thread, holds up nobody."""
    assert seen(_node(line), tmp_path, "P404", TAIL.format(5)) == []
    assert seen_in_source(_node(line), tmp_path, "P404", TAIL.format(5)) == []


@pytest.mark.parametrize("line", BAD)
def test_a_synchronous_node_may_block(line: str, tmp_path: Path):
    """It runs in a thread of its own."""
    code = _node(line, "def")
    assert seen(code, tmp_path, "P404", TAIL.format(None)) == []
    assert seen_in_source(code, tmp_path, "P404", TAIL.format(None)) == []
