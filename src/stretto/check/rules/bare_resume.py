"""Several interrupts that wait at once cannot be answered by a bare value.

When nodes that ask run side by side, several questions are open at once. LangGraph then does not
know which of them `Command(resume="yes")` answers, and raises. Each answer needs the id of its
interrupt: `Command(resume={interrupt.id: answer})`.

Bad:

```python
from typing import Annotated
import operator

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt
from typing_extensions import TypedDict


class State(TypedDict):
    answers: Annotated[list[str], operator.add]


def ask_ann(state: State) -> dict:
    return {"answers": [interrupt("Ann?")]}


def ask_bob(state: State) -> dict:
    return {"answers": [interrupt("Bob?")]}


builder = StateGraph(State)
builder.add_node("ask_ann", ask_ann)
builder.add_node("ask_bob", ask_bob)
builder.add_edge(START, "ask_ann")
builder.add_edge(START, "ask_bob")
builder.add_edge("ask_ann", END)
builder.add_edge("ask_bob", END)
graph = builder.compile(checkpointer=InMemorySaver())


def agree(thread: str) -> dict:
    return graph.invoke(Command(resume="yes"), {"configurable": {"thread_id": thread}})
```

Good:

```python
from typing import Annotated
import operator

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt
from typing_extensions import TypedDict


class State(TypedDict):
    answers: Annotated[list[str], operator.add]


def ask_ann(state: State) -> dict:
    return {"answers": [interrupt("Ann?")]}


def ask_bob(state: State) -> dict:
    return {"answers": [interrupt("Bob?")]}


builder = StateGraph(State)
builder.add_node("ask_ann", ask_ann)
builder.add_node("ask_bob", ask_bob)
builder.add_edge(START, "ask_ann")
builder.add_edge(START, "ask_bob")
builder.add_edge("ask_ann", END)
builder.add_edge("ask_bob", END)
graph = builder.compile(checkpointer=InMemorySaver())


def agree(thread: str) -> dict:
    config = {"configurable": {"thread_id": thread}}
    asked = graph.get_state(config).interrupts
    return graph.invoke(Command(resume={each.id: "yes" for each in asked}), config)
```
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

from langgraph.constants import START
from langgraph.types import Command, interrupt

from stretto.check.asking import asks, node_asks
from stretto.check.concurrency import concurrency
from stretto.check.mutating import copied
from stretto.check.reading.uses import resumes
from stretto.check.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Graph, Node
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder

_ID = re.compile(r"[0-9a-f]{32}")
_TEXTS = ("input", "str", "bool", "int", "print")
"""Functions that give no dictionary."""


def check(graph: Graph) -> Iterator[Finding]:
    """Name the bare values that a graph with several open questions is resumed with."""
    if graph.path or not asks(graph):
        return
    given = list(resumes(graph))
    bare = [each for each in given if each.values and all(map(_is_bare, each.values))]
    if len(bare) != len(given):
        return  # whoever gives ids somewhere knows when they are needed
    for each in bare:
        found = _at_once(graph)
        if found is not None:
            names, always = found
            sure = always and _is_all(graph)
            yield RULE.finding(
                graph,
                f"a bare value cannot answer {names}, which may ask at once",
                "Answer by id: `Command(resume={interrupt.id: answer})`.",
                certainty="proved" if sure else "possible",
                severity="error" if sure else "warning",
                place=each.at,
            )


def _is_bare(value: ast.expr) -> bool:
    match value:
        case ast.Constant() | ast.JoinedStr() | ast.List() | ast.Tuple():
            return True
        case ast.Call(func=ast.Name(id=name)):
            return name in _TEXTS
        case ast.Dict(keys=keys):
            return any(
                isinstance(key, ast.Constant) and not _ID.fullmatch(str(key.value)) for key in keys
            )
        case _:
            return False


def _at_once(graph: Graph) -> tuple[str, bool] | None:
    """What may ask at once, in words, and whether it always does; `None` for nothing."""
    for each in graph.below():
        asking = {name for name, node in each.nodes.items() if node_asks(node)}
        if not asking:
            continue
        found = concurrency(each)
        pairs = sorted(sorted(pair) for pair in found.pairs if pair <= asking)
        for one, other in sorted(pairs, key=lambda pair: frozenset(pair) not in found.sure):
            always = _always(each.nodes[one]) and _always(each.nodes[other])
            return f"{one!r} and {other!r}", always and frozenset((one, other)) in found.sure
        for name in sorted(found.many & asking):
            return f"several runs of {name!r}", False
    return None


def _always(node: Node) -> bool:
    return node.code is not None and any(not call.conditional for call in node.code.interrupts)


def _is_all(graph: Graph) -> bool:
    """Whether the graph asks nowhere but side by side, so that no bare value is for another."""
    found = concurrency(graph)
    asking = {name for name, node in graph.nodes.items() if node_asks(node)}
    return all(any(name in pair and pair <= asking for pair in found.sure) for name in asking)


def mutate(builder: Builder) -> Builder:
    """Put two nodes beside each other at the front that ask, and answer them with one value."""
    made = copied(builder)
    for name in ("asks_ann", "asks_bob"):
        made.add_node(name, _asks)
        made.add_edge(START, name)
    return made


def _asks(state: Any) -> dict[str, Any]:  # noqa: ARG001 - a node's
    interrupt("May I?")
    return {}


def _agrees(graph: Any) -> Any:
    return graph.invoke(Command(resume="yes"))


RULE = Rule("E303", "bare-resume", "error", __doc__, check, mutate, uses=True)
__all__ = ["RULE", "_agrees"]
