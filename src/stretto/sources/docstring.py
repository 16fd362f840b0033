"""Docstrings: pieces at paragraph borders, each described argument a piece of its own."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from stretto.sources.piece import cut, dedent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ENTRY_WORDS = 12
"""Entries with fewer words share a piece with their neighbours."""

_SECTION = re.compile(
    r"(?:Args|Arguments|Parameters|Params|Attributes|Keyword Arg(?:ument)?s|Other Parameters"
    r"|Raises|Fields):\s*$"
)


def docstring_texts(lines: Sequence[str], first: int) -> list[tuple[int, str]]:
    """Cut a docstring's lines, quotes taken away, into texts.

    Descriptions go by paragraphs; in sections of entries (`Args:`, `Raises:`, ... as Google
    writes them) each entry that says something is a text of its own.

    Returns:
        Pairs of first line (counting from `first`) and text.
    """
    plain = [lines[0].strip(), *dedent(lines[1:])] if lines else []
    texts: list[tuple[int, str]] = []
    for start, end, entries in _sections(plain):
        if entries:
            texts += _entries(plain, start + 1, end, first)
        else:
            texts += cut(plain[start:end], first + start)
    return texts


def _sections(lines: list[str]) -> Iterator[tuple[int, int, bool]]:
    """Ranges of lines, and whether they are a section of entries."""
    start, inside = 0, False
    for at, line in enumerate(lines):
        heading = bool(_SECTION.match(line))
        if heading or (inside and line and not line.startswith(" ")):
            if at > start:
                yield start, at, inside
            start, inside = at, heading
    yield start, len(lines), inside


def _entries(lines: list[str], start: int, end: int, first: int) -> list[tuple[int, str]]:
    margin = min(
        (len(line) - len(line.lstrip()) for line in lines[start:end] if line.strip()), default=0
    )
    heads = [
        i for i in range(start, end) if lines[i].strip() and lines[i][margin : margin + 1] != " "
    ]
    texts: list[tuple[int, str]] = []
    held: list[str] = []
    held_at = start
    for at, after in pairwise([*heads, end]):
        entry = [line[margin:] for line in lines[at:after]]
        if sum(len(line.split()) for line in entry) >= ENTRY_WORDS:
            texts += cut(held, first + held_at)
            texts += cut(entry, first + at)
            held = []
        else:
            held_at = held_at if held else at
            held += entry
    return [*texts, *cut(held, first + held_at)]
