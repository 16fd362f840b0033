"""A conditional edge without a path_map or a `Literal` return type hides where it leads.

LangGraph then takes it to lead to every node: drawings and Studio show edges that are not there,
or none, and a name that is misspelt is not noticed before it is returned.

Bad:

```python
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    text: str
    rounds: int


def write(state: State) -> dict:
    return {"text": "a draft", "rounds": state.get("rounds", 0) + 1}


def review(state: State) -> dict:
    return {"text": state["text"] + ", reviewed"}

def after(state: State):
    return "write" if state["rounds"] < 3 else END


builder = StateGraph(State)
builder.add_node("write", write)
builder.add_node("review", review)
builder.add_edge(START, "write")
builder.add_edge("write", "review")
builder.add_conditional_edges("review", after)
graph = builder.compile()
```

Good:

```python
from typing import Literal

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    text: str
    rounds: int


def write(state: State) -> dict:
    return {"text": "a draft", "rounds": state.get("rounds", 0) + 1}


def review(state: State) -> dict:
    return {"text": state["text"] + ", reviewed"}

def after(state: State) -> Literal["write", "__end__"]:
    return "write" if state["rounds"] < 3 else END


builder = StateGraph(State)
builder.add_node("write", write)
builder.add_node("review", review)
builder.add_edge(START, "write")
builder.add_edge("write", "review")
builder.add_conditional_edges("review", after)
graph = builder.compile()
```
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from stretto.check.facts import END, START
from stretto.check.finding import Edit, Place
from stretto.check.mutating import copied
from stretto.check.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Branch, Function, Graph
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder


def check(graph: Graph) -> Iterator[Finding]:
    """Name the conditional edges that declare nothing."""
    for branch in graph.branches:
        if branch.ends is not None or (branch.explicit and graph.builder is None):
            continue
        source = "START" if branch.source == START else repr(branch.source)
        targets = sorted(branch.targets or ())
        named = ", ".join("END" if name == END else repr(name) for name in targets)
        literal = f"Literal[{', '.join(map(_quoted, targets))}]" if targets else "Literal[...]"
        yield RULE.finding(
            graph,
            f"the conditional edge of {source} does not say where it leads"
            + (f": to {named}" if named else ""),
            f"Annotate its function with `-> {literal}`, or give a path_map.",
            node=branch.source if branch.source in graph.nodes else "",
            place=branch.place or (branch.code.place if branch.code else None),
            edits=_edits(branch, targets),
        )


def _quoted(name: str) -> str:
    return f'"{name}"'


def _edits(branch: Branch, targets: list[str]) -> tuple[Edit, ...]:
    """Declare the targets on the function, or in the call where it is a lambda."""
    code = branch.code
    if code is None or not targets or any(jump.kind == "send" for jump in code.jumps):
        return ()
    names = ", ".join(map(_quoted, targets))
    if isinstance(code.tree, ast.Lambda):
        at = branch.place
        if at is None or not at.end_line:
            return ()
        end = Place(at.file, at.end_line, at.end_column - 1, at.end_line, at.end_column - 1)
        return (Edit(end, f", [{names}]"),)
    if code.tree.returns is not None:
        at = code.at(code.tree.returns)
        return (Edit(at, f"Literal[{names}]", ("from typing import Literal",)),)
    end = _colon(code)
    if end is None:
        return ()
    return (Edit(end, f" -> Literal[{names}]", ("from typing import Literal",)),)


def _colon(code: Function) -> Place | None:
    """Right behind the closing parenthesis of a function's parameters."""
    from stretto.check.reading.source_files import read

    source = read(code.source)
    if source is None or isinstance(code.tree, ast.Lambda):
        return None
    lines = source.text.splitlines()
    first = code.tree.body[0]
    for line in range(first.lineno, code.tree.lineno - 1, -1):
        text = lines[line - 1] if line != first.lineno else lines[line - 1][: first.col_offset]
        head = text.rstrip().removesuffix(":").rstrip()
        if text.rstrip().endswith("):"):
            return Place(code.source, line, len(head.encode()), line, len(head.encode()))
    return None


def mutate(builder: Builder) -> Builder | None:
    """Take what a conditional edge declares, or add one that declares nothing."""
    made = copied(builder)
    for source, branches in made.branches.items():
        for name, spec in branches.items():
            if spec.ends is not None:
                made.branches[source][name] = spec._replace(ends=None)
                return made
    last = [a for a, b in sorted(made.edges) if b == END and a != START]
    if not last:
        return None
    made.edges.remove((last[0], END))
    made.add_conditional_edges(last[0], _ends)
    return made


def _ends(state: Any):  # type: ignore[no-untyped-def]  # noqa: ANN202, ARG001 - the fault
    return END


RULE = Rule("G105", "undeclared-branch", "warning", __doc__, check, mutate, fixes=True)
