"""Summaries that say nothing new: what stands out, what is wrong with a draft, what is kept."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["checked", "critic", "stand_out"]

PASSAGES = 6
WORDS = 120
"""Words of the longest summary."""
_SHORT, _LONG = 5, 45
NAMES = {"people": "person", "organisations": "organisation", "places": "place"}
"""Lists that the namer gives, and the kind of entity that each holds."""
KINDS = frozenset(
    {"invoice", "contract", "statement", "letter", "procedure", "product", "report", "other"}
)
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")


def stand_out(state: Mapping[str, Any]) -> dict[str, list[str]]:
    """Finds the sentences that say most with the words that the document uses most."""
    sentences = list(dict.fromkeys(_sentences(state["text"])))
    used = Counter(word for each in sentences for word in _content(each))
    titled = _content(state["title"])

    def weight(sentence: str) -> float:
        words = _content(sentence)
        return sum(used[w] + 3 * (w in titled) for w in words) / (len(sentence.split()) + 5)

    best = sorted(range(len(sentences)), key=lambda n: (-weight(sentences[n]), n))[:PASSAGES]
    return {"passages": [sentences[n] for n in sorted(best)]}


def critic(state: Mapping[str, Any]) -> dict[str, Any]:
    """Holds a summary to the document: its numbers, its length, and that it says something."""
    said = _said(next(iter((state.get("results") or {}).values()), None))
    if not said:
        return {"score": 0, "feedback": "There is no summary. Say what the document says."}
    faults: list[str] = []
    if invented := foreign(said, state["text"]):
        faults.append(f"The document does not have {', '.join(invented)}. Leave it out.")
    if (words := len(said.split())) > WORDS:
        faults.append(f"It has {words} words. Say it in {WORDS} at most.")
    return {"score": 10 - 4 * len(faults), "feedback": " ".join(faults)}


def checked(state: Mapping[str, Any]) -> dict[str, Any]:
    """Keeps what the document bears out, and counts what it does not."""
    results = state.get("results") or {}
    kind, kind_by, odd_kind = _kind(state, results.get("classifier"))
    names, odd_names = _names(state["text"], results.get("namer"))
    summary, by, odd_numbers = _summary(state, _said(results.get("summary")))
    record = {
        **{key: state[key] for key in ("digest", "path", "title", "note")},
        "kind": kind,
        "kind_by": kind_by,
        "summary": summary,
        "summary_by": by,
        "entities": [*state["entities"], *names],
        "dropped": {"kinds": odd_kind, "names": odd_names, "sentences": odd_numbers},
    }
    return {"record": record}


def foreign(said: str, text: str) -> list[str]:
    """The numbers of a summary that the text does not have."""
    there = {_plain(number) for number in _NUMBER.findall(text)}
    numbers = dict.fromkeys(_NUMBER.findall(said))
    return [number for number in numbers if _plain(number) not in there]


def _plain(number: str) -> str:
    return number.replace(",", "")


def _kind(state: Mapping[str, Any], said: Any) -> tuple[str, str, int]:
    """The kind, why, and how many were named that there are not."""
    if not isinstance(said, Mapping):
        return state["kind"], state["kind_by"] or "the nearest by its words", 0
    if said.get("kind") not in KINDS:
        return state["kind"], "the nearest by its words", 1
    return said["kind"], f"agent: {' '.join(str(said.get('words', '')).split())[:200]}", 0


def _names(text: str, said: Any) -> tuple[list[dict[str, str]], int]:
    """The names that stand in the text as they are, and how many do not."""
    within, given = _spaced(text), said if isinstance(said, Mapping) else {}
    kept: dict[tuple[str, str], dict[str, str]] = {}
    dropped = 0
    for field, kind in NAMES.items():
        for name in _texts(given.get(field)):
            if re.search(rf"(?<!\w){re.escape(_spaced(name))}(?!\w)", within):
                kept[kind, _spaced(name)] = {"kind": kind, "value": name, "quote": name}
            else:
                dropped += 1
    return list(kept.values()), dropped


def _texts(given: Any) -> Iterable[str]:
    listed: list[Any] = given if isinstance(given, list) else []
    return (" ".join(str(each).split()) for each in listed if str(each).strip())


def _summary(state: Mapping[str, Any], said: str) -> tuple[str, str, int]:
    """The sentences of a summary that invent no number; else those that stand out."""
    sentences = re.split(r"(?<=[.!?\"])\s+", said) if said else []
    kept = [each for each in sentences if not foreign(each, state["text"])]
    dropped = len(sentences) - len(kept)
    if kept:
        return _cut(" ".join(kept)), "agent", dropped
    return _cut(" ".join(state["passages"][:3])), "sentences that stand out", dropped


def _cut(text: str) -> str:
    words = text.split()
    return text if len(words) <= WORDS else " ".join([*words[:WORDS], "..."])


def _said(result: Any) -> str:
    given = result.get("summary") if isinstance(result, Mapping) else result
    return " ".join(given.split()) if isinstance(given, str) else ""


def _sentences(text: str) -> Iterable[str]:
    for line in text.split("\n"):
        plain = re.sub(r"^[\s#>*+-]*(?:\d+[.)]\s+)?|[*_`]{1,3}", "", line).strip()
        for sentence in re.split(r"(?<=[.!?])\s+", plain):
            if _SHORT <= len(sentence.split()) <= _LONG:
                yield sentence


def _content(text: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]{4,}", text.casefold()))


def _spaced(text: str) -> str:
    return " ".join(text.casefold().split())
