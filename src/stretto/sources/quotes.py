"""Whether a quotation stands where it says it does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from stretto.sources.files import KINDS, Found
from stretto.sources.reading import document
from stretto.sources.text import decode

if TYPE_CHECKING:
    from stretto.state import Citation

REACH = 80
"""Lines after its own in which the whole of a quotation has to stand."""


def quote_stands(citation: Citation) -> bool:
    """Tell whether the words stand in the file, beginning at the line cited.

    White space does not count. In HTML and PDF, which have no lines of their own, the place is
    the passage that the readers number. Reads the file: call it in a thread.
    """
    quote = " ".join(citation.quote.split())
    try:
        data = Path(citation.path).read_bytes()
    except OSError:
        return False
    if not quote:
        return False
    decoded = decode(data)
    lines = decoded[0].split("\n") if decoded else []
    near = " ".join(" ".join(lines[citation.line - 1 : citation.line - 1 + REACH]).split())
    own = " ".join(lines[citation.line - 1].split()) if citation.line <= len(lines) else ""
    at = near.find(quote)
    if 0 <= at <= len(own):
        return True
    kind = KINDS.get(Path(citation.path).suffix.lower(), "text")
    found = Found(citation.path, citation.path, kind, len(data), 0)
    return any(
        piece.line <= citation.line and quote in " ".join(piece.text.split())
        for piece in document(found, data).pieces
    )
