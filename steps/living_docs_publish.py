"""Publishing documentation: a commit on a branch of its own after a person's yes, then the news."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langgraph.runtime import Runtime  # noqa: TC002 - how LangGraph knows what to give

from stretto import Project, effect, lock
from stretto.errors import InvalidInput
from stretto.home import state_home

if TYPE_CHECKING:
    from collections.abc import Mapping

ASKED = 6_000
"""Characters of the diff that a person is shown in the question."""


def proposal(state: Mapping[str, Any]) -> dict[str, Any]:
    """Says what is to be committed, and where."""
    return {"proposal": {"branch": _branch(state), "pages": list(state["proposed"]["pages"])}}


def question(state: Mapping[str, Any]) -> str | bool:
    """What a person is asked; nobody where there is no change."""
    proposed = state["proposed"]
    if not proposed["pages"]:
        return False
    told = f"{len(proposed['edits'])} edits of {', '.join(proposed['pages'])}"
    diff = proposed["diff"]
    cut = f"\n({len(diff) - ASKED:,} more characters)" if len(diff) > ASKED else ""
    return f"Commit {told} on the branch {_branch(state)}?\n\n{diff[:ASKED]}{cut}"


def approved(state: Mapping[str, Any]) -> bool | str:
    """Whether there is a change, and a person said yes."""
    if not state["proposed"]["pages"]:
        return "no page is changed"
    said = (state.get("results") or {}).get("yes")
    return bool(isinstance(said, dict) and said.get("proposal")) or "it was not approved"


async def publisher(state: Mapping[str, Any]) -> dict[str, Any]:
    """Commits the pages on a branch of its own, once; no checkout is touched."""
    proposed = state["proposed"]
    message = "\n".join(
        [
            f"Bring the documentation up to date with {state['head'][:12]}",
            "",
            *(f"- {each['path']}: {each['why']}" for each in proposed["edits"]),
            "",
            f"Documented-Until: {state['head']}",
        ]
    )
    place = (state["repository"], state["head"], _branch(state))
    pages = proposed["pages"]
    done = await effect("commit", committed, *place, pages, message, effect="idempotent")
    return {"published": done}


def _branch(state: Mapping[str, Any]) -> str:
    told = "\0".join(f"{p}\0{t}" for p, t in sorted(state["proposed"]["pages"].items()))
    digest = hashlib.sha256(told.encode(errors="replace")).hexdigest()
    return f"living-docs/{state['head'][:12]}-{digest[:6]}"


def committed(
    root: str, head: str, branch: str, pages: dict[str, str], message: str
) -> dict[str, str]:
    """Commit pages on a branch; done again, it finds its commit there.

    Returns:
        The `branch`, the `commit`, and the `date`.
    """
    step = Project.at(__file__).step
    digest = hashlib.sha256(f"{root}\0{branch}".encode()).hexdigest()[:12]
    folder = state_home() / "living_docs" / f"work-{digest}"
    step("repository.add_worktree")(root, str(folder), head, branch)
    try:
        for path, text in pages.items():
            step("repository.inside")(folder, path).write_text(text, encoding="utf-8")
        commit = step("repository.commit_all")(str(folder), message)
        date = step("repository.text_of")(folder, "log", "-1", "--format=%cI")
    finally:
        step("repository.remove_worktree")(root, str(folder))
    return {"branch": branch, "commit": commit, "date": date}


def out(state: Mapping[str, Any]) -> bool | str:
    """Whether there is something to announce."""
    return bool(state.get("published")) or "nothing was published"


def output(context: Mapping[str, Any] | None) -> Path:
    """The folder of announcements."""
    named = (context or {}).get("output")
    return Path(str(named)).expanduser() if named else state_home() / "living_docs"


async def notice(state: Mapping[str, Any], runtime: Runtime[Any]) -> str:
    """Writes the news as a file of its own."""
    folder = await asyncio.to_thread(output, runtime.context)
    post, diff = _post(state), state["proposed"]["diff"]
    done: str = await effect("notice", noted, str(folder), post, diff, effect="idempotent")
    return done


def noted(folder: str, post: Mapping[str, str], diff: str) -> str:
    """Write the news with its diff; gives the file's path."""
    path = Path(folder) / f"{post['id'][:12]}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    head = f"# {post['title']}\n\n{post['summary']}\n\n"
    fence = "`" * 6
    path.write_text(f"{head}{fence}diff\n{diff}\n{fence}\n", encoding="utf-8")
    return str(path)


async def feed(state: Mapping[str, Any], runtime: Runtime[Any]) -> str:
    """Adds the news to the feed, an Atom file."""
    folder = str(await asyncio.to_thread(output, runtime.context))
    added = Project.at(__file__).step("content_channels.added")
    async with lock(f"living_docs feed {folder}"):
        done: str = await effect("feed", added, folder, _post(state), effect="idempotent")
    return done


async def webhook(state: Mapping[str, Any], runtime: Runtime[Any]) -> str:
    """Tells another system of the news, where an address is given.

    Raises:
        InvalidInput: The address is none of the web.
    """
    url = str((runtime.context or {}).get("webhook") or "")
    if not url:
        return "no address: give --context webhook=https://..."
    if not url.startswith(("http://", "https://")):
        raise InvalidInput(
            f"the webhook is {url!r}. Set --context webhook= to an address with https://."
        )
    told_to = Project.at(__file__).step("content_channels.told_to")
    status = await effect("webhook", told_to, url, _post(state), effect="idempotent")
    return f"told, {status}"


def _post(state: Mapping[str, Any]) -> dict[str, str]:
    done, proposed = state["published"], state["proposed"]
    whys = "; ".join(dict.fromkeys(str(each["why"]) for each in proposed["edits"]))
    return {
        "id": done["commit"],
        "title": f"Documentation of {state['head'][:12]}: {', '.join(proposed['pages'])}",
        "summary": f"On the branch {done['branch']}: {whys}",
        "date": done["date"],
        "path": f"{done['commit'][:12]}.md",
    }
