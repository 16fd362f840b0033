"""Python source, read by its syntax tree and never run.

Docstrings and the strings under fields are explanations (kind "docstring"); function bodies are
pieces of their own (kind "code"). Symbols are qualified names within the module.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from stretto.parsing import parse
from stretto.sources.docstring import docstring_texts
from stretto.sources.piece import Piece, cut, dedent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_QUOTED = re.compile(r"[rRuU]?(\"\"\"|''')(.*)\1", re.DOTALL)


def python_pieces(text: str, module: str) -> list[Piece]:
    """Docstrings, field strings and function bodies of a module.

    Source that does not parse (another Python, a template) is cut as code without symbols.
    """
    lines = text.split("\n")
    try:
        tree = parse(text)
        pieces = [*_docstring(tree, module, lines), *_members(tree.body, "", lines)]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        pieces = []
    return pieces or _code(lines, 1, module)


def _members(body: Sequence[ast.stmt], prefix: str, lines: list[str]) -> Iterator[Piece]:
    for at, node in enumerate(body):
        match node:
            case ast.ClassDef():
                yield from _class(node, f"{prefix}{node.name}", lines)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from _function(node, f"{prefix}{node.name}", lines)
            case ast.If():
                yield from _members([*node.body, *node.orelse], prefix, lines)
            case ast.Try():
                yield from _members([*node.body, *node.orelse, *node.finalbody], prefix, lines)
            case ast.Assign() | ast.AnnAssign():
                yield from _field(node, body[at + 1 : at + 2], prefix, lines)
            case _:
                pass


def _class(node: ast.ClassDef, symbol: str, lines: list[str]) -> Iterator[Piece]:
    inner = list(_members(node.body, f"{symbol}.", lines))
    fields = {f"{symbol}.{name}" for each in node.body for name in _targets(each)}
    described = " ".join(f"{p.symbol} {p.text}" for p in inner if p.symbol in fields)
    yield from _docstring(node, symbol, lines, described)
    yield from inner


def _function(node: _Function, symbol: str, lines: list[str]) -> Iterator[Piece]:
    yield from _docstring(node, symbol, lines)
    for inner in ast.walk(node):
        if inner is not node and isinstance(inner, _Function):
            yield from _docstring(inner, f"{symbol}.{inner.name}", lines)
    body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
    if not body or all(isinstance(each, ast.Pass) or _is_ellipsis(each) for each in body):
        return
    start = body[0].lineno if len(body) < len(node.body) else node.lineno
    yield from _code(lines[start - 1 : node.end_lineno], start, symbol)


def _field(
    node: ast.Assign | ast.AnnAssign, after: Sequence[ast.stmt], prefix: str, lines: list[str]
) -> Iterator[Piece]:
    """The string under a field, or the description it is given in the call that makes it."""
    names = _targets(node)
    if not names:
        return
    symbol = f"{prefix}{names[0]}"
    declared = " ".join(lines[node.lineno - 1 : node.end_lineno])[:400]
    if after and isinstance(after[0], ast.Expr) and isinstance(after[0].value, ast.Constant):
        yield from _string(after[0].value, symbol, lines, declared)
    for call in ast.walk(node):
        if isinstance(call, ast.Call):
            for keyword in call.keywords:
                if keyword.arg == "description" and isinstance(keyword.value, ast.Constant):
                    yield from _string(keyword.value, symbol, lines, declared)


def _docstring(
    node: ast.Module | ast.ClassDef | _Function, symbol: str, lines: list[str], context: str = ""
) -> Iterator[Piece]:
    match node.body[:1]:
        case [ast.Expr(value=ast.Constant() as constant)]:
            yield from _string(constant, symbol, lines, context)
        case _:
            pass


def _string(node: ast.Constant, symbol: str, lines: list[str], context: str) -> Iterator[Piece]:
    if not isinstance(node.value, str) or not node.value.strip():
        return
    content, first = _content(node, node.value, lines)
    texts = docstring_texts(content, first)
    for number, (line, text) in enumerate(texts):
        around = context if number == 0 else texts[0][1].split("\n", 1)[0]
        yield Piece(line, text, symbol, "docstring", around)


def _content(node: ast.Constant, value: str, lines: list[str]) -> tuple[list[str], int]:
    """The lines of a string, without quotes, and the number of the first.

    As the file has them where escapes would make other lines of them.
    """
    start, end = node.lineno - 1, (node.end_lineno or node.lineno)
    source = "\n".join(lines[start:end]).encode()
    tail = len(lines[end - 1].encode()) - (node.end_col_offset or 0)
    quoted = _QUOTED.fullmatch(
        source[node.col_offset : len(source) - tail].decode(errors="replace")
    )
    if quoted and quoted[2].count("\n") != value.count("\n"):
        return quoted[2].split("\n"), node.lineno
    return value.split("\n"), node.lineno


def _code(lines: Sequence[str], first: int, symbol: str) -> list[Piece]:
    return [Piece(line, text, symbol, "code") for line, text in cut(dedent(lines), first)]


def _targets(node: ast.stmt) -> list[str]:
    match node:
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
            return [name]
        case _:
            return []


def _is_ellipsis(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
