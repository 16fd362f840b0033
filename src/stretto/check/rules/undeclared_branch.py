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
import tokenize
from typing import TYPE_CHECKING, Any

from stretto.check.facts import END, START
from stretto.check.finding import Edit, Place
from stretto.check.mutating import copied
from stretto.check.reading.scope import placed
from stretto.check.reading.source_files import read
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
        yield RULE.finding(
            graph,
            f"the conditional edge of {source} does not say where it leads"
            + (f": to {named}" if named else ""),
            _remedy(graph, branch, targets),
            node=branch.source if branch.source in graph.nodes else "",
            place=branch.place or (branch.code.place if branch.code else None),
            edits=_edits(graph, branch, targets),
        )


def _quoted(name: str) -> str:
    return f'"{name}"'


def _remedy(graph: Graph, branch: Branch, targets: list[str]) -> str:
    names = ", ".join(map(_quoted, targets)) or "..."
    if branch.code is not None and not _returns_a_name(graph, branch, branch.code):
        return f"Give the call a path_map: `path_map=[{names}]`."
    return f"Annotate its function with `-> Literal[{names}]`, or give a path_map."


def _edits(graph: Graph, branch: Branch, targets: list[str]) -> tuple[Edit, ...]:
    """Declare the targets on the function, or in the call where the function cannot say them."""
    there = branch.targets is not None and branch.targets <= {*graph.nodes, END}
    if not there or not targets or branch.code is None:
        return ()
    names = ", ".join(map(_quoted, targets))
    if _returns_a_name(graph, branch, branch.code):
        return _annotated(branch.code, f"Literal[{names}]")
    return _mapped(graph, branch, f"[{names}]")


def _returns_a_name(graph: Graph, branch: Branch, code: Function) -> bool:
    """Whether LangGraph reads a `Literal` of the function, and each return fits it."""
    if isinstance(code.tree, ast.Lambda) or code.wrapped or code.hint is not None:
        return False
    if graph.builder is not None:
        path = graph.builder.branches[branch.source][branch.name].path
        if code.live not in (getattr(path, "func", None), getattr(path, "afunc", None)):
            return False
    given = code.tree.returns
    plain = given is None or (isinstance(given, ast.Name) and given.id == "str")
    return plain and all(isinstance(code.scope.value(each), str) for each in code.returns)


def _annotated(code: Function, hint: str) -> tuple[Edit, ...]:
    assert not isinstance(code.tree, ast.Lambda)  # noqa: S101 - just seen
    needs = ("from typing import Literal",)
    if code.tree.returns is not None:
        return (Edit(code.at(code.tree.returns), hint, needs),)
    end = _colon(code, code.tree)
    return () if end is None else (Edit(end, f" -> {hint}", needs),)


def _colon(code: Function, tree: ast.FunctionDef | ast.AsyncFunctionDef) -> Place | None:
    """Right before the colon that ends a function's head."""
    source = read(code.source)
    if source is None:
        return None
    lines = source.text.splitlines(keepends=True)[tree.lineno - 1 : tree.body[0].lineno]
    depth = 0
    for token in tokenize.generate_tokens(iter([*lines, ""]).__next__):
        depth += (token.string in {"(", "[", "{"}) - (token.string in {")", "]", "}"})
        if token.type == tokenize.OP and token.string == ":" and depth == 0:
            line = tree.lineno + token.start[0] - 1
            column = len(token.line[: token.start[1]].encode())
            return Place(code.source, line, column, line, column)
    return None


def _mapped(graph: Graph, branch: Branch, listed: str) -> tuple[Edit, ...]:
    """Give the call a path_map, where just one call can be meant."""
    calls = [
        (file, node)
        for file, node in (graph.places.calls() if graph.places else ())
        if _is_call(node, branch)
    ]
    if len(calls) != 1:
        return ()
    file, call = calls[0]
    if any(isinstance(each, ast.Starred) for each in call.args):
        return ()
    at = placed(file, max([*call.args, *(k.value for k in call.keywords)], key=_end))
    end = Place(file, at.end_line, at.end_column, at.end_line, at.end_column)
    return (Edit(end, f", path_map={listed}"),)


def _is_call(call: ast.Call, branch: Branch) -> bool:
    """Whether a call adds a conditional edge with this function at this node."""
    match call.func, call.args:
        case ast.Attribute(attr="add_conditional_edges"), [source, given]:
            return _same(source, branch.source) and _is_function(given, branch)
        case ast.Attribute(attr="set_conditional_entry_point"), [given]:
            return branch.source == START and _is_function(given, branch)
        case _:
            return False


def _same(given: ast.expr, source: str) -> bool:
    if isinstance(given, ast.Constant):
        return given.value == source
    return isinstance(given, ast.Name) and given.id == "START" and source == START


def _is_function(given: ast.expr, branch: Branch) -> bool:
    code = branch.code
    if code is None:
        return False
    if isinstance(given, ast.Lambda):
        return (given.lineno, given.col_offset) == (code.tree.lineno, code.tree.col_offset)
    return isinstance(given, ast.Name | ast.Attribute) and code.name in ast.unparse(given)


def _end(part: ast.expr) -> tuple[int, int]:
    return part.end_lineno or 0, part.end_col_offset or 0


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
