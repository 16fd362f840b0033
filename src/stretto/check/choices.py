"""Which of the nodes that one leads to are started together, and which instead of one another."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from stretto.check.reading.function import targets_of
from stretto.check.reading.targets import COMMAND, local_values
from stretto.check.ways import branches_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stretto.check.facts import Branch, Function, Graph


@dataclass(frozen=True)
class Choice:
    """What one edge, branch or function of a node may start."""

    options: tuple[frozenset[str], ...]
    """The sets of nodes that it may start at a time, one of them each time."""
    sure: bool = True
    """Whether these are all; if not it may start any of them together, or often."""

    @property
    def targets(self) -> frozenset[str]:
        """All that it may start."""
        return frozenset[str]().union(*self.options)

    def pairs(self) -> Iterator[tuple[str, str]]:
        """The pairs of nodes that it may start at once."""
        if not self.sure:
            yield from combinations(sorted(self.targets), 2)
            yield from ((each, each) for each in self.targets)
        for option in self.options if self.sure else ():
            yield from combinations(sorted(option), 2)


def choices(graph: Graph, *, joined: bool = True) -> dict[str, list[Choice]]:
    """What each node, and START, may start; each list edge, static edge and branch by itself.

    Args:
        graph: The facts of a graph.
        joined: Whether list edges count, too, as if they waited for nobody else.
    """
    branches = branches_of(graph)
    found: dict[str, list[Choice]] = {}
    for name, ways in graph.ways.items():
        found[name] = [
            Choice((frozenset({to}),))
            for to in ways.static | (ways.joined if joined else frozenset())
        ]
        found[name] += [_of_branch(graph, each) for each in branches.get(name, ())]
        if ways.jumps:
            found[name].append(_of_node(graph, name))
    return found


def together(chosen: list[Choice]) -> Iterator[tuple[str, str]]:
    """The pairs of nodes that one node may start at once."""
    for choice in chosen:
        yield from choice.pairs()
    for one, other in combinations(chosen, 2):
        yield from ((a, b) for a in one.targets for b in other.targets)


def _of_branch(graph: Graph, branch: Branch) -> Choice:
    targets = branch.targets or frozenset()
    everything = Choice((targets | {j.target for j in branch.sends},), sure=False)
    code, ends = branch.code, branch.ends
    if code is None or code.wrapped:
        return everything
    if ends is not None and code.hint is not None and not any(j.kind == "send" for j in code.jumps):
        return Choice(tuple(frozenset({to}) for to in sorted(targets)))
    options: list[frozenset[str]] = []
    for value in code.returns:
        found = _named(value, code, ends)
        if found is None and ends is not None and _is_one(graph, value, code, ends):
            found = [frozenset({to}) for to in ends.values()]
        if found is None:
            return everything
        options += found
    return Choice(tuple(dict.fromkeys(options)))


def _of_node(graph: Graph, name: str) -> Choice:
    node, jumps = graph.nodes[name], graph.ways[name].jumps
    everything = Choice((jumps,), sure=False)
    code = node.code
    if code is None or code.wrapped or node.graph is not None or node.handler:
        return everything
    options: list[frozenset[str]] = []
    for value in code.returns:
        if not isinstance(value, ast.Call) or code.scope.dotted(value.func) not in COMMAND:
            if isinstance(value, ast.Dict | ast.Constant):
                continue
            return everything
        goto = next((word.value for word in value.keywords if word.arg == "goto"), None)
        found = [] if goto is None else _named(goto, code, None)
        if found is None:
            return everything
        options += found
    return Choice(tuple(dict.fromkeys(options))) if options else everything


def _named(
    value: ast.expr, code: Function, ends: Mapping[str, str] | None
) -> list[frozenset[str]] | None:
    """The sets of nodes that an expression names; `None` where that is not sure."""
    match value:
        case ast.IfExp(body=one, orelse=other):
            first, second = _named(one, code, ends), _named(other, code, ends)
            return None if first is None or second is None else [*first, *second]
        case ast.List(elts=values) | ast.Tuple(elts=values):
            parts = [_named(each, code, ends) for each in values]
            known = [each[0] for each in parts if each is not None and len(each) == 1]
            return [frozenset[str]().union(*known)] if len(known) == len(parts) else None
        case ast.Name(id=name) if given := local_values(code.tree).get(name):
            if not all(isinstance(each, ast.Constant | ast.IfExp) for each in given):
                return None
        case _:
            pass
    jumps, whole = targets_of(value, code)
    if not whole or any(jump.many for jump in jumps):
        return None
    keys = ends or {}
    named = [j.target if j.kind == "send" else keys.get(j.target, j.target) for j in jumps]
    return [frozenset({each}) for each in named]


def _is_one(graph: Graph, value: ast.expr, code: Function, ends: Mapping[str, str]) -> bool:
    """Whether an expression gives one key of a path_map, whichever."""
    keys = {str(key) for key in ends}
    if isinstance(value, ast.Compare | ast.UnaryOp) and keys <= {"True", "False"}:
        return True
    match value:
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str() as key)):
            field = graph.fields.get(key) if name in code.parameters[:1] else None
            text = field.text if field is not None else ""
            return text in {"str", "bool", "<class 'str'>", "<class 'bool'>"} or "Literal" in text
        case _:
            return False
