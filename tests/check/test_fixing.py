"""What is safe to mend is mended, and nothing else is touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stretto.check.finding import Edit, Finding, Place
from stretto.check.fixing import fixes, written

if TYPE_CHECKING:
    from pathlib import Path

    from stretto.check.fixing import Fixed

LITERAL = ("from typing import Literal",)


def edit(file: Path, old: str, new: str, needs: tuple[str, ...] = ()) -> Finding:
    """A finding that would have `old`, which stands once in a file, be `new`."""
    raw = file.read_bytes()
    at = raw.index(old.encode())
    line = raw[:at].count(b"\n") + 1
    column = at - (raw[:at].rfind(b"\n") + 1)
    place = Place(str(file), line, column, line, column + len(old.encode()))
    edits = (Edit(place, new, needs),)
    return Finding("G105", "n", "warning", "proved", f"{old} {new}", "R.", place=place, edits=edits)


def fixed(*findings: Finding) -> Fixed:
    """What becomes of the one file, once it is written."""
    (made,) = fixes(findings)
    written(made)
    return made


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("x = 1\n", "{}x = 2\n"),
        ('"""Doc."""\n\nimport a\nx = 1\n', '"""Doc."""\n\n{}import a\nx = 2\n'),
        (
            "from __future__ import annotations\nimport a\nx = 1\n",
            "from __future__ import annotations\n{}import a\nx = 2\n",
        ),
        ("#!/usr/bin/python\n# said\nx = 1\n", "#!/usr/bin/python\n# said\n{}x = 2\n"),
        ("from typing import Any, Literal\nx = 1\n", "from typing import Any, Literal\nx = 2\n"),
        ("from typing import Literal as L\nx = 1\n", "{}from typing import Literal as L\nx = 2\n"),
    ],
)
def test_an_import_is_added_once_and_behind_the_head(tmp_path: Path, text: str, after: str):
    """Behind the docstring and `__future__`, and only where it is not there."""
    file = tmp_path / "a.py"
    file.write_text(text)
    fixed(edit(file, "x = 1", "x = 2", LITERAL * 2))
    assert file.read_text() == after.format("from typing import Literal\n")


@pytest.mark.parametrize(
    "raw",
    [
        b"import a\r\nx = 1\r\ny = 3\r\n",
        "# é\u2028 \x0c\nx = 1\ny = 3\n".encode(),
        "# coding: latin-1\nz = 'é'\nx = 1\ny = 3\n".encode("latin-1"),
        "\ufeff# said\nx = 1\ny = 3".encode(),
    ],
)
def test_line_ends_and_encodings_stay(tmp_path: Path, raw: bytes):
    """Only what is mended changes, byte by byte."""
    file = tmp_path / "a.py"
    file.write_bytes(raw)
    fixed(edit(file, "x = 1", "x = 2"), edit(file, "y = 3", "y = 44"))
    assert file.read_bytes() == raw.replace(b"x = 1", b"x = 2").replace(b"y = 3", b"y = 44")


def test_columns_count_bytes(tmp_path: Path):
    """As Python's own do."""
    file = tmp_path / "a.py"
    file.write_text('a = "éé"; x = 1\n', encoding="utf-8")
    fixed(edit(file, "x = 1", "x = 2"))
    assert file.read_text(encoding="utf-8") == 'a = "éé"; x = 2\n'


def test_what_would_not_parse_is_left(tmp_path: Path):
    """The other edits of the file are made."""
    file = tmp_path / "a.py"
    file.write_text("x = 1\ny = 2\n")
    wrong, right = edit(file, "x = 1", "x = ("), edit(file, "y = 2", "y = 3")
    assert fixed(wrong, right).findings == (right,)
    assert file.read_text() == "x = 1\ny = 3\n"
    assert fixes([wrong]) == []


def test_edits_that_overlap_are_left_for_another_time(tmp_path: Path):
    """The first counts; the same edit of two findings mends both."""
    file = tmp_path / "a.py"
    file.write_text("x = 1\n")
    first, same, other = (edit(file, *e) for e in (("x", "z"), ("x", "z"), ("x = 1", "y = 1")))
    assert fixed(first, same, other).findings == (first, same)
    assert file.read_text() == "z = 1\n"


def test_what_is_installed_is_left(tmp_path: Path):
    """Files of packages are nobody's to mend, nor are those that are gone."""
    file = tmp_path / "site-packages" / "a.py"
    file.parent.mkdir()
    file.write_text("x = 1\n")
    found = edit(file, "x = 1", "x = 2")
    assert fixes([found]) == []
    gone = tmp_path / "gone.py"
    gone.write_text("x = 1\n")
    found = edit(gone, "x = 1", "x = 2")
    gone.unlink()
    assert fixes([found]) == []


def test_what_is_left_moves_with_its_lines(tmp_path: Path):
    """Findings behind an import that was added are told at their new lines."""
    file = tmp_path / "a.py"
    file.write_text("import a\nx = 1\ny = 2\n")
    other = edit(file, "y = 2", "")
    made = fixed(edit(file, "x = 1", "x = 2", LITERAL))
    assert made.moved(other).place == Place(str(file), 4, 0, 4, 5)
    assert made.diff("a.py").splitlines()[:2] == ["--- a.py", "+++ a.py"]
