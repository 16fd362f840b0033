"""Read a git repository: its files at any revision, its history, and what a change consists of.

The repository is the one of the run's context (`repository`), by default that of the working
directory. Nothing is changed, and no path leads out of it.
"""

import asyncio
from typing import Any

from langchain.tools import ToolRuntime

from stretto import Project, tool

__all__ = ["difference", "file_at", "history"]

LINES = 200
"""Lines of a file that are given at once."""
COMMITS = 50
CHARACTERS = 40_000
"""Of a diff that are given."""


def _git(name: str) -> Any:
    return Project.at(__file__).step(f"repository.{name}")


@tool(effect="reads")
async def file_at(
    path: str, revision: str, first: int, runtime: ToolRuntime[Any, dict[str, Any]]
) -> str:
    """Give 200 numbered lines of a source file as it stood at a revision of the repository.

    The path is told from the root; the revision is a branch, a tag or a commit, such as HEAD, or
    empty for the files as they lie there; first is the number of the first line, from 1.
    """

    def given() -> str:
        root = _git("repository_of")(runtime.context)
        commit = _git("commit_of")(root, revision) if revision else ""
        lines = _git("shown")(root, commit, path).split("\n")
        begin = max(first, 1)
        part = lines[begin - 1 : begin - 1 + LINES]
        return "\n".join(f"{number:5} {line}" for number, line in enumerate(part, begin))

    return await asyncio.to_thread(given)


@tool(effect="reads")
async def difference(base: str, head: str, runtime: ToolRuntime[Any, dict[str, Any]]) -> str:
    """Compare two revisions of the repository: the unified diff, cut at 40,000 characters.

    Base is the older one, head the newer.
    """

    def given() -> str:
        root = _git("repository_of")(runtime.context)
        two = [_git("commit_of")(root, each) for each in (base, head)]
        flags = ("--no-color", "--no-ext-diff", "--no-textconv", "--find-renames")
        out, cut = _git("git")(root, "diff", *flags, *two, "--", limit=CHARACTERS)
        return str(out.decode(errors="replace")) + ("\n(cut)" if cut else "")

    return await asyncio.to_thread(given)


@tool(effect="reads")
async def history(revision: str, runtime: ToolRuntime[Any, dict[str, Any]]) -> list[str]:
    """List the last 50 commits up to a revision, each with its date and its first line."""

    def given() -> list[str]:
        root = _git("repository_of")(runtime.context)
        commit = _git("commit_of")(root, revision)
        form = ("--format=%h %cs %s", f"--max-count={COMMITS}")
        return str(_git("text_of")(root, "log", *form, commit)).splitlines()

    return await asyncio.to_thread(given)
