"""Folders are walked without what is not the user's own, and globs are read as one expects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stretto.check.walking import matches, python_files

if TYPE_CHECKING:
    from pathlib import Path


def test_environments_and_hidden_folders_are_left_out(tmp_path: Path):
    """An environment is known by its pyvenv.cfg, whatever it is called."""
    for name in ("a/b.py", ".git/c.py", "node_modules/d.py", "mine/lib/e.py", "f.txt", "g.py"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    (tmp_path / "mine" / "pyvenv.cfg").touch()
    found = [f.relative_to(tmp_path).as_posix() for f in python_files(tmp_path, (), tmp_path)]
    assert found == ["g.py", "a/b.py"]


@pytest.mark.parametrize(
    ("glob", "path", "taken"),
    [
        ("demos/*.py", "demos/a.py", True),
        ("demos/*.py", "demos/deep/a.py", False),
        ("demos/*.py", "other/demos/a.py", False),
        ("demos/**", "demos/deep/a.py", True),
        ("**/a.py", "deep/deeper/a.py", True),
        ("**/a.py", "a.py", True),
        ("demos", "other/demos/a.py", True),
        ("demos/", "demos/a.py", True),
        ("./demos/a.py", "demos/a.py", True),
        ("test_*.py", "deep/test_a.py", True),
        ("a.py", "ba.py", False),
        ("a?.py", "ab.py", True),
    ],
)
def test_globs(tmp_path: Path, glob: str, path: str, *, taken: bool):
    """Without a slash any name; with one from the root; two stars take folders."""
    assert matches(tmp_path / path, [glob], tmp_path) is taken
