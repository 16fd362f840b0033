"""Reads a function's source: what it takes of the state, gives, calls, and where it sends to."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from stretto.check.facts import Function, Jump
from stretto.check.reading.calling import INTERRUPT, Calling, declared_effect
from stretto.check.reading.handlers import retried
from stretto.check.reading.targets import local_values, own_nodes, targets

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stretto.check.finding import Place
    from stretto.check.reading.scope import Scope
    from stretto.check.reading.source_files import Callable_

UNREAD = ("self", "cls")
DEPTH = 3
"""How far functions of the user that are called are followed."""


def read_function(
    tree: Callable_,
    scope: Scope,
    *,
    live: Any = None,
    takes_state: bool = True,
    bound: int = 0,
    wrapped: bool = False,
) -> Function:
    """Tell what a function's source says.

    Args:
        tree: Its definition, out of the tree of its whole file.
        scope: What its names mean.
        live: The function itself, where it was imported.
        takes_state: Whether its first parameter is the state: so with nodes and branches.
        bound: How many of its parameters are given before, as by `functools.partial`.
        wrapped: Whether something of the user's stands around it.
    """
    given = tree.args.posonlyargs + tree.args.args
    names = tuple(a.arg for a in given if a.arg not in UNREAD)
    state = frozenset(names[bound : bound + 1]) if takes_state else frozenset[str]()
    body: Sequence[ast.AST] = [tree.body] if isinstance(tree, ast.Lambda) else tree.body
    reader = Calling(scope, set(state), choices=local_values(tree))
    reader.locals.update(_assigned(body))
    if isinstance(tree, ast.Lambda):
        reader.returned(tree.body)
        reader.visit(tree.body)
    else:
        reader.swallows = retried(tree, scope)
        for statement in tree.body:
            reader.visit(statement)
    writes = reader.written()
    if not isinstance(tree, ast.Lambda) and not _always_leaves(tree.body):
        writes = tuple(replace(write, every=False) for write in writes)
    hint, hint_at = _hint(tree, scope)
    return Function(
        name="<lambda>" if isinstance(tree, ast.Lambda) else tree.name,
        place=_head(tree, scope),
        tree=tree,
        scope=scope,
        is_async=isinstance(tree, ast.AsyncFunctionDef),
        parameters=names,
        bound=bound,
        reads=tuple(reader.reads),
        reads_all=reader.reads_all,
        writes=writes,
        writes_all=reader.writes_all,
        returns=tuple(reader.returns),
        returns_state=reader.returns_state,
        wrapped=wrapped,
        jumps=_once(reader.jumps),
        jumps_all=reader.jumps_all or _gives_no_command(tree, reader),
        parents_all=reader.parents_all,
        commands=reader.commands,
        calls=tuple(reader.calls),
        interrupts=tuple(c for c in reader.calls if c.name in INTERRUPT),
        effects=tuple(reader.effects),
        effect=declared_effect(tree, scope, live),
        mutations=reader.mutated(),
        hint=hint,
        hint_at=hint_at,
        live=live,
    )


def _gives_no_command(tree: Callable_, reader: Calling) -> bool:
    """Whether an annotation says so, where what is returned comes from elsewhere."""
    if isinstance(tree, ast.Lambda) or tree.returns is None or reader.commands or reader.jumps:
        return False
    text = ast.unparse(tree.returns)
    if "Command" in text or "Send" in text:
        return False
    return not {"Any", "object"} & set(text.partition("[")[0].split(" "))


def _once(jumps: Sequence[Jump]) -> tuple[Jump, ...]:
    """Each place once: a `Send` within a `Command` is met twice, and goes where that goes."""
    found: dict[tuple[str, Place], Jump] = {}
    for jump in sorted(jumps, key=lambda each: not each.parent):
        known = found.setdefault((jump.target, jump.at), jump)
        found[jump.target, jump.at] = replace(known, many=known.many or jump.many)
    return tuple(found.values())


def as_branch(function: Function) -> Function:
    """Read what a function of a conditional edge returns as the nodes it leads to."""
    jumps: list[Jump] = list(function.jumps)
    whole = function.jumps_all
    for value in function.returns:
        found, all_of_it = targets_of(value, function)
        known = {(j.target, j.at) for j in jumps}
        jumps += [j for j in found if (j.target, j.at) not in known]
        whole = whole and all_of_it
    if function.hint is not None:
        known_names = {j.target for j in jumps}
        at = function.hint_at or function.place
        jumps += [Jump(name, at) for name in function.hint if name not in known_names and not whole]
        whole = True
    return replace(function, jumps=tuple(jumps), jumps_all=whole)


def targets_of(value: ast.expr, function: Function) -> tuple[list[Jump], bool]:
    """The nodes that an expression of a function names, and whether these are all."""
    return targets(value, function.scope, local_values(function.tree), 0)


def _assigned(body: Sequence[ast.AST]) -> Iterator[str]:
    for statement in body:
        for node in [statement, *own_nodes(statement)]:
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id


def _always_leaves(body: Sequence[ast.stmt]) -> bool:
    """Whether a function never comes to the end of a body, but returns or raises within."""
    match body[-1] if body else None:
        case ast.Return() | ast.Raise():
            return True
        case ast.If(body=one, orelse=other):
            return _always_leaves(one) and _always_leaves(other)
        case ast.With(body=inner) | ast.AsyncWith(body=inner):
            return _always_leaves(inner)
        case ast.Try(body=inner, handlers=handlers, orelse=after, finalbody=last):
            caught = all(_always_leaves(handler.body) for handler in handlers)
            return _always_leaves(last) or (caught and _always_leaves(after or inner))
        case ast.Match(cases=cases):
            return _is_rest(cases[-1]) and all(_always_leaves(case.body) for case in cases)
        case _:
            return False


def _is_rest(case: ast.match_case) -> bool:
    return case.guard is None and isinstance(case.pattern, ast.MatchAs) and not case.pattern.pattern


def _head(tree: Callable_, scope: Scope) -> Place:
    """The line of `def`, without the body."""
    at = scope.place(tree)
    if isinstance(tree, ast.Lambda):
        return at
    return replace(
        at,
        end_line=at.line,
        end_column=at.column
        + len("def ")
        + len(tree.name)
        + (6 if isinstance(tree, ast.AsyncFunctionDef) else 0),
    )


def _hint(tree: Callable_, scope: Scope) -> tuple[tuple[str, ...] | None, Place | None]:
    """The names in a `Literal[...]` or `Command[Literal[...]]` return annotation."""
    if isinstance(tree, ast.Lambda) or tree.returns is None:
        return None, None
    annotation: ast.expr = tree.returns
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        try:
            annotation = ast.parse(annotation.value, mode="eval").body
        except SyntaxError:
            return None, None
    for node in ast.walk(annotation):
        if (
            isinstance(node, ast.Subscript)
            and scope.dotted(node.value).rpartition(".")[2] == "Literal"
        ):
            inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            values = [scope.value(each) for each in inner]
            if all(isinstance(each, str) for each in values):
                return tuple(cast("list[str]", values)), scope.place(tree.returns)
            return None, None
    return None, None
