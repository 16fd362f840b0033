"""Kinds of documents: told by the words that they use, else by an agent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["by_words", "unsure"]

KINDS: dict[str, tuple[str, ...]] = {
    "invoice": (
        *("invoice", "amount due", "bill to", "payment due", "subtotal", "vat", "due date"),
        *("invoice number", "net total"),
    ),
    "contract": (
        *("agreement", "hereby", "the parties", "party", "shall", "termination", "governing law"),
        *("hereinafter", "in witness whereof", "liability"),
    ),
    "statement": (
        *("statement period", "opening balance", "closing balance", "account statement"),
        *("transactions", "previous balance", "new balance"),
    ),
    "letter": (
        *("dear", "sincerely", "yours faithfully", "kind regards", "best regards", "regards"),
        *("i am writing", "we are writing"),
    ),
    "procedure": (
        *("procedure", "how to", "step", "steps", "verify", "eligibility", "requirements"),
        *("instructions", "internal", "complete the", "follow", "submit", "troubleshooting"),
    ),
    "product": (
        *("annual fee", "monthly fee", "apr", "apy", "cash back", "rewards", "benefits"),
        *("features", "overview", "minimum balance", "interest", "fees"),
    ),
    "report": (
        *("findings", "executive summary", "conclusion", "recommendations", "quarter"),
        *("results", "analysis", "compared to", "methodology"),
    ),
}
"""Words and phrases that documents of a kind use. The agent's prompt explains the kinds."""
OTHER = "other"
LEAST, LEAD = 2.0, 0.25
"""What the best kind must reach, and by what share of it the next one must be behind."""
TITLE = 2.0
"""What a word in the title counts more."""


def by_words(state: Mapping[str, Any]) -> dict[str, str]:
    """Tells the kind by the words that a document uses."""
    text, title = state["text"].casefold(), state["title"].casefold()
    scores = {kind: _score(words, text, title) for kind, words in KINDS.items()}
    first, second = sorted(scores, key=lambda kind: -scores[kind])[:2]
    best, next_best = scores[first], scores[second]
    if not best:
        return {"kind": OTHER, "kind_by": ""}
    sure = best >= LEAST and best - next_best >= LEAD * best
    why = f"words: {first} {best:g}, {second} {next_best:g}"
    return {"kind": first, "kind_by": why if sure else ""}


def unsure(state: Mapping[str, Any]) -> bool | str:
    """Whether the words left it open; else why nobody has to be asked."""
    return not state["kind_by"] or state["kind_by"]


def _score(words: tuple[str, ...], text: str, title: str) -> float:
    return sum(_has(word, text) + TITLE * _has(word, title) for word in words)


def _has(word: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None
