"""Markdown: a piece a section, its symbol the path of headings that leads there."""

from __future__ import annotations

import re

from stretto.sources.piece import Piece, cut

_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*$")
_UNDERLINE = re.compile(r" {0,3}(=+|-{2,})[ \t]*$")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_TITLE = re.compile(r"title:\s*['\"]?(.+?)['\"]?\s*$", re.IGNORECASE)


def markdown_pieces(text: str) -> list[Piece]:
    """Sections of a Markdown document; long ones are cut at paragraphs.

    A front matter (`---` at the very top) gives its `title` and is not text. The symbol is the
    headings from the outermost to the section's own, joined by ` > `.
    """
    lines = text.split("\n")
    body, title = _front_matter(lines)
    path: list[tuple[int, str]] = [(0, title)] if title else []
    pieces: list[Piece] = []
    start = body
    for at, resume, level, name in [*_headings(lines, body), (len(lines), len(lines), 0, "")]:
        symbol = " > ".join(heading for _, heading in path)
        pieces += [Piece(line, part, symbol) for line, part in cut(lines[start:at], start + 1)]
        path = [*[step for step in path if step[0] < level], (level, name)]
        start = resume
    return pieces


def markdown_title(text: str) -> str:
    """The title from the front matter, else the first heading, else nothing."""
    lines = text.split("\n")
    body, title = _front_matter(lines)
    return title or next((name for *_, name in _headings(lines, body)), "")


def _front_matter(lines: list[str]) -> tuple[int, str]:
    """Where the text begins (0-based), and the title that was given before it."""
    if not lines or lines[0].strip() != "---":
        return 0, ""
    for at, line in enumerate(lines[1:60], 1):
        if line.strip() in {"---", "..."}:
            named = (_TITLE.match(given) for given in lines[1:at])
            return at + 1, next((match[1] for match in named if match), "")
    return 0, ""


def _headings(lines: list[str], body: int) -> list[tuple[int, int, int, str]]:
    """Headings outside of code: the line, the line after, the level and the words (0-based)."""
    found: list[tuple[int, int, int, str]] = []
    fence = ""
    for at in range(body, len(lines)):
        line = lines[at]
        if mark := _FENCE.match(line):
            if not fence:
                fence = mark[1][0] * 3
            elif mark[1].startswith(fence):
                fence = ""
        elif fence:
            continue
        elif heading := _HEADING.match(line):
            found.append((at, at + 1, len(heading[1]), _plain(heading[2])))
        elif (under := _UNDERLINE.match(line)) and _is_title(lines, at - 1, body):
            found.append((at - 1, at + 1, 1 if under[1][0] == "=" else 2, _plain(lines[at - 1])))
    return found


def _is_title(lines: list[str], at: int, body: int) -> bool:
    """Whether a line can be a heading by being underlined: one line that begins a paragraph."""
    if at < body or not lines[at].strip() or _HEADING.match(lines[at]):
        return False
    alone = at == body or not lines[at - 1].strip()
    return alone and not lines[at].lstrip().startswith(("|", "-", "*", ">", "`"))


def _plain(heading: str) -> str:
    """A heading without links, code marks and emphasis."""
    linked = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[*`]+|\{#[^}]*\}", "", linked).strip()
