"""A piece of a document, and cutting text into pieces.

Line `i` of a piece's text stands at line `piece.line + i` of the file, so that a quotation can be
opened where it begins. (HTML and PDF have no such lines: see their readers.)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

WORDS = 200
"""Words a piece has at most, but for a last short paragraph."""
LINE = 4000
"""Characters of a line kept in one piece; longer lines are cut."""

_FENCE = re.compile(r"\s*(```|~~~)")


@dataclass(frozen=True, slots=True)
class Piece:
    """What becomes one passage of the index."""

    line: int
    """First line, 1-based."""
    text: str
    symbol: str = ""
    kind: Literal["text", "docstring", "code"] = "text"
    context: str = ""
    """Words it is found by that it does not contain: what surrounds it."""


class Block(NamedTuple):
    """Lines that belong together, with the number of the first."""

    line: int
    lines: list[str]

    @property
    def words(self) -> int:
        """How many words it has."""
        return sum(len(line.split()) for line in self.lines)


def cut(lines: Sequence[str], first: int = 1) -> list[tuple[int, str]]:
    """Cut lines into texts of at most about `WORDS` words at paragraph borders.

    Returns:
        Pairs of first line (counting from `first`) and text; blank edges are left out.
    """
    texts: list[tuple[int, str]] = []
    held: Block | None = None
    for block in _small(_blocks(lines, first)):
        gap = block.line - held.line - len(held.lines) if held else -1
        if held and gap >= 0 and held.words + block.words <= WORDS:
            held = Block(held.line, [*held.lines, *[""] * gap, *block.lines])
            continue
        if held:
            texts.append((held.line, "\n".join(held.lines)))
        held = block
    if held:
        texts.append((held.line, "\n".join(held.lines)))
    return texts


def dedent(lines: Sequence[str]) -> list[str]:
    """Take away the indentation that all lines share; tabs count as eight columns."""
    bare = [line.lstrip() for line in lines]
    wide = [
        line[: len(line) - len(rest)].expandtabs() + rest
        for line, rest in zip(lines, bare, strict=True)
    ]
    margin = min((len(line) - len(line.lstrip()) for line in wide if line.strip()), default=0)
    return [line[margin:].rstrip() for line in wide]


def _blocks(lines: Sequence[str], first: int) -> Iterator[Block]:
    """Paragraphs: lines between blank ones; a fenced block is one paragraph."""
    start, fenced = -1, False
    for number, line in enumerate(lines):
        if _FENCE.match(line):
            fenced = not fenced
        if line.strip() or (fenced and start >= 0):
            start = number if start < 0 else start
        elif start >= 0:
            yield Block(first + start, list(lines[start:number]))
            start = -1
    if start >= 0:
        rest = list(lines[start:])
        while rest and not rest[-1].strip():
            rest.pop()
        yield Block(first + start, rest)


def _small(blocks: Iterable[Block]) -> Iterator[Block]:
    """Cut paragraphs that are too long at lines, and lines that are too long at sentences."""
    for block in blocks:
        if block.words <= WORDS and all(len(line) <= LINE for line in block.lines):
            yield block
            continue
        held: list[str] = []
        start, words = block.line, 0
        for number, line in enumerate(block.lines, block.line):
            size = len(line.split())
            if held and (words + size > WORDS or len(line) > LINE):
                yield Block(start, held)
                held, words = [], 0
            if size > WORDS or len(line) > LINE:
                yield from (Block(number, [part]) for part in _sentences(line))
                continue
            if not held:
                start = number
            held.append(line)
            words += size
        if held:
            yield Block(start, held)


def _sentences(line: str) -> Iterator[str]:
    """Cut one long line after sentences, or where it must be."""
    held = ""
    for sentence in re.split(r"(?<=[.!?;]) ", line):
        joined = f"{held} {sentence}" if held else sentence
        if len(joined) <= LINE and len(joined.split()) <= WORDS:
            held = joined
            continue
        if held:
            yield held
        *full, held = _windows(sentence)
        yield from full
    if held:
        yield held


def _windows(text: str) -> Iterator[str]:
    """Cut a text at words where it has some, else after so many characters; at least one part."""
    words = text.split(" ")
    for at in range(0, len(words), WORDS):
        part = " ".join(words[at : at + WORDS])
        yield from (part[i : i + LINE] for i in range(0, max(len(part), 1), LINE))
