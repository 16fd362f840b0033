"""The editor: style rules, paragraphs, and a list of where each sentence comes from."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PARAGRAPH = 3
"""Sentences of a paragraph."""
SUMMARY = 200
"""Characters of what channels tell of a post."""
STYLE = (
    (re.compile("[\u2018\u2019]"), "'"),
    (re.compile("[\u201c\u201d]"), '"'),
    (re.compile("\\s+[\u2013\u2014]\\s+"), ", "),
    (re.compile(r"!+"), "."),
    (re.compile(r"\be\.g\.,?"), "for example"),
    (re.compile(r"\bi\.e\.,?"), "that is"),
    (re.compile(r"\b(?:very|really|simply|just|easily)\s+", re.IGNORECASE), ""),
    (re.compile(r"\s+([,.;:])"), r"\1"),
    (re.compile(r"[ \t]{2,}"), " "),
)
"""What is replaced, in this order."""


def edit(state: Mapping[str, Any]) -> dict[str, Any]:
    """Tidies the best draft by the rules of style, and lists where it comes from."""
    draft = state["results"]["drafting"]
    used: dict[int, int] = {}
    lines: list[str] = []
    for each in draft["sentences"]:
        marks = "".join(f"[{used.setdefault(n, len(used) + 1)}]" for n in each["cites"])
        lines.append(f"{tidied(each['text'])} {marks}".strip())
    known = {each["n"]: each for each in state["material"]}
    sources = [_source(known[n]) for n in used]
    title = tidied(str(draft["title"])).rstrip(".")
    return {
        "edited": {
            "title": title,
            "slug": slug(title),
            "summary": _cut(tidied(draft["sentences"][0]["text"]) if lines else title),
            "body": _body(lines, sources),
            "sources": sorted({each["name"] for each in sources}),
        }
    }


def tidied(text: str) -> str:
    """A text by the rules of style."""
    for pattern, put in STYLE:
        text = pattern.sub(put, text)
    text = text.strip()
    return text[:1].upper() + text[1:]


def slug(title: str) -> str:
    """A title as a file is called: small letters, digits and `-`, 60 at most."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-") or "post"


def _body(lines: Sequence[str], sources: Sequence[Mapping[str, Any]]) -> str:
    starts = range(0, len(lines), PARAGRAPH)
    text = "\n\n".join(" ".join(lines[at : at + PARAGRAPH]) for at in starts)
    listed = "\n".join(f"{n}. {each['told']}" for n, each in enumerate(sources, 1))
    return f"{text}\n\n## Sources\n\n{listed}\n"


def _source(quotation: Mapping[str, Any]) -> dict[str, str]:
    name = Path(quotation["path"]).name
    heading = f", {quotation['symbol']}" if quotation["symbol"] else ""
    return {"name": name, "told": f"{name}:{quotation['line']}{heading}"}


def _cut(text: str) -> str:
    return text if len(text) <= SUMMARY else text[: SUMMARY - 1].rsplit(" ", 1)[0] + "…"
