"""How a graph is used in the files that it is written in: where it is run, and what resumes it."""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stretto.check.reading.scope import placed
from stretto.check.reading.source_files import read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Graph
    from stretto.check.finding import Place

RUNS = frozenset({"invoke", "ainvoke", "stream", "astream", "batch", "abatch"})
_MAKES = frozenset({"create_agent", "create_react_agent"})


@dataclass(frozen=True, slots=True)
class Resume:
    """A `Command(resume=...)`."""

    values: tuple[ast.expr, ...]
    """What it is given: one expression, or all that the name it is given was set to; empty when
    that is not known."""
    at: Place


@dataclass(frozen=True, slots=True)
class _Call:
    """A call, and the functions that it stands in."""

    tree: ast.Call
    within: tuple[str, ...]


def resumes(graph: Graph) -> Iterator[Resume]:
    """What a graph is resumed with, in its own files, as far as that is sure to be this graph."""
    for file in _files(graph):
        calls = list(_calls(file))
        single = sum(map(_makes_graph, (call.tree for call in calls))) <= 1
        ours = _names(graph, file)
        given = {
            id(argument): _owner(call.tree)
            for call in calls
            if isinstance(call.tree.func, ast.Attribute) and call.tree.func.attr in RUNS
            for argument in call.tree.args
        }
        for call in calls:
            value = _resume(call.tree)
            owner = given.get(id(call.tree), "")
            if value is not None and (owner in ours if owner in _made(file) else single):
                yield Resume(_values(value, file), placed(file, call.tree))


def runs(graph: Graph) -> Iterator[Place]:
    """Where a graph is run by the module that it is written in, when that is run as a program."""
    for file in _files(graph):
        ours = _names(graph, file)
        main = _main(file)
        for call in _calls(file):
            func = call.tree.func
            if isinstance(func, ast.Attribute) and func.attr in RUNS and _owner(call.tree) in ours:
                built_here = call.within and call.within[-1] == ours[_owner(call.tree)]
                if built_here or not call.within or call.within[-1] in main:
                    yield placed(file, call.tree)


def is_part(graph: Graph) -> bool:
    """Whether a graph is made a node of another in its files, or used in a function of them."""
    for file in _files(graph):
        ours = _names(graph, file)
        for call in _calls(file):
            given = {each.id for each in call.tree.args if isinstance(each, ast.Name)}
            adds = isinstance(call.tree.func, ast.Attribute) and call.tree.func.attr == "add_node"
            used = bool(call.within) and _owner(call.tree) in ours
            if (adds and given & ours.keys()) or (used and call.within[-1] not in _main(file)):
                return True
    return False


def mentions(graph: Graph, attribute: str) -> bool:
    """Whether an attribute of a graph is set in its files."""
    trees = [source.tree for file in _files(graph) if (source := read(file)) is not None]
    return any(
        isinstance(node, ast.Attribute)
        and node.attr == attribute
        and isinstance(node.ctx, ast.Store)
        for tree in trees
        for node in ast.walk(tree)
    )


def _files(graph: Graph) -> tuple[str, ...]:
    return tuple(graph.places.files) if graph.places is not None else ()


def _calls(file: str) -> Iterator[_Call]:
    source = read(file)
    if source is not None:
        yield from _calls_in(source.tree, ())


def _calls_in(node: ast.AST, within: tuple[str, ...]) -> Iterator[_Call]:
    for each in ast.iter_child_nodes(node):
        if isinstance(each, ast.Call):
            yield _Call(each, within)
        name = each.name if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) else ""
        yield from _calls_in(each, (*within, name) if name else within)


def _owner(call: ast.Call) -> str:
    match call.func:
        case ast.Attribute(value=ast.Name(id=name)):
            return name
        case _:
            return ""


def _resume(call: ast.Call) -> ast.expr | None:
    match call.func:
        case ast.Name(id="Command") | ast.Attribute(attr="Command"):
            return next((word.value for word in call.keywords if word.arg == "resume"), None)
        case _:
            return None


def _values(value: ast.expr, file: str) -> tuple[ast.expr, ...]:
    """What an expression may be, where a name is only ever set by plain assignments."""
    if not isinstance(value, ast.Name):
        return (value,)
    source = read(file)
    found: list[ast.expr] = []
    for node in ast.walk(source.tree) if source is not None else ():
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=given) if name == value.id:
                found.append(given)
            case ast.AnnAssign(target=ast.Name(id=name), value=given) if name == value.id and given:
                found.append(given)
            case ast.arg(arg=name) if name == value.id:
                return ()
            case _:
                pass
    stores = [n for n in ast.walk(source.tree) if _sets(n, value.id)] if source is not None else []
    return tuple(found) if len(found) == len(stores) else ()


def _sets(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store)


def _makes_graph(call: ast.Call) -> bool:
    match call.func:
        case ast.Attribute(value=ast.Name(id="re"), attr="compile"):
            return False
        case ast.Attribute(attr="compile"):
            return True
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in _MAKES
        case _:
            return False


def _made(file: str) -> dict[str, list[tuple[ast.Call, str]]]:
    """The names that graphs are given in a file: with the calls, and the functions around them."""
    found: dict[str, list[tuple[ast.Call, str]]] = {}
    source = read(file)
    if source is not None:
        _made_in(source.tree, "", found)
    return found


def _made_in(node: ast.AST, within: str, found: dict[str, list[tuple[ast.Call, str]]]) -> None:
    for each in ast.iter_child_nodes(node):
        match each:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                _made_in(each, name, found)
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
                if _makes_graph(call):
                    found.setdefault(name, []).append((call, within))
            case ast.stmt():
                _made_in(each, within, found)
            case _:
                pass


def _names(graph: Graph, file: str) -> dict[str, str]:
    """The names that hold a graph in a file, each with the function that it is a name in."""
    if graph.live is not None:
        modules = [m for m in sys.modules.values() if getattr(m, "__file__", None) == file]
        return {
            name: ""
            for module in modules
            for name, value in vars(module).items()
            if value is graph.live
        }
    return {
        name: given[0][1]
        for name, given in _made(file).items()
        if len(given) == 1 and placed(file, given[0][0]) == graph.place
    }


def _main(file: str) -> frozenset[str]:
    """The functions that a module calls itself."""
    source = read(file)
    body = source.tree.body if source is not None else []
    ran = [
        s for s in body if not isinstance(s, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    ]
    return frozenset(
        node.func.id
        for statement in ran
        for node in ast.walk(statement)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    )
