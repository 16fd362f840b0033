"""A tool that writes to the world, in the hands of a model, has nothing that guards it.

A model calls a tool when it likes, and a run that is resumed or tried again calls it again. What
writes should be approved first (`HumanInTheLoopMiddleware`, an `interrupt` in the tool), or be
harmless when it is done twice (`stretto.tool(effect="idempotent")`), or be undone
(`stretto.tool(undo=)`), or go through a ledger (`stretto.EffectsOnce`, which agents of Stretto
have). A tool that declares "ask" or "fail" needs `EffectsOnce`, too: alone, nothing keeps to it.

Bad:

```python
import requests
from langchain.agents import create_agent
from langchain.agents.middleware import ModelCallLimitMiddleware
from langchain_core.tools import tool
from langgraph.graph import END, START, MessagesState, StateGraph

from stretto.testing import ScriptedModel


@tool
def order(item: str) -> str:
    \"\"\"Order an item.\"\"\"
    requests.post("https://shop.example/orders", json={"item": item})
    return f"ordered {item}"


clerk = create_agent(
    ScriptedModel(["Done."]),
    [order],
    middleware=[ModelCallLimitMiddleware(run_limit=9)],
)
builder = StateGraph(MessagesState)
builder.add_node("clerk", clerk)
builder.add_edge(START, "clerk")
builder.add_edge("clerk", END)
graph = builder.compile()
```

Good:

```python
import requests
from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware, ModelCallLimitMiddleware
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, MessagesState, StateGraph

from stretto.testing import ScriptedModel


@tool
def order(item: str) -> str:
    \"\"\"Order an item.\"\"\"
    requests.post("https://shop.example/orders", json={"item": item})
    return f"ordered {item}"


clerk = create_agent(
    ScriptedModel(["Done."]),
    [order],
    middleware=[
        HumanInTheLoopMiddleware(interrupt_on={"order": True}),
        ModelCallLimitMiddleware(run_limit=9),
    ],
)
builder = StateGraph(MessagesState)
builder.add_node("clerk", clerk)
builder.add_edge(START, "clerk")
builder.add_edge("clerk", END)
graph = builder.compile(checkpointer=InMemorySaver())
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

from stretto.check.asking import asks
from stretto.check.guarding import unguarded
from stretto.check.mutating import inserted
from stretto.check.rule import Rule
from stretto.check.toolboxes import agent_of, asking

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stretto.check.facts import Agent, Graph, Tool
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder


def check(graph: Graph) -> Iterator[Finding]:
    """Name the tools that write and that nothing guards."""
    if not graph.path:
        yield from _look(graph, asked=False)


def _look(graph: Graph, *, asked: bool) -> Iterator[Finding]:
    """Look at a graph and those within; `asked` where somebody is asked in a graph above."""
    stops = graph.interrupts_before | graph.interrupts_after
    asked = asked or bool(stops) or any(asks(each) for each in [graph] if graph.agent is None)
    if graph.agent is not None and "tools" not in stops:
        yield from _of_agent(graph, "tools", graph.agent)
    for node in graph.nodes.values():
        if node.agent is not None and node.graph is None:
            yield from _of_agent(graph, node.name, node.agent)
        if node.tools and graph.agent is None and not asked:
            yield from _of_tools(graph, node.name, node.tools, ())
        if node.graph is not None and node.member is None:
            yield from _look(node.graph, asked=asked)


def _of_agent(graph: Graph, node: str, agent: Agent) -> Iterator[Finding]:
    yield from _of_tools(graph, node, agent.tools, agent.middleware)


def _of_tools(
    graph: Graph, node: str, tools: Iterable[Tool], middleware: tuple[Any, ...]
) -> Iterator[Finding]:
    for tool in tools:
        found = unguarded(tool, middleware)
        if found is not None:
            yield RULE.finding(
                graph,
                f"tool {tool.name!r} writes to the world ({found.what}) with neither approval, "
                "idempotency nor undo",
                "Let somebody approve it (`HumanInTheLoopMiddleware`), declare what it does "
                "(`stretto.tool`), or add `stretto.EffectsOnce`.",
                certainty="proved" if found.sure else "possible",
                node=node,
                place=tool.place,
            )


def mutate(builder: Builder) -> Builder:
    """Put an agent at the front that may order what it likes."""
    return inserted(builder, "clerk_of_all", asking(agent_of(_order)))


def _order(item: str) -> str:
    """Order an item."""
    httpx.post("https://shop.example/orders", json={"item": item})
    return f"ordered {item}"


RULE = Rule("E305", "unguarded-tool", "warning", __doc__, check, mutate)
