"""A key that is read before anything can have written it raises `KeyError`.

A node is given only the fields that have a value, and only those of its own input schema. A field
that the input does not have, that has no reducer and that no node before has written, is not there:
`state["key"]` raises, and the run ends. The same holds for a key of no schema, and for a field that
the schema of the node's own parameter leaves out. What comes by `Send` is not looked into; where
interrupts let anybody update the state in between, and where a key is written later (so that a
thread's next turn may have it), only what fails in every first run is named.

Bad:

```python
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class Input(TypedDict):
    question: str


class State(TypedDict):
    question: str
    sources: list[str]
    answer: str


def reply(state: State) -> dict:
    return {"answer": f"{state['question']}: see {state['sources']}"}


def cite(state: State) -> dict:
    return {"sources": ["the almanac for " + state["answer"]]}


builder = StateGraph(State, input_schema=Input)
builder.add_node("reply", reply)
builder.add_node("cite", cite)
builder.add_edge(START, "reply")
builder.add_edge("reply", "cite")
builder.add_edge("cite", END)
graph = builder.compile()
```

Good:

```python
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class Input(TypedDict):
    question: str


class State(TypedDict):
    question: str
    sources: list[str]
    answer: str


def reply(state: State) -> dict:
    return {"answer": f"{state['question']}: see {state['sources']}"}


def cite(state: State) -> dict:
    return {"sources": ["the almanac for " + state["question"]]}


builder = StateGraph(State, input_schema=Input)
builder.add_node("cite", cite)
builder.add_node("reply", reply)
builder.add_edge(START, "cite")
builder.add_edge("cite", "reply")
builder.add_edge("reply", END)
graph = builder.compile()
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stretto.check.beginning import asks, beginning
from stretto.check.mutating import inserted
from stretto.check.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Branch, Function, Graph, Node, Read
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder


def check(graph: Graph) -> Iterator[Finding]:
    """Name what is read of the state that cannot be there."""
    if not graph.fields or "__root__" in graph.fields:
        return
    sent, known = _sent_to(graph)
    for node in graph.nodes.values():
        code = node.code
        if code is None or node.member is not None or code.wrapped or node.name in sent:
            continue
        if known or _is_led_to(graph, node.name):
            yield from _of_node(graph, node, code)


def _of_node(graph: Graph, node: Node, code: Function) -> Iterator[Finding]:
    given = {change.key for change in code.mutations}
    for read in _first_reads(code):
        why = "" if read.key in given else _missing(graph, node, read)
        if why:
            sure = read.always and node.name in beginning(graph)
            yield RULE.finding(
                graph,
                f"node {node.name!r} reads {read.key!r}, {why}",
                "Write it before, take it as input, or read it by `.get`.",
                certainty="proved" if sure else "possible",
                node=node.name,
                key=read.key,
                place=read.at,
            )


def _first_reads(code: Function) -> Iterator[Read]:
    """The first sure read of each key, unless something else looks for the key, too."""
    unsure = {read.key for read in code.reads if not read.sure}
    named: set[str] = set()
    for read in code.reads:
        if read.sure and read.key not in named | unsure and not read.key.startswith("__"):
            named.add(read.key)
            yield read


def _missing(graph: Graph, node: Node, read: Read) -> str:
    """Why a key is not there; empty when it may be."""
    field = graph.fields.get(read.key)
    if field is None:
        return "which no schema has"
    if node.reads is not None and read.key not in node.reads:
        return "which its input schema has not"
    if read.key in graph.input or field.has_default or field.managed:
        return ""
    writers = {each.name for each in graph.nodes.values() if _may_write(each, read.key)}
    if not writers:
        return "" if _may_be_updated(graph) else "which nothing writes"
    if node.name in beginning(graph) and not writers & _up_to(graph, node.name):
        return "which is written only later"
    return ""


def _may_write(node: Node, key: str) -> bool:
    if node.graph is not None and node.code is None:
        inner = node.graph.nodes.values()
        sent = {w.key for each in inner if each.code for w in each.code.writes if w.parent}
        return key in sent or key in node.graph.output
    writes = node.writes
    return writes is None or key in writes or bool(node.tools or node.agent)


def _may_be_updated(graph: Graph) -> bool:
    """Whether a run may stop, and anybody write anything before it goes on."""
    if graph.interrupts_before or graph.interrupts_after:
        return True
    return any(asks(node) for node in graph.nodes.values())


def _up_to(graph: Graph, name: str) -> set[str]:
    """The nodes of every run before a node."""
    first = beginning(graph)
    return set(first[: first.index(name)])


def _sent_to(graph: Graph) -> tuple[set[str], bool]:
    """The nodes that a `Send` may lead to, and whether these are all."""
    holders: list[Node | Branch] = [*graph.nodes.values(), *graph.branches]
    codes = [each.code for each in holders]
    inner = [n for node in graph.nodes.values() if node.graph for n in node.graph.nodes.values()]
    sent: set[str] = set()
    known = all(code is not None for code in codes) and not inner
    for code in [*codes, *(node.code for node in inner)]:
        if code is not None:
            sent |= {jump.target for jump in code.jumps if jump.kind == "send"}
            known = known and code.jumps_all
    return sent, known


def _is_led_to(graph: Graph, name: str) -> bool:
    """Whether an edge leads to a node, which is then given the state."""
    return any(name in ways.static | ways.joined for ways in graph.ways.values())


def mutate(builder: Builder) -> Builder | None:
    """Put a node at the front that reads what nothing has written."""
    if "__root__" in builder.channels:
        return None
    return inserted(builder, "reads_too_soon", _reads_too_soon)


def _reads_too_soon(state: Any) -> dict[str, Any]:
    if state["a_key_of_nobody"]:
        return {}
    return {}


RULE = Rule("S202", "read-before-write", "error", __doc__, check, mutate)
