"""Learns from source how a node is tried again."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, cast

from stretto.check.facts import Retry
from stretto.check.reading.scope import placed

if TYPE_CHECKING:
    from stretto.check.reading.spaces import Space


def retries_in(given: ast.expr | None, here: Space) -> tuple[Retry, ...]:
    """The retry policies that an expression gives a node."""
    if given is None:
        return ()
    found = here.resolved(given)
    tree, space = found or (given, here)
    listed = list(tree.elts) if isinstance(tree, ast.List | ast.Tuple) else [cast("ast.expr", tree)]
    made: list[Retry] = []
    for each in listed:
        if not isinstance(each, ast.Call):
            continue
        words = {k.arg: k.value for k in each.keywords if k.arg}
        attempts = space.value(words["max_attempts"]) if "max_attempts" in words else 3
        names, on = _classes(words.get("retry_on"), space)
        count = attempts if isinstance(attempts, int) else 3
        made.append(Retry(count, on, names, placed(space.file, each)))
    return tuple(made)


def _classes(given: ast.expr | None, space: Space) -> tuple[tuple[str, ...] | None, Any]:
    if given is None:
        return None, None
    listed = given.elts if isinstance(given, ast.Tuple | ast.List) else [given]
    names = tuple(space.dotted(each).rpartition(".")[2] for each in listed)
    if names and all(name[:1].isupper() for name in names):
        return names, ast.unparse(given)
    return None, ast.unparse(given)
