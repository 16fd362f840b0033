"""Makes the edits of findings in their files, as far as what comes out parses."""

from __future__ import annotations

import ast
import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stretto.check.finding import Edit, Finding


@dataclass(frozen=True, slots=True)
class Fixed:
    """A file before and after its edits."""

    file: str
    before: str
    after: str
    findings: tuple[Finding, ...]
    """Those that are mended."""

    @property
    def diff(self) -> str:
        """What changes, as a unified diff."""
        lines = difflib.unified_diff(
            self.before.splitlines(keepends=True),
            self.after.splitlines(keepends=True),
            self.file,
            self.file,
        )
        return "".join(lines)


def fixes(findings: Iterable[Finding]) -> list[Fixed]:
    """What the edits of findings make of their files; nothing is written.

    Edits that overlap an earlier one are left for another time, and a file that would no longer
    parse is left as it is.
    """
    by_file: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.edits:
            by_file.setdefault(finding.edits[0].place.file, []).append(finding)
    made = [_fixed(file, each) for file, each in sorted(by_file.items())]
    return [each for each in made if each is not None]


def written(fixed: Fixed) -> None:
    """Write a file's new text, its line ends as they were."""
    Path(fixed.file).write_bytes(fixed.after.encode("utf-8"))


def _fixed(file: str, findings: list[Finding]) -> Fixed | None:
    try:
        before = Path(file).read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    mended: list[Finding] = []
    edits: list[Edit] = []
    for finding in findings:
        if finding.edits and all(_fits(each, edits) for each in finding.edits):
            edits += [each for each in finding.edits if each not in edits]
            mended.append(finding)
    after = _with_imports(_edited(before, edits), [line for e in edits for line in e.needs])
    try:
        ast.parse(after)
    except SyntaxError:
        return None
    return Fixed(file, before, after, tuple(mended)) if after != before else None


def _fits(edit: Edit, others: list[Edit]) -> bool:
    return edit in others or not any(_overlap(edit, each) for each in others)


def _overlap(one: Edit, other: Edit) -> bool:
    begin, end = _ends(one)
    start, stop = _ends(other)
    return (begin, end) == (start, stop) or (begin < stop and start < end)


def _ends(edit: Edit) -> tuple[tuple[int, int], tuple[int, int]]:
    at = edit.place
    return (at.line, at.column), (at.end_line, at.end_column)


def _edited(text: str, edits: list[Edit]) -> str:
    """Put the edits in, the last one first; columns count bytes, as `ast` does."""
    lines = text.encode("utf-8").splitlines(keepends=True)
    for edit in sorted(edits, key=_ends, reverse=True):
        at = edit.place
        head = lines[at.line - 1][: at.column]
        tail = lines[at.end_line - 1][at.end_column :]
        lines[at.line - 1 : at.end_line] = [head + edit.text.encode("utf-8") + tail]
    return b"".join(lines).decode("utf-8")


def _with_imports(text: str, needed: list[str]) -> str:
    """Add import lines that are not there, behind the docstring and `__future__`."""
    missing = [line for line in dict.fromkeys(needed) if not _imports(text, line)]
    if not missing:
        return text
    end = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines(keepends=True)
    at = _first_import(ast.parse(text))
    added = [f"{line}{end}" for line in missing]
    return "".join([*lines[:at], *added, *lines[at:]])


def _imports(text: str, line: str) -> bool:
    """Whether a file has at its top what an import line gives."""
    (wanted,) = ast.parse(line).body
    names = {alias.name for alias in wanted.names} if isinstance(wanted, ast.ImportFrom) else set()
    there = {
        alias.name
        for node in ast.parse(text).body
        if isinstance(node, ast.ImportFrom)
        and isinstance(wanted, ast.ImportFrom)
        and node.module == wanted.module
        for alias in node.names
        if alias.asname is None
    }
    return names <= there


def _first_import(tree: ast.Module) -> int:
    """The number of lines in front of the first import that is not of the future."""
    for node in _behind_the_head(tree):
        first = [d.lineno for d in getattr(node, "decorator_list", [])]
        return min([node.lineno, *first]) - 1
    return 0


def _behind_the_head(tree: ast.Module) -> Iterator[ast.stmt]:
    for at, node in enumerate(tree.body):
        docstring = at == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
        if not docstring and not future:
            yield node
