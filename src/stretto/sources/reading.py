"""A file becomes a document: by its kind, within limits, with what could not be read told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stretto.sources import html, pdf
from stretto.sources.markdown import markdown_pieces, markdown_title
from stretto.sources.python import python_pieces
from stretto.sources.text import decode, text_pieces

if TYPE_CHECKING:
    from collections.abc import Callable

    from stretto.sources.files import Found
    from stretto.sources.piece import Piece

VERSION = 1
"""Raised whenever files are read differently, so that older indexes are made anew."""

LIMITS = {"pdf": 64_000_000}
LIMIT = 8_000_000
"""Bytes of the largest file that is read."""

_EXTRAS: dict[str, Callable[[], bool]] = {"html": html.readable, "pdf": pdf.readable}


@dataclass(frozen=True, slots=True)
class Document:
    """What was read from a file."""

    title: str = ""
    pieces: tuple[Piece, ...] = ()
    note: str = ""
    """Why it has no pieces, or what was replaced."""


def refused(file: Found) -> str:
    """Why a file is not to be read at all; empty when it is."""
    limit = LIMITS.get(file.kind, LIMIT)
    if file.size > limit:
        return f"larger than {limit // 1_000_000} MB"
    if (readable := _EXTRAS.get(file.kind)) and not readable():
        return f"{file.kind.upper()} needs the extra 'documents': pip install 'stretto[documents]'"
    return ""


def document(file: Found, data: bytes) -> Document:
    """Read a file's bytes as its kind says. Never raises for what is in them."""
    if file.kind == "pdf":
        try:
            return Document(pieces=tuple(pdf.pdf_pieces(data)))
        except ValueError as error:
            return Document(note=str(error))
    decoded = decode(data)
    if decoded is None:
        return Document(note="binary, not text")
    text, replaced = decoded
    title, pieces = _read(file, text)
    note = f"not clean UTF-8, {replaced} places replaced" if replaced else ""
    return Document(title, tuple(pieces), note)


def _read(file: Found, text: str) -> tuple[str, list[Piece]]:
    match file.kind:
        case "markdown":
            return markdown_title(text), markdown_pieces(text)
        case "html":
            return html.html_title(text), html.html_pieces(text)
        case "python":
            return "", python_pieces(text, module_name(file))
        case _:
            return "", text_pieces(text)


def module_name(file: Found) -> str:
    """Dotted name of a module within its source, with the package's own name where it has one."""
    parts = [*Path(file.name).with_suffix("").parts]
    if Path(file.root, "__init__.py").exists() or "site-packages" in Path(file.root).parts:
        parts = [Path(file.root).name, *parts]
    if parts[-1] == "__init__" and len(parts) > 1:
        parts.pop()
    return ".".join(parts)
