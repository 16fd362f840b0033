"""A value that does not fit the type of its field is taken without a word, and fails elsewhere.

LangGraph never checks the types of a `TypedDict` or dataclass. Those of a pydantic state are
checked when the next node is given the state: the error then names that node, not the one that
wrote. A list with `operator.add` raises when it is given a single item. Looked at are values whose
type stands in the source: constants, f-strings, lists, dictionaries, comprehensions, messages, and
calls such as `len(...)` and `str(...)`.

Bad:

```python
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    words: list[str]
    count: int


def count(state: State) -> dict:
    return {"count": f"{len(state['words'])} words"}


builder = StateGraph(State)
builder.add_node("tally", count)
builder.add_edge(START, "tally")
builder.add_edge("tally", END)
graph = builder.compile()
```

Good:

```python
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    words: list[str]
    count: int


def count(state: State) -> dict:
    return {"count": len(state["words"])}


builder = StateGraph(State)
builder.add_node("tally", count)
builder.add_edge(START, "tally")
builder.add_edge("tally", END)
graph = builder.compile()
```
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from typing_extensions import TypedDict

from stretto.check.fitting import kind_of, misfit, type_of
from stretto.check.mutating import inserted
from stretto.check.reducers import adds, is_list
from stretto.check.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Field, Function, Graph
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder


def check(graph: Graph) -> Iterator[Finding]:
    """Name the values of updates that do not fit their fields."""
    checked = {schema.name for schema in graph.schemas if schema.base == "pydantic"}
    for node in graph.nodes.values():
        code = node.code
        if code is None or node.member is not None or code.wrapped:
            continue
        for write in code.writes:
            field = graph.fields.get(write.key)
            if field is None or write.parent or not _is_plain(field):
                continue
            for value in write.values:
                choices = [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]
                wrong = [w for each in choices if (w := _wrong(each, field, code, checked))]
                if wrong:
                    sure = write.every and len(write.values) == len(choices) == 1
                    raises = adds(field) or bool(field.schemas & checked)
                    yield RULE.finding(
                        graph,
                        f"node {node.name!r} writes a {wrong[0]} to {write.key!r}, "
                        f"which is {_told(field)}",
                        f"Write what is {_told(field)}, or change the field's type.",
                        certainty="proved" if sure else "possible",
                        severity="error" if raises else "warning",
                        node=node.name,
                        key=write.key,
                        place=code.at(value),
                    )


def _is_plain(field: Field) -> bool:
    """Whether what is written must be what the field is: no reducer makes something else of it."""
    plain = field.kind in {"", "LastValue", "BinaryOperatorAggregate"} and not field.managed
    return plain and bool(field.text) and (not field.reducer or adds(field))


def _wrong(value: ast.expr, field: Field, code: Function, checked: set[str]) -> str:
    """What a value is, in words, when it does not fit."""
    own = kind_of(value, code.scope)
    if own == "None" and not field.schemas & checked:
        return ""  # it stands for nothing yet, whatever the type says
    if adds(field) and is_list(field) and own and own != "list":
        return f"{own}, though its reducer adds lists,"
    if field.schemas & checked and own == "str":
        return ""  # pydantic makes numbers and dates of text
    kind = type_of(field.text)
    found = misfit(value, kind, code.scope) if kind is not None else ""
    return "" if " of " in found and field.schemas & checked else found


def _told(field: Field) -> str:
    kind = type_of(field.text)
    return f"`{ast.unparse(kind) if kind is not None else field.text}`"


class _Counted(TypedDict):
    """A number."""

    a_counted_number: int


def mutate(builder: Builder) -> Builder | None:
    """Put a node at the front that writes text to a number."""
    if "__root__" in builder.channels:
        return None
    return inserted(builder, "writes_text", _writes_text, input_schema=_Counted)


def _writes_text(state: Any) -> dict[str, Any]:  # noqa: ARG001 - a node's
    return {"a_counted_number": "several"}


RULE = Rule("S207", "unfit-value", "warning", __doc__, check, mutate)
