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
    from collections.abc import Collection, Iterator

    from stretto.check.facts import Graph, Jump, Tool
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder
    from stretto.check.toolboxes import Toolbox


def check(graph: Graph) -> Iterator[Finding]:
    """Name the handoffs of agents that are nodes of the graph, and of its ToolNodes."""
    for box in toolboxes(graph):
        for tool in box.tools if box.node else ():
            jumps = tool.code.jumps if tool.code is not None else ()
            fine = {j.target for j in jumps if j.target in _known(graph, box, parent=j.parent)}
            for jump in {each.target: each for each in jumps}.values():
                known = _known(graph, box, parent=jump.parent)
                if known and jump.target not in fine and jump.target:
                    yield _told(graph, box, tool, jump, known)


def _told(graph: Graph, box: Toolbox, tool: Tool, jump: Jump, known: Collection[str]) -> Finding:
    near = difflib.get_close_matches(jump.target, known, n=1)
    up = jump.parent or jump.target not in graph.nodes
    return RULE.finding(
        graph,
        f"tool {tool.name!r} of {box.owner!r} hands over to {jump.target!r}, which is no node"
        + ("" if up else " of the agent"),
        (f"Write {near[0]!r}, or add the node." if near else "Add the node, or name another.")
        if up
        else "Give the command `graph=Command.PARENT`.",
        certainty="proved" if jump.sure else "possible",
        node=box.node,
        place=jump.at,
    )


def _known(graph: Graph, box: Toolbox, *, parent: bool) -> Collection[str]:
    """The nodes that a command may name, and the end; none where they are not known."""
    inner = graph.nodes[box.node].graph
    if box.agent is None:
        return () if parent else (*graph.nodes, END)
    if parent:
        return (*graph.nodes, END)
    return () if inner is None or inner.agent is None else (*inner.nodes, END)


def mutate(builder: Builder) -> Builder:
    """Put an agent at the front that hands over to nobody."""
    return inserted(builder, "lonely_clerk", asking(agent_of(_to_nobody)))


def _to_nobody() -> Any:
    """Hand over."""
    return Command(goto="nobody_is_called_this", graph=Command.PARENT)


RULE = Rule("A505", "handoff-to-nobody", "error", __doc__, check, mutate)
