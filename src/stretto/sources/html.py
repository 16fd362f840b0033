"""HTML: the readable text of a page."""

from __future__ import annotations

import importlib
import re
from functools import cache
from html.parser import HTMLParser

from stretto.sources.markdown import markdown_pieces
from stretto.sources.piece import Piece

_BLOCKS = """
address article aside blockquote br dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6
header hr li main nav ol p pre section table tr ul
"""
_APART = frozenset(_BLOCKS.split())
_UNREAD = frozenset({"script", "style", "template", "noscript", "svg", "head"})


@cache
def readable() -> bool:
    """Whether the extra `documents` is there and works, which finds the text of a page."""
    try:
        importlib.import_module("trafilatura")
    except ImportError:
        return False
    return True


def html_text(html: str) -> str:
    """The main text of a page as Markdown.

    By trafilatura where it is installed and finds a main text, else all text outside of scripts.
    """
    if "<" in html and readable():
        trafilatura = importlib.import_module("trafilatura")
        text = trafilatura.extract(html, output_format="markdown", include_comments=False)
        if text:
            return str(text)
    reader = _Text()
    reader.feed(html)
    reader.close()
    return reader.text()


def html_title(html: str) -> str:
    """What stands in `<title>`."""
    reader = _Text()
    reader.feed(html)
    return " ".join("".join(reader.title).split())


def html_pieces(html: str) -> list[Piece]:
    """Sections of a page's text; each line is where its first words stand in the file."""
    finder = _Finder(html)
    return [
        Piece(finder.line(piece.text), piece.text, piece.symbol)
        for piece in markdown_pieces(html_text(html))
    ]


class _Finder:
    """Finds the lines of texts that follow one another in a file."""

    def __init__(self, html: str) -> None:
        self._words = [(m[0], m.start()) for m in re.finditer(r"[^\W_]+", html)]
        self._html = html
        self._at = 0

    def line(self, text: str) -> int:
        wanted = [m[0] for m in re.finditer(r"[^\W_]+", text)][:4]
        for at in range(self._at, len(self._words) - len(wanted) + 1):
            if all(self._words[at + i][0] == word for i, word in enumerate(wanted)):
                self._at = at
                break
        return self._html.count("\n", 0, self._words[self._at][1] if self._words else 0) + 1


class _Text(HTMLParser):
    """Collects text, a line a block element."""

    def __init__(self) -> None:
        super().__init__()
        self.title: list[str] = []
        self._parts: list[str] = []
        self._unread = 0
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self._in_title = tag == "title"
        self._unread += tag in _UNREAD
        if tag in _APART:
            self._parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._in_title = False
        self._unread = max(0, self._unread - (tag in _UNREAD))
        if tag in _APART:
            self._parts.append("\n")

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title.append(data)
        if not self._unread:
            self._parts.append(data)

    def text(self) -> str:
        lines = (" ".join(line.split()) for line in "".join(self._parts).split("\n"))
        return "\n\n".join(line for line in lines if line)
