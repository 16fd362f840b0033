"""The fields of a state whose class is only seen in source."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from stretto.check.facts import Field
from stretto.check.reading.classes import classes_in
from stretto.check.reading.scope import placed

if TYPE_CHECKING:
    from stretto.check.reading.source_files import Callable_
    from stretto.check.reading.spaces import Space

_MESSAGES = ("MessagesState", "AgentState")
"""Classes of LangGraph and LangChain that have messages."""
_PLAIN = (
    "TypedDict", "BaseModel", "Generic", "Protocol", "object", "total", "ABC",
)  # fmt: skip
_LAST = ("LastValue", "EphemeralValue", "UntrackedValue")
_MANAGED = ("RemainingSteps", "IsLastStep")


def fields_of(schema: ast.expr | None, space: Space) -> dict[str, Field] | None:
    """The fields of a state's class; `None` when not all of them can be told.

    Args:
        schema: The expression that names the class.
        space: What its names mean.
    """
    if schema is None:
        return None
    dotted = space.dotted(schema)
    if dotted.rpartition(".")[2] in _MESSAGES and dotted.startswith("lang"):
        return _with_messages(dotted.rpartition(".")[2])
    found = space.resolved(schema)
    if found is None or not isinstance(found[0], ast.ClassDef):
        return None
    tree, where = found
    assert isinstance(tree, ast.ClassDef)  # noqa: S101 - just seen
    fields: dict[str, Field] = {}
    for base in tree.bases:
        name = where.dotted(base).rpartition(".")[2]
        if name in _PLAIN:
            continue
        inherited = fields_of(base, where)
        if inherited is None:
            return None
        fields |= inherited
    for each in tree.body:
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
            fields[each.target.id] = _field(each.target.id, each, where, tree.name)
    return fields


def _with_messages(owner: str) -> dict[str, Field]:
    reducer = "langgraph.graph.message.add_messages"
    messages = Field(
        "messages", text="list", reducer=reducer, merges=True, has_default=True,
        schemas=frozenset([owner]),
    )  # fmt: skip
    if owner == "MessagesState":
        return {"messages": messages}
    more = {name: Field(name, merges=True, has_default=True) for name in _AGENT}
    return {"messages": messages, **more}


_AGENT = ("jump_to", "structured_response", "remaining_steps")


def _field(name: str, given: ast.AnnAssign, space: Space, owner: str) -> Field:
    annotation = given.annotation
    text = ast.unparse(annotation)
    reducer, merges, managed = "", False, False
    kind, code, named = "", None, annotation
    for node in ast.walk(annotation):
        if isinstance(node, ast.Name | ast.Attribute):
            managed = managed or space.dotted(node).rpartition(".")[2] in _MANAGED
    bare = _unwrapped(annotation, space)
    if isinstance(bare, ast.Subscript) and _last(bare.value, space) == "Annotated":
        parts = bare.slice.elts if isinstance(bare.slice, ast.Tuple) else [bare.slice]
        text, named = ast.unparse(parts[0]), parts[0]
        marker = parts[-1] if len(parts) > 1 else None
        reducer, merges = _reducer(marker, space)
        kind = _channel(marker, space)
        code = _definition(marker, space)
    return Field(
        name=name,
        text=text,
        reducer=reducer,
        code=code,
        kind=kind,
        merges=merges or managed,
        managed=managed,
        place=placed(space.file, given),
        has_default=given.value is not None or bool(reducer) or managed,
        schemas=frozenset([owner]),
        classes=classes_in(named, space),
    )


def _unwrapped(annotation: ast.expr, space: Space) -> ast.expr:
    """What stands within `Required[...]`, `NotRequired[...]` and the like."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        try:
            return _unwrapped(ast.parse(annotation.value, mode="eval").body, space)
        except SyntaxError:
            return annotation
    wraps = ("Required", "NotRequired", "ReadOnly")
    if isinstance(annotation, ast.Subscript) and _last(annotation.value, space) in wraps:
        return _unwrapped(annotation.slice, space)
    if isinstance(annotation, ast.Name):
        found = space.resolved(annotation)
        if found is not None and isinstance(found[0], ast.Subscript):
            return found[0]
    return annotation


def _last(expression: ast.expr, space: Space) -> str:
    return space.dotted(expression).rpartition(".")[2]


def _channel(marker: ast.expr | None, space: Space) -> str:
    """The name of a channel's class that an annotation gives: `LastValue`, `DeltaChannel(...)`."""
    if isinstance(marker, ast.Call):
        return _last(marker.func, space)
    name = _last(marker, space) if isinstance(marker, ast.Name | ast.Attribute) else ""
    return name if name in _LAST else ""


def _definition(marker: ast.expr | None, space: Space) -> Callable_ | None:
    """The definition of a reducer, where it is in these files."""
    if isinstance(marker, ast.Call):
        return _definition(marker.args[0], space) if marker.args else None
    if isinstance(marker, ast.Lambda):
        return marker
    found = space.resolved(marker) if isinstance(marker, ast.Name | ast.Attribute) else None
    tree = found[0] if found is not None else None
    return tree if isinstance(tree, ast.FunctionDef | ast.Lambda) else None


def _reducer(marker: ast.expr | None, space: Space) -> tuple[str, bool]:
    """What merges writes, and whether something does."""
    match marker:
        case None | ast.Constant():
            return "", False
        case ast.Call(func=func, args=args):
            name = _last(func, space)
            if name in _LAST:
                return "", False
            return (space.dotted(args[0]) if args else name), True
        case ast.Lambda():
            return "<lambda>", True
        case ast.Name() | ast.Attribute():
            dotted = space.dotted(marker)
            dotted = {"operator.add": "_operator.add", "operator.or_": "_operator.or_"}.get(
                dotted, dotted
            )
            name = dotted.rpartition(".")[2]
            if name == "add_messages":
                dotted = "langgraph.graph.message.add_messages"
            return dotted, name not in _LAST
        case _:
            return ast.unparse(marker), True
