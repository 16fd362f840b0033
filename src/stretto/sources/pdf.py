"""PDF: the text of its pages. A piece's line is its page number, which is what opens."""

from __future__ import annotations

import io
import logging
from importlib.util import find_spec

from stretto.sources.piece import Piece, cut


def readable() -> bool:
    """Whether the extra `documents` is there, which reads PDF."""
    return find_spec("pypdf") is not None


def pdf_pieces(data: bytes) -> list[Piece]:
    """Text of each page, with the symbol "page N" and N as its line.

    Raises:
        ValueError: The file is damaged or encrypted.
    """
    import pypdf
    from pypdf.errors import PyPdfError

    logging.getLogger("pypdf").setLevel(logging.ERROR)
    try:
        pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages]
    except (PyPdfError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"not a readable PDF ({error})") from error
    return [
        Piece(number, text, f"page {number}")
        for number, page in enumerate(pages, 1)
        for _, text in cut(page.split("\n"))
    ]
