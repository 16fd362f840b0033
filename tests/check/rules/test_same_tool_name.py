"""A506: tools of one name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from langchain.agents.middleware import AgentMiddleware
from langchain_core.tools import tool
from langgraph.prebuilt import ToolNode

from tests.check.rules.agents import HEAD, agent, told
from tests.check.rules.reading_code import seen, seen_in_source

if TYPE_CHECKING:
    from pathlib import Path

CODE = "A506"
TOOLS = """
@tool
def look_up(words: str) -> str:
    "Look words up."
    return words

@tool("look_up")
def look_up_too(words: str) -> str:
    "Look other words up."
    return words

@tool("search")
def search_it(words: str) -> str:
    "Search."
    return words

tools = [look_up, look_up_too]
"""


@tool
def look_up(words: str) -> str:
    """Look words up."""
    return words


@tool("look_up")
def other(words: str) -> str:
    """Look other words up."""
    return words


BOTH = (look_up, other)


class Brings(AgentMiddleware[Any, Any]):
    """Brings a tool."""

    tools = (other,)

    def before_model(self, state: Any, runtime: Any) -> None:
        """Do nothing."""


def test_the_later_one_takes_the_place():
    """Without a word."""
    node = ToolNode([*BOTH])
    assert list(node.tools_by_name.values()) == [other]


@pytest.mark.parametrize(
    ("call", "found"),
    [
        ("create_agent(model, [look_up, look_up_too], middleware=[limit])", True),
        ("create_agent(model, tools, middleware=[limit])", True),
        ("create_agent(model, tools=tools, middleware=[limit])", True),
        ("create_agent(model, [look_up, look_up], middleware=[limit])", False),
        ("create_agent(model, [look_up, search_it], middleware=[limit])", False),
        ("create_agent(model, [*tools], middleware=[limit])", False),
    ],
)
def test_two_of_one_name_are_found(call: str, tmp_path: Path, *, found: bool):
    """Where it can be read what is given, and it is not the same tool twice."""
    code = HEAD + "from langchain_core.tools import tool\n" + TOOLS
    tail = f"\ngraph = {call}"
    assert bool(seen(code, tmp_path, CODE, tail)) == found
    assert bool(seen_in_source(code, tmp_path, CODE, tail)) == found


def test_one_of_middleware_is_found():
    """The agent's own takes its place."""
    (finding,) = told(agent(look_up, middleware=(Brings(),)), CODE)
    assert "'Brings'" in finding.message
    assert told(agent(other, middleware=(Brings(),)), CODE) == []
    assert told(agent(middleware=(Brings(),)), CODE) == []
