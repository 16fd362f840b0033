"""How tables of loans are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stretto.errors import InvalidInput
from tests.teams.loans_made import past, step, written

if TYPE_CHECKING:
    from pathlib import Path

past_loans = step("loans_file.past_loans")


@pytest.mark.parametrize("header", [True, False])
def test_a_header_may_be_missing(tmp_path: Path, *, header: bool) -> None:
    """The columns are known."""
    rows, bad, wrong = past_loans(written(tmp_path / "loans.csv", past(30), header=header))
    assert len(rows) == len(bad) == 30
    assert wrong == []


def test_a_mark_of_byte_order_is_read_over(tmp_path: Path) -> None:
    """Spreadsheets write one before the names."""
    path = written(tmp_path / "loans.csv", past(5))
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    rows, _, wrong = past_loans(path)
    assert len(rows) == 5
    assert wrong == []


def test_rows_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    """And the rest is read."""
    path = written(tmp_path / "loans.csv", past(30))
    path.write_bytes(path.read_bytes() + b"A11,12\n\xff\xfe,1\n" + b"x," * 20 + b"1\n")
    rows, _, wrong = past_loans(path)
    assert len(rows) == 30
    assert len(wrong) == 3


@pytest.mark.parametrize("text", [b"", b"a,b\n1,2\n", b"\x00\xff" * 50])
def test_a_file_without_a_loan_is_refused(tmp_path: Path, text: bytes) -> None:
    """Empty, of other columns, or no text."""
    path = tmp_path / "loans.csv"
    path.write_bytes(text)
    with pytest.raises(InvalidInput):
        past_loans(path)
    with pytest.raises(InvalidInput, match="cannot be read"):
        past_loans(tmp_path / "none.csv")
