"""What a repository's Python offers at a revision, and what was renamed between two."""

from __future__ import annotations

import ast
import hashlib
from typing import Any

from stretto import Project
from stretto.parsing import parse

__all__ = ["files", "offered", "renamed"]

LARGEST = 1_000_000
"""Bytes of the largest file that is read."""
ALL = 64_000_000
"""Bytes of all files together that are read."""
_SKIPPED = ("tests/", "test/", ".venv/", "node_modules/")


def files(root: str, revision: str, suffixes: tuple[str, ...]) -> dict[str, str]:
    """The text files of a revision that end so, by path; those of tests are left out."""
    git = Project.at(__file__).step("repository.git")
    listed = git(root, "ls-tree", "-r", "-z", "--long", revision)[0].decode(errors="replace")
    wanted: dict[str, str] = {}
    for entry in filter(None, listed.split("\0")):
        about, path = entry.split("\t", 1)
        _, kind, digest, size = about.split()
        if kind == "blob" and path.endswith(suffixes) and int(size) <= LARGEST:
            wanted[path] = digest
    kept = {path: digest for path, digest in wanted.items() if not path.startswith(_SKIPPED)}
    if not kept:
        return {}
    asked = "".join(f"{digest}\n" for digest in kept.values()).encode()
    out = git(root, "cat-file", "--batch", given=asked, limit=ALL)[0]
    return dict(zip(kept, _blobs(out), strict=False))


def _blobs(out: bytes) -> list[str]:
    found: list[str] = []
    at = 0
    while (end := out.find(b"\n", at)) >= 0:
        size = int(out[at:end].split()[-1])
        found.append(out[end + 1 : end + 1 + size].decode(errors="replace"))
        at = end + size + 2
    return found


def offered(sources: dict[str, str]) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Public functions, methods and classes by name, and the files that are no Python.

    A method is called `Class.method`. What two files offer differently under one name is left out.
    Each has its `file`, `names` and `defaults` of parameters, the signature `plain` and `typed`,
    what it `returns`, and a digest of its `body`.
    """
    found: dict[str, dict[str, Any]] = {}
    broken: list[str] = []
    double: set[str] = set()
    for path, text in sources.items():
        try:
            tree = parse(text)
        except (SyntaxError, ValueError, RecursionError):
            broken.append(path)
            continue
        for name, one in _defined(tree, path):
            if name in found and found[name]["typed"] != one["typed"]:
                double.add(name)
            found[name] = one
    return {name: one for name, one in found.items() if name not in double}, broken


def _defined(tree: ast.Module, path: str) -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.append((node.name, _told(node, path, method=False)))
        elif isinstance(node, ast.ClassDef):
            inside = [n for n in node.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
            begins = next((n for n in inside if n.name == "__init__"), None)
            if begins is not None:
                found.append((node.name, _told(begins, path, method=True)))
            found += [(f"{node.name}.{n.name}", _told(n, path, method=True)) for n in inside]
    return [(name, one) for name, one in found if not name.rpartition(".")[2].startswith("_")]


def _told(
    node: ast.FunctionDef | ast.AsyncFunctionDef, path: str, *, method: bool
) -> dict[str, Any]:
    given = node.args
    bound = method and not any(
        isinstance(each, ast.Name) and each.id == "staticmethod" for each in node.decorator_list
    )
    typed = signature(given, bound=bound)
    for each in _all(given):
        each.annotation = None
    body = "".join(ast.dump(each) for each in node.body)
    return {
        "file": path,
        "typed": typed,
        "plain": signature(given, bound=bound),
        "names": [each.arg for each in _all(given)][int(bound) :],
        "defaults": _defaults(given),
        "returns": ast.unparse(node.returns) if node.returns else "",
        "body": hashlib.sha256(body.encode()).hexdigest(),
    }


def signature(given: ast.arguments, *, bound: bool) -> str:
    """The parameters as they are written, without `self`."""
    told = ast.unparse(given)
    return told.partition(", ")[2] if bound else told


def _all(given: ast.arguments) -> list[ast.arg]:
    star, stars = [given.vararg] if given.vararg else [], [given.kwarg] if given.kwarg else []
    return [*given.posonlyargs, *given.args, *star, *given.kwonlyargs, *stars]


def _defaults(given: ast.arguments) -> dict[str, str]:
    places = [*given.posonlyargs, *given.args]
    behind = places[len(places) - len(given.defaults) :]
    pairs = [*zip(behind, given.defaults, strict=True)]
    named = zip(given.kwonlyargs, given.kw_defaults, strict=True)
    return {arg.arg: ast.unparse(value) for arg, value in (*pairs, *named) if value is not None}


def renamed(before: dict[str, dict[str, Any]], now: dict[str, dict[str, Any]]) -> dict[str, str]:
    """New names by old ones: what does the same under another name, in the same file."""
    gone = [name for name in before if name not in now]
    come = [name for name in now if name not in before]
    found: dict[str, str] = {}
    for old in gone:
        like = [new for new in come if _same(before[old], now[new])]
        if len(like) == 1 and like[0] not in found.values():
            found[old] = like[0]
    return found


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(one[key] == other[key] for key in ("file", "body"))
