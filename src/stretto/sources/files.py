"""The files of a source: a folder, a file, or an installed package (`package:NAME`)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from stretto.errors import SourceUnusable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PACKAGE = "package:"

KINDS = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".mdx": "markdown",
    ".txt": "text",
    ".text": "text",
    ".rst": "text",
    ".adoc": "text",
    ".log": "text",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".pdf": "pdf",
    ".py": "python",
}
"""How a file is read, by its suffix."""

_SKIPPED = frozenset({"node_modules", "__pycache__", "venv"})


class Root(NamedTuple):
    """Where a source lies."""

    source: str
    """As it was named."""
    path: str
    """Absolute path of a folder or file."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file of a source, as the file system tells it."""

    path: str
    """Absolute."""
    root: str
    kind: str
    size: int
    mtime: int
    """Nanoseconds."""

    @property
    def name(self) -> str:
        """Path within its source; the file's own name for a source of one file."""
        return (
            Path(os.path.relpath(self.path, self.root)).as_posix()
            if (self.path != self.root)
            else Path(self.path).name
        )


def roots(sources: Sequence[str]) -> list[Root]:
    """Where the sources lie, sorted by path, each once.

    Raises:
        SourceUnusable: No source is given, or one does not exist.
    """
    if not sources:
        raise SourceUnusable("no sources are given. Name a folder, a file or package:NAME.")
    found = {root.path: root for source in sources for root in _locate(source)}
    return [found[path] for path in sorted(found)]


def absolute(path: str) -> str:
    """An absolute path without `..`; links are not followed."""
    return os.path.normpath(Path(path).expanduser().absolute())


def walk(root: Root) -> Iterator[Found]:
    """All files of a source that have a known kind, in order of their names.

    Hidden folders, virtual environments and `node_modules` are left out; a folder reached twice
    (a loop of links) is read once. A single file is a text where its suffix says nothing.

    Raises:
        SourceUnusable: The folder or file cannot be read.
    """
    try:
        if Path(root.path).is_file():
            stat = Path(root.path).stat()
            kind = KINDS.get(Path(root.path).suffix.lower(), "text")
            yield Found(root.path, root.path, kind, stat.st_size, stat.st_mtime_ns)
            return
        next(Path(root.path).iterdir(), None)
    except OSError as error:
        raise SourceUnusable(
            f"source {root.source!r} cannot be read ({error.strerror}). Check its permissions."
        ) from error
    yield from _walk(root.path, root.path, set())


def _walk(folder: str, root: str, seen: set[tuple[int, int]]) -> Iterator[Found]:
    try:
        stat = Path(folder).stat()
        if (stat.st_dev, stat.st_ino) in seen:
            return
        seen.add((stat.st_dev, stat.st_ino))
        with os.scandir(folder) as entries:
            inside = sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return
    if folder != root and any(entry.name == "pyvenv.cfg" for entry in inside):
        return
    for entry in inside:
        if entry.name.startswith(".") or entry.name in _SKIPPED:
            continue
        try:
            if entry.is_dir():
                yield from _walk(entry.path, root, seen)
            elif (kind := KINDS.get(Path(entry.name).suffix.lower())) and entry.is_file():
                stat = entry.stat()
                yield Found(entry.path, root, kind, stat.st_size, stat.st_mtime_ns)
        except OSError:
            continue


def _locate(source: str) -> list[Root]:
    if not source.strip():
        raise SourceUnusable("a source is empty. Name a folder, a file or package:NAME.")
    if source.startswith(PACKAGE):
        return [Root(source, path) for path in _package(source.removeprefix(PACKAGE), source)]
    path = absolute(source)
    if not Path(path).exists():
        raise SourceUnusable(
            f"source {source!r} does not exist. Name a folder, a file or package:NAME."
        )
    return [Root(source, path)]


def _package(name: str, source: str) -> list[str]:
    """Folders (or the file) of a package; its outermost name is looked up, nothing imported."""
    top, *inner = name.split(".")
    try:
        spec = find_spec(top) if top.isidentifier() else None
    except (ImportError, ValueError):
        spec = None
    if spec is None:
        raise SourceUnusable(
            f"source {source!r}: no package {name!r} is installed. Install it, or name a folder."
        )
    if spec.submodule_search_locations is None and not inner:
        places = [spec.origin or ""]
    else:
        folders = [Path(place, *inner) for place in spec.submodule_search_locations or ()]
        places = [str(each) if each.is_dir() else f"{each}.py" for each in folders]
    there = [absolute(place) for place in places if place and Path(place).exists()]
    if not there:
        raise SourceUnusable(f"source {source!r} has no Python source. Name another package.")
    return there
