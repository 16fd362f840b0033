"""Git as tools and steps: bounded, inside the repository, without a trace in the checkout."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from stretto import Project
from stretto.errors import InvalidInput
from stretto.spec.tool import effect_of

PROJECT = Project.at(__file__)


def step(name: str) -> Any:
    """A step of the project."""
    return PROJECT.step(name)


@pytest.fixture
def repository(tmp_path: Path) -> str:
    """One file, changed once."""
    root = tmp_path / "repo"
    root.mkdir()
    git = step("repository.git")
    git(root, "init", "--quiet", "--initial-branch=main")
    for text in ("one\n", "one\ntwo\n"):
        (root / "a.txt").write_text(text)
        git(root, "add", "--all")
        git(root, "commit", "--quiet", "-m", f"Say {text.split()[-1]}")
    return str(root)


def runtime(root: str) -> Any:
    """What a tool is told of its run."""
    return SimpleNamespace(context={"repository": root})


async def test_tools_read_files_diffs_and_history(repository: str) -> None:
    """All of them only read, at the revision that is named."""
    tool: Any = PROJECT.tool
    now = runtime(repository)
    assert await tool("git.file_at")("a.txt", "HEAD~1", 1, now) == "    1 one\n    2 "
    assert "+two" in await tool("git.difference")("HEAD~1", "HEAD", now)
    lines = await tool("git.history")("HEAD", now)
    assert [line.split(" ", 2)[2] for line in lines] == ["Say two", "Say one"]
    for name in ("git.file_at", "git.difference", "git.history"):
        assert effect_of(tool(name)) == "reads"


@pytest.mark.parametrize("path", ["../b", "/etc/passwd", ".git/config", "x/../../b", "link/b", ""])
async def test_no_path_leads_out_of_the_repository(
    repository: str, path: str, tmp_path: Path
) -> None:
    """Not by dots, not by links, and not into git's own files."""
    (Path(repository) / "link").symlink_to(tmp_path)
    tool: Any = PROJECT.tool("git.file_at")
    with pytest.raises(InvalidInput, match="Give a path within it"):
        await tool(path, "", 1, runtime(repository))


@pytest.mark.parametrize("revision", ["nowhere", "-x", "--output=/tmp/x", ""])
def test_an_unknown_revision_is_named(repository: str, revision: str) -> None:
    """What looks like an option is none either."""
    with pytest.raises(InvalidInput, match="no revision"):
        step("repository.commit_of")(repository, revision)


def test_a_shallow_clone_says_so(repository: str, tmp_path: Path) -> None:
    """The remedy is to fetch more."""
    step("repository.git")(
        tmp_path, "clone", "--quiet", "--depth=1", f"file://{repository}", "shallow"
    )
    with pytest.raises(InvalidInput, match="shallow: fetch more"):
        step("repository.commit_of")(tmp_path / "shallow", "HEAD~1")


def test_what_is_no_repository_is_refused(tmp_path: Path) -> None:
    """With the way to name one."""
    with pytest.raises(InvalidInput, match="repository=PATH"):
        step("repository.repository_of")({"repository": str(tmp_path)})
    with pytest.raises(InvalidInput, match="no folder"):
        step("repository.repository_of")({"repository": str(tmp_path / "gone")})


def test_worktrees_come_and_go_and_hooks_do_not_run(repository: str, tmp_path: Path) -> None:
    """Twice is as once, and the checkout is as it was."""
    hook = Path(repository) / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    place = str(tmp_path / "trees" / "one")
    for _ in range(2):
        step("repository.add_worktree")(repository, place, "HEAD", "side")
    (Path(place) / "b.txt").write_text("b")
    first = step("repository.commit_all")(place, "Add b")
    assert step("repository.commit_all")(place, "Add b") == first
    assert step("repository.clean")(repository, untracked=True)
    for _ in range(2):
        step("repository.remove_worktree")(repository, place)
    assert step("repository.commit_of")(repository, "side") == first
    assert not (tmp_path / "ran").exists()


def test_commands_are_bounded(tmp_path: Path) -> None:
    """By output, kept from the start or the end; by time, with all that they started."""
    run, env = step("processes.run"), {"PATH": "/usr/bin:/bin"}
    loud = [sys.executable, "-c", "print('x' * 9); print('y' * 200_000)"]
    how: dict[str, Any] = {"env": env, "seconds": 60, "limit": 100}
    first = run(loud, tmp_path, **how)
    assert (first.cut, len(first.out), first.out[:9]) == (True, 100, b"x" * 9)
    last = run(loud, tmp_path, **how, keep="last")
    assert (last.cut, last.code, last.out) == (True, 0, b"y" * 99 + b"\n")
    how["seconds"] = 0.3
    assert run(["sleep", "600"], tmp_path, **how).code is None
    with pytest.raises(InvalidInput, match="cannot be started"):
        run(["no-such-program"], tmp_path, **how)


def test_what_a_command_started_ends_with_it(tmp_path: Path) -> None:
    """Nobody holds the pipe open any more, though its holder would have slept for minutes."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    code = f"import subprocess; subprocess.Popen(['sleep', '600'], stderr=open({str(pipe)!r}, 'w'))"
    how: dict[str, Any] = {"env": {"PATH": "/usr/bin:/bin"}, "seconds": 60, "limit": 100}
    assert step("processes.run")([sys.executable, "-c", code], tmp_path, **how).code == 0
    os.set_blocking(reader, True)
    assert os.read(reader, 1) == b""
    os.close(reader)
