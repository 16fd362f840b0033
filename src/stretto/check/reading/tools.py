"""Learns from source what a tool is."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from stretto.check.facts import Tool
from stretto.check.reading.spaces import read_in

if TYPE_CHECKING:
    from stretto.check.reading.spaces import Space


def is_given(expression: ast.expr | None) -> bool:
    """Whether something else than `None` is written there."""
    return expression is not None and not (
        isinstance(expression, ast.Constant) and expression.value is None
    )


def tool_in(given: ast.expr, space: Space) -> Tool | None:
    """What source says of a tool that an expression names; `None` where it is no function."""
    found = space.resolved(given)
    if found is None or not isinstance(found[0], ast.FunctionDef | ast.AsyncFunctionDef):
        return None
    tree, where = found
    assert isinstance(tree, ast.FunctionDef | ast.AsyncFunctionDef)  # noqa: S101 - just seen
    code = read_in(tree, where, takes_state=False)
    return Tool(
        name=_tool_name(tree, where),
        description=ast.get_docstring(tree) or ("..." if _told_elsewhere(tree, where) else ""),
        effect=_effect(tree, where),
        undo=_undoes(tree),
        code=code,
        untyped=() if _told_elsewhere(tree, where) else _untyped(tree),
        place=code.place,
    )


def _untyped(tree: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[str, ...]:
    parameters = [*tree.args.posonlyargs, *tree.args.args, *tree.args.kwonlyargs]
    hidden = {"self", "cls", "callbacks", "run_manager"}
    return tuple(a.arg for a in parameters if a.annotation is None and a.arg not in hidden)


def _told_elsewhere(tree: ast.FunctionDef | ast.AsyncFunctionDef, space: Space) -> bool:
    """Whether a decorator may tell a model what the function does not."""
    for each in tree.decorator_list:
        called = each.func if isinstance(each, ast.Call) else each
        if space.dotted(called).rpartition(".")[2] != "tool":
            return True
    return bool({"args_schema", "description"} & set(_words(tree)))


def _tool_name(tree: ast.FunctionDef | ast.AsyncFunctionDef, space: Space) -> str:
    for decorator in tree.decorator_list:
        if isinstance(decorator, ast.Call) and decorator.args:
            value = space.value(decorator.args[0])
            if isinstance(value, str):
                return value
    return tree.name


def _words(tree: ast.FunctionDef | ast.AsyncFunctionDef) -> dict[str, ast.expr]:
    calls = [d for d in tree.decorator_list if isinstance(d, ast.Call)]
    return {k.arg: k.value for d in calls for k in d.keywords if k.arg}


def _effect(tree: ast.FunctionDef | ast.AsyncFunctionDef, space: Space) -> str:
    given = _words(tree).get("effect")
    value = space.value(given) if given is not None else ""
    return value if isinstance(value, str) else ""


def _undoes(tree: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return is_given(_words(tree).get("undo"))


def tools_in(given: ast.expr | None, here: Space) -> tuple[Tool, ...]:
    """What source says of the tools of a list; empty where it is none."""
    found = here.resolved(given) if given is not None else None
    if found is None or not isinstance(found[0], ast.List | ast.Tuple):
        return ()
    tree, space = found
    assert isinstance(tree, ast.List | ast.Tuple)  # noqa: S101 - just seen
    made = [tool_in(each, space) for each in tree.elts]
    return tuple(each for each in made if each is not None)
