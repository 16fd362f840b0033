"""The test runner: the project's own test command on the change, in a worktree made for it."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langgraph.runtime import Runtime  # noqa: TC002 - how LangGraph knows what to give

from stretto import Project, effect, tool
from stretto.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping

SECONDS = 600.0
KEPT = 20_000
"""Bytes of the tests' output that are kept, the last ones."""
NONE = "none"
PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV", "SYSTEMROOT")
"""What tests see of the environment: keys and tokens are not their business."""


async def run_tests(state: Mapping[str, Any], runtime: Runtime[Any]) -> dict[str, Any]:
    """Runs the project's tests on the change, in a worktree made for it."""
    context = runtime.context or {}
    command = str(context.get("test") or "").strip()
    tested = await effect(
        "test_change", test_change, state["repository"], state["base"], state["head"], command,
        seconds_of(context),
    )  # fmt: skip
    return {"tested": tested}


def seconds_of(context: Mapping[str, Any]) -> float:
    """Seconds that tests may take.

    Raises:
        InvalidInput: The context's `seconds` is no time.
    """
    seconds = context.get("seconds", SECONDS)
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not seconds > 0:
        raise InvalidInput(f"`seconds` is {seconds!r}. Give a number above 0, such as 600.")
    return float(seconds)


@tool(effect="idempotent")
async def test_change(
    root: str, base: str, head: str, command: str, seconds: float
) -> dict[str, Any]:
    """Run a test command on a change, in a temporary worktree that is taken away again.

    Args:
        root: The repository.
        base: What the checkout's changes are told from.
        head: The commit that is tested; empty for the checkout.
        command: Such as `pytest -q`; empty to find one, `none` for no tests.
        seconds: After which it is ended.

    Returns:
        `command`, `outcome` (`passed`, `failed`, `timed out` or `not run`) and `output`.
    """
    return await asyncio.to_thread(_tested, root, base, head, command, seconds)


def _tested(root: str, base: str, head: str, command: str, seconds: float) -> dict[str, Any]:
    if command.lower() == NONE:
        return {"command": "", "outcome": "not run", "output": "no tests were asked for"}
    step = Project.at(__file__).step
    with tempfile.TemporaryDirectory(prefix="stretto-review-") as folder:
        place = Path(folder).resolve() / "tree"
        step("repository.add_worktree")(root, str(place), head or base)
        try:
            if not head:
                patch, _ = step("repository.git")(root, "diff", "--binary", base, "--")
                step("repository.git")(place, "apply", "--whitespace=nowarn", "-", given=patch)
            argv = shlex.split(command) or found_command(place)
            return _ran(argv, place, seconds)
        except (InvalidInput, ValueError) as error:
            told = step("code_review_diff.masked")(str(error))[0]
            return {"command": command, "outcome": "not run", "output": told}
        finally:
            step("repository.remove_worktree")(root, str(place))


def found_command(place: Path) -> list[str]:
    """The test command that what lies in a folder speaks for; empty when nothing does."""
    if any(place.glob("tests/**/test_*.py")) or any(place.glob("test_*.py")):
        pytest = place / "pyproject.toml", place / "pytest.ini", place / "conftest.py"
        if any(each.is_file() for each in (*pytest, place / "tests" / "conftest.py")):
            return [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        return [sys.executable, "-m", "unittest", "discover", "-q", "-s", "tests", "-t", "."]
    if (place / "package.json").is_file() and shutil.which("npm"):
        return ["npm", "test", "--silent"]
    if (place / "go.mod").is_file() and shutil.which("go"):
        return ["go", "test", "./..."]
    return []


def _ran(argv: list[str], place: Path, seconds: float) -> dict[str, Any]:
    if not argv:
        why = "no test command is known. Name one with --context test='...'"
        return {"command": "", "outcome": "not run", "output": why}
    step = Project.at(__file__).step
    env = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    done = step("processes.run")(
        argv,
        place,
        env=env | {"PYTHONDONTWRITEBYTECODE": "1", "CI": "1"},
        seconds=seconds,
        limit=KEPT,
        keep="last",
        together=True,
    )
    text = done.out.decode(errors="replace").replace(str(place), ".").strip()
    if done.code is None:
        outcome = "timed out"
        text += f"\n(ended after {seconds:g} s; raise `seconds` if it needs longer)"
    else:
        outcome = "failed" if done.code else "passed"
    name = ["python" if part == sys.executable else part for part in argv]
    return {
        "command": shlex.join(name),
        "outcome": outcome,
        "output": ("(the beginning is cut)\n" if done.cut else "")
        + step("code_review_diff.masked")(text)[0],
    }
