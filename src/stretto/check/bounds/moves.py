"""The ways that a node or a conditional edge may go on: what a result means."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from itertools import chain, combinations, product
from typing import TYPE_CHECKING, Any

from stretto.check.bounds.formula import Formula, number, symbol
from stretto.check.bounds.known import FAILED, UNKNOWN, Going, Perhaps, Sent
from stretto.check.facts import END
from stretto.check.reading.targets import local_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stretto.check.facts import Branch, Function, Graph, Jump, Node

WIDE = 6
"""Of how many nodes each set is looked at that may run at once."""
MANY = 64
"""How many nodes a list may name."""
Running = tuple[tuple[str, Formula], ...]


class TooLarge(Exception):
    """Raised when a graph has more states than are looked at."""


@dataclass(frozen=True)
class Move:
    """One way that a node may go on."""

    update: tuple[tuple[str, Any], ...] | None = ()
    """What it writes of the tracked fields; `None` when that is not known."""
    nodes: frozenset[str] = frozenset()
    sends: Running = ()
    stops: bool = False
    """Whether the whole graph ends there, by an error or for the graph above."""
    alone: bool = False
    """Whether its edges are not followed, since its error is handled elsewhere."""


def read_moves(given: Any, tracked_fields: frozenset[str], node: Node) -> Iterator[Move]:
    """What a node's result means: updates, and where it goes."""
    match given:
        case list() if any(isinstance(each, Going) for each in given):
            several = [list(read_moves(each, tracked_fields, node)) for each in given]
            for moves in product(*several):
                yield _at_once(moves)
        case _ if given is FAILED:
            yield Move(stops=True)
        case Going(parent=True):
            yield Move(stops=True)
        case Going(update=update, goto=goto):
            written = () if update is None else _written(update, tracked_fields)
            if goto is None:
                yield Move(written)
                return
            gone = targets(goto)
            for move in gone if gone is not None else _anywhere(node):
                yield Move(written, move.nodes, move.sends)
        case None | str():
            yield Move()
        case dict():
            yield Move(_written(given, tracked_fields))
        case _:
            writes = node.writes
            touched = tracked_fields if writes is None else tracked_fields & writes
            update = tuple((name, UNKNOWN) for name in sorted(touched))
            yield Move(update)
            if node.code is not None and (node.code.commands or not node.code.writes_all):
                for move in _anywhere(node) if node.code.jumps or node.ends else ():
                    yield Move(update, move.nodes, move.sends)


def _at_once(moves: Iterable[Move]) -> Move:
    each = list(moves)
    nodes = frozenset(name for move in each for name in move.nodes)
    update = (
        None
        if any(move.update is None for move in each)
        else tuple(pair for move in each for pair in move.update or ())
    )
    sends = summed([sent for move in each for sent in move.sends])
    return Move(update, nodes, sends, any(move.stops for move in each))


def _anywhere(node: Node) -> list[Move]:
    """Everywhere that a node may go by itself, where it is not known which it is."""
    code = node.code
    jumps = [j for j in code.jumps if not j.parent] if code is not None else []
    if node.ends is None and (code is None or not code.jumps_all):
        raise TooLarge
    names = {j.target for j in jumps if j.kind != "send"} | set(node.ends or ())
    return any_of(names, jumps)


def any_of(names: Iterable[str], jumps: Iterable[Jump] = ()) -> list[Move]:
    """Each set of nodes that may be gone to, and any number of what may be sent.

    Raises:
        TooLarge: There are too many sets.
    """
    parts = [Move(nodes=frozenset([name]) - {END}) for name in sorted({*names} - {END})]
    sent = sorted({j.target for j in jumps if j.kind == "send"})
    parts += [Move(sends=((name, symbol(name)),)) for name in sent]
    if len(parts) > WIDE:
        raise TooLarge
    sets = chain.from_iterable(combinations(parts, size) for size in range(len(parts) + 1))
    return [together(each) for each in sets]


def together(moves: Iterable[Move]) -> Move:
    """All at once, whatever they write."""
    each = list(moves)
    nodes = frozenset[str]().union(*(move.nodes for move in each))
    sends = summed([sent for move in each for sent in move.sends])
    return Move(nodes=nodes, sends=sends, stops=any(move.stops for move in each))


def somewhere(branch: Branch, graph: Graph) -> list[Move]:
    """Where a conditional edge may lead of which nothing is known but its targets."""
    targets = branch.targets
    if targets is None:
        raise TooLarge
    if _names_one(branch, graph):
        return [Move(nodes=frozenset([name]) - {END}) for name in sorted(targets)] or [Move()]
    return any_of(targets, branch.sends)


def _names_one(branch: Branch, graph: Graph) -> bool:
    """Whether what a conditional edge gives is one name, whichever."""
    code = branch.code
    if code is None or branch.sends:
        return code is None
    told = getattr(code.tree, "returns", None)
    kind = ast.unparse(told).strip("'\"") if told is not None else ""
    if kind in {"str", "bool"} or kind.partition("[")[0].rpartition(".")[2] == "Literal":
        return True
    return bool(code.returns) and all(_is_text(value, code, graph) for value in code.returns)


def _is_text(value: ast.expr, code: Function, graph: Graph) -> bool:
    match value:
        case ast.Constant() | ast.Compare() | ast.JoinedStr() | ast.UnaryOp(op=ast.Not()):
            return True
        case ast.IfExp(body=one, orelse=other):
            return _is_text(one, code, graph) and _is_text(other, code, graph)
        case ast.Subscript(slice=ast.Constant(value=str() as key)) | ast.Attribute(attr=key):
            field = graph.fields.get(key)
            text = field.text if field is not None else ""
            known = text in {"str", "bool", "<class 'str'>", "<class 'bool'>"}
            return known or text.startswith(("Literal[", "typing.Literal["))
        case ast.Name(id=name) if given := local_values(code.tree).get(name):
            return all(_is_text(each, code, graph) for each in given)
        case _:
            return isinstance(code.scope.value(value), str | bool)


def _written(update: Any, tracked_fields: frozenset[str]) -> tuple[tuple[str, Any], ...] | None:
    if not isinstance(update, dict):
        return None if tracked_fields else ()
    return tuple(
        (key, _kept(value)) for key, value in sorted(update.items()) if key in tracked_fields
    )


def _kept(value: Any) -> Any:
    """A value that can be compared: of a list its length is kept."""
    if isinstance(value, list):
        return tuple(UNKNOWN for _ in value)
    return value if isinstance(value, bool | int | float | str | None) else UNKNOWN


def declared(given: Any, branch: Branch) -> list[Move] | None:
    """Where a path_map leads from a result, such as `True`."""
    if given is UNKNOWN or not isinstance(given, str | int) or given not in (branch.ends or {}):
        return None
    return [Move(nodes=frozenset([(branch.ends or {})[given]]) - {END})]  # type: ignore[index]


def targets(given: Any) -> list[Move] | None:
    """The nodes that a branch's result or a `goto` names; `None` when they are not known."""
    match given:
        case str():
            return [Move(nodes=frozenset([given]) - {END})]
        case bool() | int() | float():
            return [Move(nodes=frozenset([str(given)]))]
        case None:
            return [Move()]
        case Sent(node=str() as node):
            return [Move(sends=((node, _often(given)),))]
        case Perhaps(sent=sent):
            moves = targets(sent)
            return None if moves is None else [*moves, Move()]
        case list():
            found = [targets(each) for each in given]
            parts = [each for each in found if each is not None]
            if len(parts) < len(found) or len(parts) > MANY:
                return None
            return list(dict.fromkeys(together(each) for each in product(*parts)))
        case _:
            return None


def _often(sent: Sent) -> Formula:
    times = number(sent.often)
    for name in sent.per:
        times *= symbol(name)
    return times


def mapped(move: Move, branch: Branch) -> Move:
    """Where a path_map leads from what a conditional edge names."""
    ends = branch.ends or {}
    nodes = frozenset(ends.get(name, name) for name in move.nodes) - {END}
    return Move(move.update, nodes, move.sends, move.stops)


def summed(pairs: Iterable[tuple[str, Formula]]) -> Running:
    """How often each node runs, by name."""
    sums: dict[str, Formula] = {}
    for name, times in pairs:
        sums[name] = sums[name] + times if name in sums else times
    return tuple(sorted(sums.items(), key=lambda pair: pair[0]))
