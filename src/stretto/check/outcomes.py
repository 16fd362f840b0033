"""Which nodes come next at once: each way that a node, or START, may go on."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from stretto.check.facts import END
from stretto.check.reading.function import targets_of
from stretto.check.reading.targets import COMMAND, SEND

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from stretto.check.facts import Branch, Function, Graph, Node

LIMIT = 64
"""How many ways of one node are told apart; others are left out."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The nodes that one choice leads to, all at once."""

    nodes: frozenset[str] = frozenset()
    """Each of them runs once, however often it is named."""
    sent: frozenset[str] = frozenset()
    """Those that run once for each `Send`."""
    many: frozenset[str] = frozenset()
    """Those of `sent` that may be sent to several times."""

    @property
    def all(self) -> frozenset[str]:
        """All that run."""
        return self.nodes | self.sent

    def __or__(self, other: Outcome) -> Outcome:
        """Both at once."""
        many = self.many | other.many | (self.sent & other.sent)
        return Outcome(self.nodes | other.nodes, self.sent | other.sent, many)


NOTHING = Outcome()


def outcomes(graph: Graph, name: str) -> tuple[Outcome, ...]:
    """Each way that a node may go on, as far as they can be told; joins and handlers apart.

    Where a function's choices cannot be told, each of its known targets counts by itself: that a
    graph goes several ways at once is said only where its source says so.

    Args:
        graph: The graph.
        name: The node, or START.
    """
    static = frozenset(to for source, to in graph.edges if source == name)
    ways: list[Sequence[Outcome]] = [[Outcome(static)]]
    ways += [_of_branch(each) for each in graph.branches if each.source == name]
    node = graph.nodes.get(name)
    if node is not None:
        ways.append(_of_node(node))
    found: list[Outcome] = []
    for chosen in product(*ways):
        whole = NOTHING
        for each in chosen:
            whole |= each
        found.append(_known(whole, graph))
        if len(found) >= LIMIT:
            break
    return tuple(dict.fromkeys(found))


def _known(found: Outcome, graph: Graph) -> Outcome:
    names = frozenset(graph.nodes)
    return Outcome(found.nodes & names, found.sent & names, found.many & names)


def _of_branch(branch: Branch) -> list[Outcome]:
    ends = branch.ends
    code = branch.code
    if code is None:
        return _single(set(ends.values()) if ends is not None else ())
    chosen: list[Outcome] = []
    for value in code.returns:
        chosen += ways_of(value, code)
    if ends is not None:
        chosen = [_mapped(each, ends) for each in chosen]
        chosen += _single(set(ends.values()) - {n for each in chosen for n in each.all})
    return _distinct(chosen) or _single({jump.target for jump in code.jumps})


def _mapped(found: Outcome, ends: Mapping[str, str]) -> Outcome:
    return Outcome(frozenset(ends.get(each, each) for each in found.nodes), found.sent, found.many)


def _of_node(node: Node) -> list[Outcome]:
    if node.graph is not None:
        inner = {
            jump.target
            for each in node.graph.nodes.values()
            if each.code is not None
            for jump in each.code.jumps
            if jump.parent
        }
        declared = set(node.ends or ())
        return [NOTHING, *_single(inner | declared)] if inner or declared else [NOTHING]
    code = node.code
    if code is None:
        return [NOTHING, *_single(node.ends)] if node.ends else [NOTHING]
    chosen: list[Outcome] = []
    for value in code.returns:
        chosen += _of_return(value, code)
    told = {name for each in chosen for name in each.all}
    others = {j.target for j in code.jumps if not j.parent} | set(node.ends or ())
    if (told or others) and not _ends_in_return(code.tree):
        chosen.append(NOTHING)
    return _distinct([*chosen, *_single(others - told)]) or [NOTHING]


def _ends_in_return(tree: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> bool:
    return isinstance(tree, ast.Lambda) or isinstance(tree.body[-1], ast.Return | ast.Raise)


def _of_return(value: ast.expr, code: Function) -> list[Outcome]:
    match value:
        case ast.Call(func=func, keywords=words) if code.scope.dotted(func) in COMMAND:
            given = {word.arg: word.value for word in words}
            if "graph" in given or "goto" not in given:
                return [NOTHING]
            return ways_of(given["goto"], code)
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return _at_once([_of_return(each, code) for each in elements])
        case _:
            return [NOTHING]


def ways_of(value: ast.expr, code: Function) -> list[Outcome]:
    """Each set of nodes that an expression may name at once.

    Args:
        value: What a branch returns, or a `goto` is given.
        code: The function that it stands in.
    """
    match value:
        case ast.IfExp(body=one, orelse=other):
            return _distinct([*ways_of(one, code), *ways_of(other, code)])
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
            return _at_once([ways_of(each, code) for each in elements])
        case ast.BinOp(left=one, op=ast.Add(), right=other):
            return _at_once([ways_of(one, code), ways_of(other, code)])
        case ast.Starred(value=inner):
            return ways_of(inner, code)
        case ast.ListComp(elt=inner) | ast.GeneratorExp(elt=inner):
            return [Outcome(each.nodes, each.sent, each.sent) for each in ways_of(inner, code)]
        case _:
            return _alone(value, code)


def _alone(value: ast.expr, code: Function) -> list[Outcome]:
    found, _ = targets_of(value, code)
    sent = [j for j in found if j.kind == "send"]
    if isinstance(value, ast.Call) and code.scope.dotted(value.func) not in SEND:
        return [NOTHING]
    ways = [Outcome(frozenset([j.target])) for j in found if j.kind != "send"]
    for jump in sent:
        to = frozenset([jump.target])
        ways.append(Outcome(sent=to, many=to if jump.many else frozenset()))
    return _distinct(ways)


def _at_once(parts: Sequence[Sequence[Outcome]]) -> list[Outcome]:
    """All parts at once; where several have a choice, they may choose alike, so each is alone."""
    choosing = [part for part in parts if len(part) > 1]
    sure = NOTHING
    for part in parts:
        if len(part) == 1:
            sure |= part[0]
    return _distinct([sure | each for part in choosing for each in part]) or [sure]


def _single(names: Iterable[str] | None) -> list[Outcome]:
    return [NOTHING if name == END else Outcome(frozenset([name])) for name in sorted(names or ())]


def _distinct(found: Iterable[Outcome]) -> list[Outcome]:
    return list(dict.fromkeys(found))
