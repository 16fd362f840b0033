from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stretto.errors import InvalidInput, StateUnavailable
from stretto.home import database_url, is_database_url, state_home, without_password

if TYPE_CHECKING:
    from pathlib import Path


def test_state_lies_beside_langgraph_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Found upward; git leaves it alone."""
    monkeypatch.delenv("STRETTO_HOME")
    (tmp_path / "langgraph.json").write_text("{}")
    (tmp_path / "graphs" / "deep").mkdir(parents=True)
    home = state_home(tmp_path / "graphs" / "deep")
    assert home == tmp_path / ".stretto"
    assert (home / ".gitignore").read_text() == "*\n"


def test_without_a_project_state_lies_where_one_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the working directory."""
    monkeypatch.delenv("STRETTO_HOME")
    monkeypatch.chdir(tmp_path)
    assert state_home() == tmp_path / ".stretto"


def test_the_environment_names_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever lies around."""
    monkeypatch.setenv("STRETTO_HOME", str(tmp_path / "a" / "b"))
    assert state_home() == tmp_path / "a" / "b"
    assert state_home().is_dir()


def test_a_folder_that_cannot_be_made_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the remedy."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("STRETTO_HOME", str(tmp_path / "file" / "x"))
    with pytest.raises(StateUnavailable, match="Set STRETTO_HOME"):
        state_home()


@pytest.mark.parametrize("url", ["postgresql://h/d", "postgres://me:pw@h:1/d"])
def test_a_postgres_url_is_taken(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In both spellings."""
    monkeypatch.setenv("STRETTO_DATABASE_URL", url)
    assert database_url() == url
    assert is_database_url(url)


@pytest.mark.parametrize("url", ["mysql://me:hunter2@h/d", "sqlite:///x", "state.sqlite"])
def test_any_other_url_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its password is not repeated."""
    monkeypatch.setenv("STRETTO_DATABASE_URL", url)
    with pytest.raises(InvalidInput, match="postgresql://") as refused:
        database_url()
    assert "hunter2" not in str(refused.value)
    assert not is_database_url(url)


def test_no_url_means_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unset or empty."""
    assert database_url() is None
    monkeypatch.setenv("STRETTO_DATABASE_URL", " ")
    assert database_url() is None


@given(st.text(alphabet="abcXYZ019%_-.!~[]", min_size=6))
def test_a_password_is_never_shown(secret: str) -> None:
    """Whatever it is made of."""
    for url in (f"postgresql://me:{secret}@host:5/db", f"postgresql://host/db?password={secret}"):
        assert secret not in without_password(url)
