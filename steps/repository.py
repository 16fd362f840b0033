"""A git repository: read, and worked on in worktrees; the user's own checkout is left alone.

Git runs without a shell, without the repository's hooks, external diffs and prompts, bounded by
time and output. What fails is an `InvalidInput` in git's own words.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from stretto import Project, tool
from stretto.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping

SECONDS = 120.0
LIMIT = 4_000_000
"""Bytes of git's output that are read at most."""
QUIET = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.quotePath=off")
AUTHOR = (
    "-c",
    "user.name=stretto",
    "-c",
    "user.email=stretto@localhost",
    "-c",
    "commit.gpgSign=no",
)
EMPTY = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
"""The tree without files, from which a first commit is told."""


def git(
    root: str | Path, *arguments: str, limit: int = LIMIT, given: bytes = b""
) -> tuple[bytes, bool]:
    """Run git in a folder; give its output, and whether it was cut at the limit.

    Raises:
        InvalidInput: It fails, or takes longer than `SECONDS`.
    """
    code, out, err, cut = _run(root, arguments, limit, given)
    if code is None and not cut:
        raise InvalidInput(
            f"git {arguments[0]} took longer than {SECONDS:g} s in {str(root)!r}. "
            "Try again, or name fewer commits."
        )
    if code and not cut:
        said = (err or out.decode(errors="replace")).strip().splitlines()
        raise InvalidInput(
            f"git {arguments[0]} failed in {str(root)!r}: {said[-1] if said else code}. "
            "Mend that and run again."
        )
    return out, cut


def text_of(root: str | Path, *arguments: str) -> str:
    """What git says, as one stripped text.

    Raises:
        InvalidInput: It fails.
    """
    return git(root, *arguments)[0].decode(errors="replace").strip()


def holds(root: str | Path, *arguments: str) -> bool:
    """Whether git ends without an error: for commands that ask something."""
    return _run(root, arguments, LIMIT, b"")[0] == 0


def _run(
    root: str | Path, arguments: tuple[str, ...], limit: int, given: bytes
) -> tuple[int | None, bytes, str, bool]:
    run = Project.at(__file__).step("processes.run")
    done = run(
        ["git", *QUIET, *AUTHOR, *arguments],
        Path(root),
        env=environment(),
        seconds=SECONDS,
        limit=limit,
        given=given,
    )
    return done.code, done.out, done.err.decode(errors="replace").strip(), done.cut


def environment() -> dict[str, str]:
    """The environment of git: it points at no other repository and asks for no password."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return kept | {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}


def repository_of(context: object) -> str:
    """The root of the repository that a run's context names, by default of the working directory.

    Raises:
        InvalidInput: There is no such folder, or no repository in it.
    """
    given = context.get("repository") if isinstance(context, dict) else None
    folder = Path(str(given or Path.cwd())).expanduser().absolute()
    remedy = "Name a repository with --context repository=PATH."
    if not folder.is_dir():
        raise InvalidInput(f"there is no folder {str(folder)!r}. {remedy}")
    if not holds(folder, "rev-parse", "--show-toplevel"):
        raise InvalidInput(f"{str(folder)!r} is in no git repository with files. {remedy}")
    return text_of(folder, "rev-parse", "--show-toplevel")


def commit_of(root: str | Path, revision: str) -> str:
    """The commit that a revision means, as 40 digits.

    Raises:
        InvalidInput: There is none; it says so when the clone is shallow.
    """
    asked = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if revision and not revision.startswith("-") and holds(root, *asked):
        return text_of(root, *asked).splitlines()[-1]
    remedy = "Name a branch, a tag or a commit that `git log` shows."
    if text_of(root, "rev-parse", "--is-shallow-repository") == "true":
        remedy = "The clone is shallow: fetch more, such as with `git fetch --deepen 50`."
    raise InvalidInput(f"the repository has no revision {revision!r}. {remedy}")


def inside(root: str | Path, path: str) -> Path:
    """A path of a folder, as it lies on the disk, links followed.

    Raises:
        InvalidInput: It leads out of the folder, or into git's own files.
    """
    base = Path(root).resolve()
    found = (base / path).resolve()
    lies = found.is_relative_to(base) and found != base
    if not lies or Path(path).is_absolute() or ".git" in (*Path(path).parts, *found.parts):
        raise InvalidInput(
            f"{path!r} does not lie among the files of the repository. Give a path within it, "
            "such as src/app.py."
        )
    return found


@tool(effect="idempotent")
def add_worktree(root: str, folder: str, revision: str, branch: str = "") -> str:
    """Check a revision out in a folder of its own; one that is there is taken as it is.

    Args:
        root: The repository.
        folder: Where it is to lie, outside of any checkout.
        revision: What is checked out.
        branch: The branch that is made there; without one its head is detached.
    """
    place = Path(folder)
    if (place / ".git").exists() and holds(place, "rev-parse", "HEAD"):
        return folder
    place.parent.mkdir(parents=True, exist_ok=True)
    git(root, "worktree", "prune")
    if not branch:
        git(root, "worktree", "add", "--force", "--detach", folder, revision)
    elif holds(root, "rev-parse", "--verify", "--quiet", f"refs/heads/{branch}"):
        git(root, "worktree", "add", "--force", folder, branch)
    else:
        git(root, "worktree", "add", "--force", "-b", branch, folder, revision)
    return folder


@tool(effect="idempotent")
def remove_worktree(root: str, folder: str) -> None:
    """Take a folder away that `add_worktree` made; its branch stays."""
    if Path(folder).exists():
        git(root, "worktree", "remove", "--force", "--force", folder)
    git(root, "worktree", "prune")


@tool(effect="idempotent")
def commit_all(folder: str, message: str) -> str:
    """Commit all that lies in a worktree; give the commit. Without changes it is the last one."""
    git(folder, "add", "--all")
    if not holds(folder, "diff", "--cached", "--quiet"):
        git(folder, "commit", "--quiet", "--no-verify", "-m", message)
    return text_of(folder, "rev-parse", "HEAD")


def shown(root: str, revision: str, path: str, limit: int = 200_000) -> str:
    """A file as it is in a revision, or in the checkout where that is empty.

    Raises:
        InvalidInput: There is no such file.
    """
    place = inside(root, path)
    if revision:
        return git(root, "cat-file", "blob", f"{revision}:{path}", limit=limit)[0].decode(
            errors="replace"
        )
    if not place.is_file():
        raise InvalidInput(f"there is no file {path!r}. Name one that the diff shows.")
    with place.open("rb") as file:
        return file.read(limit).decode(errors="replace")


def entries(listed: bytes) -> list[dict[str, str]]:
    """The files of `git diff --name-status -z`: `status`, `path`, and `old` of one renamed."""
    fields = listed.decode(errors="replace").split("\0")[:-1]
    found: list[dict[str, str]] = []
    rest = iter(fields)
    for status in rest:
        first = next(rest)
        moved = status[:1] in {"R", "C"}
        path = next(rest) if moved else first
        found.append({"status": status[:1], "path": path, "old": first if moved else ""})
    return found


def clean(root: str, *, untracked: bool = False) -> bool:
    """Whether nothing in the checkout differs from its commit."""
    kind = "--untracked-files=normal" if untracked else "--untracked-files=no"
    return not text_of(root, "status", "--porcelain", kind)


def settings(context: object) -> Mapping[str, object]:
    """The context of a run as a mapping; empty where there is none."""
    return context if isinstance(context, dict) else {}
