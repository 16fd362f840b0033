"""A team takes the contexts that its members take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from langchain.tools import ToolRuntime  # noqa: TC002 - read at run time
from langgraph.runtime import Runtime  # noqa: TC002 - read at run time
from typing_extensions import TypedDict

import stretto
from stretto import Agent, Project, parallel, plan, route, sequential, swarm, tool
from stretto.state import ResearchContext

if TYPE_CHECKING:
    from collections.abc import Mapping


class Caller(TypedDict, total=False):
    """Who asks."""

    customer: str


async def hello(state: Any, runtime: Runtime[Caller]) -> str:
    """Greets who asks."""
    return f"hello {(runtime.context or {}).get('customer')}"


async def farewell(state: Mapping[str, Any], runtime: Runtime[Caller]) -> str:
    """Its state has a type that is there for type checkers only."""
    return f"goodbye {(runtime.context or {}).get('customer')}"


async def plain(state: Any) -> str:
    """Takes nothing."""
    return "plain"


@tool(effect="reads")
async def look(runtime: ToolRuntime[ResearchContext, dict[str, Any]]) -> str:
    """Look at the sources."""
    return str(runtime.context)


def properties(graph: Any) -> set[str]:
    """The fields of a graph's context."""
    schema = graph.compile(name="team").get_context_jsonschema() or {}
    return set(schema.get("properties", {}))


@pytest.mark.parametrize(
    ("graph", "fields"),
    [
        (sequential(plain), set()),
        (sequential(hello, plain), {"customer"}),
        (sequential(farewell), {"customer"}),
        (sequential(Agent(name="looker", tools=[look]), hello), {"customer", "sources"}),
        (parallel(plain, sequential(hello).compile(name="inner")), {"customer"}),
        (route(lambda _: "a", {"a": hello}), {"customer"}),
        (swarm([hello, plain]), {"customer"}),
    ],
    ids=["none", "function", "half typed", "tools", "graph", "route", "swarm"],
)
def test_a_team_takes_what_its_members_take(graph: Any, fields: set[str]):
    """Functions by their runtime, agents by their tools, graphs by their own context."""
    assert properties(graph) == fields


def test_a_team_around_research_takes_sources():
    """What a member was made with is that of the whole, however deep it is."""
    research = Project.at(__file__).graph("research")
    inner = sequential(research, plain).compile(name="inner")
    assert properties(sequential(inner, hello)) == {"customer", "sources"}


async def test_what_is_given_reaches_the_member():
    """The context arrives as it is, two graphs deep."""
    inner = sequential(hello).compile(name="inner")
    result = await stretto.run(sequential(inner), "x", context={"customer": "ann"})
    assert result.text == "hello ann"


def test_plan_keeps_the_context_it_is_given():
    """`context=` of a plan is its own word."""
    assert properties(plan(plain, [hello], plain, context=ResearchContext)) == {"sources"}
