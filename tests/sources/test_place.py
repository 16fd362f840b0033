"""Where an index lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stretto.sources.files import Root
from stretto.sources.place import places

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_one_folder_has_its_index_beside_it(tmp_path: Path) -> None:
    """The state folder is the second choice."""
    beside, shared = places([Root("docs", str(tmp_path))])
    assert beside == tmp_path / ".stretto" / "index.sqlite"
    assert shared.parent == tmp_path / "stretto-home" / "index"


def test_packages_files_and_several_sources_have_it_in_the_state_folder(tmp_path: Path) -> None:
    """Named by what they are, in whichever order they were given."""
    file = tmp_path / "a.md"
    file.touch()
    package = places([Root("package:x", str(tmp_path))])
    single = places([Root("a.md", str(file))])
    both = places([Root("a.md", str(file)), Root("b", str(tmp_path))])
    assert len({package[0], single[0], both[0]}) == 3
    assert all(len(each) == 1 for each in (package, single, both))


def test_without_a_project_state_is_kept_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside langgraph.json where there is one above."""
    monkeypatch.delenv("STRETTO_HOME")
    (tmp_path / "project" / "sub").mkdir(parents=True)
    (tmp_path / "project" / "langgraph.json").touch()
    monkeypatch.chdir(tmp_path / "project" / "sub")
    (place,) = places([Root("package:x", "/x")])
    assert place.parent == tmp_path / "project" / ".stretto" / "index"
