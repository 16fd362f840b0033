from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, nullcontext, suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from stretto.errors import MissingExtra, StateBusy, StateUnavailable, StateUnreadable
from stretto.journal import open_journal, opening
from stretto.journal.postgres import LOCK, translated
from stretto.records import ModelStarted

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence

    from stretto.journal import Entry


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


def cut_off(url: str) -> None:
    """End all connections to a database but this one."""
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


async def test_a_lost_connection_stops_the_run_and_is_made_again(postgres_url: str) -> None:
    """What could not be written is written then; reading goes on by itself."""
    async with open_journal(postgres_url, wait=0) as journal:
        async with proxied(postgres_url) as proxy:
            proxy.refuse = True
            journal._backend.url = proxy.url
            cut_off(postgres_url)
            journal.append(record())
            for _ in range(2):
                with pytest.raises(StateUnavailable):
                    await journal.flush()
        journal._backend.url = postgres_url
        await journal.flush()
        assert len(await journal.records()) == 1


async def test_a_lost_connection_is_made_again_while_the_run_waits(postgres_url: str) -> None:
    """It does not notice."""
    async with open_journal(postgres_url, wait=30) as journal:
        for _ in range(3):
            cut_off(postgres_url)
            journal.append(record())
            await journal.flush()
            assert await journal.take("t")
        assert [r.seq for r in await journal.records()] == [1, 2, 3]


class Proxy:
    """Stands between a journal and its server, and loses the answer to a commit."""

    def __init__(self, url: str) -> None:
        self._server = urlsplit(url)
        self._tasks = set[asyncio.Task[None]]()
        self.url = ""
        self.lose = 0
        """How many of the next commits are carried out and never answered."""
        self.refuse = False
        self.refused = asyncio.Event()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        if self.refuse:
            self.refused.set()
            await closed(writer)
            return
        there, here = await asyncio.open_connection(self._server.hostname, self._server.port)
        back = asyncio.create_task(copied(there, writer))
        while data := await read(reader):
            lost = bool(self.lose) and b"COMMIT" in data
            if lost:
                self.lose -= 1
                back.cancel()
                await asyncio.wait([back])
            here.write(data)
            if lost:
                assert await read(there)  # the server has done it
                break
        await closed(here)
        await closed(writer)
        await asyncio.wait([back])


@asynccontextmanager
async def proxied(url: str) -> AsyncGenerator[Proxy]:
    """A proxy before a server."""
    proxy = Proxy(url)
    listener = await asyncio.start_server(proxy._serve, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    proxy.url = urlunsplit(urlsplit(url)._replace(netloc=f"root@127.0.0.1:{port}"))
    async with listener:
        yield proxy
        await asyncio.wait(proxy._tasks)


async def read(reader: asyncio.StreamReader) -> bytes:
    """What comes next; nothing when the other side is gone."""
    try:
        return await reader.read(65_536)
    except ConnectionError:
        return b""


async def closed(writer: asyncio.StreamWriter) -> None:
    """Close a connection."""
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


async def copied(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on what comes until the end."""
    while data := await read(reader):
        writer.write(data)
    writer.close()


@pytest.mark.parametrize("wait", [0, 30])
async def test_a_batch_whose_commit_was_not_answered_is_written_once(
    postgres_url: str, wait: float, holds: Callable[[Sequence[Entry]], bool]
) -> None:
    """Whether the run waits for the database or is stopped and goes on."""
    async with proxied(postgres_url) as proxy, open_journal(proxy.url, wait=wait) as journal:
        for number in range(3):
            proxy.lose = 1
            journal.append(record())
            journal.append(record())
            with nullcontext() if wait else suppress(StateUnavailable):
                await journal.flush()
            await journal.flush()
            assert not proxy.lose
            assert len(await journal.entries("t")) == (number + 1) * 2
        assert holds(await journal.entries("t"))


async def test_a_record_told_twice_is_not_taken_for_a_lost_one(postgres_url: str) -> None:
    """Another process may have written the very same meanwhile."""
    async with (
        proxied(postgres_url) as proxy,
        open_journal(proxy.url, wait=0) as journal,
        open_journal(postgres_url) as other,
    ):
        journal._backend._writing.close()
        proxy.refuse = True
        journal.append(record())
        with pytest.raises(StateUnavailable):
            await journal.flush()
        other.append(record())
        await other.flush()
        proxy.refuse = False
        await journal.flush()
        assert len(await journal.entries("t")) == 2


async def test_a_taking_whose_commit_was_not_answered_counts_once(postgres_url: str) -> None:
    """The number is the one in the store."""
    async with proxied(postgres_url) as proxy, open_journal(proxy.url, wait=30) as journal:
        proxy.lose = 1
        assert await journal.take("t") == 1
        assert await journal.take("t") == 2
        await journal.check("t")


async def test_a_server_that_refuses_for_a_while_is_waited_for(postgres_url: str) -> None:
    """As long as it was asked to."""
    async with proxied(postgres_url) as proxy, open_journal(proxy.url, wait=30) as journal:
        proxy.refuse = True
        cut_off(postgres_url)
        journal.append(record())
        flush = asyncio.create_task(journal.flush())
        await proxy.refused.wait()
        assert not flush.done()
        proxy.refuse = False
        await flush
        assert len(await journal.records()) == 1


async def test_a_writer_that_holds_the_lock_is_waited_for_and_told(postgres_url: str) -> None:
    """Another process's transaction, in which it stays."""
    async with open_journal(postgres_url, wait=0) as journal:
        with psycopg.connect(postgres_url) as other:
            other.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            journal.append(record())
            with pytest.raises(StateBusy, match="lock timeout"):
                await journal.flush()
        await journal.flush()
        assert len(await journal.records()) == 1


async def test_a_closed_journal_connects_no_more(postgres_url: str) -> None:
    """Nobody would close that connection."""
    async with open_journal(postgres_url) as journal:
        pass
    with pytest.raises(StateUnavailable):
        await journal.records()
    assert journal._backend._reading.closed


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

    monkeypatch.setattr(opening.importlib, "import_module", absent)
    with pytest.raises(MissingExtra, match=r"\.\[postgres\]"):
        async with open_journal("postgresql://h/d"):
            pass
