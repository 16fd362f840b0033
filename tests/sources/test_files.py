"""The files of a source."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from stretto.errors import InvalidInput
from stretto.sources.files import Root, absolute, roots, walk


def names(folder: Path) -> list[str]:
    """What is found in a folder."""
    return [file.name for file in walk(Root(str(folder), str(folder)))]


def test_files_of_known_kinds_are_found_in_order(tmp_path: Path) -> None:
    """Hidden folders, virtual environments and node_modules are left out."""
    for name in ("b.md", "a.TXT", "c.png", "sub/d.py", ".git/e.md", "node_modules/f.md"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    (tmp_path / "env").mkdir()
    (tmp_path / "env" / "pyvenv.cfg").touch()
    (tmp_path / "env" / "g.py").touch()
    assert names(tmp_path) == ["a.TXT", "b.md", "sub/d.py"]


def test_a_loop_of_links_is_walked_once(tmp_path: Path) -> None:
    """A folder that contains itself, and a link to nowhere."""
    (tmp_path / "a.md").write_text("x")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "gone.md").symlink_to(tmp_path / "nowhere")
    assert names(tmp_path) == ["a.md"]


def test_a_single_file_is_text_where_its_name_says_nothing(tmp_path: Path) -> None:
    """Its name is its own."""
    path = tmp_path / "LICENSE"
    path.write_text("x")
    (file,) = walk(Root("LICENSE", str(path)))
    assert (file.name, file.kind, file.size) == ("LICENSE", "text", 1)


def test_a_package_is_found_without_importing_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one in a package, a namespace, and a module of one file."""
    (tmp_path / "heavy_pack" / "inner").mkdir(parents=True)
    (tmp_path / "heavy_pack" / "__init__.py").write_text("raise RuntimeError")
    (tmp_path / "heavy_pack" / "inner" / "__init__.py").touch()
    (tmp_path / "heavy_pack" / "one.py").touch()
    (tmp_path / "heavy_module.py").write_text("raise RuntimeError")
    (tmp_path / "heavy_space").mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))

    def where(name: str) -> list[str]:
        return [Path(root.path).relative_to(tmp_path).as_posix() for root in roots([name])]

    assert where("package:heavy_pack") == ["heavy_pack"]
    assert where("package:heavy_pack.inner") == ["heavy_pack/inner"]
    assert where("package:heavy_pack.one") == ["heavy_pack/one.py"]
    assert where("package:heavy_module") == ["heavy_module.py"]
    assert where("package:heavy_space") == ["heavy_space"]
    assert "heavy_pack" not in sys.modules


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("no/such/folder", "'no/such/folder' does not exist. Name a folder"),
        ("package:no_such_package_x", "no package 'no_such_package_x' is installed. Install it"),
        ("package:../x", "no package '../x' is installed"),
        ("package:", "no package '' is installed"),
        ("package:sys", "has no Python source. Name another package"),
        ("package:json.nothing", "has no Python source"),
        (" ", "a source is empty"),
    ],
)
def test_a_source_that_is_not_there_is_named(source: str, problem: str) -> None:
    """With what to do."""
    with pytest.raises(InvalidInput) as caught:
        roots([source])
    assert problem in str(caught.value)


def test_sources_are_wanted() -> None:
    """At least one."""
    with pytest.raises(InvalidInput, match="no sources are given"):
        roots([])


def test_roots_are_sorted_and_each_once(tmp_path: Path) -> None:
    """The same folder named in two ways is one."""
    (tmp_path / "a").mkdir()
    found = roots([str(tmp_path / "a"), str(tmp_path), f"{tmp_path}/a/../a"])
    assert [root.path for root in found] == [str(tmp_path), str(tmp_path / "a")]


def test_absolute_follows_no_links(tmp_path: Path) -> None:
    """It only takes away what leads back."""
    (tmp_path / "link").symlink_to(tmp_path)
    assert absolute(f"{tmp_path}/link/./x/../y") == f"{tmp_path}/link/y"
