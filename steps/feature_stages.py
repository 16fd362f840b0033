"""The stages of the team `feature`: unit tests by area, integration tests of all, the merge."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stretto import Project, effect, tool

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SECONDS = 300.0
KEPT = 20_000
"""Bytes of a test's output that are kept."""


async def unit_tests(state: Mapping[str, Any]) -> dict[str, Any]:
    """Tests the part of each area in its own room, and commits it on its own branch."""
    given = [
        effect("test_area", test_area, state["rooms"][area], area, state["base"], state["name"],
               key=area)
        for area in state["rooms"] if area != "together"
    ]  # fmt: skip
    found = await asyncio.gather(*given)
    return {"unit": {one["area"]: one["why"] for one in found}, "integration": {}}


@tool(effect="idempotent")
async def test_area(room: str, area: str, base: str, name: str) -> dict[str, str]:
    """Commit what an area has written, and run its tests; say what is wrong.

    Args:
        room: Its worktree.
        area: Its name.
        base: The commit that it began at.
        name: What the feature is called.
    """
    return {"area": area, "why": await asyncio.to_thread(_area_fault, room, area, base, name)}


def _area_fault(room: str, area: str, base: str, name: str) -> str:
    step = Project.at(__file__).step
    text_of = step("repository.text_of")
    new = text_of(room, "ls-files", "--others", "--exclude-standard").splitlines()
    paths = {*new, *text_of(room, "diff", "--name-only", base, "--").splitlines()}
    if strange := step("feature_rooms.strangers")(paths, area):
        return f"{strange[0]} is none of the {area}'s files. Take it back, and write in your own."
    if not paths:
        return f"Nothing was written. Write the {area} part, and a test of it."
    step("repository.commit_all")(room, f"Add the {area} of {name}")
    return outcome_of(Path(room), f"tests/{area}")


def outcome_of(room: Path, folder: str, argv: Sequence[str] = ()) -> str:
    """Run the tests of a folder; give what they say when they are red, else nothing.

    Args:
        room: The worktree.
        folder: Where the tests are.
        argv: What runs them, by default unittest.
    """
    if not any((room / folder).glob("test*.py")):
        return f"There are no tests in {folder}. Write one that would notice if it broke."
    step = Project.at(__file__).step
    passed_on = step("code_review_tests.PASSED_ON")
    env = {name: os.environ[name] for name in passed_on if name in os.environ}
    done = step("processes.run")(
        argv or [sys.executable, "-m", "unittest", "discover", "-s", folder],
        room,
        env=env | {"PYTHONDONTWRITEBYTECODE": "1"},
        seconds=SECONDS,
        limit=KEPT,
        keep="last",
        together=True,
    )
    said = done.out.decode(errors="replace").replace(f"{room}/", "").strip()
    if done.code is None:
        return f"{said}\n{folder} took longer than {SECONDS:g} s."
    return said if done.code else ""


async def integration_tests(state: Mapping[str, Any]) -> dict[str, Any]:
    """Brings all parts together on the feature's branch, and runs every test there."""
    found = await effect(
        "test_together", test_together, state["rooms"], state["base"], state["name"]
    )
    return {"integration": found["red"], "commit": found["commit"]}


@tool(effect="idempotent")
async def test_together(rooms: dict[str, str], base: str, name: str) -> dict[str, Any]:
    """Merge the areas' branches into the feature's, begun anew, and run all tests; say what is red.

    Args:
        rooms: The worktrees by area.
        base: The commit that all began at.
        name: What the feature is called.

    Returns:
        `red`, what is wrong by the area that is to mend it, and `commit`, empty where it is red.
    """
    return await asyncio.to_thread(_together, rooms, base, name)


def _together(rooms: Mapping[str, str], base: str, name: str) -> dict[str, Any]:
    step = Project.at(__file__).step
    room = rooms["together"]
    step("repository.git")(room, "reset", "--quiet", "--hard", base)
    step("repository.git")(room, "clean", "--quiet", "-fd")
    areas = [area for area in rooms if area != "together"]
    for area in areas:
        branch = step("feature_rooms.branch_of")(name, area)
        words = f"Add the {area} of {name}"
        if not step("repository.holds")(room, "merge", "--quiet", "--no-ff", "-m", words, branch):
            step("repository.holds")(room, "merge", "--abort")
            return {"red": {area: "It cannot be merged with the other parts."}, "commit": ""}
    red: dict[str, str] = {}
    for area in areas:
        if why := outcome_of(Path(room), f"tests/{area}"):
            red[area] = why
    why = outcome_of(Path(room), "tests/integration")
    if not why and any((Path(room) / "tests").glob("test*.py")):  # the project's own
        own = step("code_review_tests.found_command")(Path(room))
        why = outcome_of(Path(room), "tests", own)
    if why:
        blamed = [area for area in areas if f"{area}/" in why or f"{area}." in why] or areas
        red |= {area: why for area in blamed if area not in red}
    return {"red": red, "commit": "" if red else step("repository.commit_of")(room, "HEAD")}


async def merger(state: Mapping[str, Any]) -> dict[str, Any]:
    """Merges the feature into the branch of the checkout, as a person allowed."""
    said = await effect(
        "merge_feature", merge_feature, state["repository"], state["main"], state["name"]
    )
    return {"merged": said}


@tool(effect="idempotent")
def merge_feature(root: str, main: str, name: str) -> dict[str, Any]:
    """Merge a feature's branch into the branch of the user's checkout; twice is as once.

    A checkout with changes of its own, or on another branch, is left alone.

    Args:
        root: The repository.
        main: The branch that it goes into.
        name: What the feature is called.

    Returns:
        `done`, and `said`: what became of it.
    """
    step = Project.at(__file__).step
    holds, branch = step("repository.holds"), f"feature/{name}"
    if holds(root, "merge-base", "--is-ancestor", branch, main):
        return {"done": True, "said": f"{branch} is merged into {main}."}
    by_hand = f"{branch} is green; merge it with `git merge --no-ff {branch}`."
    if step("repository.text_of")(root, "rev-parse", "--abbrev-ref", "HEAD") != main:
        return {"done": False, "said": f"Not merged: the checkout has left {main}. {by_hand}"}
    if not step("repository.clean")(root):
        return {"done": False, "said": f"Not merged: the checkout has changes. {by_hand}"}
    if not holds(root, "merge", "--quiet", "--no-ff", "-m", f"Merge {branch}", branch):
        holds(root, "merge", "--abort")
        return {"done": False, "said": f"Not merged: {main} has moved on and conflicts. {by_hand}"}
    return {"done": True, "said": f"{branch} is merged into {main}."}


async def closed(state: Mapping[str, Any]) -> str:
    """Tells what became of it, and tidies up where all is green."""
    step, name = Project.at(__file__).step, state["name"]
    said = str(state["results"].get("work") or "")
    green = bool(state["commit"])
    if green:
        close = step("feature_rooms.close_rooms")
        await effect("close_rooms", close, state["repository"], name, state["home"])
    lines = [said, "", f"| stage | {name} |", "|---|---|"]
    lines += [f"| unit, {a} | {_word(why)} |" for a, why in state["unit"].items()]
    if state["integration"] or green:
        lines.append(f"| integration | {_word(', '.join(state['integration']))} |")
    lines += ["", f"Branch feature/{name}, commit {state['commit'][:12]}."] if green else [
        "", f"What was written lies in {Path(state['home']) / name}, a folder for each area."
    ]  # fmt: skip
    return "\n".join(lines)


def _word(why: str) -> str:
    return f"red: {why.strip().splitlines()[-1]}" if why.strip() else "green"
