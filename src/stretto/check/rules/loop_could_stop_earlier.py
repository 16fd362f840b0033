"""A loop counts its rounds and does not look at the field that says it is done.

Its condition depends on counters alone, and a node of the loop writes a boolean that nothing in the
loop reads. All rounds are run then, the last ones for nothing.

Bad:

```python
from typing import Literal

from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    text: str
    rounds: int
    accepted: bool


def write(state: State) -> dict:
    return {"text": "a draft", "rounds": state.get("rounds", 0) + 1}


def judge(state: State) -> dict:
    return {"accepted": len(state["text"]) > 5}


def again(state: State) -> Literal["write", "__end__"]:
    return "write" if state["rounds"] < 3 else "__end__"


builder = StateGraph(State)
builder.add_node("write", write)
builder.add_node("judge", judge)
builder.add_edge(START, "write")
builder.add_edge("write", "judge")
builder.add_conditional_edges("judge", again)
graph = builder.compile()
```

Good:

```python
from typing import Literal

from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    text: str
    rounds: int
    accepted: bool


def write(state: State) -> dict:
    return {"text": "a draft", "rounds": state.get("rounds", 0) + 1}


def judge(state: State) -> dict:
    return {"accepted": len(state["text"]) > 5}


def again(state: State) -> Literal["write", "__end__"]:
    return "write" if state["rounds"] < 3 and not state["accepted"] else "__end__"


builder = StateGraph(State)
builder.add_node("write", write)
builder.add_node("judge", judge)
builder.add_edge(START, "write")
builder.add_edge("write", "judge")
builder.add_conditional_edges("judge", again)
graph = builder.compile()
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from typing_extensions import TypedDict

from stretto.check.conditions import decides_by, written_in
from stretto.check.facts import END, START
from stretto.check.mutating import copied
from stretto.check.rule import Rule
from stretto.check.ways import branches_of, in_order, loops

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Branch, Graph
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder


def check(graph: Graph) -> Iterator[Finding]:
    """Name the loops that count and do not look."""
    branches = branches_of(graph)
    for part in loops(graph):
        names = in_order(graph, part)
        own = [each for name in names for each in branches.get(name, ())]
        exits = [each for each in own if _exits(each, part)]
        decided = [decides_by(graph, each) for each in exits]
        written, read = written_in(graph, names), _read_in(graph, names, own)
        if not exits or written is None or read is None or any(not keys for keys in decided):
            continue
        counted = {key for keys in decided for key in keys or ()}
        if not all(_is(graph, key, "int") for key in counted):
            continue
        said = sorted(key for key in written - read if _is(graph, key, "bool"))
        if said:
            yield RULE.finding(
                graph,
                f"the loop {' -> '.join([*names, names[0]])} stops by "
                f"{', '.join(map(repr, sorted(counted)))}, whatever {said[0]!r} says",
                f"Stop, too, when {said[0]!r} says so.",
                certainty="possible",
                node=exits[0].source,
                key=said[0],
                place=exits[0].place,
            )


def _exits(branch: Branch, part: frozenset[str]) -> bool:
    targets = branch.targets
    return targets is not None and bool(targets - part or END in targets)


def _read_in(graph: Graph, names: list[str], branches: list[Branch]) -> set[str] | None:
    """The fields that a loop reads; `None` where it may be any."""
    codes = [graph.nodes[name].code for name in names] + [each.code for each in branches]
    if any(code is None or code.reads_all for code in codes):
        return None
    return {read.key for code in codes if code is not None for read in code.reads}


def _is(graph: Graph, key: str, kind: str) -> bool:
    field = graph.fields.get(key)
    bare = {kind, f"{kind} | None", f"NotRequired[{kind}]", f"<class '{kind}'>"}
    return field is not None and field.text in bare


class _Trying(TypedDict, total=False):
    """What a loop writes."""

    tries_made: int
    has_worked: bool


def mutate(builder: Builder) -> Builder:
    """Start a loop as well that counts to three, whatever comes of it."""
    made = copied(builder)
    made.add_node("tries", _tries, input_schema=_Trying)
    made.add_edge(START, "tries")
    made.add_conditional_edges("tries", _again)
    return made


def _tries(state: _Trying) -> dict[str, Any]:
    return {"tries_made": state.get("tries_made", 0) + 1, "has_worked": True}


def _again(state: _Trying) -> Literal["tries", "__end__"]:
    return "tries" if state.get("tries_made", 0) < 3 else "__end__"


RULE = Rule("V903", "loop-could-stop-earlier", "info", __doc__, check, mutate, advice=True)
