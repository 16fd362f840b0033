"""The publisher: a post is written once as Markdown, or not at all."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langgraph.runtime import Runtime  # noqa: TC002 - how LangGraph knows what to give

from stretto import clock as clocks
from stretto import effect, idempotency_key
from stretto.home import state_home

if TYPE_CHECKING:
    from collections.abc import Mapping

GOOD = 8.0
"""The score from which a post is published; that of `refine` in the graph."""
NAMES = 100
"""Posts that may have one name, told apart by a number."""


def good_enough(state: Mapping[str, Any]) -> bool | str:
    """Whether the best draft may be published."""
    said = _said(state)
    return said["score"] >= GOOD or f"its best draft has {said['score']:g} of 10"


def _said(state: Mapping[str, Any]) -> Mapping[str, Any]:
    said: Mapping[str, Any] = state["scores"][state["results"]["drafting"]["id"]]
    return said


async def publisher(state: Mapping[str, Any], runtime: Runtime[Any]) -> dict[str, Any]:
    """Writes the post as a Markdown file with front matter, once."""
    folder = await asyncio.to_thread(output, runtime.context)
    edited = {**state["edited"], "score": _said(state)["score"]}
    return {"published": await effect("publish", written, folder, edited, effect="idempotent")}


def output(context: Mapping[str, Any] | None) -> str:
    """The folder of what is published."""
    return str(Path((context or {}).get("output") or state_home() / "content").expanduser())


def written(folder: str, edited: Mapping[str, Any]) -> dict[str, Any]:
    """Write a post under a name that no other has.

    Where this was done before under the same key, the file that is there counts.

    Returns:
        Its `id`, `path`, `title`, `summary` and `date`.

    Raises:
        FileExistsError: `NAMES` posts have that name.
    """
    key = idempotency_key()[:16]
    Path(folder).mkdir(parents=True, exist_ok=True)
    date = datetime.fromtimestamp(clocks.now(), UTC).isoformat(timespec="seconds")
    told = {"id": key, "title": edited["title"], "summary": edited["summary"], "date": date}
    head = {**told, "score": edited["score"], "sources": edited["sources"]}
    text = "".join(f"{name}: {json.dumps(value)}\n" for name, value in head.items())
    whole = f"---\n{text}---\n\n# {edited['title']}\n\n{edited['body']}"
    for number in range(1, NAMES + 1):
        name = edited["slug"] if number == 1 else f"{edited['slug']}-{number}"
        path = Path(folder) / f"{name}.md"
        if _taken(path, whole, key):
            return {**told, "path": str(path)}
    raise FileExistsError(f"{NAMES} posts are called {edited['slug']}. Move some of them away.")


def _taken(path: Path, whole: str, key: str) -> bool:
    """Whether the post stands at a path now: written, or from before."""
    beside = path.with_name(f".{path.name}.{key}")
    try:
        beside.write_text(whole, encoding="utf-8")
        path.hardlink_to(beside)  # whole or not at all, and never over another
    except FileExistsError:
        return f'id: "{key}"' in path.read_text(encoding="utf-8")
    finally:
        beside.unlink(missing_ok=True)
    return True


def report(state: Mapping[str, Any]) -> str:
    """Says where the post stands, or why it is not published."""
    said, edited = _said(state), state["edited"]
    if good_enough(state) is not True:
        return (
            f"Not published: the best draft of {edited['title']!r} has {said['score']:g} of 10, "
            f"and {GOOD:g} are needed.\n{said['feedback']}"
        )
    path = state["published"]["path"]
    return f"{edited['body']}\nPublished with {said['score']:g} of 10: {path}"
