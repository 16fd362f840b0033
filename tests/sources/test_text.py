"""Bytes to text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stretto.sources.text import decode, text_pieces


def test_utf8_is_read_as_it_is() -> None:
    """Line ends become line feeds."""
    assert decode("Fuge\r\nEnführung\rü".encode()) == ("Fuge\nEnführung\nü", 0)


def test_a_byte_order_mark_says_the_encoding() -> None:
    """UTF-16 and UTF-8 with a mark, which is no text."""
    assert decode("ä".encode("utf-16")) == ("ä", 0)
    assert decode("ä".encode("utf-8-sig")) == ("ä", 0)


def test_another_encoding_is_replaced_and_counted() -> None:
    """Latin-1 is read, with its umlauts lost."""
    assert decode("für Bäche".encode("latin-1")) == ("f�r B�che", 2)


def test_binary_data_is_no_text() -> None:
    """A NUL byte tells it."""
    assert decode(b"\x7fELF\0\0") is None


@given(st.binary(max_size=200))
def test_any_bytes_are_text_or_binary(data: bytes) -> None:
    """Nothing raises, and what is text can be stored."""
    read = decode(data)
    assert read is None or "\0" not in read[0]


def test_paragraphs_have_lines_and_no_symbol() -> None:
    """A short text is one piece."""
    (piece,) = text_pieces("\n\nOne.\n\nTwo.\n")
    assert (piece.line, piece.text, piece.symbol) == (3, "One.\n\nTwo.", "")
