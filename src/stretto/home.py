"""Where a project keeps its state: a folder or a database."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from stretto.errors import InvalidInput, StateUnavailable

SCHEMES = ("postgresql", "postgres")


def state_home(start: Path | None = None) -> Path:
    """The folder of the project's state files; it exists afterwards and keeps out of git.

    `STRETTO_HOME` names it; else it is `.stretto` beside the nearest langgraph.json at `start`
    (the working directory) or above; else `.stretto` in `start`.

    Raises:
        StateUnavailable: The folder cannot be made.
    """
    named = os.environ.get("STRETTO_HOME")
    home = Path(named).expanduser() if named else _beside_project(start or Path.cwd())
    try:
        home.mkdir(parents=True, exist_ok=True)
        ignore = home / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n")
    except OSError as error:
        raise StateUnavailable(
            f"cannot keep state in {str(home)!r}: {error.strerror}. "
            "Set STRETTO_HOME to a folder that can be written."
        ) from error
    return home


def _beside_project(start: Path) -> Path:
    folder = start.absolute()
    for candidate in (folder, *folder.parents):
        if (candidate / "langgraph.json").is_file():
            return candidate / ".stretto"
    return folder / ".stretto"


def database_url() -> str | None:
    """The Postgres URL of `STRETTO_DATABASE_URL`; `None` when state is kept in files.

    Raises:
        InvalidInput: It is set to something else than a Postgres URL.
    """
    url = os.environ.get("STRETTO_DATABASE_URL", "").strip()
    if not url:
        return None
    if not is_database_url(url):
        raise InvalidInput(
            f"STRETTO_DATABASE_URL is {without_password(url)!r}, which is no Postgres URL. "
            "Set it to postgresql://user:password@host:5432/database, or unset it to use files."
        )
    return url


def is_database_url(place: str | Path) -> bool:
    """Whether `place` is a Postgres URL rather than a file."""
    scheme, found, _ = str(place).partition("://")
    return bool(found) and scheme in SCHEMES


def without_password(url: str) -> str:
    """The URL as it may be printed, `postgresql://me:***@host/db`, without query parameters."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return f"{url.partition('://')[0]}://***"
    login, at, host = parts.netloc.rpartition("@")
    user, colon, _ = login.partition(":")
    return f"{parts.scheme}://{user}{':***' if colon else ''}{at}{host}{parts.path}"


def state_wait() -> float | None:
    """Seconds to wait for state that is gone or locked, of `STRETTO_STATE_WAIT`; `None` if unset.

    Raises:
        InvalidInput: It is no number of seconds.
    """
    told = os.environ.get("STRETTO_STATE_WAIT", "").strip()
    if not told:
        return None
    try:
        seconds = float(told)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise InvalidInput(
            f"STRETTO_STATE_WAIT is {told!r}. Set it to a number of seconds, such as 30."
        )
    return seconds
