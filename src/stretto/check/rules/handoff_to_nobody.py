"""A handoff to a node that is not there ends the run in silence.

A tool that returns `Command(goto=..., graph=Command.PARENT)` hands the conversation over to a node
of the graph that its agent is in. Where there is no such node LangGraph writes a line into the
log, nobody goes on, and the run ends as a success.

Bad:

```python
from langchain.agents import create_agent
from langchain.agents.middleware import ModelCallLimitMiddleware
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import Command

model = GenericFakeChatModel(messages=iter([AIMessage("Done.")]))
limit = ModelCallLimitMiddleware(run_limit=9)

@tool
def to_billing() -> Command:
    "Hand the customer over to billing."
    return Command(goto="biling", graph=Command.PARENT)


def billing(state: MessagesState) -> dict:
    return {"messages": [AIMessage("Billing here.")]}


desk = create_agent(model, [to_billing], middleware=[limit], name="desk")
builder = StateGraph(MessagesState)
builder.add_node("desk", desk, destinations=("billing",))
builder.add_node("billing", billing)
builder.add_edge(START, "desk")
graph = builder.compile()
```

Good:

```python
from langchain.agents import create_agent
from langchain.agents.middleware import ModelCallLimitMiddleware
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import Command

model = GenericFakeChatModel(messages=iter([AIMessage("Done.")]))
limit = ModelCallLimitMiddleware(run_limit=9)

@tool
def to_billing() -> Command:
    "Hand the customer over to billing."
    return Command(goto="billing", graph=Command.PARENT)


def billing(state: MessagesState) -> dict:
    return {"messages": [AIMessage("Billing here.")]}


desk = create_agent(model, [to_billing], middleware=[limit], name="desk")
builder = StateGraph(MessagesState)
builder.add_node("desk", desk, destinations=("billing",))
builder.add_node("billing", billing)
builder.add_edge(START, "desk")
graph = builder.compile()
```
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from langgraph.types import Command

from stretto.check.facts import END
from stretto.check.mutating import inserted
from stretto.check.rule import Rule
from stretto.check.toolboxes import agent_of, asking, toolboxes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Graph
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder


def check(graph: Graph) -> Iterator[Finding]:
    """Name the handoffs of agents that are nodes of the graph, and of its ToolNodes."""
    for box in toolboxes(graph):
        if not box.node:
            continue
        for tool in box.tools:
            for jump in tool.code.jumps if tool.code is not None else ():
                here = jump.parent == (box.agent is not None)
                if not here or jump.target in graph.nodes or jump.target == END:
                    continue
                near = difflib.get_close_matches(jump.target, graph.nodes, n=1)
                yield RULE.finding(
                    graph,
                    f"tool {tool.name!r} of {box.owner!r} hands over to {jump.target!r}, which is "
                    "no node",
                    f"Write {near[0]!r}, or add the node."
                    if near
                    else "Add the node, or name another.",
                    node=box.node,
                    place=jump.at,
                )


def mutate(builder: Builder) -> Builder:
    """Put an agent at the front that hands over to nobody."""
    return inserted(builder, "lonely_clerk", asking(agent_of(_to_nobody)))


def _to_nobody() -> Any:
    """Hand over."""
    return Command(goto="nobody_is_called_this", graph=Command.PARENT)


RULE = Rule("A505", "handoff-to-nobody", "error", __doc__, check, mutate)
