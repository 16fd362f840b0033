"""A list, set or dictionary of the state that is changed in place is lost, doubled or done twice.

What a node is given are the very objects that the state holds. Changing them is no update:

- Not returned, a change is seen by the nodes that follow in the same process, and is gone after a
  resume wherever only the fields that were written are stored (`InMemorySaver`, Postgres). Nodes
  beside it see it, too, or not, by chance.
- Returned under a field whose reducer adds, the change is there already when the reducer adds it.
- Returned under a field without a reducer, it works, unless the node is tried again by a
  `retry_policy`: each try then changes what the one before has changed.

Bad:

```python
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    notes: list[str]
    answer: str


def note(state: State) -> dict:
    state["notes"].append("noted")
    return {"answer": "yes"}


def close(state: State) -> dict:
    return {"answer": state["answer"] + ", by " + ", ".join(state["notes"])}


builder = StateGraph(State)
builder.add_node("note", note)
builder.add_node("close", close)
builder.add_edge(START, "note")
builder.add_edge("note", "close")
builder.add_edge("close", END)
graph = builder.compile()
```

Good:

```python
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    notes: list[str]
    answer: str


def note(state: State) -> dict:
    return {"notes": [*state["notes"], "noted"], "answer": "yes"}


def close(state: State) -> dict:
    return {"answer": state["answer"] + ", by " + ", ".join(state["notes"])}


builder = StateGraph(State)
builder.add_node("note", note)
builder.add_node("close", close)
builder.add_edge(START, "note")
builder.add_edge("note", "close")
builder.add_edge("close", END)
graph = builder.compile()
```
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from typing_extensions import TypedDict

from stretto.check.mutating import inserted
from stretto.check.reading.targets import local_values
from stretto.check.reducers import adds, is_container
from stretto.check.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Branch, Field, Function, Graph, Mutation, Node
    from stretto.check.finding import Certainty, Finding
    from stretto.check.mutating import Builder


def check(graph: Graph) -> Iterator[Finding]:
    """Name the changes of the given state that get lost, or are made twice."""
    holders: list[Node | Branch] = [*graph.nodes.values(), *graph.branches]
    codes = [each.code for each in holders if each.code]
    sent = {jump.target for code in codes for jump in code.jumps if jump.kind == "send"}
    for node in graph.nodes.values():
        code = node.code
        if code is None or node.member is not None or code.wrapped:
            continue
        named: set[str] = set()
        for change in code.mutations:
            field = graph.fields.get(change.key)
            if change.whole or change.key in named or field is None or not is_container(field):
                continue
            what, certainty = _harm(node, code, change, field)
            if what and not (what == _LOST and node.name in sent):
                named.add(change.key)
                yield RULE.finding(
                    graph,
                    f"node {node.name!r} changes {change.key!r} in place{what}",
                    "Return a new value under the key instead, such as `[*old, new]`, or only "
                    "what is new where a reducer adds it.",
                    certainty=certainty,
                    node=node.name,
                    key=change.key,
                    place=change.at,
                )


_DOUBLED = " and returns it, too: its reducer adds it again"
_REPEATED = " and may be tried again: each try changes it once more"
_LOST = " and does not return it: after a resume the change may be gone"


def _harm(node: Node, code: Function, change: Mutation, field: Field) -> tuple[str, Certainty]:
    """What comes of a change; empty where nothing does, or too little is known."""
    if change.returned:
        writes = [write for write in code.writes if write.key == change.key and not write.parent]
        values = [value for write in writes for value in write.values]
        if adds(field) and any(_comes_again(value, code, change) for value in values):
            sure = len(values) == 1 and all(write.every for write in writes)
            return _DOUBLED, "proved" if sure else "possible"
        if node.retry and not field.reducer:
            return _REPEATED, "possible"
        return "", "possible"
    if code.returns_state or not code.writes_all:
        return "", "possible"
    return _LOST, "possible"


def _comes_again(value: ast.expr, code: Function, change: Mutation) -> bool:
    """Whether a returned value is the changed object, or a list of what was put into it."""
    if _is_given(value, code, change.key):
        return True
    if not isinstance(value, ast.List):
        return False
    calls = [each for each in ast.walk(code.tree) if isinstance(each, ast.Call)]
    put = {ast.dump(each) for call in calls if _is_at(call, change) for each in call.args}
    return any(ast.dump(each) in put for each in value.elts)


def _is_at(node: ast.expr, change: Mutation) -> bool:
    at = change.at
    begins = (node.lineno, node.col_offset) == (at.line, at.column)
    return begins and (node.end_lineno, node.end_col_offset) == (at.end_line, at.end_column)


def _is_given(value: ast.expr, code: Function, key: str) -> bool:
    """Whether an expression gives the very object that stands under a key of the state."""
    match value:
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=named)):
            return named == key and name in code.parameters
        case ast.Attribute(value=ast.Name(id=name), attr=named):
            return named == key and name in code.parameters
        case ast.Name(id=name):
            given = local_values(code.tree).get(name) or []
            return any(_is_given(e, code, key) for e in given if not isinstance(e, ast.Name))
        case _:
            return False


class _Changed(TypedDict):
    """A list that is changed."""

    a_changed_list: list[str]


def mutate(builder: Builder) -> Builder | None:
    """Put a node at the front that changes a list and does not return it."""
    if "__root__" in builder.channels:
        return None
    return inserted(builder, "changes_in_place", _changes_in_place, input_schema=_Changed)


def _changes_in_place(state: Any) -> dict[str, Any]:
    state["a_changed_list"].append("changed")
    return {}


RULE = Rule("S206", "mutated-state", "warning", __doc__, check, mutate)
