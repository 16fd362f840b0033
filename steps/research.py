"""The team `research_deep`: when its synthesizer works, and what becomes of what it wrote."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from stretto.state import Finding, Review

if TYPE_CHECKING:
    from collections.abc import Mapping

_PLACE = re.compile(r"^\[(\d+)\] .+?:\d+ .*?\"(.+)\"$", re.MULTILINE)
_MARK = re.compile(r"\[(\d+)\]")
_SENTENCE = re.compile(r"(?<=[.!?\]\"])\s+(?!\[)")


def accepted(state: Mapping[str, Any]) -> bool | str:
    """Whether the reviewer accepted, and left the joining to others."""
    review = Review.model_validate(state["results"]["judge"])
    return (review.verdict == "accept" and not review.answer) or "there is nothing to join yet"


def joined(state: Mapping[str, Any]) -> Review:
    """Puts the synthesizer's text into the review, as far as its numbers lead to quotations."""
    results = state["results"]
    review = Review.model_validate(results["judge"])
    written = results.get("synthesizer")
    if written is None or review.verdict != "accept":
        return review
    finding = Finding.model_validate(written)
    quotes = {m[1]: m[2] for m in _PLACE.finditer(state["messages"][-1].text)}
    marked = proven(_numbered(finding, quotes), set(quotes))
    return review.model_copy(update={"answer": marked}) if finding.found and marked else review


def proven(text: str, numbers: set[str]) -> str:
    """The sentences of a text that are marked with numbers of quotations, and only with such."""
    kept = [
        sentence
        for sentence in _SENTENCE.split(text.strip())
        if (marks := set(_MARK.findall(sentence))) and marks <= numbers
    ]
    return " ".join(kept)


def _numbered(finding: Finding, quotes: Mapping[str, str]) -> str:
    """The text; where it only quotes, each quotation with its number behind it."""
    text = finding.answer
    if _MARK.search(text):
        return text
    for number, quote in quotes.items():
        text = text.replace(f'"{quote}"', f'"{quote}" [{number}]')
    return text
