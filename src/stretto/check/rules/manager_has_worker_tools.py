"""A manager that has its workers' tools does their work itself, or does it again.

Managers are asked to delegate; given the same tools as a worker, a model sooner or later uses them:
work is done twice, and the worker's prompt, checks and limits are passed by. It is asked of agents
that lead to other agents and are led back to, and of agents whose tools ask other agents.

Bad:

```python
from typing import Literal

from langchain.agents import create_agent
from langchain.agents.middleware import ModelCallLimitMiddleware
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langgraph.graph import END, START, MessagesState, StateGraph

model = GenericFakeChatModel(messages=iter([AIMessage("Done.")]))
limit = ModelCallLimitMiddleware(run_limit=9)


class State(MessagesState):
    rounds: int


def delegates(state: State) -> Literal["worker", "__end__"]:
    return "worker" if len(state["messages"]) < 6 else END


def look_up(words: str) -> str:
    "Look words up."
    return words


manager = create_agent(model, [look_up], middleware=[limit], name="manager")
worker = create_agent(model, [look_up], middleware=[limit], name="worker")
builder = StateGraph(State)
builder.add_node("manager", manager)
builder.add_node("worker", worker)
builder.add_edge(START, "manager")
builder.add_conditional_edges("manager", delegates)
builder.add_edge("worker", "manager")
graph = builder.compile()
```

Good:

```python
from typing import Literal

from langchain.agents import create_agent
from langchain.agents.middleware import ModelCallLimitMiddleware
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langgraph.graph import END, START, MessagesState, StateGraph

model = GenericFakeChatModel(messages=iter([AIMessage("Done.")]))
limit = ModelCallLimitMiddleware(run_limit=9)


class State(MessagesState):
    rounds: int


def delegates(state: State) -> Literal["worker", "__end__"]:
    return "worker" if len(state["messages"]) < 6 else END


def look_up(words: str) -> str:
    "Look words up."
    return words


manager = create_agent(model, [], middleware=[limit], name="manager")
worker = create_agent(model, [look_up], middleware=[limit], name="worker")
builder = StateGraph(State)
builder.add_node("manager", manager)
builder.add_node("worker", worker)
builder.add_edge(START, "manager")
builder.add_conditional_edges("manager", delegates)
builder.add_edge("worker", "manager")
graph = builder.compile()
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from langgraph.graph import START

from stretto.check.mutating import copied
from stretto.check.rule import Rule
from stretto.check.toolboxes import agent_of, asking, toolboxes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from stretto.check.facts import Graph
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder
    from stretto.check.toolboxes import Toolbox


def check(graph: Graph) -> Iterator[Finding]:
    """Name the agents that have a tool of an agent they delegate to."""
    boxes = {box.node: box for box in toolboxes(graph) if box.agent is not None}
    for name, box in boxes.items():
        yield from _asking(graph, box)
        for worker, other in boxes.items():
            if _delegates(graph, name, worker) and not _hands_over(other):
                yield from _told(graph, box, worker, {tool.name for tool in other.tools})


def _asking(graph: Graph, box: Toolbox) -> Iterator[Finding]:
    """Those who ask their workers by tools."""
    own = {tool.name for tool in box.tools}
    for worker, tools in {each for tool in box.tools for each in tool.workers}:
        if own != set(tools):  # else it asks itself
            yield from _told(graph, box, worker, tools)


def _told(graph: Graph, box: Toolbox, worker: str, tools: Collection[str]) -> Iterator[Finding]:
    both = sorted({tool.name for tool in box.tools} & set(tools))
    if both:
        yield RULE.finding(
            graph,
            f"manager {box.owner!r} has the tool {both[0]!r} of its worker {worker!r}",
            "Take it from the manager, so that it has to delegate.",
            node=box.node,
            place=box.place,
        )


def _delegates(graph: Graph, manager: str, worker: str) -> bool:
    """Whether one begins, and leads to another that leads back to it alone."""
    if not {manager, worker} <= set(graph.nodes):
        return False
    first, ways = graph.ways[START].all, graph.ways
    begins = manager in first and worker not in first
    return begins and worker in ways[manager].all and set(ways[worker].all) == {manager}


def _hands_over(box: Toolbox) -> bool:
    """Whether an agent has a tool that hands over, as peers have."""
    return any(tool.code is not None and tool.code.jumps for tool in box.tools)


def mutate(builder: Builder) -> Builder:
    """Put a manager at the side that has the tool of its worker."""
    made = copied(builder)
    made.add_node("busy_manager", asking(agent_of(_look_up)))
    made.add_node("idle_worker", asking(agent_of(_look_up)))
    made.add_edge(START, "busy_manager")
    made.add_conditional_edges("busy_manager", _delegate)
    made.add_edge("idle_worker", "busy_manager")
    return made


def _look_up(words: str) -> str:
    """Look words up."""
    return words


def _delegate(state: Any) -> Literal["idle_worker", "__end__"]:
    return "idle_worker" if state else "__end__"


RULE = Rule("A503", "manager-has-worker-tools", "warning", __doc__, check, mutate)
