"""Rooms, names and recipes of the feature team."""

from __future__ import annotations

import ast
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from stretto import Project
from stretto.errors import InvalidInput

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = Project.at(__file__)


def step(name: str) -> Any:
    """A step of the project."""
    return PROJECT.step(name)


@pytest.mark.parametrize(
    "path",
    ["frontend/x.html", "../backend/x.py", "/backend/x.py", "backend/../frontend/x", "backend", ""],
)
def test_an_area_writes_below_its_own_folders_alone(tmp_path: Path, path: str) -> None:
    """And all of what it writes or nothing."""
    with pytest.raises(InvalidInput):
        step("feature_rooms.write")(tmp_path, "backend", {"backend/fine.py": "x", path: "x"})
    assert list(tmp_path.iterdir()) == []


def test_a_link_leads_nowhere_else(tmp_path: Path) -> None:
    """Not even within the room."""
    (tmp_path / "frontend").mkdir()
    (tmp_path / "backend").symlink_to(tmp_path / "frontend")
    with pytest.raises(InvalidInput, match="none of the backend's files"):
        step("feature_rooms.write")(tmp_path, "backend", {"backend/x.py": "x"})


def test_a_file_has_an_end(tmp_path: Path) -> None:
    """200,000 characters."""
    with pytest.raises(InvalidInput, match="Split it"):
        step("feature_rooms.write")(tmp_path, "backend", {"backend/x.py": "x" * 200_001})


@pytest.mark.parametrize(
    ("said", "request_", "recipe", "name"),
    [
        ("Notes", "Whatever.", "list", "notes"),
        ("a list of notes", "Add a list of notes.", "list", "notes"),
        ("class", "Add a page for the books.", "list", "books"),
        ("", "Add something called 'diary'.", "none", "diary"),
        ("../x", "Show whether it works.", "status", "status"),
        ("", "Do.", "none", "feature"),
    ],
)
def test_a_feature_gets_a_name(said: str, request_: str, recipe: str, name: str) -> None:
    """That of the planner where it is one, else one of the request's words."""
    assert step("feature.name_of")(said, request_, recipe) == name


@pytest.mark.parametrize("recipe", ["list", "status"])
def test_recipes_keep_to_their_areas(recipe: str) -> None:
    """Each part has tests, and all of its Python parses."""
    for area in step("feature_rooms.AREAS"):
        files = step("feature_recipes.files_of")(recipe, area, "notes")
        assert step("feature_rooms.strangers")(files, area) == []
        assert any(path.startswith(f"tests/{area}/") for path in files)
        for path, text in files.items():
            assert "$" not in path + text
            if path.endswith(".py"):
                ast.parse(text)


@pytest.mark.parametrize("name", ["recipes.build_backend", "workshop.put_backend"])
async def test_tools_need_a_room(name: str) -> None:
    """Outside of the team they say so."""
    runtime = SimpleNamespace(config={"configurable": {"thread_id": "nobody"}})
    tool: Any = PROJECT.tool(name)
    with pytest.raises(InvalidInput, match="no feature is being built"):
        await tool("list", "notes", runtime)
