"""Finds in source how graphs are built: which methods of a `StateGraph` are called, in order."""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stretto.check.reading.scope import MISSING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stretto.check.reading.spaces import Space

STATE_GRAPH = ("langgraph.graph.StateGraph", "StateGraph")
ADDING = frozenset({
    "add_node", "add_edge", "add_conditional_edges", "add_sequence", "set_entry_point",
    "set_finish_point", "set_conditional_entry_point", "set_node_defaults",
})  # fmt: skip
UNROLLED = 200
"""The most rounds of a loop over constants that are followed."""


@dataclass
class Built:
    """One `StateGraph` of a source."""

    made: ast.Call
    """The call of `StateGraph`."""
    space: Space
    name: str = ""
    steps: list[ast.Call] = field(default_factory=list[ast.Call])
    """What was called on it, in order."""
    compiled: ast.Call | None = None
    configured: list[ast.Call] = field(default_factory=list[ast.Call])
    """Calls of `with_config` on what it was compiled to."""
    unclear: str = ""
    """Why not all that is done to it can be told; empty when it can."""


@dataclass
class Found:
    """The graphs of one body: a module's or a function's."""

    built: dict[str, Built] = field(default_factory=dict[str, Built])
    """Builders by the name that holds them."""
    graphs: dict[str, Built] = field(default_factory=dict[str, Built])
    """Compiled graphs, likewise."""
    unnamed: list[Built] = field(default_factory=list[Built])

    def all(self) -> list[Built]:
        """Each once."""
        whole = [*self.built.values(), *self.graphs.values(), *self.unnamed]
        return list({id(each): each for each in whole}.values())


def graphs_of(body: Sequence[ast.stmt], space: Space, *, name: str = "") -> Found:
    """Find the graphs that a body builds.

    Args:
        body: The statements of a module or function.
        space: What the names in it mean.
        name: What to call a graph that the body returns without having named it.
    """
    found = Found()
    _statements(body, space, found, name)
    return found


def _statements(body: Sequence[ast.stmt], space: Space, found: Found, name: str) -> None:
    for statement in body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=target)], value=value):
                _assigned(target, value, space, found)
            case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value):
                _assigned(target, value, space, found)
            case ast.Expr(value=value):
                _expression(value, space, found)
            case ast.Return(value=ast.expr() as value):
                _returned(value, space, found, name)
            case ast.For():
                _loop(statement, space, found, name)
            case ast.If() | ast.While() | ast.Try():
                _sometimes(statement, found)
                _statements(_inside(statement), space, found, name)
            case ast.With() | ast.AsyncWith():
                _statements(statement.body, space, found, name)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                pass
            case _:
                _passed_on(statement, found)


def _inside(statement: ast.If | ast.While | ast.Try) -> list[ast.stmt]:
    inside = [*statement.body, *statement.orelse]
    if isinstance(statement, ast.Try):
        inside += statement.finalbody
    return inside


def _chain(value: ast.expr) -> tuple[ast.expr, list[ast.Call]]:
    """What a chain of method calls begins with, and its calls in order."""
    calls: list[ast.Call] = []
    while isinstance(value, ast.Await):
        value = value.value
    while isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        calls.append(value)
        value = value.func.value
    return value, calls[::-1]


def _begun(value: ast.expr, space: Space, found: Found) -> tuple[Built, bool] | None:
    """The graph that an expression builds on, with what it does to it; and whether it compiles."""
    root, calls = _chain(value)
    if isinstance(root, ast.Call) and space.dotted(root.func) in STATE_GRAPH:
        built = Built(root, space)
        _passed_on(root, found)
    elif isinstance(root, ast.Name) and root.id in found.built:
        built = found.built[root.id]
    elif isinstance(root, ast.Name) and root.id in found.graphs:
        built = found.graphs[root.id]
        built.configured += [c for c in calls if _method(c) == "with_config"]
        return built, True
    else:
        return None
    compiled = False
    for call in calls:
        method = _method(call)
        if method in ADDING:
            built.steps.append(call)
        elif method == "compile":
            built.compiled, compiled = call, True
        elif method == "with_config" and compiled:
            built.configured.append(call)
    return built, compiled


def _method(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _assigned(target: str, value: ast.expr, space: Space, found: Found) -> None:
    begun = _begun(value, space, found)
    if begun is None:
        if isinstance(value, ast.Name) and value.id in found.built:
            found.built[target] = found.built[value.id]
            return
        _passed_on(value, found)
        return
    built, compiled = begun
    built.name = target if compiled or not built.name else built.name
    (found.graphs if compiled else found.built)[target] = built


def _expression(value: ast.expr, space: Space, found: Found) -> None:
    begun = _begun(value, space, found)
    if begun is None:
        _passed_on(value, found)
    elif begun[0] not in found.all():
        found.unnamed.append(begun[0])


def _returned(value: ast.expr, space: Space, found: Found, name: str) -> None:
    begun = _begun(value, space, found)
    if begun is not None:
        built, _ = begun
        built.name = name or built.name
        if built not in found.all():
            found.unnamed.append(built)
        return
    if isinstance(value, ast.Name) and value.id in found.graphs | found.built:
        built = (found.graphs | found.built)[value.id]
        built.name = name or built.name
        if value.id in found.built and built.compiled is None:
            built.unclear = built.unclear or ""
        return
    _passed_on(value, found)


def _passed_on(node: ast.AST, found: Found) -> None:
    """A builder that is given to something else, or used within an expression, may be changed."""
    for each in ast.walk(node):
        if not isinstance(each, ast.Call):
            continue
        root, _ = _chain(each)
        if isinstance(root, ast.Name) and root.id in found.built and _method(each) in ADDING:
            found.built[root.id].unclear = "a part of it is added only under a condition"
        for given in [*each.args, *(k.value for k in each.keywords)]:
            if isinstance(given, ast.Name) and given.id in found.built and not _reads(each):
                found.built[given.id].unclear = "its builder is passed on to another function"


def _reads(call: ast.Call) -> bool:
    """Whether a call leaves a builder that it is given as it is."""
    name = call.func.id if isinstance(call.func, ast.Name) else _method(call)
    return name in {"check", "print", "str", "repr", "isinstance", "type", "id", "run", "add_node"}


def _sometimes(statement: ast.stmt, found: Found) -> None:
    """What is added under an `if` may be there or not."""
    if isinstance(statement, ast.If) and _is_main(statement):
        return
    for name, built in found.built.items():
        for each in ast.walk(statement):
            if isinstance(each, ast.Call) and _method(each) in ADDING:
                root, _ = _chain(each)
                if isinstance(root, ast.Name) and root.id == name:
                    built.unclear = "a part of it is added only under a condition"


def _is_main(statement: ast.If) -> bool:
    return "__name__" in {n.id for n in ast.walk(statement.test) if isinstance(n, ast.Name)}


def _loop(statement: ast.For, space: Space, found: Found, name: str) -> None:
    """Follow a loop over constants round by round; any other hides what is added."""
    rounds = list(_rounds(statement, space))
    touched = [b for n, b in found.built.items() if n in _roots(statement)]
    if rounds or not touched:
        for names in rounds or [dict[str, ast.expr]()]:
            body = [_Given(names).visit(copy.deepcopy(each)) for each in statement.body]
            _statements(body, space, found, name)
        return
    for built in touched:
        built.unclear = "a part of it is added in a loop over what is not known"


def _roots(statement: ast.stmt) -> set[str]:
    return {n.id for n in ast.walk(statement) if isinstance(n, ast.Name)}


def _rounds(statement: ast.For, space: Space) -> Iterator[dict[str, ast.expr]]:
    """What the loop's names are in each round; nothing when that is not known."""
    found = space.resolved(statement.iter)
    items: Sequence[ast.expr]
    match found[0] if found else None:
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
            pass
        case ast.Call(func=ast.Attribute(value=owner, attr="items"), args=[]):
            inner = space.resolved(owner)
            if inner is None or not isinstance(inner[0], ast.Dict):
                return
            pairs = zip(inner[0].keys, inner[0].values, strict=True)
            items = [ast.Tuple([k, v], ast.Load()) for k, v in pairs if k is not None]
        case ast.Dict(keys=keys):
            items = [each for each in keys if each is not None]
        case _:
            return
    for item in items[:UNROLLED]:
        names = _unpacked(statement.target, item)
        if names is None:
            return
        yield names


def _unpacked(target: ast.expr, item: ast.expr) -> dict[str, ast.expr] | None:
    match target, item:
        case ast.Name(id=name), _:
            return {name: item}
        case ast.Tuple(elts=names), ast.Tuple(elts=values) | ast.List(elts=values):
            if len(names) != len(values):
                return None
            found: dict[str, ast.expr] = {}
            for one, value in zip(names, values, strict=True):
                inner = _unpacked(one, value)
                if inner is None:
                    return None
                found |= inner
            return found
        case _:
            return None


class _Given(ast.NodeTransformer):
    """Puts what names are in a round of a loop in their place."""

    def __init__(self, names: dict[str, ast.expr]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Replace a name."""
        if node.id in self.names and isinstance(node.ctx, ast.Load):
            return ast.copy_location(copy.deepcopy(self.names[node.id]), node)
        return node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.expr:
        """Make text of a template whose parts are all known."""
        made = self.generic_visit(node)
        assert isinstance(made, ast.JoinedStr)  # noqa: S101 - it replaces parts only
        parts = [p.value if isinstance(p, ast.FormattedValue) else p for p in made.values]
        if all(isinstance(p, ast.Constant) for p in parts):
            text = "".join(str(p.value) for p in parts if isinstance(p, ast.Constant))
            return ast.copy_location(ast.Constant(text), node)
        return made


__all__ = ["MISSING", "Built", "Found", "graphs_of"]
