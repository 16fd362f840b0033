"""Commands of others, without a shell: bounded by time and output, ended with all they started."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from stretto.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence
    from pathlib import Path

CHUNK = 65_536
ERRORS = 4_000
"""Bytes of standard error that are kept."""
LOOK = 0.2
"""Seconds after which it is looked whether a silent command has ended."""


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a command."""

    code: int | None
    """Its exit code; `None` when it was ended for taking too long."""
    out: bytes
    err: bytes
    cut: bool
    """Whether it wrote more than is kept."""


def run(
    argv: Sequence[str],
    folder: Path,
    *,
    env: Mapping[str, str],
    seconds: float,
    limit: int,
    keep: Literal["first", "last"] = "first",
    given: bytes = b"",
    together: bool = False,
) -> Done:
    """Run a command to its end.

    Args:
        argv: The program and its arguments; no shell reads them.
        folder: Where it runs.
        env: Its whole environment.
        seconds: After which it is ended, with all that it started.
        limit: Bytes of its output that are kept.
        keep: The first bytes, and it is ended when it writes more; or the last.
        given: Its standard input.
        together: Whether standard error goes into the output.

    Raises:
        InvalidInput: There is no such program.
    """
    with tempfile.TemporaryFile() as words, tempfile.TemporaryFile() as errors:
        words.write(given)
        words.seek(0)
        try:
            process = subprocess.Popen(  # noqa: S603 - a list, no shell
                list(argv),
                cwd=folder,
                env=dict(env),
                stdin=words,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT if together else errors,
                start_new_session=True,
            )
        except OSError as error:
            raise InvalidInput(
                f"{argv[0]!r} cannot be started: {error.strerror}. Install it, or name another."
            ) from error
        with process, _ended(process):
            out, cut, late = _output(process, seconds, limit, keep)
            code = None if late or process.poll() is None else process.returncode
        errors.seek(0)
        return Done(code, out, errors.read(ERRORS), cut)


@contextlib.contextmanager
def _ended(process: subprocess.Popen[bytes]) -> Generator[None]:
    """End what is left of a command and of what it started."""
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


def _output(
    process: subprocess.Popen[bytes], seconds: float, limit: int, keep: str
) -> tuple[bytes, bool, bool]:
    """The output, whether some is left out, and whether it took too long."""
    assert process.stdout is not None  # noqa: S101 - it is a pipe
    kept, cut, until = bytearray(), False, time.monotonic() + seconds
    with selectors.DefaultSelector() as ready:
        ready.register(process.stdout, selectors.EVENT_READ)
        while (left := until - time.monotonic()) > 0:
            if not ready.select(min(left, LOOK)):
                if process.poll() is not None:
                    return bytes(kept), cut, False
                continue
            read = os.read(process.stdout.fileno(), CHUNK)
            if not read:
                return bytes(kept), cut, _late(process, until)
            kept += read
            if len(kept) > limit:
                cut = True
                if keep == "first":
                    return bytes(kept[:limit]), cut, False
                del kept[:-limit]
    return bytes(kept), cut, True


def _late(process: subprocess.Popen[bytes], until: float) -> bool:
    """Wait for a command that writes no more; tell whether it takes too long."""
    try:
        process.wait(max(0.0, until - time.monotonic()))
    except subprocess.TimeoutExpired:
        return True
    return False
