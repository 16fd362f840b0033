"""Imports a user's files as Python does: one of a package as part of it, a script by its path."""

from __future__ import annotations

import contextlib
import importlib
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

from stretto.spec.module import load_module

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from types import ModuleType

_OURS = Path(__file__).parents[1]
_INSTALLED = frozenset({"site-packages", "dist-packages"})
_STDLIB = Path(sysconfig.get_path("stdlib")).resolve()
_MARKS = ("langgraph.json", "pyproject.toml", "setup.py", "setup.cfg", ".git")
"""What a project's folder has in it."""


@contextlib.contextmanager
def standing_in(*folders: Path) -> Generator[None]:
    """Let modules be imported from folders, the first one first, before all others."""
    before = list(sys.path)
    sys.path[:0] = [str(folder) for folder in dict.fromkeys(folders)]
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path[:] = before


def import_file(path: Path) -> ModuleType:
    """Import a file: as part of its package if it is in one, else by its path.

    Raises:
        BadDefinition: It is in no package, and raised.
        Exception: Whatever it raised within its package.
    """
    root = package_root(path)
    folders = (root, *project_folders(path))
    _make_room(folders)
    with standing_in(*folders):
        if root == path.parent:
            return load_module(path)
        parts = path.relative_to(root).with_suffix("").parts
        dotted = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        return importlib.import_module(dotted)


def package_root(path: Path) -> Path:
    """The folder that absolute imports of a file begin at: above all packages it is in."""
    folder = path.parent
    while (folder / "__init__.py").is_file() and folder.parent != folder:
        folder = folder.parent
    return folder


def project_folders(path: Path) -> Iterator[Path]:
    """Where a project keeps its packages: its folder, and `src` in it."""
    for folder in path.parents:
        if any((folder / mark).exists() for mark in _MARKS):
            yield folder
            yield folder / "src"
            return


def file_of(dotted: str, folders: Iterable[Path]) -> Path | None:
    """The file of a module, found without importing anything."""
    for folder in folders:
        inner = folder.joinpath(*dotted.split("."))
        for file in (inner.with_name(f"{inner.name}.py"), inner / "__init__.py"):
            if file.is_file():
                return file.absolute()
    return None


def is_users(file: str | None) -> bool:
    """Whether a file is neither installed, nor of Python, nor ours."""
    if not file or file.startswith("<"):
        return False
    path = Path(file)
    if _INSTALLED & set(path.parts):
        return False
    return not path.is_relative_to(_OURS) and not path.resolve().is_relative_to(_STDLIB)


def _make_room(folders: Iterable[Path]) -> None:
    """Forget modules of another project that are called as some of this one are."""
    known = list(folders)
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if "." in name or not is_users(file):
            continue
        here = file_of(name, known)
        if here is not None and here.resolve() != Path(str(file)).resolve():
            for each in [n for n in sys.modules if n == name or n.startswith(f"{name}.")]:
                del sys.modules[each]
