"""What a machine can say of a draft: how long it is, how it reads, whether all of it is quoted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from stretto import Project
from stretto.models.offline.lexical import coverage, stems, terms
from stretto.sources.quotes import quote_stands
from stretto.state import Citation, Critique

if TYPE_CHECKING:
    from collections.abc import Mapping

SENTENCES = (4, 30)
"""The fewest and the most sentences of a post."""
WORDS = (60, 700)
EASE = 25.0
"""The least reading ease (Flesch, 1948): 0 is a contract, 60 plain prose, 100 a primer."""
COVERED = 0.5
"""Share of the topic's key words that the post must have."""
COST, SHORT = 2.0, 4.0
"""What each fault takes off the ten, and what a post that is too short or too long loses."""
_SUPERLATIVE = re.compile(
    r"\b(?:greatest|fastest|easiest|simplest|smartest|ultimate|revolutionary|amazing|incredible"
    r"|world-class|cutting-edge|unmatched|game-?chang\w+|best-in-class|very best)\b",
    re.IGNORECASE,
)
_VOWELS = re.compile(r"[aeiouy]+")


def weigh(state: Mapping[str, Any]) -> dict[str, Any]:
    """Weighs what the critic said against what can be measured: the lower score counts."""
    draft, said = state["draft"], state["results"].get("critic")
    opinion: Mapping[str, Any] = said if isinstance(said, dict) else {}
    length = length_fault(draft)
    wrong = faults(draft, state["topic"], state["material"])
    most = 10 - COST * len(wrong) - (SHORT if length else 0)
    score = max(0.0, min(float(opinion.get("score", 0)), most))
    words = [length, *wrong, str(opinion.get("feedback") or "").strip()]
    found = {"score": score, "feedback": "\n".join(filter(None, words))}
    return {"scores": {**(state.get("scores") or {}), draft["id"]: found}}


def verdict(state: Mapping[str, Any]) -> Critique:
    """Gives the score of the draft."""
    return Critique(**state["scores"][state["draft"]["id"]])


def length_fault(draft: Mapping[str, Any]) -> str:
    """Says that a draft is too short or too long; nothing when it is neither."""
    many = len(draft["sentences"])
    words = sum(len(each["text"].split()) for each in draft["sentences"])
    if SENTENCES[0] <= many <= SENTENCES[1] and WORDS[0] <= words <= WORDS[1]:
        return ""
    return (
        f"{many} proven sentences of {words} words. Write {SENTENCES[0]} to {SENTENCES[1]} "
        f"sentences, of {WORDS[0]} to {WORDS[1]} words in all."
    )


def faults(draft: Mapping[str, Any], topic: str, material: list[dict[str, Any]]) -> list[str]:
    """What else is wrong with a draft, a line for each fault with what mends it.

    Reads the sources.
    """
    texts = [each["text"] for each in draft["sentences"]]
    whole = " ".join(texts)
    wrong: list[str] = []
    if draft["dropped"]:
        wrong.append(
            f"{draft['dropped']} sentences rest on no quotation, and were left out. Say only what "
            "the quotations say, with their numbers."
        )
    if found := _SUPERLATIVE.findall(whole):
        wrong.append(f"It boasts: {', '.join(sorted(set(found)))}. Say what it does instead.")
    if texts and (ease := reading_ease(texts)) < EASE:
        wrong.append(f"Its reading ease is {ease:.0f}, below {EASE:g}. Write shorter sentences.")
    if missing := _missing(topic, whole):
        wrong.append(f"It says nothing of {', '.join(missing)}. Write about the topic.")
    if any(Project.at(__file__).step("content.orders")(text) for text in texts):
        wrong.append("A sentence speaks to a model, not to readers. Leave it out.")
    if moved := _moved(draft, material):
        wrong.append(f"Quotations {moved} do not stand at their place any more. Gather them anew.")
    return wrong


def reading_ease(sentences: list[str]) -> float:
    """Flesch's reading ease: `206.8 - 1.015 * words a sentence - 84.6 * syllables a word`."""
    words = [word for text in sentences for word in re.findall(r"[a-z]+", text.lower())]
    if not words:
        return 0.0
    syllables = sum(max(1, len(_VOWELS.findall(word.removesuffix("e")))) for word in words)
    return 206.835 - 1.015 * len(words) / len(sentences) - 84.6 * syllables / len(words)


def _missing(topic: str, whole: str) -> list[str]:
    wanted, bag = terms(topic), stems(whole)
    if not wanted or coverage(wanted, bag) >= COVERED:
        return []
    return [term.word for term in wanted if term.stem not in bag]


def _moved(draft: Mapping[str, Any], material: list[dict[str, Any]]) -> str:
    used = {n for each in draft["sentences"] for n in each["cites"]}
    cited = [each for each in material if each["n"] in used]
    gone = [
        each["n"]
        for each in cited
        if not quote_stands(Citation(path=each["path"], line=each["line"], quote=each["quote"]))
    ]
    return ", ".join(map(str, gone))
