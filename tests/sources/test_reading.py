"""A file becomes a document."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stretto.sources import reading
from stretto.sources.files import KINDS, Found
from stretto.sources.reading import document, module_name, refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def file(kind: str, size: int = 1) -> Found:
    """A file of a kind."""
    return Found("/docs/a/b.x", "/docs", kind, size, 0)


@pytest.mark.parametrize("kind", ["markdown", "text", "html", "python"])
def test_each_kind_gives_pieces(kind: str) -> None:
    """From the same bytes."""
    assert document(file(kind), b"Some words <b>here</b>").pieces


def test_a_pdf_gives_pieces_or_says_why_not(pdf_of: Callable[..., bytes]) -> None:
    """A damaged one does not raise."""
    pytest.importorskip("pypdf")
    assert document(file("pdf"), pdf_of("Words")).pieces
    assert "not a readable PDF" in document(file("pdf"), b"%PDF").note


@pytest.mark.parametrize("kind", sorted({*KINDS.values()} - {"pdf", "html"}))
@given(
    data=st.binary(max_size=300) | st.text(max_size=300).map(lambda t: t.encode("utf-8", "replace"))
)
def test_any_bytes_make_a_document(kind: str, data: bytes) -> None:
    """Nothing that a file holds raises."""
    read = document(file(kind), data)
    assert all(piece.line >= 1 and piece.text.strip() for piece in read.pieces)


def test_what_was_replaced_is_told() -> None:
    """As is what is no text."""
    assert document(file("text"), b"f\xfcr").note == "not clean UTF-8, 1 places replaced"
    assert document(file("text"), b"a\0b").note == "binary, not text"


def test_large_files_and_missing_extras_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the reason."""
    assert refused(file("text")) == ""
    assert refused(file("text", 9_000_000)) == "larger than 8 MB"
    assert refused(file("pdf", 9_000_000)) == ""
    monkeypatch.setitem(reading._EXTRAS, "pdf", lambda: False)
    assert refused(file("pdf")).endswith("pip install 'stretto[documents]'")


def test_modules_are_named_within_their_package(tmp_path: Path) -> None:
    """The package's own name belongs to it; a folder of scripts has none."""
    (tmp_path / "__init__.py").touch()

    def name(path: Path, root: Path) -> str:
        return module_name(Found(str(path), str(root), "python", 1, 0))

    assert name(tmp_path / "a" / "b.py", tmp_path) == f"{tmp_path.name}.a.b"
    assert name(tmp_path / "__init__.py", tmp_path) == tmp_path.name
    assert name(tmp_path / "sub" / "b.py", tmp_path / "sub") == "b"
