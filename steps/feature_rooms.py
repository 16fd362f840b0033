"""Where the feature team works: a worktree and a branch for each area, and one for all."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stretto import Project, tool
from stretto.errors import InvalidInput
from stretto.home import state_home

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

AREAS: dict[str, tuple[str, ...]] = {
    "frontend": ("frontend/", "tests/frontend/"),
    "backend": ("backend/", "tests/backend/"),
    "infrastructure": ("infrastructure/", "tests/infrastructure/", "tests/integration/"),
}
"""Whose folders are whose."""
TOGETHER = "together"
"""The room where the areas' work is merged."""
ROOM = "room.json"
LARGEST = 200_000
"""Characters of a file that is written."""


def home_of(config: Mapping[str, Any]) -> Path:
    """The folder of a thread's rooms."""
    thread = str((config.get("configurable") or {}).get("thread_id") or "")
    return state_home() / "feature" / hashlib.sha256(thread.encode()).hexdigest()[:16]


def branch_of(name: str, area: str) -> str:
    """The branch of a room."""
    return f"feature/{name}" if area == TOGETHER else f"feature/{name}-{area}"


@tool(effect="idempotent")
def open_rooms(root: str, base: str, plan: dict[str, str], home: str) -> dict[str, str]:
    """Make a worktree and a branch for each area, and one for them together; give their folders.

    Args:
        root: The repository.
        base: The commit that all begin at.
        plan: What the feature is called, `name`, and its `recipe`.
        home: The folder of the thread's rooms.

    Raises:
        InvalidInput: The feature's branch is there already, from another run.
    """
    step = Project.at(__file__).step
    name, told, mine = plan["name"], {**plan, "base": base, "root": root}, Path(home) / ROOM
    known = json.loads(mine.read_text()) if mine.exists() else None
    branch = branch_of(name, TOGETHER)
    taken = step("repository.holds")(root, "rev-parse", "--verify", "-q", f"refs/heads/{branch}")
    if taken and known != told:
        raise InvalidInput(
            f"the branch {branch!r} is there already. Merge or delete it, or ask for a feature "
            "with another name."
        )
    mine.parent.mkdir(parents=True, exist_ok=True)
    mine.write_text(json.dumps(told))
    return {
        area: step("repository.add_worktree")(
            root, str(Path(home) / name / area), base, branch_of(name, area)
        )
        for area in (*AREAS, TOGETHER)
    }


@tool(effect="idempotent")
def close_rooms(root: str, name: str, home: str) -> None:
    """Take the worktrees and the areas' branches away; the feature's branch has all of them.

    Args:
        root: The repository.
        name: What the feature is called.
        home: The folder of the thread's rooms.
    """
    step = Project.at(__file__).step
    for area in (*AREAS, TOGETHER):
        step("repository.remove_worktree")(root, str(Path(home) / name / area))
    for area in AREAS:
        branch = branch_of(name, area)
        if step("repository.holds")(root, "rev-parse", "--verify", "-q", f"refs/heads/{branch}"):
            step("repository.git")(root, "branch", "-D", branch)


def plan_of(config: Mapping[str, Any]) -> dict[str, str]:
    """What is being built in a thread: `name`, `recipe`, `base`, `root`.

    Raises:
        InvalidInput: None is open.
    """
    mine = home_of(config) / ROOM
    if not mine.is_file():
        raise InvalidInput(
            "no feature is being built in this thread. Run the team `feature`, which opens rooms."
        )
    plan: dict[str, str] = json.loads(mine.read_text())
    return plan


def room_of(config: Mapping[str, Any], area: str) -> Path:
    """An area's worktree in a thread.

    Raises:
        InvalidInput: None is open.
    """
    return home_of(config) / plan_of(config)["name"] / area


def place_of(room: Path, area: str, path: str) -> Path:
    """Where a file of an area lies.

    Raises:
        InvalidInput: The path is none of that area's.
    """
    place: Path = Project.at(__file__).step("repository.inside")(room, path)
    within = place.relative_to(room.resolve()).as_posix()
    if not within.startswith(AREAS[area]):
        raise InvalidInput(
            f"{path!r} is none of the {area}'s files. Write below {' or '.join(AREAS[area])}."
        )
    return place


def write(room: Path, area: str, files: Mapping[str, str]) -> list[str]:
    """Write files of an area, as whole files; give their paths.

    Raises:
        InvalidInput: One of them is none of that area's, or too large. Nothing is written then.
    """
    for path, text in files.items():
        if len(text) > LARGEST:
            raise InvalidInput(f"{path!r} has more than {LARGEST:,} characters. Split it.")
    places = {place_of(room, area, path): text for path, text in files.items()}
    for place, text in places.items():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return list(files)


def strangers(paths: Iterable[str], area: str) -> list[str]:
    """Those of some paths that are none of an area's."""
    return sorted(path for path in paths if not path.startswith(AREAS[area]))
