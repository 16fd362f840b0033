"""A fallback to the same thing fails the same way.

A model that takes over for itself, in `with_fallbacks` or `ModelFallbackMiddleware`, is a second
try without a wait, of errors that cannot heal, too. An error handler that goes back to its own node
runs that again and again where nothing counts: the recursion limit of 10007 is what ends it.

Bad:

```python
from langchain_openai import ChatOpenAI
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict

model = ChatOpenAI(model="gpt-4.1", api_key="none")
careful = model.with_fallbacks([model])


class State(TypedDict):
    text: str
    summary: str


def sum_up(state: State) -> dict:
    return {"summary": careful.invoke(state["text"]).text}


builder = StateGraph(State)
builder.add_node("sum_up", sum_up)
builder.add_edge(START, "sum_up")
builder.add_edge("sum_up", END)
graph = builder.compile()
```

Good:

```python
from langchain_openai import ChatOpenAI
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict

model = ChatOpenAI(model="gpt-4.1", api_key="none")
other = ChatOpenAI(model="gpt-4.1-mini", api_key="none")
careful = model.with_fallbacks([other])


class State(TypedDict):
    text: str
    summary: str


def sum_up(state: State) -> dict:
    return {"summary": careful.invoke(state["text"]).text}


builder = StateGraph(State)
builder.add_node("sum_up", sum_up)
builder.add_edge(START, "sum_up")
builder.add_edge("sum_up", END)
graph = builder.compile()
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.language_models.fake_chat_models import FakeListChatModel

from stretto.check.mutating import inserted
from stretto.check.reading.agents import model_of
from stretto.check.rule import Rule
from stretto.check.same_model import falls_back_to_itself, repeats_its_model
from stretto.check.unbounded import counts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Graph, Node
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder


def check(graph: Graph) -> Iterator[Finding]:
    """Name the Runnables, agents and nodes that fall back to themselves."""
    for node in graph.nodes.values():
        if node.code is not None and node.member is None:
            for name, at in falls_back_to_itself(node.code):
                yield RULE.finding(
                    graph,
                    f"node {node.name!r}: {name!r} falls back to itself",
                    "Name another model in `with_fallbacks`, or use `with_retry`.",
                    node=node.name,
                    place=at,
                )
        if node.handler and _comes_back(graph, node):
            yield RULE.finding(
                graph,
                f"the error handler of {node.name!r} goes back to it, and nothing counts how often",
                "Give the node a `retry_policy`, or count the failures in the state.",
                certainty="possible",
                node=node.name,
            )
    if graph.agent is not None and repeats_its_model(graph.agent, model_of(graph)):
        yield RULE.finding(
            graph,
            f"the agent {graph.agent.name!r} falls back to its own model",
            "Name another model in `ModelFallbackMiddleware`, or use `ModelRetryMiddleware`.",
            node="model",
        )


def _comes_back(graph: Graph, node: Node) -> bool:
    """Whether a handler leads to the node it handles, and neither looks how often that was."""
    handler = graph.nodes.get(node.handler)
    if handler is None or handler.code is None or node.code is None or graph.recursion_limit:
        return False
    back = any(jump.target == node.name and not jump.parent for jump in handler.code.jumps)
    return back and not counts(handler.code) and not counts(node.code, raising=False)


def mutate(builder: Builder) -> Builder:
    """Put a node at the front whose model falls back to itself."""
    return inserted(builder, "asks_twice", _asks_twice)


_model = FakeListChatModel(responses=["yes"])
_careful = _model.with_fallbacks([_model])


async def _asks_twice(state: Any) -> dict[str, Any]:  # noqa: ARG001 - a node's
    await _careful.ainvoke("Is it so?")
    return {}


RULE = Rule("P409", "fallback-to-itself", "warning", __doc__, check, mutate)
