"""Branches of unequal length that lead into one node run that node twice.

LangGraph starts a node whenever one of its static edges fires. Where a run has parted, and one arm
is a step longer than the other, the node they meet in runs after the shorter one, without what the
longer one brings, and once more after that. A node with `defer=True` waits until all else is done;
a list edge, `add_edge(["a", "b"], "fin")`, waits for each of its sources. Conditional edges that
choose one arm are no fork.

Bad:

```python
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    figures: str
    news: str
    summary: str
    report: str


def count(state: State) -> dict:
    return {"figures": "3 orders"}


def collect(state: State) -> dict:
    return {"news": "a long text"}


def sum_up(state: State) -> dict:
    return {"summary": state["news"][:6]}


def write(state: State) -> dict:
    return {"report": f"{state.get('figures')}, {state.get('summary')}"}


builder = StateGraph(State)
builder.add_node("count", count)
builder.add_node("collect", collect)
builder.add_node("sum_up", sum_up)
builder.add_node("write", write)
builder.add_edge(START, "count")
builder.add_edge(START, "collect")
builder.add_edge("collect", "sum_up")
builder.add_edge("count", "write")
builder.add_edge("sum_up", "write")
builder.add_edge("write", END)
graph = builder.compile()
```

Good:

```python
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    figures: str
    news: str
    summary: str
    report: str


def count(state: State) -> dict:
    return {"figures": "3 orders"}


def collect(state: State) -> dict:
    return {"news": "a long text"}


def sum_up(state: State) -> dict:
    return {"summary": state["news"][:6]}


def write(state: State) -> dict:
    return {"report": f"{state.get('figures')}, {state.get('summary')}"}


builder = StateGraph(State)
builder.add_node("count", count)
builder.add_node("collect", collect)
builder.add_node("sum_up", sum_up)
builder.add_node("write", write)
builder.add_edge(START, "count")
builder.add_edge(START, "collect")
builder.add_edge("collect", "sum_up")
builder.add_edge(["count", "sum_up"], "write")
builder.add_edge("write", END)
graph = builder.compile()
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stretto.check.facts import START
from stretto.check.forks import uneven
from stretto.check.mutating import copied
from stretto.check.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Graph
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder


def check(graph: Graph) -> Iterator[Finding]:
    """Name the nodes that branches of unequal length lead into."""
    for meeting in uneven(graph):
        fork = "START" if meeting.fork == START else repr(meeting.fork)
        yield RULE.finding(
            graph,
            f"node {meeting.node!r} runs twice: {fork} leads to it in "
            f"{_steps(meeting.shorter)}, and side by side with that in {_steps(meeting.longer)}",
            "Add the node with `defer=True`, or lead to it by one list edge from all that it "
            "needs.",
            certainty="proved" if meeting.sure else "possible",
            node=meeting.node,
        )


def _steps(count: int) -> str:
    return f"{count} step{'s' if count > 1 else ''}"


def mutate(builder: Builder) -> Builder:
    """Start two arms as well, one of them a step longer, and let them meet."""
    made = copied(builder)
    for name in ("short_way", "long_way", "longer_way", "where_they_meet"):
        made.add_node(name, _passes)
    made.add_edge(START, "short_way")
    made.add_edge(START, "long_way")
    made.add_edge("long_way", "longer_way")
    made.add_edge("short_way", "where_they_meet")
    made.add_edge("longer_way", "where_they_meet")
    return made


def _passes(state: Any) -> dict[str, Any]:  # noqa: ARG001 - a node's
    return {}


RULE = Rule("G107", "uneven-branches", "warning", __doc__, check, mutate)
