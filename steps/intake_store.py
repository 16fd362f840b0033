"""The store of the intake team: one row a document, however often it comes, and its undo."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stretto import effect, idempotency_key
from stretto.errors import StateUnavailable
from stretto.home import state_home

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

__all__ = ["keep", "remove", "store"]

VARIABLE = "STRETTO_INTAKE_STORE"
"""Names the database file; by default it is `intake.sqlite` in the state's folder."""
BUSY = 30.0
"""Seconds to wait while another process writes."""
_TABLES = """
create table if not exists documents (
    digest text primary key, title text not null, kind text not null, kind_by text not null,
    summary text not null, summary_by text not null, note text not null, text text not null,
    stored_at text not null
);
create table if not exists entities (
    digest text not null references documents on delete cascade,
    kind text not null, value text not null, quote text not null
);
create index if not exists entities_of on entities (digest);
create index if not exists entities_by on entities (kind, value);
create table if not exists places (
    digest text not null references documents on delete cascade,
    path text not null, made_by text not null, primary key (digest, path)
);
"""


async def store(state: Mapping[str, Any]) -> dict[str, Any]:
    """Stores the document once, whatever becomes of the process."""
    record = state["record"]
    became = await effect("store", keep, record, state["text"], effect="idempotent", undo=remove)
    told = {key: record[key] for key in ("path", "kind", "note", "dropped")}
    return {"taken": {**told, "became": became["became"], "store": became["store"]}}


def keep(record: dict[str, Any], text: str) -> dict[str, str]:
    """Store a document and where it was found.

    The same text again adds a place, no row; the same place again adds nothing.

    Returns:
        What it `became` (stored or known), the `store`'s path, the `digest` and the `key` of
        what was done, by which it is undone.
    """
    key = idempotency_key()
    with _open() as base:
        row = {**record, "text": text, "stored_at": datetime.now(UTC).isoformat()}
        insert = (
            "insert or ignore into documents values (:digest, :title, :kind, :kind_by, :summary, "
            ":summary_by, :note, :text, :stored_at)"
        )
        if base.execute(insert, row).rowcount:
            found = [{"digest": record["digest"], **each} for each in record["entities"]]
            base.executemany("insert into entities values (:digest, :kind, :value, :quote)", found)
            made = True
        else:
            asked = "select 1 from places where digest = ? and made_by = ?"
            made = base.execute(asked, (record["digest"], key)).fetchone() is not None
        place = (record["digest"], record["path"], key)
        base.execute("insert or ignore into places values (?, ?, ?)", place)
    became = "stored" if made else "known"
    return {"became": became, "store": str(_path()), "digest": record["digest"], "key": key}


def remove(result: dict[str, str], record: dict[str, Any], text: str) -> None:
    """Undo `keep`: forget the place, and the document when no other place has it."""
    del record, text
    with _open() as base:
        mine = (result["digest"], result["key"])
        if base.execute("delete from places where digest = ? and made_by = ?", mine).rowcount:
            base.execute(
                "delete from documents where digest = ? and not exists "
                "(select 1 from places where places.digest = documents.digest)",
                mine[:1],
            )


def _path() -> Path:
    named = os.environ.get(VARIABLE, "").strip()
    return Path(named).expanduser().absolute() if named else state_home() / "intake.sqlite"


@contextmanager
def _open() -> Generator[sqlite3.Connection]:
    """The database in one transaction of writing.

    Raises:
        StateUnavailable: It cannot be opened or written.
    """
    path = _path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path, timeout=BUSY, isolation_level=None)) as base:
            base.execute("pragma foreign_keys = on")
            base.execute("begin immediate")
            try:
                for statement in _TABLES.split(";"):
                    base.execute(statement)
                yield base
            except BaseException:
                base.execute("rollback")
                raise
            base.execute("commit")
    except (sqlite3.Error, OSError) as error:
        raise StateUnavailable(
            f"cannot store documents in {str(path)!r}: {error}. Set {VARIABLE} to a file that can "
            "be written."
        ) from error
