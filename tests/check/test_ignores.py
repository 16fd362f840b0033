"""Comments take the findings that are meant, and are held to their reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stretto.check.finding import Finding, Place
from stretto.check.ignores import heeded

if TYPE_CHECKING:
    from pathlib import Path

CODES = ("S201", "G101")


def left(folder: Path, text: str, *places: tuple[int, int], **options: list[str]) -> list[str]:
    """What is left of findings of S201 between lines of a file."""
    file = folder / "app.py"
    file.write_bytes(text.encode())
    findings = [
        Finding("S201", "unknown-key", "error", "proved", "m", "R.", place=Place(str(file), a, 0, b, 9))
        for a, b in places
    ]  # fmt: skip
    return [f.code for f in heeded(findings, [str(file)], CODES, **options)]


@pytest.mark.parametrize(
    "text",
    [
        "x = 1  # stretto: ignore[S201] it is meant\n",
        "x = 1  #stretto:ignore[S201]it is meant\n",
        "x = 1  # stretto: ignore[s201] -- it is meant\n",
        "x = 1  # noqa: E501  # stretto: ignore[S201] it is meant\n",
        "x = 1  # stretto: ignore[S201] it is meant  # noqa: E501\n",
        "x = (1,  # one\n  2)  # stretto: ignore[S201] it is meant\n",
        "x = 1\ny = 2\n# stretto: ignore-file[S201] all is generated\n",
        "\ufeffx = 1  # stretto: ignore[S201] it is meant\r\n",
        "# coding: utf-8\n# stretto: ignore-file[S201] é\n",
    ],
)
def test_an_ignore_takes_what_is_found_on_its_line(tmp_path: Path, text: str):
    """On any line of what is found, beside other comments, or for the file."""
    assert left(tmp_path, text, (1, 2)) == []


@pytest.mark.parametrize(
    "text",
    [
        "x = 1\ny = 2  # stretto: ignore[S201] another line\n",
        's = "# stretto: ignore[S201] no comment"\n',
        "x = 1  # stretto: ignored[S201] what\n",
        "x = 1  # stretto: ignore-next[S201] what\n",
    ],
)
def test_an_ignore_takes_nothing_else(tmp_path: Path, text: str):
    """Not on another line, in a text, or under another name."""
    assert "S201" in left(tmp_path, text, (1, 1))


@pytest.mark.parametrize(
    ("comment", "codes"),
    [
        ("ignore[S201]", ["X001"]),
        ("ignore[S201]  # noqa: E501", ["X001"]),
        ("ignore[S201, G101] why", ["X002"]),
        ("ignore[S201, Q999] why", ["X003"]),
        ("ignore", ["S201", "X003"]),
        ("ignore why not", ["S201", "X003"]),
        ("ignore[] why", ["S201", "X003"]),
    ],
)
def test_what_is_wrong_with_an_ignore_is_found(tmp_path: Path, comment: str, codes: list[str]):
    """No reason, no need, no such code, no code at all."""
    assert left(tmp_path, f"x = 1  # stretto: {comment}\n", (1, 1)) == codes


def test_an_ignore_is_unused_only_where_all_was_looked_for(tmp_path: Path):
    """Rules that were not asked, and files that were not checked as a whole, may need it."""
    text = "x = 1  # stretto: ignore[G101] the other graph has it\n"
    assert left(tmp_path, text) == ["X002"]
    assert left(tmp_path, text, asked=["S201"]) == []
    assert left(tmp_path, text, whole=[]) == []


def test_files_that_cannot_be_read_have_no_ignores(tmp_path: Path):
    """What is not there, or is no Python, is told elsewhere."""
    assert heeded([], [str(tmp_path / "no.py")], CODES) == []
    assert left(tmp_path, "'''  # stretto: ignore[S201]\n") == []
