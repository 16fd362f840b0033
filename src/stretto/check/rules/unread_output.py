"""The typed output of an agent is dropped where the graph around it has no field for it.

An agent with `response_format` puts what it has read into `structured_response` of its own state.
A graph that has the agent as a node takes over the fields both have; without a field of that name
the typed output is lost, and only the messages remain.

Bad:

```python
from langchain.agents import create_agent
from langchain.agents.middleware import ModelCallLimitMiddleware
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langgraph.graph import END, START, MessagesState, StateGraph
from pydantic import BaseModel

model = GenericFakeChatModel(messages=iter([AIMessage("Done.")]))
limit = ModelCallLimitMiddleware(run_limit=9)


class Verdict(BaseModel):
    good: bool


agent = create_agent(model, [], middleware=[limit], response_format=Verdict)
builder = StateGraph(MessagesState)
builder.add_node("judge", agent)
builder.add_edge(START, "judge")
builder.add_edge("judge", END)
graph = builder.compile()
```

Good:

```python
from langchain.agents import create_agent
from langchain.agents.middleware import ModelCallLimitMiddleware
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langgraph.graph import END, START, MessagesState, StateGraph
from pydantic import BaseModel

model = GenericFakeChatModel(messages=iter([AIMessage("Done.")]))
limit = ModelCallLimitMiddleware(run_limit=9)


class Verdict(BaseModel):
    good: bool


class State(MessagesState):
    structured_response: Verdict


agent = create_agent(model, [], middleware=[limit], response_format=Verdict)
builder = StateGraph(State)
builder.add_node("judge", agent)
builder.add_edge(START, "judge")
builder.add_edge("judge", END)
graph = builder.compile()
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langgraph.graph import END, START, MessagesState, StateGraph
from pydantic import BaseModel

from stretto.check.mutating import inserted
from stretto.check.rule import Rule
from stretto.check.toolboxes import agent_of, asking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Graph
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder


FIELD = "structured_response"


class _Verdict(BaseModel):
    good: bool


def check(graph: Graph) -> Iterator[Finding]:
    """Name the agents that are nodes as they are, and whose output no field takes."""
    if graph.agent is not None or FIELD in graph.fields or not graph.fields:
        return
    for node in graph.nodes.values():
        agent = node.agent
        if (
            agent is None
            or agent.output is None
            or node.code is not None
            or node.member is not None
        ):
            continue
        yield RULE.finding(
            graph,
            f"the typed output of {agent.name!r} is dropped: the state has no {FIELD!r}",
            f"Add the field {FIELD!r} to the state, or call the agent from a function.",
            node=node.name,
            key=FIELD,
        )


def mutate(builder: Builder) -> Builder:
    """Put a node at the front that asks a graph in which nobody takes an agent's typed output."""
    team: StateGraph[Any, Any, Any, Any] = StateGraph(MessagesState)
    team.add_node("unheard_judge", agent_of(response_format=_Verdict))
    team.add_edge(START, "unheard_judge")
    team.add_edge("unheard_judge", END)
    return inserted(builder, "asks_a_judge", asking(team.compile()))


RULE = Rule("A508", "unread-output", "warning", __doc__, check, mutate)
