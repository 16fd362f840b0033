"""Reads lines: with editing and a history on a terminal, as they come from a pipe."""

from __future__ import annotations

import signal
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from stretto.home import state_home

if TYPE_CHECKING:
    from collections.abc import Generator

LINES = 500
"""Lines kept for the next conversation."""


@contextmanager
def ready() -> Generator[None]:
    """Keep the history of lines in the project's state folder; nothing for a pipe."""
    if not sys.stdin.isatty():
        yield
        return
    import readline

    file = str(state_home() / "chat_history")
    with suppress(OSError):
        readline.read_history_file(file)
    try:
        yield
    finally:
        readline.set_history_length(LINES)
        with suppress(OSError):
            readline.write_history_file(file)


def read(prompt: str) -> str:
    """Read a line; the prompt is shown on terminals only.

    Raises:
        EOFError: There are no more.
        KeyboardInterrupt: Ctrl-C, also where an event loop has taken it for itself.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        if sys.stdin.isatty():
            return input(prompt)
        line = sys.stdin.readline()
    finally:
        signal.signal(signal.SIGINT, before)
    if not line:
        raise EOFError
    return line.rstrip("\n")
