"""A501: tools of which a model is told too little."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import pytest
from langchain_core.tools import StructuredTool, tool
from langgraph.prebuilt import InjectedState, ToolRuntime
from pydantic import BaseModel

from tests.check.rules.agents import HEAD, agent, told
from tests.check.rules.reading_code import seen_in_source

if TYPE_CHECKING:
    from pathlib import Path

CODE = "A501"


class Words(BaseModel):
    """What is looked up."""

    words: str


def bare(words, number: int = 3) -> str:  # type: ignore[no-untyped-def]
    """Look words up."""
    return str(words) * number


def typed(words: str, *more: str, number: int = 3, **rest: Any) -> str:
    """Look words up."""
    return words * number


def anything(words: Any) -> str:
    """Look words up."""
    return str(words)


def injected(
    words: str, state: Annotated[Any, InjectedState], runtime: ToolRuntime[Any, Any]
) -> str:
    """Look words up."""
    return words


async def remote(runtime=None, **arguments: Any) -> str:  # type: ignore[no-untyped-def]
    """Call a server, as adapters of MCP do."""
    return str(arguments)


JSON: dict[str, Any] = {"type": "object", "properties": {"words": {"type": "string"}}}


def test_a_parameter_without_a_type_is_found():
    """The model is told that it may be anything."""
    made = tool(bare)
    assert "type" not in made.args["words"]
    (finding,) = told(agent(made), CODE)
    assert "'words'" in finding.message
    assert told(agent(bare), CODE)


def test_a_tool_without_a_description_is_found():
    """Its name alone is what the model chooses by."""
    made = StructuredTool(name="look_up", description="", args_schema=JSON, coroutine=remote)
    (finding,) = told(agent(made), CODE)
    assert finding.message.endswith("has no description")


@pytest.mark.parametrize(
    "given",
    [
        typed,
        anything,
        injected,
        tool(args_schema=Words)(bare),
        StructuredTool.from_function(bare, args_schema=Words),
        StructuredTool(name="remote", description="Ask.", args_schema=JSON, coroutine=remote),
        {"type": "web_search"},
    ],
)
def test_what_a_model_is_told_elsewhere_is_enough(given: Any):
    """By the schema beside a function, by LangGraph, or by the provider."""
    assert told(agent(given), CODE) == []


@pytest.mark.parametrize(
    ("tools", "found"),
    [
        ("def look(words):\n    'Look.'", True),
        ("def look(words: str):\n    return words", True),
        ("def look(words: str):\n    'Look.'", False),
        ("@tool(args_schema=Words)\ndef look(words):\n    'Look.'", False),
        ("@tool(description='Look.')\ndef look(words: str):\n    return words", False),
        ("@told\ndef look(words):\n    return words", False),
    ],
)
def test_source_alone_tells(tools: str, tmp_path: Path, *, found: bool):
    """A decorator that is not known may tell anything."""
    tail = "\ngraph = create_agent(model, [look], middleware=[limit])"
    assert bool(seen_in_source(HEAD + tools, tmp_path, CODE, tail)) == found
