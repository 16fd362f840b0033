"""Passages out of tool results and briefs, and the quotable units they are made of."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Kind = Literal["text", "docstring", "code"]

_END = re.compile(
    r"(?<=[.!?])[\"'\u201d\u2019`)\]*_]*"
    r"(?=\s+(?:[\"'\u201c\u2018`(\[*_]*[A-Z0-9\u00c0-\u00de]|[-*]\s))"
    r"|(?<=[\u3002\uff01\uff1f])"
)
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|cf|approx|no|fig|sec|mr|mrs|dr|st|incl)\.|\b[A-Z]\.)$", re.IGNORECASE
)
_ITEM = re.compile(r"\s*(?:[-*+•]|\d{1,2}[.)])\s+")
_HEADING = re.compile(r"\s*#{1,6}\s+(.+?)\s*#*$")
_FENCE = re.compile(r"\s*(?:```|~~~)")
_ENTRY = re.compile(r"\s*[*`]{0,3}(\*{0,2}[\w.\[\]-]+)[*`]{0,3}(?:\s*\([^)]*\))?\s*:(?=\s|$)")
_SECTION = re.compile(r"\s*[A-Z]\w+:\s*$")
_RULE = re.compile(r"\s*(?:[-=_*~]{3,}|!{3}.*|\.\. .*|>>> .*)$")
_TABLE = re.compile(r"\s*\|.*\|\s*$")
_STARTS = (_ITEM, _HEADING, _FENCE, _RULE, _TABLE, _SECTION)
_LONGEST_LIST = 600


@dataclass(frozen=True, slots=True)
class Source:
    """A passage as a tool gave it, or any other text that may be quoted."""

    text: str
    path: str = ""
    line: int = 1
    symbol: str = ""
    kind: Kind = "text"
    whole: bool = False
    """Whether it is a quotation already, not to be cut."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence, a list with its lead-in, or a line that can be quoted alone."""

    quote: str
    """Verbatim but for white space, which is single."""
    line: int
    context: str = ""
    """The heading or the named entry that it stands under."""
    code: bool = False


def sources_in(content: object, origin: str = "") -> tuple[Source, ...]:
    """Passages in a tool result: a JSON list of objects with `text`, or else the text as it is.

    An object is a passage when it has `text` (or `content`, `snippet`, `page_content`) and says
    where it stands (`path`, `source`, `url` or `file`). `origin` names text that says nothing.
    """
    data = _json(content)
    placed = [_source(item) for item in _objects(data) if _text_of(item)]
    if any(source.path for source in placed):
        return tuple(source for source in placed if source.text.strip())
    if isinstance(data, (list, dict)) and not data:
        return ()
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    return (Source(text, symbol=origin),) if text.strip() else ()


def holds_passages(content: object) -> bool:
    """Whether a tool result is a list of passages, an empty list included."""
    data = _json(content)
    if data == []:
        return True
    return any(_text_of(item) and _place_of(item) for item in _objects(data))


def _json(content: object) -> object:
    if not isinstance(content, str):
        return content
    stripped = content.strip()
    if stripped[:1] not in "[{" or not stripped:
        return content
    try:
        return json.loads(stripped)
    except ValueError:
        return content


def _objects(data: object) -> Iterator[dict[str, Any]]:
    if isinstance(data, dict):
        item = cast("dict[str, Any]", data)
        if _text_of(item):
            yield item
            return
        for value in item.values():
            if isinstance(value, list):
                yield from _objects(cast("object", value))
    elif isinstance(data, list):
        for each in cast("list[object]", data):
            if isinstance(each, dict):
                yield cast("dict[str, Any]", each)


def _text_of(item: dict[str, Any]) -> str:
    for key in ("text", "content", "snippet", "page_content", "body"):
        if isinstance(value := item.get(key), str) and value.strip():
            return value
    return ""


def _place_of(item: dict[str, Any]) -> str:
    for key in ("path", "source", "url", "file", "uri", "id"):
        if isinstance(value := item.get(key), str) and value:
            return value
    metadata = item.get("metadata")
    return _place_of(cast("dict[str, Any]", metadata)) if isinstance(metadata, dict) else ""


def _source(item: dict[str, Any]) -> Source:
    line = item.get("line")
    kind = item.get("kind")
    symbol = item.get("symbol") or item.get("title") or ""
    return Source(
        text=_text_of(item),
        path=_place_of(item),
        line=line if isinstance(line, int) and line > 0 else 1,
        symbol=str(symbol),
        kind=kind if kind in {"text", "docstring", "code"} else "text",
    )


@lru_cache(maxsize=2048)
def units(source: Source) -> tuple[Unit, ...]:
    """What can be quoted of a passage, in order; a list also as one with the line before it."""
    if source.whole:
        return (Unit(" ".join(source.text.split()), source.line),)
    found: list[Unit] = []
    for block in _blocks(source.text):
        first = source.line + block.line
        if block.code or source.kind == "code":
            found.append(Unit(" ".join(block.text.split()), first, block.context, code=True))
            continue
        found.extend(
            Unit(quote, first + block.text.count("\n", 0, start), block.context)
            for start, quote in _sentences(block.text)
        )
        if block.whole and len(block.whole) <= _LONGEST_LIST:
            found.append(Unit(" ".join(block.whole.split()), first, block.context))
    return tuple(unit for unit in found if unit.quote)


@dataclass(frozen=True, slots=True)
class _Block:
    text: str
    line: int
    """Lines of the passage before it."""
    context: str = ""
    code: bool = False
    whole: str = ""
    """With the list that it leads in, when it does."""


def _blocks(text: str) -> list[_Block]:
    lines = text.split("\n")
    blocks: list[_Block] = []
    heading = ""
    entries: list[tuple[int, str]] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        if not line.strip() or _RULE.match(line):
            at += 1
            continue
        if _FENCE.match(line):
            end = _fence_end(lines, at)
            blocks.append(_Block("\n".join(lines[at + 1 : end]), at + 1, heading, code=True))
            at = end + 1
            continue
        if match := _HEADING.match(line):
            heading, entries = match[1], []
            at += 1
            continue
        if _SECTION.match(line):
            at += 1
            continue
        indent = len(line) - len(line.lstrip())
        entries = [entry for entry in entries if entry[0] < indent]
        context = " ".join([heading, *(name for _, name in entries)]).strip()
        if match := _ENTRY.match(line):
            entries.append((indent, match[1]))
        end = _block_end(lines, at)
        block = "\n".join(lines[at:end])
        blocks.append(_Block(block, at, context, whole=_with_list(lines, at, end)))
        at = end
    return blocks


def _fence_end(lines: list[str], start: int) -> int:
    for at in range(start + 1, len(lines)):
        if _FENCE.match(lines[at]):
            return at
    return len(lines)


def _block_end(lines: list[str], start: int) -> int:
    if _TABLE.match(lines[start]):
        return start + 1
    indent = _indent(lines[start])
    entry, item = bool(_ENTRY.match(lines[start])), bool(_ITEM.match(lines[start]))
    for at in range(start + 1, len(lines)):
        line = lines[at]
        if not line.strip() or any(sort.match(line) for sort in _STARTS):
            return at
        if _indent(line) < indent + item or (
            entry and _indent(line) == indent and _ENTRY.match(line)
        ):
            return at
    return len(lines)


def _with_list(lines: list[str], start: int, end: int) -> str:
    """The block with what belongs to it: the rest of a named entry, or the list it leads in."""
    after = _skip_blank(lines, end)
    if after >= len(lines) or _ITEM.match(lines[start]):
        return ""
    indent = _indent(lines[start])
    if _ENTRY.match(lines[start]) and _indent(lines[after]) > indent:
        stop = _first(lines, after, lambda line: _indent(line) <= indent)
    elif _ITEM.match(lines[after]) and lines[end - 1].rstrip().endswith((":", ".", ":**")):
        level = _indent(lines[after])
        stop = _first(
            lines,
            after,
            lambda line: (
                _indent(line) < level or (_indent(line) == level and not _ITEM.match(line))
            ),
        )
    else:
        return ""
    return "\n".join(lines[start:stop]).rstrip()


def _skip_blank(lines: list[str], at: int) -> int:
    while at < len(lines) and not lines[at].strip():
        at += 1
    return at


def _first(lines: list[str], start: int, ends: Callable[[str], bool]) -> int:
    return next(
        (at for at in range(start, len(lines)) if lines[at].strip() and ends(lines[at])), len(lines)
    )


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _sentences(block: str) -> Iterator[tuple[int, str]]:
    """Offset and words of each sentence of a block; the bullet of an item is left off."""
    start = match.end() if (match := _ITEM.match(block)) else 0
    for end in [*(m.end() for m in _END.finditer(block)), len(block)]:
        piece = block[start:end]
        if end < len(block) and _ABBREVIATION.search(piece):
            continue
        lead = len(piece) - len(piece.lstrip())
        quote = " ".join(piece.split())
        if quote:
            yield start + lead, quote
        start = end


def split_sentences(text: str) -> list[str]:
    """The sentences and list items of a text, each on one line."""
    found: list[str] = []
    for block in _blocks(text):
        found.extend(quote for _, quote in _sentences(block.text))
    return found
