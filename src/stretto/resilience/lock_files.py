"""Locks of one machine: an OS lock on a file, which ends with the process that has it."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import suppress
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING

from stretto.errors import StateUnavailable, StateUnreadable
from stretto.resilience.lock_keeper import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

DIGITS = 20
"""The number stands first in the file, as so many digits: it is written in one piece."""
STALE = 60.0
"""Seconds after which what a process has told of its waits is dropped: it was killed."""


def files_worker() -> Worker:
    """The thread of this process that works with the files of locks."""
    return _worker(os.getpid())


@cache
def _worker(_: int) -> Worker:
    return Worker("locks")


class Files:
    """Locks in a folder, one small file for each name; the file keeps the number of takings."""

    def __init__(self, folder: Path) -> None:
        self.worker = files_worker()
        self._folder, self._waits = folder, folder / "waiting"

    def attempt(self, name: str, holder: str) -> KeptFile | None:
        """See `Keeper.attempt`."""
        path = self._path(name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                return self._locked(handle, path, holder)
            except BaseException:
                os.close(handle)
                raise
        except OSError as error:
            raise StateUnavailable(
                f"cannot take the lock {name!r} in {str(self._folder)!r}: {error.strerror}. "
                "Set STRETTO_HOME to a folder that can be written."
            ) from error

    def holder(self, name: str) -> str:
        """See `Keeper.holder`."""
        try:
            return self._path(name).read_text(errors="replace").partition("\n")[2].strip()
        except OSError:
            return ""

    def exchange(self, process: str, told: Callable[[], str]) -> Mapping[str, str]:
        """See `Keeper.exchange`."""
        try:
            self._waits.mkdir(parents=True, exist_ok=True)
            written = self._waits / f".{process}"
            written.write_text(told())
            written.replace(self._waits / process)
            return {path.name: text for path in self._waits.iterdir() if (text := _read(path))}
        except OSError:  # the wait itself goes on without it
            return {}

    def withdraw(self, process: str) -> None:
        """See `Keeper.withdraw`."""
        with suppress(OSError):
            (self._waits / process).unlink()

    def _path(self, name: str) -> Path:
        return self._folder / f"{sha256(name.encode()).hexdigest()[:32]}.lock"

    def _locked(self, handle: int, path: Path, holder: str) -> KeptFile | None:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return None
        found = os.pread(handle, 4096, 0)
        before = found[:DIGITS].decode(errors="replace")
        if found and not (before.isdecimal() and len(before) == DIGITS):
            raise StateUnreadable(
                f"{str(path)!r} is no lock of Stretto, or is damaged. Move it away: its numbers "
                "begin anew then, so tell whoever compares them."
            )
        number = int(before or 0) + 1
        text = f"{number:0{DIGITS}}\n{holder}\n".encode()
        os.pwrite(handle, text, 0)
        os.ftruncate(handle, len(text))
        os.fsync(handle)  # a number must not come twice, also when the machine fails
        return KeptFile(handle, number, path)


class KeptFile:
    """The lock of a file, held by the open handle."""

    def __init__(self, handle: int, number: int, path: Path) -> None:
        self.number = number
        self._handle, self._path = handle, path

    def stands(self) -> bool:
        """See `Kept.stands`: whether nobody has removed the file."""
        try:
            return self._handle >= 0 and os.path.samestat(os.fstat(self._handle), self._path.stat())
        except OSError:
            return False

    def close(self) -> bool:
        """See `Kept.close`."""
        stood = self.stands()
        handle, self._handle = self._handle, -1
        if handle >= 0:
            os.close(handle)
        return stood


def _read(path: Path) -> str:
    """What a process has told; nothing where that was long ago, or is just being written."""
    if path.name.startswith("."):
        return ""
    try:
        if time.time() - path.stat().st_mtime > STALE:
            path.unlink()
            return ""
        return path.read_text()
    except OSError:
        return ""
