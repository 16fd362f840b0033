"""A505: handoffs to nodes that are not there."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.tools import tool
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode
from langgraph.types import Command, Send

from stretto.testing import Reply, ScriptedModel, tool_call
from tests.check.rules.agents import agent, told

CODE = "A505"


def up(to: str) -> Any:
    """Hands over in the graph above."""

    @tool("to_other")
    def hands_over() -> Command[Any]:
        """Hand over."""
        return Command(goto=to, graph=Command.PARENT)

    return hands_over


def sends(to: str) -> Any:
    """Hands over with a message of its own."""

    @tool("to_other")
    def hands_over() -> Command[Any]:
        """Hand over."""
        return Command(goto=[Send(to, {})], graph=Command.PARENT)

    return hands_over


def here(to: str) -> Any:
    """Hands over in its own graph."""

    @tool("to_other")
    def hands_over() -> Command[Any]:
        """Hand over."""
        return Command(goto=to)

    return hands_over


def either(*, parent: bool) -> Any:
    """Hands over in one of the two."""

    @tool("to_other")
    def hands_over() -> Command[Any]:
        """Hand over."""
        return Command(goto="b", graph=Command.PARENT) if parent else Command(goto="b")

    return hands_over


@tool
def to_whom(name: str) -> Command[Any]:
    """Hand over to whom the model likes."""
    return Command(goto=name, graph=Command.PARENT)


def _graph(**nodes: Any) -> Any:
    builder: StateGraph[Any, Any, Any, Any] = StateGraph(MessagesState)
    for name, node in nodes.items():
        builder.add_node(name, node)
    builder.add_edge(START, next(iter(nodes)))
    return builder.compile()


def _with(handoff: Any) -> Any:
    return _graph(a=agent(handoff, name="a"), b=agent(name="b"))


def test_the_run_ends_in_silence():
    """LangGraph writes a line into the log, and calls it a success."""
    model = ScriptedModel([Reply("", [tool_call("to_other")]), "never said"])
    graph = _graph(a=agent(up("nobody"), model=model, name="a"), b=agent(name="b"))
    said = graph.invoke({"messages": [("user", "hello")]})
    assert said["messages"][-1].text != "never said"
    (finding,) = told(graph, CODE)
    assert (finding.node, finding.certainty) == ("a", "proved")


@pytest.mark.parametrize("handoff", [up("c"), sends("c"), here("b")])
def test_a_handoff_to_nobody_is_found(handoff: Any):
    """By name, by `Send`, or in the wrong graph."""
    assert told(_with(handoff), CODE)


def test_the_graph_above_is_the_next_one():
    """An agent cannot hand over to a node further up."""
    team = _with(up("c"))
    assert told(_graph(team=team, c=agent(name="c")), CODE)
    assert told(_graph(team=_with(up("b")), c=agent(name="c")), CODE) == []


def test_a_node_of_tools_hands_over_in_its_graph():
    """Or up, to a graph that is not known."""
    assert told(_graph(tools=ToolNode([here("c")])), CODE)
    assert told(_graph(tools=ToolNode([here("tools")])), CODE) == []
    assert told(_graph(tools=ToolNode([up("c")])), CODE) == []


@pytest.mark.parametrize(
    "handoff",
    [
        up("b"),
        up(END),
        sends("b"),
        here("model"),
        either(parent=True),
        either(parent=False),
        to_whom,
    ],
)
def test_a_handoff_to_somebody_is_sound(handoff: Any):
    """Nor is anything said of what the model names."""
    assert told(_with(handoff), CODE) == []


def test_an_agent_alone_is_left_alone():
    """The graph it is for is not known."""
    assert told(agent(up("b")), CODE) == []
