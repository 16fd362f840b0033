"""PDF files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stretto.sources import pdf

if TYPE_CHECKING:
    from collections.abc import Callable

pytest.importorskip("pypdf")


def test_a_page_is_a_piece_with_its_number_as_line(pdf_of: Callable[..., bytes]) -> None:
    """Pages are what a PDF opens at."""
    pieces = pdf.pdf_pieces(pdf_of("First page", "", "Third page"))
    assert [(p.line, p.symbol, p.text.strip()) for p in pieces] == [
        (1, "page 1", "First page"),
        (3, "page 3", "Third page"),
    ]


@pytest.mark.parametrize("data", [b"", b"%PDF-1.4", b"no pdf", b"%PDF-1.7\n" + b"x" * 500])
def test_a_damaged_file_says_so(data: bytes) -> None:
    """One error, whatever the reader meets."""
    with pytest.raises(ValueError, match="not a readable PDF"):
        pdf.pdf_pieces(data)


def test_a_cut_off_file_is_damaged_or_read(pdf_of: Callable[..., bytes]) -> None:
    """At any byte."""
    whole = pdf_of("Some text")
    for end in range(0, len(whole), 40):
        try:
            pdf.pdf_pieces(whole[:end])
        except ValueError:
            continue
