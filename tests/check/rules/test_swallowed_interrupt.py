"""Interrupts that end in a handler."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.check.rules.reading_code import ONE, seen, seen_in_source

if TYPE_CHECKING:
    from pathlib import Path

HELPERS = '''
def helper():
    return interrupt("?")


@tenacity.retry(stop=tenacity.stop_after_attempt(2))
def stubborn():
    return interrupt("?")


@tool
def asks(text: str) -> str:
    """Ask."""
    return interrupt(text)


@tool
def asks_in_vain(text: str) -> str:
    """Ask, and take no for an answer."""
    try:
        return interrupt(text)
    except Exception:
        return "no"


def inner_node(state: State):
    return {"a": interrupt("?")}

inner = StateGraph(State)
inner.add_node("inner_node", inner_node)
inner.add_edge(START, "inner_node")
asking = inner.compile()
'''
TRY = "def node(state: State):\n    try:\n        return {{'a': {call}}}\n    except {kind}:\n        {then}\n"
FOUND = [
    TRY.format(call="helper()", kind="Exception", then="return {}"),
    TRY.format(call="asks.invoke({'text': '?'})", kind="Exception", then="return {}"),
    TRY.format(call="interrupt('?')", kind="(ValueError, Exception)", then="return {}"),
    TRY.format(call="interrupt('?')", kind="GraphInterrupt", then="return {}"),
    TRY.format(call="asking.invoke(state)['a']", kind="Exception", then="return {}"),
    "def node(state: State):\n    with contextlib.suppress(Exception):\n        interrupt('?')\n",
    "def node(state: State):\n    return {'a': stubborn()}\n",
    "@tenacity.retry\ndef node(state: State):\n    return {'a': interrupt('?')}\n",
    (
        "@tenacity.retry(wait=tenacity.wait_fixed(1))\nasync def node(state: State):\n"
        "    return {'a': interrupt('?')}\n"
    ),
]
LEFT = [
    TRY.format(call="interrupt('?')", kind="ValueError", then="return {}"),
    TRY.format(call="interrupt('?')", kind="GraphBubbleUp", then="raise")
    + "    except Exception:\n        return {}\n",
    TRY.format(
        call="interrupt('?')", kind="Exception", then="logging.exception('x')\n        raise"
    ),
    TRY.format(
        call="interrupt('?')",
        kind="Exception as error",
        then="if isinstance(error, GraphInterrupt):\n            raise\n        return {}",
    ),
    TRY.format(call="str(1)", kind="Exception", then="return {'a': interrupt('?')}"),
    "def node(state: State):\n    with contextlib.suppress(OSError):\n        interrupt('?')\n",
    (
        "@tenacity.retry(retry=tenacity.retry_if_exception_type(OSError))\n"
        "def node(state: State):\n    return {'a': interrupt('?')}\n"
    ),
    (
        "def node(state: State):\n    try:\n        a = 1\n    except Exception:\n        a = 2\n"
        "    else:\n        a = interrupt('?')\n    return {'a': a}\n"
    ),
]


@pytest.mark.parametrize("code", FOUND)
def test_an_interrupt_that_is_caught_is_found(code: str, tmp_path: Path):
    """In the node, in what it calls, by whatever catches it."""
    assert [f.node for f in seen(HELPERS + code, tmp_path, "E301")] == ["node"]
    found = seen_in_source(HELPERS + code, tmp_path, "E301")
    assert [f.node for f in found if f.graph == "graph"] == ["node"]


@pytest.mark.parametrize("code", LEFT)
def test_an_interrupt_that_gets_through_is_left_alone(code: str, tmp_path: Path):
    """Narrow handlers, handlers that raise it again, and those that stand elsewhere."""
    assert seen(HELPERS + code, tmp_path, "E301") == []
    assert seen_in_source(HELPERS + code, tmp_path, "E301") == []


def test_a_tool_that_swallows_its_interrupt_is_found(tmp_path: Path):
    """Tools ask, too."""
    tail = ONE.replace('"node", node', '"node", ToolNode([asks_in_vain])')
    assert "'asks_in_vain'" in seen(HELPERS, tmp_path, "E301", tail)[0].message
    assert len(seen_in_source(HELPERS, tmp_path, "E301", tail)) == 1
