"""An index of documents."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from stretto.errors import InvalidInput, StateUnavailable, StateUnreadable
from stretto.sources import reading
from stretto.sources.index import Index

if TYPE_CHECKING:
    from collections.abc import Callable

    from stretto.state import Passage


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """Three documents of three kinds."""
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "fugue.md").write_text("# Fugue\n\nVoices enter in turn.\n\n## Stretto\n\nDensely.\n")
    (folder / "canon.txt").write_text("A canon repeats one melody exactly.\n")
    (folder / "play.py").write_text('def play(tune):\n    """Play a tune."""\n    return tune\n')
    return folder


def opened(*sources: Path | str) -> Index:
    """An index of some sources."""
    return Index.open([str(source) for source in sources])


def texts(found: list[Passage]) -> list[str]:
    """What the passages say."""
    return [passage.text for passage in found]


def test_a_passage_opens_at_its_place(docs: Path) -> None:
    """Path and line are those of the text."""
    (passage,) = opened(docs).search("dense")
    assert (passage.symbol, passage.line, passage.kind) == ("Fugue > Stretto", 7, "text")
    assert Path(passage.path).read_text().split("\n")[passage.line - 1] == passage.text


def test_paths_are_absolute(docs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They mean the same in any working directory; relative ones are read too."""
    index = opened(docs)
    assert index.search("canon")[0].path == str(docs / "canon.txt")
    monkeypatch.chdir(docs.parent)
    assert index.search("canon")[0].path == str(docs / "canon.txt")
    assert index.read("docs/canon.txt", 1) == index.read(str(docs / "canon.txt"), 1)


def test_the_index_lies_beside_one_folder(docs: Path) -> None:
    """Hidden, so that it is not read itself."""
    assert opened(docs).path == docs / ".stretto" / "index.sqlite"
    assert (docs / ".stretto" / ".gitignore").read_text() == "*\n"


def test_where_the_folder_cannot_be_written_it_lies_in_the_state_folder(
    docs: Path, tmp_path: Path
) -> None:
    """Such as on a disk that is read only."""
    (docs / ".stretto").write_text("in the way")
    index = opened(docs)
    assert index.path.parent == tmp_path / "stretto-home" / "index"
    assert index.search("canon")


def test_when_it_can_be_written_nowhere_the_error_says_so(
    docs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what to set."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("STRETTO_HOME", str(tmp_path / "file" / "home"))
    with pytest.raises(StateUnavailable, match="Set STRETTO_HOME"):
        opened(docs / "canon.txt")


def test_only_what_changed_is_read_again(docs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By content: a file that was only touched is not."""
    old = time.time() - 60
    for path in docs.iterdir():
        os.utime(path, (old, old))
    opened(docs).close()
    read: list[str] = []
    whole = reading.document
    monkeypatch.setattr(
        "stretto.sources.refresh.document",
        lambda file, data: (read.append(file.name), whole(file, data))[1],
    )
    opened(docs).close()
    (docs / "fugue.md").touch()
    (docs / "canon.txt").write_text("A canon at the fifth.")
    index = opened(docs)
    assert read == ["canon.txt"]
    assert texts(index.search("fifth")) == ["A canon at the fifth."]
    assert index.search("melody") == []


def test_a_change_that_keeps_time_and_size_is_seen_if_it_is_quick(docs: Path) -> None:
    """A file that was just written is compared by content."""
    path = docs / "canon.txt"
    opened(docs).close()
    stat = path.stat()
    path.write_text(path.read_text().replace("melody", "rhythm"))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert opened(docs).search("rhythm")


def test_files_that_are_gone_leave(docs: Path) -> None:
    """And new ones come, on a refresh of an open index."""
    index = opened(docs)
    (docs / "canon.txt").unlink()
    (docs / "new.md").write_text("Passacaglia")
    index.refresh()
    assert index.search("canon melody") == []
    assert texts(index.search("passacaglia")) == ["Passacaglia"]


def test_several_sources_are_one_index(docs: Path, tmp_path: Path) -> None:
    """A file that two of them hold is read once; names may be the same in both."""
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "canon.txt").write_text("Another canon.")
    index = opened(docs, tmp_path / "more", docs / "canon.txt")
    assert sorted(texts(index.search("canon"))) == [
        "A canon repeats one melody exactly.",
        "Another canon.",
    ]


@pytest.mark.parametrize("damage", ["all", "middle", "truncated"])
def test_a_corrupt_index_is_rebuilt_and_noted(docs: Path, damage: str) -> None:
    """The documents are all there again, without an error."""
    first = opened(docs)
    first.close()
    assert not first.rebuilt
    data = bytearray(first.path.read_bytes())
    if damage == "all":
        data[:] = b"not a database at all"
    elif damage == "middle":
        data[4096:] = b"\xaa" * (len(data) - 4096)
    else:
        del data[5000:]
    first.path.write_bytes(data)
    index = opened(docs)
    assert index.search("canon")
    assert index.rebuilt


def test_an_index_that_becomes_corrupt_while_open_is_rebuilt(docs: Path) -> None:
    """The search that meets the damage is answered."""
    index = opened(docs)
    index._store.connection.execute("PRAGMA writable_schema = ON")
    index._store.connection.execute("DELETE FROM sqlite_master WHERE name = 'passages'")
    index._store.connection.execute("PRAGMA schema_version = 999")
    assert index.search("canon")
    assert index.rebuilt


def test_a_file_that_is_not_ours_is_refused(docs: Path) -> None:
    """Not even looked away from."""
    (docs / ".stretto").mkdir()
    with sqlite3.connect(docs / ".stretto" / "index.sqlite") as other:
        other.execute("CREATE TABLE precious (x)")
    other.close()
    with pytest.raises(StateUnreadable, match="is left as it is"):
        opened(docs)


def test_a_source_without_documents_is_named(docs: Path, tmp_path: Path) -> None:
    """Also beside one that has some; nothing is left in its folder."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidInput, match=r"empty' has no readable document.*Readable are"):
        opened(docs, tmp_path / "empty")
    with pytest.raises(InvalidInput, match="has no readable document"):
        opened(tmp_path / "empty")
    assert list((tmp_path / "empty").iterdir()) == []
    (tmp_path / "empty" / "blank.md").write_text("\n\n")
    with pytest.raises(InvalidInput, match="has no readable document"):
        opened(tmp_path / "empty")


def test_what_was_not_read_is_told_once_with_the_reason(
    docs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files of one reason together."""
    monkeypatch.setitem(reading._EXTRAS, "html", lambda: False)
    (docs / "a.html").write_text("<p>x")
    (docs / "b.html").write_text("<p>x")
    (docs / "c.txt").write_bytes(b"\0\1\2")
    (docs / "d.txt").write_bytes(b"pr\xe9lude")
    for _ in range(2):
        index = opened(docs)
        assert [
            (each.reason.split(",")[0].split(":")[0], each.files) for each in index.skipped
        ] == [
            ("HTML needs the extra 'documents'", 2),
            ("binary", 1),
        ]
        assert [each.reason for each in index.replaced] == ["not clean UTF-8, 1 places replaced"]


def test_html_and_pdf_are_read_with_the_extra(docs: Path, pdf_of: Callable[..., bytes]) -> None:
    """Each at a place that opens."""
    pytest.importorskip("trafilatura")
    pytest.importorskip("pypdf")
    (docs / "a.html").write_text("<html><body>\n<p>The toccata is free in form.</p></body></html>")
    (docs / "b.pdf").write_bytes(pdf_of("Nothing", "The ricercar seeks."))
    index = opened(docs)
    assert (index.search("toccata")[0].line, index.search("ricercar")[0].line) == (2, 2)
    assert index.search("ricercar")[0].symbol == "page 2"


def test_read_gives_what_stands_around(docs: Path) -> None:
    """In the order of the file, from before the first line to after the last."""
    index = opened(docs)
    path = str(docs / "fugue.md")
    both = ["Voices enter in turn.", "Densely."]
    assert texts(index.read(path, 7)) == both
    assert texts(index.read(path, -3)) == both
    assert texts(index.read(path, 10_000)) == both


@pytest.mark.parametrize("path", ["/etc/passwd", "../../etc/passwd", "", "canon.txt", "~", "\0"])
def test_a_file_outside_of_the_sources_is_not_read(docs: Path, path: str) -> None:
    """However it is written."""
    with pytest.raises(InvalidInput, match="is not a file of the sources"):
        opened(docs).read(path, 1)


def test_threads_may_share_an_index(docs: Path) -> None:
    """Searches and reads at once give what they give alone."""
    index = opened(docs)
    alone = index.search("canon fugue tune")
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: index.search("canon fugue tune"), range(40)))
    assert all(each == alone for each in found)


def test_processes_that_open_at_once_all_find_everything(docs: Path) -> None:
    """One writes, the others wait."""
    for i in range(60):
        (docs / f"n{i}.md").write_text(f"# Number {i}\n\nThe gigue number {i} is quick.")
    code = (
        "import sys; from stretto.sources.index import Index;"
        "i = Index.open([sys.argv[1]]);"
        "print(len(i.search('gigue', 50)), i.rebuilt)"
    )
    command = [sys.executable, "-c", code, str(docs)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert {each.communicate(timeout=60)[0].strip() for each in running} == {"50 False"}


def test_the_demo_documents_are_indexed_quickly_and_answer() -> None:
    """First in a few seconds, then at once."""
    sources = ["package:langgraph", "package:langchain", "package:langchain_core"]
    began = time.monotonic()
    index = Index.open(sources)
    first = time.monotonic() - began
    began = time.monotonic()
    index.refresh()
    assert time.monotonic() - began < min(first, 1.0)
    assert "interrupt" in [p.symbol for p in index.search("resume after an interrupt in a node")]
    assert index.search("TimeoutPolicy")[0].symbol == "TimeoutPolicy"
    assert index.search("Pregel.invoke")[0].symbol == "Pregel.invoke"


def test_a_disk_that_goes_away_is_told(docs: Path) -> None:
    """While the index is open; what is known is not lost with it."""
    index = opened(docs)
    (docs / "new.md").write_text("Gavotte")
    shutil.rmtree(docs / ".stretto")
    with pytest.raises(StateUnavailable, match="cannot be written any more"):
        index.refresh()
