"""A502: tools that declare no effect beside those that do."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.tools import BaseTool, StructuredTool
from langchain_core.tools import tool as langchain_tool
from langgraph.types import Command

from stretto import tool
from tests.check.rules.agents import agent, told

CODE = "A502"


@tool(effect="reads")
def declared(words: str) -> str:
    """Look words up."""
    return words


def undeclared(words: str) -> str:
    """Look other words up."""
    return words


def hands_over() -> Command[Any]:
    """Hand over."""
    return Command(goto="desk", graph=Command.PARENT)


async def remote(**arguments: Any) -> str:
    """Call a server."""
    return str(arguments)


def _of_server(name: str, **hints: bool) -> BaseTool:
    schema: dict[str, Any] = {"type": "object", "properties": {}}
    return StructuredTool(
        name=name, description="Ask.", args_schema=schema, coroutine=remote, metadata=dict(hints)
    )


@pytest.mark.parametrize("given", [undeclared, langchain_tool(undeclared)])
def test_one_that_was_forgotten_is_found(given: Any):
    """Others of the agent declare theirs."""
    (finding,) = told(agent(declared, given), CODE)
    assert "'undeclared'" in finding.message


@pytest.mark.parametrize(
    "tools",
    [
        [undeclared],
        [declared],
        [declared, hands_over],
        [declared, {"type": "web_search"}],
        [declared, _of_server("ask", readOnlyHint=False)],
        [undeclared, _of_server("ask", readOnlyHint=True)],
        [_of_server("one", readOnlyHint=True), _of_server("two")],
    ],
)
def test_who_does_not_use_effects_is_left_alone(tools: list[Any]):
    """Hints of a server are none of the author's, and handoffs do nothing to the world."""
    assert told(agent(*tools), CODE) == []
