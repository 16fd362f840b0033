from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from stretto.errors import StateBusy, StateUnavailable, StateUnreadable
from stretto.journal import Journal, open_journal
from stretto.journal.backend import Selection
from stretto.journal.sqlite import SqliteBackend, open_file
from stretto.records import ModelStarted, RunEnded, RunStarted

if TYPE_CHECKING:
    from pathlib import Path

NOBODY = 65534


def record(text: str = "m") -> ModelStarted:
    """A record of about the size of its text."""
    return ModelStarted(time=1, thread="t", run="r", model=text, messages=1)


async def refusal(path: Path) -> str:
    """What opening the file as a journal is refused with; it must not change."""
    before = contents(path.parent)
    with pytest.raises(StateUnreadable) as refused:
        async with open_journal(path):
            pass
    assert contents(path.parent) == before
    return str(refused.value)


def contents(folder: Path) -> dict[str, bytes]:
    """All files of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def foreign(path: Path, statement: str) -> None:
    """Another program's database."""
    other = sqlite3.connect(path)
    other.execute(statement)
    other.close()


def remove(path: Path) -> None:
    """A journal, with the files SQLite keeps beside it."""
    for file in path.parent.glob(f"{path.name}*"):
        file.unlink()


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """It is named and left as it is, and the remedy is told."""
    path = tmp_path / "journal.sqlite"
    path.write_bytes(b"dear diary, " * 500)
    text = await refusal(path)
    assert str(path) in text
    assert text.endswith("move it away to start a new one.")


async def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    """With tables or a mark that are not ours."""
    path = tmp_path / "journal.sqlite"
    foreign(path, "CREATE TABLE records (x)")
    assert "no Stretto journal" in await refusal(path)
    marked = tmp_path / "marked.sqlite"
    foreign(marked, "PRAGMA application_id=7")
    assert "no Stretto journal" in await refusal(marked)


async def test_a_newer_journal_is_refused(tmp_path: Path) -> None:
    """An older Stretto does not guess at what it does not know."""
    path = tmp_path / "journal.sqlite"
    async with open_journal(path):
        pass
    with sqlite3.connect(path) as newer:
        newer.execute("PRAGMA user_version=99")
    with pytest.raises(StateUnreadable, match="newer Stretto"):
        async with open_journal(path):
            pass


async def test_an_empty_file_becomes_a_journal(tmp_path: Path) -> None:
    """A crash may have left one before the first write."""
    path = tmp_path / "journal.sqlite"
    path.touch()
    async with open_journal(path) as journal:
        assert await journal.threads() == []


async def test_a_damaged_page_is_told_when_it_is_met(tmp_path: Path) -> None:
    """Reading says that the file is damaged, and names it."""
    path = tmp_path / "journal.sqlite"
    async with open_journal(path) as journal:
        for _ in range(500):
            journal.append(record("x" * 200))
    whole = path.read_bytes()
    path.write_bytes(whole[:8192] + b"\xff" * (len(whole) - 8192))
    with pytest.raises(StateUnreadable, match=r"journal\.sqlite"):
        async with open_journal(path) as journal:
            await journal.records()


async def test_a_damaged_record_is_named(tmp_path: Path) -> None:
    """By its number."""
    path = tmp_path / "journal.sqlite"
    async with open_journal(path) as journal:
        journal.append(record())
    with sqlite3.connect(path) as hand:
        hand.execute("UPDATE records SET body = '{}'")
    async with open_journal(path) as journal:
        with pytest.raises(StateUnreadable, match="record 1 of the journal"):
            await journal.records()


async def test_a_full_disk_stops_the_run_and_space_lets_it_go_on(tmp_path: Path) -> None:
    """The failed write is raised at the flush and at the next record, and made up for later."""
    path = tmp_path / "journal.sqlite"
    backend = SqliteBackend(path)
    backend._writing.execute("PRAGMA max_page_count=20")
    journal = Journal(backend, str(path))
    journal.append(record("x" * 100_000))
    with pytest.raises(StateUnavailable, match=r"full\. Free some space"):
        await journal.flush()
    with pytest.raises(StateUnavailable):
        journal.append(record("lost"))
    end = RunEnded(time=2, thread="t", run="r", status="failed", seconds=1)
    with pytest.raises(StateUnavailable):
        journal.append(end)

    backend._writing.execute("PRAGMA max_page_count=100000")
    await journal.flush()
    journal.append(record("new"))
    await journal.flush()
    models = [r.model if isinstance(r, ModelStarted) else r.type for r in await journal.records()]
    assert models == ["x" * 100_000, "run_ended", "new"]
    await journal.aclose()


async def test_a_journal_that_stays_locked_is_told(tmp_path: Path) -> None:
    """After a while of waiting for the other process."""
    path = tmp_path / "journal.sqlite"
    async with open_journal(path, wait=0.05) as journal:
        other = open_file(path, lambda *_: None)
        other.execute("BEGIN IMMEDIATE")
        journal.append(record())
        with pytest.raises(StateBusy, match="Another process holds it"):
            await journal.flush()
        other.execute("ROLLBACK")
        await journal.flush()
        assert len(await journal.records()) == 1
        other.close()


async def test_a_place_that_cannot_be_a_folder_is_told(tmp_path: Path) -> None:
    """A file stands where the folder should be; a folder where the file should be."""
    (tmp_path / "file").touch()
    (tmp_path / "folder.sqlite").mkdir()
    for path in (tmp_path / "file" / "journal.sqlite", tmp_path / "folder.sqlite"):
        with pytest.raises(StateUnavailable, match="STRETTO_HOME"):
            async with open_journal(path):
                pass


def test_a_folder_without_permission_is_told(tmp_path: Path) -> None:
    """For a file to be made and for one that is there."""
    (tmp_path / "there").mkdir()

    async def make() -> None:
        async with open_journal(tmp_path / "there" / "journal.sqlite"):
            pass

    asyncio.run(make())
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from stretto.errors import StateUnavailable\n"
        "from stretto.journal.sqlite import SqliteBackend\n"
        f"if os.getuid() == 0: os.setgid({NOBODY}); os.setuid({NOBODY})\n"
        "for path in sys.argv[1:]:\n"
        "    try: SqliteBackend(Path(path))\n"
        "    except StateUnavailable as error: print(error)\n"
    )
    (tmp_path / "there" / "journal.sqlite").chmod(0o444)
    (tmp_path / "there").chmod(0o555)
    paths = [tmp_path / "there" / "new.sqlite", tmp_path / "there" / "journal.sqlite"]
    told = subprocess.run(
        [sys.executable, "-c", code, *map(str, paths)], capture_output=True, text=True, check=False
    )
    (tmp_path / "there").chmod(0o755)
    lines = told.stdout.splitlines()
    assert len(lines) == 2, told.stderr
    for path, line in zip(paths, lines, strict=True):
        assert str(path) in line
        assert "STRETTO_HOME" in line


async def test_many_processes_may_open_a_new_journal_at_once(tmp_path: Path) -> None:
    """The first one makes it, the others wait."""
    path = tmp_path / "journal.sqlite"

    async def once() -> None:
        async with open_journal(path) as journal:
            journal.append(record())
            await journal.flush()

    await asyncio.gather(*(once() for _ in range(8)))
    async with open_journal(path) as journal:
        assert len(await journal.records()) == 8


async def test_a_file_that_is_gone_stops_the_run(tmp_path: Path) -> None:
    """Nothing is written into a file that nobody will find; put back, it gets what is left."""
    path, away = tmp_path / "journal.sqlite", tmp_path / "away.sqlite"
    async with open_journal(path) as journal:
        journal.append(record("first"))
        await journal.flush()
        path.rename(away)
        journal.append(record("second"))
        with pytest.raises(StateUnavailable, match=r"is gone\. Put it back"):
            await journal.flush()
        away.rename(path)
        await journal.flush()
        assert [r.model for r in await journal.records() if isinstance(r, ModelStarted)] == [
            "first",
            "second",
        ]


async def test_a_file_put_in_its_place_is_written(tmp_path: Path) -> None:
    """A copy of yesterday, say: it is opened anew, and checked to be a journal."""
    path, other = tmp_path / "journal.sqlite", tmp_path / "other.sqlite"
    async with open_journal(other) as journal:
        journal.append(record("yesterday"))
    async with open_journal(path) as journal:
        journal.append(record("lost"))
        await journal.flush()
        remove(path)
        other.rename(path)
        journal.append(record("today"))
        await journal.flush()
        got = await journal.records()
    assert [r.model for r in got if isinstance(r, ModelStarted)] == ["yesterday", "today"]


async def test_a_foreign_file_put_in_its_place_is_left_alone(tmp_path: Path) -> None:
    """And told."""
    path = tmp_path / "journal.sqlite"
    async with open_journal(path) as journal:
        remove(path)
        foreign(path, "CREATE TABLE records (x)")
        before = path.read_bytes()
        journal.append(record())
        for _ in range(2):
            with pytest.raises(StateUnreadable, match="no Stretto journal"):
                await journal.flush()
        assert path.read_bytes() == before


async def test_what_is_forgotten_is_in_no_file(tmp_path: Path) -> None:
    """Not in a free page, nor in the write-ahead log."""
    path = tmp_path / "journal.sqlite"
    async with open_journal(path) as journal:
        for number in range(50):
            journal.append(
                RunStarted(time=1, thread="t", run=str(number), team="x", question=f"plum {number}")
            )
        await journal.flush()
        assert any(b"plum" in held for held in contents(tmp_path).values())
        assert await journal.forget("t") == 50
        assert not any(b"plum" in held for held in contents(tmp_path).values())


async def test_the_list_of_threads_reads_no_other_records(tmp_path: Path) -> None:
    """Its index is used, however many records there are."""
    backend = SqliteBackend(tmp_path / "journal.sqlite")
    where, values = Selection(types=("run_started", "run_ended")).where()
    plan = backend.read(f"EXPLAIN QUERY PLAN SELECT body FROM $records WHERE {where}", *values)
    backend.close()
    assert "INDEX runs" in plan[0][3]
