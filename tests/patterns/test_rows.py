"""A file is read record by record; what cannot be read is told, and the rest is read."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stretto.errors import InvalidInput, SourceUnusable
from stretto.patterns import rows
from stretto.patterns.rows import File, Rows

if TYPE_CHECKING:
    from pathlib import Path


def read(path: Path, *, most: int = 2, **how: Any) -> tuple[list[Any], list[tuple[str, str]]]:
    """All items and failed rows, the file opened anew for each chunk."""
    items: list[Any] = []
    bad: list[tuple[str, str]] = []
    at: dict[str, int] = {}
    while True:
        opened = Rows(File(path, **how), at)
        chunk = opened.take(most)
        opened.close()
        items += chunk.items
        bad += [(row.where, row.error) for row in chunk.bad]
        if chunk.ended:
            return items, bad
        assert chunk.rows == most
        at = chunk.end


def test_lines_are_read_without_their_ends(tmp_path: Path) -> None:
    """Lines of any system, the last one without an end."""
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xef\xbb\xbfone\r\n\ntwo\nthree")
    assert read(path) == (["one", "", "two", "three"], [])


def test_a_table_gives_rows_by_column(tmp_path: Path) -> None:
    """CSV with quotes and line breaks within, TSV without quotes."""
    csv, tsv = tmp_path / "a.csv", tmp_path / "a.TSV"
    csv.write_text('n,text\n1,"a, ""b""\nc"\n\n2,d\n')
    tsv.write_text('n\ttext\n1\t"a\n2\tb"\n')
    assert read(csv, most=1)[0] == [{"n": "1", "text": 'a, "b"\nc'}, {"n": "2", "text": "d"}]
    assert read(tsv, most=1)[0] == [{"n": "1", "text": '"a'}, {"n": "2", "text": 'b"'}]


def test_columns_can_be_named(tmp_path: Path) -> None:
    """A table whose first row is data."""
    path = tmp_path / "a.data"
    path.write_text("1\ta\n2\tb\n")
    found, _ = read(path, format="tsv", columns=["n", "x"])
    assert found == [{"n": "1", "x": "a"}, {"n": "2", "x": "b"}]


def test_json_lines_that_do_not_parse_are_told(tmp_path: Path) -> None:
    """Half a line at the end and rubbish in the middle; what is good is read."""
    path = tmp_path / "a.jsonl"
    path.write_text('{"n": 1}\nrubbish\n\n{"n": 2}\n[3]\n{"n": ')
    items, bad = read(path)
    assert items == [{"n": 1}, {"n": 2}, [3]]
    assert [where for where, _ in bad] == ["line 2", "line 6"]
    assert all(why.startswith("it is no JSON: ") for _, why in bad)


def test_rows_with_other_fields_are_told(tmp_path: Path) -> None:
    """A row that breaks off, one with a field too many, a quotation that never ends."""
    path = tmp_path / "a.csv"
    path.write_text('a,b\n1,2\n3\n4,5,6\n7,8\n9,"x')
    items, bad = read(path, most=3)
    assert items == [{"a": "1", "b": "2"}, {"a": "7", "b": "8"}]
    assert bad == [
        ("line 3", "it has 1 fields, not 2"),
        ("line 4", "it has 3 fields, not 2"),
        ("line 6", "it is no CSV: unexpected end of data"),
    ]


def test_another_encoding_is_told_line_by_line(tmp_path: Path) -> None:
    """Only the lines that cannot be read fail; the right encoding reads all."""
    path = tmp_path / "a.txt"
    path.write_bytes("plain\nna\u00efve\nend\n".encode("latin-1"))
    items, bad = read(path)
    assert items == ["plain", "end"]
    assert bad == [("line 2", "it is not utf-8: invalid continuation byte")]
    assert read(path, encoding="latin-1") == (["plain", "na\u00efve", "end"], [])


def test_an_archive_that_breaks_off_gives_what_precedes(tmp_path: Path) -> None:
    """Every whole line before the break is read, and the break is told once."""
    path = tmp_path / "a.jsonl.gz"
    lines = [json.dumps({"n": n, "x": f"{n * 7919 % 10007:05d}" * 8}) for n in range(5000)]
    whole = gzip.compress("\n".join(lines).encode())
    path.write_bytes(whole[: len(whole) // 2])
    opened = Rows(File(path), {})
    chunk = opened.take(10_000)
    opened.close()
    assert chunk.ended
    assert [item["n"] for item in chunk.items] == list(range(len(chunk.items)))
    assert len(chunk.items) > 1500
    assert [row.where for row in chunk.bad] == ["end"]
    assert chunk.bad[0].error.startswith("the archive breaks off")


def test_a_damaged_archive_gives_what_precedes(tmp_path: Path) -> None:
    """A checksum that does not fit is told once, at the end."""
    path = tmp_path / "a.txt.gz"
    whole = bytearray(gzip.compress(b"one\ntwo\n"))
    whole[-5] ^= 255
    path.write_bytes(bytes(whole))
    items, bad = read(path, most=5)
    assert items == ["one", "two"]
    assert [where for where, _ in bad] == ["end"]


def test_a_line_without_end_is_no_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is longer than a line can be is passed over, whole."""
    monkeypatch.setattr(rows, "MOST_BYTES", 10)
    path = tmp_path / "a.txt"
    path.write_bytes(b"short\n" + b"x" * 35 + b"\nend\n")
    items, bad = read(path)
    assert items == ["short", "end"]
    assert bad == [("line 2", "its line is longer than 10 bytes")]


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.tsv", "a.jsonl", "a.txt.gz"])
def test_an_empty_file_has_no_records(tmp_path: Path, name: str) -> None:
    """Nothing is read and nothing is missing."""
    path = tmp_path / name
    path.write_bytes(gzip.compress(b"") if name.endswith(".gz") else b"")
    assert read(path) == ([], [])


def test_a_file_must_be_there_and_what_its_name_says(tmp_path: Path) -> None:
    """No file, a folder, no archive, a table that names a column twice."""
    with pytest.raises(SourceUnusable, match=r"No such file.*Give a file that is there"):
        Rows(File(tmp_path / "none"), {})
    with pytest.raises(SourceUnusable, match="directory"):
        Rows(File(tmp_path), {})
    path = tmp_path / "a.txt.gz"
    path.write_text("plain text")
    opened = Rows(File(path), {})
    with pytest.raises(SourceUnusable, match=r"no gzip archive.*without `\.gz`"):
        opened.take(1)
    opened.close()
    (tmp_path / "a.csv").write_text("a,a\n1,2\n")
    with pytest.raises(SourceUnusable, match="names a column twice: a, a"):
        Rows(File(tmp_path / "a.csv"), {})
    (tmp_path / "b.csv").write_bytes(b"\xff\xfe,b\n")
    with pytest.raises(SourceUnusable, match=r"names no columns.*Give its `encoding`"):
        Rows(File(tmp_path / "b.csv"), {})


def test_what_cannot_be_read_as_lines_is_refused() -> None:
    """Unknown formats and encodings, encodings without plain line ends, columns of lines."""
    with pytest.raises(InvalidInput, match=r"no format 'xml'\. Use one of lines, csv"):
        File("a", format="xml")  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="no encoding 'klingon'"):
        File("a", encoding="klingon")
    with pytest.raises(InvalidInput, match=r"'utf-16'\. Convert the file to UTF-8"):
        File("a", encoding="utf-16")
    with pytest.raises(InvalidInput, match="lines has no columns"):
        File("a.txt", columns=("a",))


@given(
    lines=st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0\ufeff"), max_size=9)
    ),
    most=st.integers(1, 5),
    zipped=st.booleans(),
)
def test_chunks_hold_each_record_once_and_in_order(
    tmp_path_factory: pytest.TempPathFactory, *, lines: list[str], most: int, zipped: bool
) -> None:
    """Whatever the chunk, reading on from its end in a new process gives the rest."""
    path = tmp_path_factory.mktemp("rows") / ("a.txt.gz" if zipped else "a.txt")
    data = "".join(f"{line}\n" for line in lines).encode()
    path.write_bytes(gzip.compress(data) if zipped else data)
    assert read(path, most=most) == (lines, [])
