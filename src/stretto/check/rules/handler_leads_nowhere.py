"""An error handler that stands in for its node and goes nowhere leaves out what was to follow.

The edges of a node that failed are not followed, whatever its `error_handler` returns: what the
handler writes in the node's place is stored, and then its way ends. If no other way is open the run
ends as a success, without the nodes that were to work with it. Only `Command(goto=...)` leads on.

Bad:

```python
import httpx
from langgraph.errors import NodeError
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    city: str
    weather: str
    letter: str


def look(state: State) -> dict:
    said = httpx.get("https://weather.example", params={"city": state["city"]})
    return {"weather": said.text}


def failed(state: State, error: NodeError) -> dict:
    return {"weather": f"unknown ({error.error})"}


def write(state: State) -> dict:
    return {"letter": f"Dear all, the weather is {state['weather']}."}


builder = StateGraph(State)
builder.add_node("look", look, error_handler=failed)
builder.add_node("write", write)
builder.add_edge(START, "look")
builder.add_edge("look", "write")
builder.add_edge("write", END)
graph = builder.compile()
```

Good:

```python
from typing import Literal

import httpx
from langgraph.errors import NodeError
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command
from typing_extensions import TypedDict


class State(TypedDict):
    city: str
    weather: str
    letter: str


def look(state: State) -> dict:
    said = httpx.get("https://weather.example", params={"city": state["city"]})
    return {"weather": said.text}


def failed(state: State, error: NodeError) -> Command[Literal["write"]]:
    return Command(update={"weather": f"unknown ({error.error})"}, goto="write")


def write(state: State) -> dict:
    return {"letter": f"Dear all, the weather is {state['weather']}."}


builder = StateGraph(State)
builder.add_node("look", look, error_handler=failed)
builder.add_node("write", write)
builder.add_edge(START, "look")
builder.add_edge("look", "write")
builder.add_edge("write", END)
graph = builder.compile()
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from langgraph.constants import END, START

from stretto.check.mutating import from_file, inserted
from stretto.check.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Function, Graph
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder


def check(graph: Graph) -> Iterator[Finding]:
    """Name the handlers that write what their node would have, and lead nowhere."""
    for name, node in graph.nodes.items():
        handler = graph.nodes.get(node.handler)
        if handler is None or handler.code is None or not _stays(handler.code):
            continue
        ways = graph.ways[name]
        after = sorted((ways.static | ways.chosen) - {END, name, node.handler})
        written = node.writes or frozenset()
        instead = sorted(written & {write.key for write in handler.code.writes})
        if after and instead:
            yield RULE.finding(
                graph,
                f"when {name!r} fails, its error handler writes {instead[0]!r} in its place, but "
                f"{after[0]!r} does not follow",
                f"Return `Command(update=..., goto={after[0]!r})`.",
                certainty="possible",
                node=name,
                key=instead[0],
                place=handler.code.place,
            )


def _stays(code: Function) -> bool:
    """Whether a handler is known to lead nowhere."""
    return not (code.wrapped or code.jumps or code.commands) and code.jumps_all


def mutate(builder: Builder) -> Builder | None:
    """Put a node at the front whose handler forgets what was to follow."""
    key = next(iter(builder.schemas.get(builder.state_schema, {})), None)
    if key is None or all(source != START for source, _ in builder.edges):
        return None
    source = f"""
async def greets(state):
    return {{{key!r}: None}}


async def greets_instead(state):
    return {{{key!r}: None}}
"""
    first, second = (from_file(source, name) for name in ("greets", "greets_instead"))
    return inserted(builder, "greets", first, error_handler=second)


RULE = Rule("P412", "handler-leads-nowhere", "warning", __doc__, check, mutate)
