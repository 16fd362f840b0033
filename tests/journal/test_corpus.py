"""Journals as older versions wrote them, dumped; each must load for ever."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from stretto.errors import StateUnavailable
from stretto.journal import Privacy, open_journal
from stretto.journal.payloads import value_of
from stretto.records import (
    EffectEnded,
    Interrupted,
    ModelStarted,
    Pruned,
    RunEnded,
    RunStarted,
    ToolStarted,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stretto.journal import Entry

    Holds = Callable[[Sequence[Entry]], bool]

CORPUS = Path(__file__).parent / "corpus"
V1_POSTGRES = (
    "CREATE TABLE stretto_journal (version integer NOT NULL)",
    "INSERT INTO stretto_journal (version) VALUES (1)",
    """CREATE TABLE stretto_records (
        seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        thread text NOT NULL,
        run text NOT NULL,
        type text NOT NULL,
        time double precision NOT NULL,
        body text NOT NULL
    )""",
    "CREATE INDEX stretto_records_by_thread ON stretto_records (thread, seq)",
    """CREATE INDEX stretto_runs ON stretto_records (seq)
        WHERE type IN ('run_started', 'run_ended')""",
)
"""The tables of version 1; an SQLite file's are in its dump."""


def rows(name: str) -> list[tuple[object, ...]]:
    """The records of a dump, column by column."""
    held = sqlite3.connect(":memory:")
    held.executescript((CORPUS / name).read_text(encoding="utf-8"))
    found = held.execute("SELECT * FROM records ORDER BY seq").fetchall()
    held.close()
    return found


def fill(place: str, name: str) -> None:
    """Make a file or a database what it was in the time of the dump."""
    if not place.startswith("postgresql"):
        made = sqlite3.connect(place)
        made.executescript((CORPUS / name).read_text(encoding="utf-8"))
        made.close()
        return
    psycopg = pytest.importorskip("psycopg")
    with psycopg.connect(place) as made:
        for statement in V1_POSTGRES:
            made.execute(statement)
        for _, *row in rows(name):
            made.execute(
                "INSERT INTO stretto_records (thread, run, type, time, body) "
                "VALUES (%s, %s, %s, %s, %s)",
                row,
            )


async def test_every_record_of_version_one_reads_with_its_content(place: str) -> None:
    """And keeps its `seq`; what was said in it is there, in a payload."""
    fill(place, "v1.sql")
    old = rows("v1.sql")
    async with open_journal(place, privacy=Privacy(rules=())) as journal:
        records = await journal.records()
        assert [r.seq for r in records] == [row[0] for row in old]
        for record, row in zip(records, old, strict=True):
            told = json.loads(str(row[-1]))
            now = json.loads(record.model_dump_json())
            assert {**now, **told, "seq": record.seq} == now
        bodies = [e.body for t in await journal.threads() for e in await journal.entries(t.thread)]
        assert len(bodies) == len(old)
        assert not any("glaze" in body for body in bodies)


async def test_the_chains_of_version_one_hold(place: str, holds: Holds) -> None:
    """They go on from the first record, and new ones are linked to them."""
    fill(place, "v1.sql")
    async with open_journal(place) as journal:
        for summary in await journal.threads():
            entries = await journal.entries(summary.thread)
            assert entries[0].position == 0
            assert holds(entries)
        journal.append(RunStarted(time=1, thread="pots", run="new", team="x"))
        await journal.flush()
        entries = await journal.entries("pots")
        assert entries[-1].seq == len(rows("v1.sql")) + 1
        assert holds(entries)


async def test_version_one_is_read_as_it_was(place: str) -> None:
    """Its threads, runs and interrupts."""
    fill(place, "v1.sql")
    async with open_journal(place) as journal:
        found = {s.thread: (s.status, s.team, s.runs) for s in await journal.threads()}
        assert found == {
            "pots": ("done", "research", 1),
            "asking": ("done", "asking", 2),
            "failing": ("failed", "failing", 1),
        }
        asked = await journal.records("asking", types=["interrupted"])
        assert isinstance(asked[0], Interrupted)
        assert asked[0].value
        (end,) = await journal.records("failing", types=["run_ended"])
        assert isinstance(end, RunEnded)
        assert "no such kiln" in end.error


async def test_version_one_can_be_forgotten_and_pruned(place: str, holds: Holds) -> None:
    """Nothing of what was said stays, and the chains hold."""
    fill(place, "v1.sql")
    async with open_journal(place) as journal:
        assert await journal.forget("pots")
        start = await journal.last_run("pots")
        assert start
        assert (start.forgotten, start.question, start.context) == (True, "", {})
        assert not any("glaze" in e.body for e in await journal.entries("pots"))
        assert await journal.prune(keep=0) == 61 + 1 + 38
        assert [r.type for r in await journal.records("asking")] == ["pruned"]
        for thread in ("pots", "asking", "failing"):
            assert holds(await journal.entries(thread))


def test_what_was_said_in_version_one_leaves_the_file_with_the_forgetting(tmp_path: Path) -> None:
    """Also the copy that the old tables held."""
    path = tmp_path / "journal.sqlite"
    fill(str(path), "v1.sql")
    assert b"glaze craze" in path.read_bytes()

    async def forget() -> None:
        async with open_journal(path) as journal:
            await journal.forget("pots")

    asyncio.run(forget())
    assert not any(b"glaze craze" in file.read_bytes() for file in tmp_path.iterdir())


async def test_secrets_of_version_one_are_redacted(tmp_path: Path) -> None:
    """What is moved is kept as it is kept from now on."""
    path = tmp_path / "journal.sqlite"
    fill(str(path), "v1.sql")
    secret = "sk-abcdefghijklmnopqrstuvwxyz0123456789"
    with sqlite3.connect(path) as hand:
        hand.execute("UPDATE records SET body = replace(body, 'glaze', ?)", (secret,))
    async with open_journal(path, privacy=Privacy()) as journal:
        start = await journal.last_run("pots")
        assert start
        assert "[redacted:" in start.question
        assert secret not in str(await journal.records())


async def test_a_damaged_record_of_version_one_holds_up_no_other(place: str, holds: Holds) -> None:
    """It is kept as it is, and told when it is read."""
    fill(place, "v1.sql")
    if place.startswith("postgresql"):
        psycopg = pytest.importorskip("psycopg")
        with psycopg.connect(place) as hand:
            hand.execute("UPDATE stretto_records SET body = '{\"x' WHERE thread = 'failing'")
    else:
        with sqlite3.connect(place) as hand:
            hand.execute("UPDATE records SET body = '{\"x' WHERE thread = 'failing'")
    async with open_journal(place) as journal:
        assert len(await journal.records("pots")) == 61
        assert holds(await journal.entries("failing"))


async def test_a_migration_that_fails_leaves_version_one_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that dies in it, or a full disk, costs nothing; it is tried again."""
    path = tmp_path / "journal.sqlite"
    fill(str(path), "v1.sql")

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr("stretto.journal.sqlite.SqliteSession.keep", full)
        with pytest.raises(StateUnavailable, match="disk full"):
            async with open_journal(path):
                pass
    with sqlite3.connect(path) as held:
        assert held.execute("PRAGMA user_version").fetchone() == (1,)
        assert held.execute("SELECT * FROM records ORDER BY seq").fetchall() == rows("v1.sql")
    held.close()
    async with open_journal(path) as journal:
        assert len(await journal.records()) == len(rows("v1.sql"))


async def test_an_older_process_cannot_write_beside_the_chains(place: str) -> None:
    """Its statements fail, so its run stops; it was started before the journal was moved."""
    fill(place, "v1.sql")
    async with open_journal(place):
        pass
    columns = "(thread, run, type, time, body) VALUES ('pots', 'r', 'x', 1, '{}')"
    if place.startswith("postgresql"):
        psycopg = pytest.importorskip("psycopg")
        with psycopg.connect(place) as old, pytest.raises(psycopg.errors.NotNullViolation):
            old.execute(f"INSERT INTO stretto_records {columns}")
    else:
        with sqlite3.connect(place) as old, pytest.raises(sqlite3.IntegrityError):
            old.execute(f"INSERT INTO records {columns}")


async def test_version_two_loads(tmp_path: Path, holds: Holds) -> None:
    """Chains, payloads of each kind, effects, fences, and what was forgotten and pruned."""
    path = tmp_path / "journal.sqlite"
    fill(str(path), "v2.sql")
    async with open_journal(path) as journal:
        for thread in ("talk", "old", "secret"):
            assert holds(await journal.entries(thread))
        start = await journal.last_run("talk")
        assert start
        assert (start.question, start.context) == (
            "Why does glaze craze?",
            {"sources": ["pottery"]},
        )
        (model,) = await journal.records("talk", types=["model_started"])
        (tool,) = await journal.records("talk", types=["tool_started"])
        assert isinstance(model, ModelStarted)
        assert isinstance(tool, ToolStarted)
        assert tool.args == {"query": "glaze"}
        assert "[redacted:" in (await journal.records("talk", types=["decided"]))[0].reason
        (effect,) = await journal.records("talk", key="tools:1|tool|c1", types=["effect_ended"])
        assert isinstance(effect, EffectEnded)
        held = await journal.payloads("talk", [model.input, tool.input, effect.output])
        assert value_of(held[model.input])["messages"]
        assert value_of(held[tool.input]) == {"query": "glaze"}
        assert value_of(held[effect.output]).content.startswith("It crazes")
        (pruned,) = await journal.records("old", types=["pruned"])
        assert isinstance(pruned, Pruned)
        assert pruned.before == (await journal.entries("old"))[0].position == 2
        forgotten, told = (await journal.records("secret"))[:2]
        assert (forgotten.forgotten, told.type) == (True, "forgotten")
        assert await journal.take("talk") == 2
        journal.append(RunEnded(time=1, thread="talk", run="r", status="done", seconds=1))
        await journal.flush()
        assert holds(await journal.entries("talk"))
