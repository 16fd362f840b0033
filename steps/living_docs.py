"""The team `living_docs`: what it holds, what is new since the last time, and what is told."""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING, Any

from langgraph.runtime import Runtime  # noqa: TC002 - how LangGraph knows what to give
from typing_extensions import TypedDict

from stretto import Project
from stretto.patterns.brief import brief_message, tag

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sized

    from langchain_core.messages import AnyMessage

BRANCH = "living-docs/"
MARK = "Documented-Until"
"""Trailer of a commit of documentation: the commit that it documents."""
SHOWN = 60_000
"""Characters of pages that agents are shown."""
LISTED = 30
"""Commits, issues and edits that are told of."""


class LivingDocsContext(TypedDict, total=False):
    """The context of a run; all of it may be left out."""

    repository: str
    """A folder in the repository, by default the working directory."""
    docs: str
    """Folder of the pages, by default `docs`; README.md belongs to them."""
    issues: str
    """Folder of issues as Markdown or JSON lines, by default `issues`."""
    output: str
    """Folder of announcements, by default `living_docs` in the state's folder."""
    webhook: str
    """An address that is told of new documentation."""


class Docs(TypedDict, total=False):
    """What the team holds of a repository."""

    repository: str
    head: str
    """The commit that is documented."""
    base: str
    """The commit that was documented last; empty when none was."""
    commits: list[str]
    issues: list[dict[str, str]]
    """Those that are new and speak of a page or of a name: `id`, `title`, `text`, `path`."""
    broken: list[str]
    """Files and lines that could not be read."""
    edits: list[dict[str, Any]]
    """What the source says of lines of pages."""
    pages: dict[str, str]
    """The pages that are at issue, as they stand."""
    proposed: dict[str, Any]
    """New `pages`, the `edits` made, how many were `dropped`, and the `diff`."""
    published: dict[str, str]


async def monitor(state: Mapping[str, Any], runtime: Runtime[LivingDocsContext]) -> dict[str, Any]:
    """Finds commits and issues that came since the documentation was last brought up to date."""
    del state
    return await asyncio.to_thread(_monitored, runtime.context or {})


def _monitored(context: Mapping[str, Any]) -> dict[str, Any]:
    step = Project.at(__file__).step
    text_of = step("repository.text_of")
    root = step("repository.repository_of")(dict(context))
    head = step("repository.commit_of")(root, "HEAD")
    base = _documented(root, head)
    span = f"{base}..{head}" if base else head
    log = text_of(root, "log", "--format=%h %s", f"--max-count={LISTED}", span)
    told = {"repository": root, "head": head, "base": base, "commits": log.splitlines()}
    place = str(context.get("issues") or "issues").strip("/")
    now = step("living_docs_source.files")(root, head, (".md", ".jsonl"))
    before = step("living_docs_source.files")(root, base, (".md", ".jsonl")) if base else {}
    issues, broken = [], list[str]()
    for path, text in now.items():
        if path.startswith((f"{place}/", f"{place}.jsonl")):
            old = before.get(path, "")
            issues += list(_issues(path, text, old, broken))
    return told | {"issues": issues, "broken": broken, "edits": [], "pages": {}}


def _documented(root: str, head: str) -> str:
    """The commit that was documented last: where that is merged, or proposed for this very one."""
    step = Project.at(__file__).step
    log = ("log", "-1", f"--format=%(trailers:key={MARK},valueonly)")
    there = (f"--grep=^{MARK}: {head}$", f"--branches={BRANCH}*")
    if step("repository.text_of")(root, *log, *there):
        return head
    base = str(step("repository.text_of")(root, *log, f"--grep=^{MARK}: ", head)).strip()
    real = re.fullmatch(r"[0-9a-f]{40}", base) is not None
    return base if real and step("repository.holds")(root, "cat-file", "-e", base) else ""


def _issues(path: str, text: str, old: str, broken: list[str]) -> Iterator[dict[str, str]]:
    if path.endswith(".md"):
        if text != old:
            title = next((each.strip("# ") for each in text.split("\n") if each.strip()), path)
            yield {"id": path, "title": title, "text": text[:4000], "path": path}
        return
    known = set(old.splitlines())
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line in known:
            continue
        try:
            said: Any = json.loads(line)
            told = {"id": str(said["id"]), "title": str(said["title"])}
            body = str(said.get("body") or said.get("text") or "")[:4000]
            yield told | {"text": body, "path": f"{path}:{number}"}
        except (ValueError, KeyError, TypeError, AttributeError):
            broken.append(f"{path}:{number} is no issue: a JSON object with id and title")


async def analyse(state: Mapping[str, Any], runtime: Runtime[LivingDocsContext]) -> dict[str, Any]:
    """Compares what pages say of functions and options with the source."""
    return await asyncio.to_thread(_analysed, state, runtime.context or {})


def _analysed(state: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, Any]:
    step = Project.at(__file__).step
    files, offered = step("living_docs_source.files"), step("living_docs_source.offered")
    root, head, base = state["repository"], state["head"], state["base"]
    old = base or _older(root, head)
    now, wrong = offered(files(root, head, (".py",)))
    before, _ = offered(files(root, old, (".py",))) if old else ({}, [])
    folder = str(context.get("docs") or "docs").strip("/")
    every = files(root, head, (".md",))
    pages = {p: t for p, t in every.items() if p.startswith(f"{folder}/") or p == "README.md"}
    stale = step("living_docs_pages.stale")
    edits = [edit for path, text in pages.items() for edit in stale(path, text, before, now)]
    names = {name for name in (*now, *before) if len(name) > 3}
    issues = [each for each in state["issues"] if _concerns(each, names, pages)]
    at = {edit["path"] for edit in edits} | {p for each in issues for p in _meant(each, pages)}
    broken = [*state["broken"], *(f"{path} is no Python that can be read" for path in wrong)]
    shown = {path: pages[path] for path in sorted(at)}
    return {"edits": edits, "issues": issues, "pages": shown, "broken": broken}


def _older(root: str, head: str) -> str:
    """The first commit, where nothing was documented yet; empty when it is the only one."""
    listed = Project.at(__file__).step("repository.text_of")(
        root, "rev-list", "--max-parents=0", head
    )
    first = listed.splitlines()[-1]
    return first if first != head else ""


def _concerns(issue: Mapping[str, str], names: set[str], pages: Mapping[str, str]) -> bool:
    said = f"{issue['title']}\n{issue['text']}"
    words = set(re.findall(r"[\w.]+", said))
    return bool(words & names or _meant(issue, pages) or re.search(r"\bdoc(s|umentation)\b", said))


def _meant(issue: Mapping[str, str], pages: Mapping[str, str]) -> list[str]:
    said = f"{issue['title']}\n{issue['text']}"
    return [path for path in pages if path in said or path.rpartition("/")[2] in said]


def stale(state: Mapping[str, Any]) -> tuple[str, str]:
    """Whether a page is out of date, or an issue asks for one."""
    if state["base"] == state["head"]:
        return "current", "this commit is documented"
    edits, issues = len(state["edits"]), len(state["issues"])
    told = f"{edits} lines that the source has left behind, {issues} issues of documentation"
    return ("stale" if edits or issues else "current", told)


def brief(state: Mapping[str, Any]) -> list[AnyMessage]:
    """Word for an agent what is new, what the source says, and the pages."""
    issues = [f"{each['id']}: {each['title']}\n{each['text']}" for each in state["issues"]]
    found = [f"{e['path']}:{e['line']} {e['why']}" for e in state["edits"][:LISTED]]
    pages, room = list[str](), SHOWN
    for path, text in state["pages"].items():
        pages.append(tag("page", text[:room], path=path))
        room -= min(len(text), room)
    parts = [
        tag("request", "Bring these pages up to date with the source."),
        tag("commits", "\n".join(state["commits"])),
        tag("issues", "\n\n".join(issues[:LISTED])),
        tag("findings", "\n".join(found)),
        *pages,
    ]
    last = str(state["messages"][-1].text) if state.get("messages") else ""
    feedback = last[last.rindex("<feedback>") :] if "<feedback>" in last else ""
    return [brief_message([*parts, feedback])]


def reported(state: Mapping[str, Any]) -> bool | str:
    """Whether there is something that an analyst has to read."""
    return bool(state["issues"] or state["commits"]) or "no issue and no commit is new"


def weigh(state: Mapping[str, Any]) -> dict[str, Any]:
    """Keeps the passages that the analyst named and that stand in their page, once."""
    said: Any = (state.get("results") or {}).get("analyst")
    listed = said.get("passages") if isinstance(said, dict) else None
    edits: list[dict[str, Any]] = list(state["edits"])
    for each in listed if isinstance(listed, list) else []:
        path, quote, why = (str(each.get(key, "")) for key in ("path", "quote", "why"))
        text = state["pages"].get(path, "")
        if quote.strip() and text.count(quote) == 1:
            line = text[: text.index(quote)].count("\n") + 1
            told = {"path": path, "line": line, "quote": quote, "replacement": quote, "why": why}
            edits.append({**told, "open": True})
    return {"edits": edits}


def current(state: Mapping[str, Any]) -> str:
    """Says that nothing has to be written."""
    told = f"The documentation is up to date with {state['head'][:12]}."
    return "\n".join([told, *_broken(state)])


def report(state: Mapping[str, Any]) -> str:
    """Tells what was out of date, what was written, and where it is."""
    proposed, published = state.get("proposed") or {}, state.get("published") or {}
    edits, pages = proposed.get("edits", []), proposed.get("pages", {})
    lines = [f"{_count(edits, 'edit')} of {_count(pages, 'page')}, for {state['head'][:12]}:"]
    lines += [f"  {each['path']}:{each['line']}: {each['why']}" for each in edits[:LISTED]]
    if len(edits) > LISTED:
        lines.append(f"  and {len(edits) - LISTED} more")
    if open_ := proposed.get("open", []):
        lines.append("Somebody has to find words for:")
        lines += [f"  {each['path']}:{each['line']}: {each['why']}" for each in open_[:LISTED]]
    if dropped := proposed.get("dropped", 0):
        lines.append(
            f"Dropped: {_count(range(dropped), 'edit')} of agents that fit no page or break one."
        )
    where = f"Committed as {published['commit'][:12]} on {published['branch']}" if published else ""
    lines.append(where or "Nothing was published.")
    return "\n".join([*lines, *_broken(state)])


def _count(things: Sized, what: str) -> str:
    return f"{len(things)} {what}{'s' * (len(things) != 1)}"


def _broken(state: Mapping[str, Any]) -> list[str]:
    listed = state.get("broken") or []
    return (
        [f"Not read, {len(listed)}:", *(f"  {each}" for each in listed[:LISTED])] if listed else []
    )
