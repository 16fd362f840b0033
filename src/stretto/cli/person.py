"""Who sits at the terminal."""

from __future__ import annotations

import getpass
import os


def user() -> str:
    """The name of who sits at the terminal, as the system knows it; empty when it does not."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return os.environ.get("USER", "")
