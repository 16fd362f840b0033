"""What every test may ask for."""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from stretto.runs import Storage, open_storage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

settings.register_profile("stretto", deadline=None)  # machines are shared: time says nothing
settings.load_profile("stretto")

POSTGRES = os.environ.get("STRETTO_TEST_DATABASE_URL", "postgresql://root@127.0.0.1:5432/test")


def absent(what: str) -> None:
    """Skip for want of `what`; where services are required its absence is a failure."""
    if os.environ.get("STRETTO_REQUIRE_SERVICES") == "1":
        pytest.fail(f"{what}, and STRETTO_REQUIRE_SERVICES=1 asks for it")
    pytest.skip(what)


@pytest.fixture
def shared_data() -> Path:
    """The folder of real data beside the project."""
    folder = Path(__file__).parent.parent.parent / "shared" / "data"
    if not folder.is_dir():
        absent("no folder ../shared/data")
    return folder


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """A fresh database on a real server, dropped after the test."""
    psycopg = pytest.importorskip("psycopg")
    name = f"stretto_{uuid.uuid4().hex[:12]}"
    try:
        admin = psycopg.connect(POSTGRES, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError as error:
        absent(f"no Postgres at STRETTO_TEST_DATABASE_URL ({error})")
    admin.execute(f'CREATE DATABASE "{name}"')
    try:
        yield f"{POSTGRES.rsplit('/', 1)[0]}/{name}"
    finally:
        admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        admin.close()


@pytest.fixture(params=["files", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, object]:
    """Where state is kept, as `open_storage` takes it."""
    if request.param == "files":
        return {"home": tmp_path / "state"}
    return {"url": request.getfixturevalue("postgres_url")}


@pytest.fixture
async def storage(place: dict[str, object]) -> AsyncIterator[Storage]:
    """Open state."""
    if "home" in place:
        place["home"].mkdir()  # type: ignore[attr-defined]
    async with open_storage(**place) as opened:  # type: ignore[arg-type]
        yield opened


@pytest.fixture(autouse=True)
def _no_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Tests start without a key, a tracer or the developer's own state."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "STRETTO_MODEL", "STRETTO_SOURCES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANGSMITH_TRACING", "false")
    monkeypatch.delenv("STRETTO_DATABASE_URL", raising=False)
    monkeypatch.setenv("STRETTO_HOME", str(tmp_path / "stretto-home"))
