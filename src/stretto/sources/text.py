"""Plain text: bytes to characters, and text to pieces."""

from __future__ import annotations

import codecs

from stretto.sources.piece import Piece, cut

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decode(data: bytes) -> tuple[str, int] | None:
    """Read bytes as text with line feeds as line ends.

    UTF-8 unless a byte order mark says otherwise; what does not decode becomes U+FFFD.

    Returns:
        The text and how many places were replaced; `None` for binary data (a NUL byte early on).
    """
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "")
    if not encoding and b"\0" in data[:8192]:
        return None
    try:
        text, replaced = data.decode(encoding or "utf-8"), 0
    except UnicodeDecodeError:
        text = data.decode(encoding or "utf-8", errors="replace")
        replaced = max(text.count("\ufffd"), 1)
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", " "), replaced


def text_pieces(text: str) -> list[Piece]:
    """Paragraphs of plain text, without symbols."""
    return [Piece(line, part) for line, part in cut(text.split("\n"))]
