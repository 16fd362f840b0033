"""Who may call which tools in a graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Agent, Graph, Tool
    from stretto.check.finding import Place


@dataclass(frozen=True)
class Toolbox:
    """The tools of an agent or a ToolNode."""

    owner: str
    """The agent's name, or the node's."""
    node: str
    tools: tuple[Tool, ...]
    agent: Agent | None = None
    place: Place | None = None


def toolboxes(graph: Graph) -> Iterator[Toolbox]:
    """Each once: of agents that are nodes, of ToolNodes, and of a graph that is an agent itself.

    The tools within an agent's own graph are told where the agent is.
    """
    agent = graph.agent
    if agent is not None and not graph.path:
        yield Toolbox(agent.name, "", agent.tools, agent, agent.place or graph.place)
    for node in graph.nodes.values():
        agent = node.agent
        if agent is not None:
            yield Toolbox(agent.name, node.name, agent.tools, agent, agent.place or node.place)
        elif node.tools and graph.agent is None:
            yield Toolbox(node.name, node.name, node.tools, None, node.place)


def agent_of(*tools: Any, **options: Any) -> Any:
    """An agent with a limit and a model that says nothing, to put faults into graphs with."""
    from langchain.agents import create_agent
    from langchain.agents.middleware import ModelCallLimitMiddleware
    from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
    from langchain_core.messages import AIMessage

    limit = ModelCallLimitMiddleware[Any, Any](run_limit=9)
    model = options.pop("model", None) or GenericFakeChatModel(messages=iter([AIMessage("Done.")]))
    return create_agent(model, list(tools), middleware=[limit], **options)


def asking(agent: Any) -> Any:
    """A node that asks an agent, and changes nothing."""

    def clerk(state: Any) -> dict[str, Any]:  # noqa: ARG001 - a node's
        agent.invoke({"messages": [("user", "a lamp")]})
        return {}

    return clerk
