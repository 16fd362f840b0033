from __future__ import annotations

import asyncio

import psycopg
import pytest

from stretto.errors import MissingExtra, StateUnavailable, StateUnreadable
from stretto.journal import open_journal, store
from stretto.journal.postgres import translated
from stretto.records import ModelStarted


def record() -> ModelStarted:
    """Any record."""
    return ModelStarted(time=1, thread="t", run="r", model="m", messages=1)


async def refusal(url: str) -> str:
    """What opening the journal is refused with."""
    with pytest.raises(StateUnavailable) as refused:
        async with open_journal(url):
            pass
    return str(refused.value)


async def test_a_server_that_is_down_is_told_without_the_password() -> None:
    """With the URL and what to check."""
    text = await refusal("postgresql://me:hunter2@127.0.0.1:1/state")
    assert "hunter2" not in text
    assert "postgresql://me:***@127.0.0.1:1/state" in text
    assert "STRETTO_DATABASE_URL" in text


async def test_no_such_database_or_role_is_told(postgres_url: str) -> None:
    """In the server's words."""
    server = postgres_url.partition("@")[2].partition("/")[0]
    assert "does not exist" in await refusal(postgres_url + "_absent")
    text = await refusal(f"postgresql://nobody_at_all:hun%40ter@{server}/postgres")
    assert "hun@ter" not in text
    assert "hun%40ter" not in text


@pytest.mark.parametrize("secret", ["hunter2", "hun%40ter"])
def test_an_error_that_repeats_the_password_is_cleaned(secret: str) -> None:
    """As it stands in the URL and as it was typed."""
    told = psycopg.OperationalError("bad value hunter2 or hun@ter or hun%40ter")
    with pytest.raises(StateUnavailable) as raised, translated(f"postgresql://me:{secret}@h/d"):
        raise told
    assert secret not in str(raised.value)
    assert raised.value.__suppress_context__


async def test_a_lost_connection_stops_the_run_and_is_made_again(postgres_url: str) -> None:
    """What could not be written is written then."""
    async with open_journal(postgres_url) as journal:
        with psycopg.connect(postgres_url, autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        journal.append(record())
        with pytest.raises(StateUnavailable):
            await journal.flush()
        await journal.flush()
        with pytest.raises(StateUnavailable):
            await journal.records()
        assert len(await journal.records()) == 1


async def test_a_newer_journal_is_refused(postgres_url: str) -> None:
    """An older Stretto does not guess at what it does not know."""
    async with open_journal(postgres_url):
        pass
    with psycopg.connect(postgres_url, autocommit=True) as newer:
        newer.execute("UPDATE stretto_journal SET version = 99")
    with pytest.raises(StateUnreadable, match="newer Stretto"):
        async with open_journal(postgres_url):
            pass


async def test_many_processes_may_open_a_new_journal_at_once(postgres_url: str) -> None:
    """The first one makes it, the others wait."""

    async def once() -> None:
        async with open_journal(postgres_url) as journal:
            journal.append(record())
            await journal.flush()

    await asyncio.gather(*(once() for _ in range(8)))
    async with open_journal(postgres_url) as journal:
        assert [r.seq for r in await journal.records()] == list(range(1, 9))


async def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """And how to install it."""

    def absent(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(store.importlib, "import_module", absent)
    with pytest.raises(MissingExtra, match=r"\.\[postgres\]"):
        async with open_journal("postgresql://h/d"):
            pass
