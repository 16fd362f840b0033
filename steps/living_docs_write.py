"""Edits of pages: those of rules and of agents put together, and what they must not break."""

from __future__ import annotations

import difflib
import posixpath
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from stretto import Project
from stretto.parsing import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["built", "compose", "critic"]

_LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)")
_BLOCK = re.compile(r"^```(?:python|py)\n(.*?)^```", re.DOTALL | re.MULTILINE)


def compose(state: Mapping[str, Any]) -> dict[str, Any]:
    """Applies the edits of the rules, then those of the writer that fit."""
    said = (state.get("results") or {}).get("writer")
    return {"draft": _made(state, _listed(said))}


def _listed(said: Any) -> list[dict[str, str]]:
    edits = said.get("edits") if isinstance(said, dict) else None
    listed = edits if isinstance(edits, list) else []
    keys = ("path", "quote", "replacement", "why")
    return [{key: str(each.get(key, "")) for key in keys} for each in listed if _is_edit(each)]


def _is_edit(each: Any) -> bool:
    return isinstance(each, dict) and bool(str(each.get("quote") or "").strip())


def _made(state: Mapping[str, Any], edits: list[dict[str, str]]) -> dict[str, Any]:
    """The pages with all edits: new `pages`, `edits` made, those left `open`, and `dropped`."""
    pages: dict[str, str] = dict(state["pages"])
    made: list[dict[str, Any]] = []
    for path, text in state["pages"].items():
        mine = [e for e in state["edits"] if e["path"] == path and not _wordless(e)]
        pages[path] = _by_lines(text, mine)
        made += [{**each, "by": "rules"} for each in mine]
    dropped = 0
    for each in edits:
        text, quote = pages.get(each["path"], ""), each["quote"]
        if text.count(quote) != 1 or quote == each["replacement"]:
            dropped += 1
            continue
        pages[each["path"]] = text.replace(quote, each["replacement"])
        before = state["pages"][each["path"]]
        shown = before if quote in before else text
        line = shown[: shown.index(quote)].count("\n") + 1
        made.append({**each, "line": line, "by": "writer"})
    changed = {path: text for path, text in pages.items() if text != state["pages"][path]}
    left = [e for e in state["edits"] if _wordless(e) and _stands(e, pages[e["path"]])]
    return {"pages": changed, "edits": made, "open": left, "dropped": dropped}


def _wordless(edit: Mapping[str, Any]) -> bool:
    """Whether somebody has to find words: a name is gone, or an analyst says so."""
    return bool(edit.get("gone") or edit.get("open"))


def _stands(edit: Mapping[str, Any], text: str) -> bool:
    if name := edit.get("gone"):
        return re.search(rf"`{re.escape(name)}\b", text) is not None
    return edit["quote"] in text


def _by_lines(text: str, edits: list[dict[str, Any]]) -> str:
    new = {each["line"]: each["replacement"] for each in edits}
    lines = enumerate(text.split("\n"), 1)
    return "\n".join(kept for n, line in lines if (kept := new.get(n, line)) is not None)


def critic(state: Mapping[str, Any]) -> dict[str, Any]:
    """Holds a draft to what the site is built of: its links lead somewhere, its code compiles."""
    draft = next(iter(state["results"].values()))["draft"]
    faults = _broken(state, draft["pages"])
    told = [f"{path}: {fault}" for path, found in faults.items() for fault in found]
    if draft["dropped"]:
        told.append(f"{draft['dropped']} edits quote what does not stand in their page just once.")
    return {"score": max(0, 10 - 3 * len(told)), "feedback": " ".join(told[:10])}


def built(state: Mapping[str, Any]) -> dict[str, Any]:
    """Builds the pages: what an agent broke is left out, and all is told as a diff."""
    draft = state["results"]["drafting"]["draft"]
    theirs = [each for each in draft["edits"] if each["by"] == "writer"]
    broken = set(_broken(state, draft["pages"]))
    kept = [each for each in theirs if each["path"] not in broken]
    final = _made(state, kept)
    final["dropped"] = draft["dropped"] + len(theirs) - len(kept)
    final["diff"] = "\n".join(_diff(state["pages"], final["pages"]))
    return {"proposed": final}


def _diff(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    for path, text in new.items():
        lines = old[path].split("\n"), text.split("\n")
        yield from difflib.unified_diff(*lines, f"a/{path}", f"b/{path}", lineterm="", n=1)


def _broken(state: Mapping[str, Any], pages: Mapping[str, str]) -> dict[str, list[str]]:
    """New faults by page: those that stood there before are not the draft's."""
    asked = ("ls-tree", "-r", "-z", "--name-only", state["head"])
    out, _ = Project.at(__file__).step("repository.git")(state["repository"], *asked)
    there = set(out.decode(errors="replace").split("\0"))
    found: dict[str, list[str]] = {}
    for path, text in pages.items():
        new = Counter(_faults(path, text, there))
        if left := list((new - Counter(_faults(path, state["pages"][path], there))).elements()):
            found[path] = left
    return found


def _faults(path: str, text: str, there: set[str]) -> Iterator[str]:
    for link in _LINK.findall(text):
        target = link.partition("#")[0]
        if target and not re.match(r"[a-z][\w+.-]*:", target):
            meant = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
            folder = any(each.startswith(f"{meant}/") for each in there)
            if meant not in there and not folder:
                yield f"the link to {link} leads nowhere."
    for block in _BLOCK.findall(text):
        try:
            parse(block)
        except (SyntaxError, ValueError) as error:
            if not block.lstrip().startswith(">>>"):
                yield f"a code block does not compile: {error.args[0]}."
    if text.count("\n```") % 2:
        yield "a code block is not closed."
