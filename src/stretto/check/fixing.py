"""Makes the edits of findings in their files, as far as what comes out parses."""

from __future__ import annotations

import ast
import difflib
import io
import linecache
import tokenize
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from stretto.check.importing import is_users

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
    encoding: str = "utf-8"

    def diff(self, name: str) -> str:
        """What changes, as a unified diff of a file of that name."""
        lines = difflib.unified_diff(_lines(self.before), _lines(self.after), name, name)
        return "".join(f"{line.rstrip()}\n" for line in lines)

    def moved(self, finding: Finding) -> Finding:
        """A finding of the file before, at its place in the file after."""
        place = finding.place
        if place is None or place.file != self.file:
            return finding
        by = self._by(place.line)
        end = place.end_line + by if place.end_line else 0
        return replace(finding, place=replace(place, line=place.line + by, end_line=end))

    def _by(self, line: int) -> int:
        """How many lines a line of the file before moves down."""
        matcher = difflib.SequenceMatcher(
            None, _lines(self.before), _lines(self.after), autojunk=False
        )
        begun = [(a, b) for _, a, _, b, _ in matcher.get_opcodes() if a < line]
        last = begun[-1] if begun else (0, 0)
        return last[1] - last[0]


def fixes(findings: Iterable[Finding]) -> list[Fixed]:
    """What the edits of findings make of their files; nothing is written.

    Edits that overlap an earlier one are left for another time, and so are those with which a file
    would no longer parse. Files that are installed are left as they are.
    """
    by_file: dict[str, list[Finding]] = {}
    for finding in findings:
        files = {edit.place.file for edit in finding.edits}
        if len(files) == 1 and all(map(is_users, files)):
            by_file.setdefault(files.pop(), []).append(finding)
    made = [_fixed(file, each) for file, each in sorted(by_file.items())]
    return [each for each in made if each is not None]


def written(fixed: Fixed) -> None:
    """Write a file's new text, its line ends and encoding as they were.

    Raises:
        OSError: It cannot be written.
    """
    Path(fixed.file).write_bytes(fixed.after.encode(fixed.encoding))
    linecache.checkcache(fixed.file)


def _fixed(file: str, findings: list[Finding]) -> Fixed | None:
    try:
        raw = Path(file).read_bytes()
        encoding, _ = tokenize.detect_encoding(io.BytesIO(raw).readline)
        before = raw.decode(encoding)
    except (OSError, UnicodeDecodeError, SyntaxError):
        return None
    mended: list[Finding] = []
    edits: list[Edit] = []
    after = before
    for finding in findings:
        if all(_fits(each, edits) for each in finding.edits):
            more = [*edits, *(each for each in finding.edits if each not in edits)]
            made = _made(before, more)
            if made is not None:
                after, edits = made, more
                mended.append(finding)
    return Fixed(file, before, after, tuple(mended), encoding) if after != before else None


def _made(text: str, edits: list[Edit]) -> str | None:
    """The text with its edits and what they import; `None` when it does not parse."""
    try:
        made = _with_imports(_edited(text, edits), [line for e in edits for line in e.needs])
        ast.parse(made)
    except (SyntaxError, ValueError, IndexError):
        return None
    return made


def _lines(text: str) -> list[str]:
    """Its lines as Python counts them, each with its end."""
    return [line.decode() for line in text.encode().splitlines(keepends=True)]


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
    lines = _lines(text)
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
        first: list[int] = [d.lineno for d in getattr(node, "decorator_list", [])]
        return min([node.lineno, *first]) - 1
    return 0


def _behind_the_head(tree: ast.Module) -> Iterator[ast.stmt]:
    for at, node in enumerate(tree.body):
        docstring = at == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
        if not docstring and not future:
            yield node
