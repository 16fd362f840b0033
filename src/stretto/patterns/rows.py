"""Reads a file record by record, and says where the next one begins.

What cannot be read (a line in another encoding, half a record, an archive that breaks off) is told
beside the rest, which is read all the same.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import json
import zlib
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, TypeAlias

from stretto.errors import InvalidInput, SourceUnusable
from stretto.state import FailedRow

if TYPE_CHECKING:
    from collections.abc import Iterator

Format: TypeAlias = Literal["lines", "csv", "tsv", "jsonl"]
Position: TypeAlias = dict[str, int]
"""Where in a source something begins: `record`, and for files `line` and `byte`, all from 0."""

MOST_BYTES = 10_000_000
"""Of one line; a longer one is no record but a file of another kind."""
_SUFFIXES: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
_FORMATS = ("lines", "csv", "tsv", "jsonl")
_BROKEN = (EOFError, zlib.error, gzip.BadGzipFile)


@dataclass(frozen=True, slots=True)
class File:
    """A file of records: lines, a table (CSV, TSV) or JSON lines, gzip-compressed where it ends so.

    Raises:
        InvalidInput: The format or the encoding is unknown, or columns are named for what has none.
    """

    path: str | Path
    format: Format | None = None
    """By default as its name ends: `.csv`, `.tsv`, `.jsonl`, each with or without `.gz`, else
    lines. The first row of a table names the columns. TSV knows no quotes."""
    encoding: str = "utf-8"
    columns: tuple[str, ...] = ()
    """Names the columns of a table whose first row does not."""

    def __post_init__(self) -> None:
        if self.format is not None and self.format not in _FORMATS:
            raise InvalidInput(f"no format {self.format!r}. Use one of {', '.join(_FORMATS)}.")
        try:
            feed = codecs.encode("a\n", self.encoding)
        except LookupError as error:
            raise InvalidInput(
                f"no encoding {self.encoding!r}. Name one that Python knows, such as 'utf-8'."
            ) from error
        if not feed.endswith(b"a\n"):
            raise InvalidInput(
                f"lines cannot be told apart in {self.encoding!r}. Convert the file to UTF-8."
            )
        object.__setattr__(self, "columns", tuple(self.columns))
        if self.columns and self.kind not in {"csv", "tsv"}:
            raise InvalidInput(
                f"{self.path}: {self.kind} has no columns. Leave `columns` out, or give a `format`."
            )

    @property
    def zipped(self) -> bool:
        """Whether it is compressed."""
        return str(self.path).endswith(".gz")

    @property
    def kind(self) -> Format:
        """Its format."""
        name = Path(str(self.path).removesuffix(".gz"))
        return self.format or _SUFFIXES.get(name.suffix.lower(), "lines")


class BadRow(Exception):
    """Raised for a record that cannot be read; its text says why."""


class Broken(Exception):
    """Raised where a file breaks off; its text says why."""


@dataclass(slots=True)
class Chunk:
    """The next records of a source."""

    start: Position
    end: Position
    items: list[Any] = field(default_factory=list[Any])
    bad: list[FailedRow] = field(default_factory=list[FailedRow])
    """Records that could not be read."""
    ended: bool = False
    """Whether the source is through."""
    share: float | None = None
    """How much of the source has been read, 0 to 1, where that can be told."""

    @property
    def rows(self) -> int:
        """Records in it."""
        return len(self.items) + len(self.bad)


class Rows:
    """An open file of records, from a position on. Its methods block.

    Raises:
        SourceUnusable: It cannot be opened, is no archive, or has no columns.
    """

    def __init__(self, file: File, at: Position) -> None:
        self._file = file
        try:
            self._lines = _Lines(file)
        except OSError as error:
            raise SourceUnusable(
                f"{file.path} cannot be read: {error.strerror or error}. Give a file that is there."
            ) from error
        self._record = 0
        try:
            self._columns = self._header()
            if at.get("byte"):
                self._lines.seek(at["byte"], at["line"])
                self._record = at["record"]
            self._records = self._parsed()
        except BaseException:
            self._lines.close()
            raise

    @property
    def position(self) -> Position:
        """Where the next record begins."""
        return {"record": self._record, "line": self._lines.line, "byte": self._lines.byte}

    def skip_to(self, at: Position) -> None:
        """Go on from a later position."""
        self._lines.seek(at["byte"], at["line"])
        self._record = at["record"]
        self._records = self._parsed()

    def take(self, most: int) -> Chunk:
        """Read up to `most` records."""
        chunk = Chunk(start := self.position, start)
        while (left := most - chunk.rows) > 0 and not chunk.ended:
            try:
                chunk.items.extend(islice(self._records, left))
                chunk.ended = chunk.rows < most
            except BadRow as error:
                where = f"line {self._lines.line}"
                chunk.bad.append(FailedRow(where=where, error=str(error)))
                self._records = self._parsed()
            except Broken as error:
                chunk.bad.append(FailedRow(where="end", error=str(error)))
                chunk.ended = True
        self._record += chunk.rows
        chunk.end, chunk.share = self.position, self._lines.share
        return chunk

    def close(self) -> None:
        """Close the file."""
        self._lines.close()

    def _header(self) -> tuple[str, ...]:
        """The names of a table's columns."""
        if self._file.columns or self._file.kind not in {"csv", "tsv"}:
            return self._file.columns
        try:
            row = next(self._cells(), None)
        except (BadRow, Broken) as error:
            raise SourceUnusable(
                f"{self._file.path} names no columns: {error}. Give its `encoding`, or `columns`."
            ) from error
        names = tuple(row or ())
        if len(set(names)) < len(names):
            raise SourceUnusable(
                f"{self._file.path} names a column twice: {', '.join(names)}. Rename it, or give "
                "`columns` and take the first row out."
            )
        return names

    def _parsed(self) -> Iterator[Any]:
        match self._file.kind:
            case "lines":
                return self._text()
            case "jsonl":
                return self._json()
            case "csv" | "tsv":
                return self._table()

    def _text(self) -> Iterator[str]:
        """Lines as text, without their ends."""
        encoding = self._file.encoding
        for raw in self._lines:
            try:
                text = raw.decode(encoding)
            except UnicodeDecodeError as error:
                raise BadRow(f"it is not {encoding}: {error.reason}") from None
            yield text.rstrip("\r\n")

    def _json(self) -> Iterator[Any]:
        for text in self._text():
            if not text.strip():
                continue
            try:
                value = json.loads(text)
            except (ValueError, RecursionError) as error:
                raise BadRow(f"it is no JSON: {error}") from None
            yield value

    def _cells(self) -> Iterator[list[str]]:
        if self._file.kind == "tsv":
            for text in self._text():
                if text:
                    yield text.split("\t")
            return
        reader = csv.reader((f"{text}\n" for text in self._text()), strict=True)
        while True:
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise BadRow(f"it is no CSV: {error}") from None
            if row:
                yield row

    def _table(self) -> Iterator[dict[str, str]]:
        columns = self._columns
        for cells in self._cells():
            if len(cells) != len(columns):
                raise BadRow(f"it has {len(cells)} fields, not {len(columns)}")
            yield dict(zip(columns, cells, strict=True))


class _Lines:
    """Raw lines of a file, with where the next one begins."""

    def __init__(self, file: File) -> None:
        self._raw = Path(file.path).open("rb")  # noqa: SIM115 - closed by `close`
        self._size = max(1, Path(file.path).stat().st_size)
        opened: Any = gzip.GzipFile(fileobj=self._raw) if file.zipped else self._raw
        self._from: IO[bytes] = opened  # a buffer of ours would lose what precedes a break
        self._bom = codecs.lookup(file.encoding).name in {"utf-8", "utf-8-sig"}
        self._path = file.path
        self.byte = self.line = 0

    @property
    def share(self) -> float:
        """How much of the file has been read."""
        read = self.byte if self._from is self._raw else self._raw.tell()
        return min(1.0, read / self._size)

    def seek(self, byte: int, line: int) -> None:
        """Go to where a line begins; backwards an archive is read again."""
        self._from.seek(byte)
        self.byte, self.line = byte, line

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            raw = self._from.readline(MOST_BYTES)
        except _BROKEN as error:
            if not self.byte and isinstance(error, gzip.BadGzipFile):
                raise SourceUnusable(
                    f"{self._path} is no gzip archive: {error}. Name it without `.gz`."
                ) from error
            raise Broken(f"the archive breaks off: {error}") from None
        if not raw:
            raise StopIteration
        first = self.byte == 0
        self.byte += len(raw)
        self.line += 1
        if len(raw) >= MOST_BYTES and not raw.endswith(b"\n"):
            self._skip_line()
            raise BadRow(f"its line is longer than {MOST_BYTES:,} bytes")
        return raw.removeprefix(codecs.BOM_UTF8) if first and self._bom else raw

    def _skip_line(self) -> None:
        while rest := self._from.readline(MOST_BYTES):
            self.byte += len(rest)
            if rest.endswith(b"\n"):
                return

    def close(self) -> None:
        """Close it."""
        self._from.close()
        self._raw.close()
