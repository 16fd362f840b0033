"""A draft of a post: which of its sentences the quotations prove, and which are left out."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from stretto.models.offline.lexical import coverage, stems, terms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PROVEN = 0.6
"""Share of a sentence's key words that the quotations it rests on must have."""
FULL = 8
"""Sentences up to which a draft that was sent back is filled up with quotations."""
_SENTENCE = re.compile(r"(?<=[.!?])[\"”]?((?:\s*\[\d+\])*)\s+(?=[\"“(`]*[A-Z`])")
_CITED = re.compile(r"\s*\[(\d+)\]")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)")


def compose(state: Mapping[str, Any]) -> dict[str, Any]:
    """Keeps of what was written the sentences that the quotations prove.

    A draft that was sent back is filled up with quotations, where it is shorter than a post.
    """
    said: Any = state["results"].get("writer")
    written: Mapping[str, Any] = said if isinstance(said, dict) else {"text": str(said or "")}
    material = state["material"]
    told = [one for one in _sentences(str(written.get("text") or "")) if one[0]]
    kept = [proven(text, cites, material) for text, cites in told]
    sentences = _once([each for each in kept if each])
    if state.get("draft"):
        sentences = _once([*sentences, *_quoted(material)])[: max(FULL, len(sentences))]
    title = str(written.get("title") or "").strip() or state["topic"]
    draft = {
        "title": title[:1].upper() + title[1:],
        "sentences": sentences,
        "dropped": sum(each is None for each in kept),
    }
    digest = sha256(repr(draft).encode()).hexdigest()[:16]
    return {"draft": {"id": digest, **draft}}


def deliver(state: Mapping[str, Any]) -> dict[str, Any]:
    """Hands the draft over to who judges it."""
    return dict(state["draft"])


def proven(
    text: str, cites: Sequence[int], material: Sequence[Mapping[str, Any]]
) -> dict[str, Any] | None:
    """A sentence with the quotations that prove it; `None` when none do.

    Args:
        text: The sentence, without its marks.
        cites: Numbers of the quotations that it names; of none, whichever proves it best.
        material: All quotations.
    """
    wanted, named = terms(text), [each for each in material if each["n"] in cites]
    if not wanted:
        return None
    ranked = sorted(material, key=lambda q: -coverage(wanted, stems(q["quote"])))
    rests = named or ranked[:1]
    quoted = " ".join(each["quote"] for each in rests)
    if coverage(wanted, stems(quoted)) < PROVEN:
        return None
    if not set(_NUMBER.findall(text)) <= set(_NUMBER.findall(quoted)):
        return None
    return {"text": plain(text), "cites": [each["n"] for each in rests]}


def plain(text: str) -> str:
    """A sentence without links, quotation marks around it, and doubled spaces."""
    return " ".join(_LINK.sub(r"\1", text).strip(' "“”').split())


def _sentences(text: str) -> list[tuple[str, list[int]]]:
    """Sentences, each with the numbers that stand behind it."""
    parts = _SENTENCE.split(" ".join(text.split()))
    found: list[tuple[str, list[int]]] = []
    for at in range(0, len(parts), 2):
        marks = parts[at + 1] if at + 1 < len(parts) else ""
        cites = [int(number) for number in _CITED.findall(parts[at] + (marks or ""))]
        found.append((_CITED.sub("", parts[at]).strip(' "“”'), cites))
    return found


def _quoted(material: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{"text": plain(each["quote"]), "cites": [each["n"]]} for each in material]


def _once(sentences: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each sentence once, whatever its case and marks."""
    found: dict[str, dict[str, Any]] = {}
    for each in sentences:
        found.setdefault(re.sub(r"\W+", " ", each["text"]).lower().strip(), each)
    return list(found.values())
