"""The files of a project that a file names, and those that they name."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

from stretto.spec.definition import Definition

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOLDERS = ("graphs", "agents", "prompts", "tools", "steps")
_DOTTED = re.compile(r"\b([A-Za-z]\w*)\.(\w*)")
_CALLS = {"agent": "agents", "prompt": "prompts", "graph": "graphs"}
"""Methods of `Project` that take a name, and the folder it leads to."""


def closure(root: Path, start: Path) -> list[Path]:
    """Give a file with all files of its project that it needs, sorted.

    Names are read, not guessed: what YAML says under its keys, and what Python says in strings.
    """
    all_ = [f for folder in FOLDERS for f in sorted((root / folder).glob("*.*")) if f.is_file()]
    files = [file for file in all_ if file.name != "README.md"]
    found, open_ = {start}, [start]
    while open_:
        for named in _named(open_.pop(), files):
            if named not in found:
                found.add(named)
                open_.append(named)
    return sorted(found)


def _named(path: Path, files: list[Path]) -> Iterator[Path]:
    if path.suffix in (".yaml", ".yml"):
        data = Definition.parse(path.read_text(encoding="utf-8"), path).data
        for key, text in _texts("", data):
            yield from _by_key(key, text, files)
            yield from _in_text(text, files)
    elif path.suffix == ".py":
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield from _in_text(node.value, files)
            if isinstance(node, ast.Call):
                yield from _called(node, files)


def _texts(key: str, said: Any) -> Iterator[tuple[str, str]]:
    """All texts of what YAML says, each with the key that it stands under."""
    match said:
        case str():
            yield key, said
        case dict():
            keyed: dict[Any, Any] = said
            for name, value in keyed.items():
                yield from _texts(str(name), value)
        case list():
            items: list[Any] = said
            for value in items:
                yield from _texts(key, value)
        case _:
            return


def _by_key(key: str, text: str, files: list[Path]) -> Iterator[Path]:
    """What is named alone: a prompt, a tool, a team, an agent."""
    match key:
        case "prompt":
            yield from _files("prompts", text, files)
        case "tools" | "undo":
            yield from _tools(text, files)
        case "team":
            yield from _files("graphs", text, files)
        case "description" | "role" | "ask" | "say" | "name":
            return
        case _:
            yield from _files("agents", text, files)


def _files(folder: str, stem: str, files: list[Path]) -> list[Path]:
    found = [f for f in files if f.parent.name == folder and f.stem == stem]
    yaml = [f for f in found if f.suffix != ".py"]
    return yaml if folder == "graphs" and yaml else found


def _tools(text: str, files: list[Path]) -> Iterator[Path]:
    for file in files:
        if file.parent.name == "tools" and _holds(file, text):
            yield file


def _holds(file: Path, tool: str) -> bool:
    if tool.startswith("mcp:"):
        return file.name == "mcp.json"
    return file.suffix == ".py" and f"def {tool}(" in file.read_text(encoding="utf-8")


def _in_text(text: str, files: list[Path]) -> Iterator[Path]:
    """Functions as `family.name`, and files by their whole name."""
    families = dict.fromkeys(_DOTTED.findall(text))
    for file in files:
        if file.name == text.rpartition("/")[2]:
            yield file
        elif file.parent.name in ("tools", "steps") and file.suffix == ".py":
            names = [name for family, name in families if family == file.stem]
            if names and any(_defines(file, name) for name in names):
                yield file


def _defines(file: Path, name: str) -> bool:
    """Whether a file may define a name; what an f-string fills in may be any."""
    return not name or re.search(rf"\b{name}\b", file.read_text(encoding="utf-8")) is not None


def _called(call: ast.Call, files: list[Path]) -> Iterator[Path]:
    match call:
        case ast.Call(func=ast.Attribute(attr=attr), args=[ast.Constant(value=str(name)), *_]):
            yield from _files(_CALLS.get(attr, ""), name, files)
        case _:
            return
