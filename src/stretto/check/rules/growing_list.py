"""A list that each round of a loop adds to, and whose rounds nothing counts, may grow without end.

A reducer such as `operator.add` keeps all that was ever written. In a loop that ends when a model
says so, nobody knows how long the list gets: it is stored whole in every checkpoint and, where it
is put into a prompt, paid for in every call. Count the rounds, set a `recursion_limit`, or keep
only the last items. Nothing is said of messages, which a model needs, of loops that wait for a
person, nor of a loop whose condition counts, or reads what the loop works off.

Bad:

```python
import operator
from typing import Annotated, Literal

from langchain_core.messages import AIMessage
from langgraph.graph import END, START, MessagesState, StateGraph


class State(MessagesState):
    log: Annotated[list[str], operator.add]


def think(state: State) -> dict:
    return {"messages": [AIMessage("more")], "log": ["thought"]}


def again(state: State) -> Literal["think", "__end__"]:
    return "think" if state["messages"][-1].text == "more" else END


graph = StateGraph(State)
graph.add_node("think", think)
graph.add_edge(START, "think")
graph.add_conditional_edges("think", again)
```

Good:

```python
import operator
from typing import Annotated, Literal

from langchain_core.messages import AIMessage
from langgraph.graph import END, START, MessagesState, StateGraph


class State(MessagesState):
    log: Annotated[list[str], operator.add]


def think(state: State) -> dict:
    return {"messages": [AIMessage("more")], "log": ["thought"]}


def again(state: State) -> Literal["think", "__end__"]:
    if len(state["log"]) >= 5:
        return END
    return "think" if state["messages"][-1].text == "more" else END


graph = StateGraph(State)
graph.add_node("think", think)
graph.add_edge(START, "think")
graph.add_conditional_edges("think", again)
```
"""

from __future__ import annotations

import ast
import operator
import random
from typing import TYPE_CHECKING, Annotated, Any, Literal

from langgraph.graph import START
from typing_extensions import TypedDict

from stretto.check.mutating import copied
from stretto.check.reducers import adds, is_list
from stretto.check.rule import Rule
from stretto.check.ways import in_order, loops, pauses

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Branch, Field, Function, Graph, Write
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder

_COUNTS = ast.Lt | ast.LtE | ast.Gt | ast.GtE


def check(graph: Graph) -> Iterator[Finding]:
    """Name the lists that a loop of no known length adds to."""
    if graph.recursion_limit is not None:
        return
    lists = {k: f for k, f in graph.fields.items() if adds(f) and is_list(f)}
    for part in loops(graph) if lists else ():
        if _may_be_bounded(graph, part):
            continue
        names = in_order(graph, part)
        for key, (node, write) in _growing(graph, names, lists).items():
            yield RULE.finding(
                graph,
                f"node {node!r} adds to {key!r} in each round of the loop "
                f"{' -> '.join([*names, names[0]])}, and nothing bounds the rounds",
                "Count the rounds in its condition, set a recursion_limit, or keep the last items "
                "only.",
                certainty="possible",
                node=node,
                key=key,
                place=write.at,
                path=(*names, names[0]),
            )


def _growing(
    graph: Graph, names: list[str], lists: dict[str, Field]
) -> dict[str, tuple[str, Write]]:
    """The lists that nodes add something to, and never set anew."""
    found: dict[str, tuple[str, Write]] = {}
    anew: set[str] = set()
    for name in names:
        node = graph.nodes[name]
        code = node.code
        if code is None or node.member is not None or code.wrapped:
            continue
        for write in code.writes:
            if write.key not in lists or write.parent:
                continue
            if any(_sets_anew(value, code) for value in write.values):
                anew.add(write.key)
            elif not all(isinstance(v, ast.List) and not v.elts for v in write.values):
                found.setdefault(write.key, (name, write))
    return {key: each for key, each in found.items() if key not in anew}


def _sets_anew(value: ast.expr, code: Function) -> bool:
    called = code.scope.dotted(value.func) if isinstance(value, ast.Call) else ""
    return called.rpartition(".")[2] == "Overwrite"


def _may_be_bounded(graph: Graph, part: frozenset[str]) -> bool:
    """Whether a loop's rounds may be bounded, or not all that ends it is known."""
    if any(pauses(graph, name) or not graph.ways[name].whole for name in part):
        return True
    written: set[str] = set()
    for name in part:
        node = graph.nodes[name]
        written |= (node.writes or set()) | {w.key for w in (node.code.writes if node.code else ())}
    branches = [b for b in graph.branches if b.source in part and _leads_out(b, part)]
    jumping = [graph.nodes[n].code for n in part if graph.ways[n].jumps - part]
    codes = [branch.code for branch in branches if branch.name != "tools_condition"]
    deciders = [*codes, *jumping]
    if not branches and not jumping:
        return True
    return any(code is None or _counts(code, graph, written) for code in deciders)


def _leads_out(branch: Branch, part: frozenset[str]) -> bool:
    targets = branch.targets
    return targets is None or bool(targets - part)


def _counts(code: Function, graph: Graph, written: set[str]) -> bool:
    """Whether a condition may count rounds, or look at what the loop works off."""
    if code.reads_all or code.wrapped:
        return True
    if any(isinstance(op, _COUNTS) for c in _compares(code) for op in c.ops):
        return True
    for read in code.reads:
        field = graph.fields.get(read.key)
        messages = field is not None and field.reducer.endswith("add_messages")
        if field is None or field.managed or (read.key in written and not messages):
            return True
    return False


def _compares(code: Function) -> Iterator[ast.Compare]:
    return (each for each in ast.walk(code.tree) if isinstance(each, ast.Compare))


class _Growing(TypedDict):
    """A list that grows."""

    a_growing_list: Annotated[list[str], operator.add]


def mutate(builder: Builder) -> Any:
    """Put a node beside the others that adds to a list as long as chance will have it.

    It is compiled anew, without a recursion limit that the graph may have.
    """
    if "__root__" in builder.channels:
        return None
    made = copied(builder)
    made.add_node("grows", _grows, input_schema=_Growing)
    made.add_edge(START, "grows")
    made.add_conditional_edges("grows", _once_more)
    return made.compile()


async def _grows(state: Any) -> dict[str, Any]:  # noqa: ARG001 - a node's
    return {"a_growing_list": ["more"]}


def _once_more(state: Any) -> Literal["grows", "__end__"]:  # noqa: ARG001 - a branch's
    ways: list[Literal["grows", "__end__"]] = ["grows", "__end__"]
    return random.choice(ways)  # noqa: S311 - no secret


RULE = Rule("S209", "growing-list", "warning", __doc__, check, mutate)
