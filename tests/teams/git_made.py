"""Repositories that tests make."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

WHO = ("-c", "user.name=ann", "-c", "user.email=ann@localhost")


def git(root: Path, *arguments: str) -> str:
    """What git says in a folder."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return subprocess.run(
        ["git", *WHO, *arguments], cwd=root, env=env, capture_output=True, text=True, check=True
    ).stdout.strip()


def commit(root: Path, files: Mapping[str, str | bytes], message: str = "Change") -> str:
    """Write files, commit all that there is, and give the commit."""
    if not (root / ".git").exists():
        root.mkdir(parents=True, exist_ok=True)
        git(root, "init", "--quiet", "--initial-branch=main")
    for name, text in files.items():
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text if isinstance(text, bytes) else text.encode())
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--allow-empty", "-m", message)
    return git(root, "rev-parse", "HEAD")
