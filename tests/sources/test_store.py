"""The SQLite file of an index."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from stretto.errors import StateUnavailable, StateUnreadable
from stretto.sources import store as module
from stretto.sources.store import Store, Unwritable

if TYPE_CHECKING:
    from pathlib import Path


def names(connection: sqlite3.Connection) -> list[str]:
    """All values that are stored."""
    return [row[0] for row in connection.execute("SELECT value FROM meta")]


def put(store: Store, *values: str) -> None:
    """Store values in one transaction."""
    with store.writing() as connection:
        for value in values:
            connection.execute("INSERT INTO meta VALUES (?, ?)", (value, value))


def test_what_is_written_stays(tmp_path: Path) -> None:
    """In a folder that is made."""
    with closing(Store(tmp_path / "new" / "i.sqlite")) as store:
        put(store, "a")
    with closing(Store(tmp_path / "new" / "i.sqlite")) as store:
        assert store.run(names) == ["a"]
        assert not store.rebuilt


def test_a_failed_transaction_leaves_nothing(tmp_path: Path) -> None:
    """And the next one can begin."""
    with closing(Store(tmp_path / "i.sqlite")) as store:
        with pytest.raises(sqlite3.IntegrityError):
            put(store, "a", "a")
        put(store, "b")
        assert store.run(names) == ["b"]


@pytest.mark.parametrize("damage", [b"garbage", b"", b"SQLite format 3\0" + b"\xff" * 20])
def test_a_damaged_index_is_made_anew(tmp_path: Path, damage: bytes) -> None:
    """Whether all of it is gone or only the beginning stands."""
    path = tmp_path / "i.sqlite"
    with closing(Store(path)) as store:
        put(store, "a")
    path.write_bytes(damage)
    with closing(Store(path)) as store:
        assert store.run(names) == []
        assert store.rebuilt == bool(damage)


def test_damage_that_shows_later_is_mended_then(tmp_path: Path) -> None:
    """The work is done again on an empty index."""
    path = tmp_path / "i.sqlite"
    with closing(Store(path)) as store:
        put(store, *(f"{i:0500}" for i in range(200)))
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (path.stat().st_size - 4096))
    with closing(Store(path)) as store:
        assert store.run(names) == []
        assert store.rebuilt


def test_a_file_that_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    """Another program's database, or no database at all."""
    path = tmp_path / "i.sqlite"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE precious (x)")
    before = path.read_bytes()
    with pytest.raises(StateUnreadable, match="is not an index of Stretto"):
        Store(path)
    assert path.read_bytes() == before
    text = tmp_path / "j.sqlite"
    text.write_text("my diary")
    with pytest.raises(StateUnreadable, match="Move it away"):
        Store(text)
    assert text.read_text() == "my diary"


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A file where a folder would have to be."""
    (tmp_path / "file").touch()
    with pytest.raises(Unwritable):
        Store(tmp_path / "file" / "i.sqlite")


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    """With what to do; what was there stays."""
    with closing(Store(tmp_path / "i.sqlite")) as store:
        put(store, "a")
        store.run(lambda c: c.execute("PRAGMA max_page_count = 1").fetchone())
        with pytest.raises(StateUnavailable, match="Free some space"):
            store.run(lambda _: put(store, "b" * 2_000_000))
        assert store.run(names) == ["a"]


def test_another_writer_is_waited_for_and_then_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Waiting ends."""
    with closing(Store(tmp_path / "i.sqlite")) as store, store._alone():
        monkeypatch.setattr(module, "WAIT", 0.01)
        with pytest.raises(StateUnavailable, match="try again later"):
            Store(tmp_path / "i.sqlite")
