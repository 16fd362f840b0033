"""The files of a folder that may hold graphs, without those of environments and tools."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from stretto.teams import SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SKIPPED = frozenset({
    "node_modules", "__pycache__", "site-packages", "dist", "build", "venv", "env",
})  # fmt: skip
"""Folders whose files are not looked into, beside those whose names begin with a dot."""


def python_files(folder: Path, excluded: tuple[str, ...], root: Path) -> Iterator[Path]:
    """The Python files of a folder and those below it, in order.

    Args:
        folder: Where to begin.
        excluded: Globs to leave out.
        root: The folder that the globs begin at.
    """
    return _files(folder, (".py",), excluded, root)


def team_files(folder: Path, excluded: tuple[str, ...], root: Path) -> Iterator[Path]:
    """The team files of a folder and those below it that no Python file beside them serves."""
    for path in _files(folder, SUFFIXES, excluded, root):
        text = path.read_text(encoding="utf-8", errors="replace")
        served = path.with_suffix(".py").is_file()
        if _TEAM.search(text) and "pattern:" in text and not served:
            yield path


_TEAM = re.compile(r"^graph:", re.MULTILINE)


def _files(
    folder: Path, suffixes: tuple[str, ...], excluded: tuple[str, ...], root: Path
) -> Iterator[Path]:
    for where, folders, files in os.walk(folder):
        here = Path(where)
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".")
            and name not in SKIPPED
            and not (here / name / "pyvenv.cfg").is_file()
            and not matches(here / name, excluded, root)
        )
        for name in sorted(files):
            if name.endswith(suffixes) and not matches(here / name, excluded, root):
                yield here / name


def matches(path: Path, globs: Iterable[str], root: Path) -> bool:
    """Whether a glob takes a file or a folder that it is in, as .gitignore has it.

    One without a slash takes any file or folder of that name; one with a slash begins at `root`.
    `*` takes anything but a slash, `**` that, too.
    """
    whole = path.absolute()
    near = whole.relative_to(root) if whole.is_relative_to(root) else whole
    return any(_matches(near, glob.removeprefix("./").rstrip("/")) for glob in globs)


def _matches(path: Path, glob: str) -> bool:
    pattern = _pattern(glob)
    if "/" not in glob:
        return any(pattern.fullmatch(part) for part in path.parts)
    above = [each.as_posix() for each in (path, *path.parents)]
    return any(pattern.fullmatch(each) for each in above)


@lru_cache(maxsize=256)
def _pattern(glob: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*/|/\*\*$|\*\*|\*|\?)", glob)
    made = {"**/": "(?:.*/)?", "/**": "/.*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(made.get(part) or re.escape(part) for part in parts))
