"""Words and what they weigh: pure text functions under everything the offline model decides."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from stretto.models.offline.vocabulary import (
    BASE_FORMS,
    COMMON_WORDS,
    FUNCTION_WORDS,
    NEAR_MEANINGS,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_WORD = re.compile(r"\w+(?:['\u2019][^\W\d_]+)*")
_PART = re.compile(r"_+|(?<=[a-z\d])(?=[A-Z])")
_VOWEL = re.compile(r"[aeiouy]")
_SUFFIXES = (
    re.compile(r"^(.{4,}?)(?:i[sz]ation|[ai]tion|ion|ability|ously|ly)$"),
    re.compile(r"^(.{5,}?)(?:ance|ence|[m]ent|[ai]ble|ity|ous)$"),
    re.compile(r"^(.{6,}?)[eo]r$"),
)
"""Endings that make other kinds of word, after the letters that must stay before them."""
_VERB_ENDINGS = ("ing", "ed")
_PLURALS = ("sses", "shes", "ches", "xes", "zes")
_STEM_LEAST = 3
_TAIL_LEAST = 4

_EXACT, _NEAR, _PREFIX = 1.0, 0.7, 0.6
_PREFIX_LENGTH = 5
_NAMED_LEAST = 2
_COMMON_WEIGHT, _WEIGHT, _CODE_WEIGHT = 0.5, 1.0, 1.2


def words(text: str) -> list[str]:
    """The words of a text in order, lower case; an identifier is one word (`add_node`)."""
    return [_written(word).lower() for word in _WORD.findall(text)]


def _written(word: str) -> str:
    return word.replace("\u2019", "'").strip("_")


def parts(identifier: str) -> list[str]:
    """The words an identifier is made of, lower case (`addNode`, `add_node`: add, node)."""
    return [part.lower() for part in _PART.split(identifier) if part]


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """The form under which all inflections of a word are counted.

    Light suffix stripping (restarts, restarting, restarted: restart), with a list of odd forms.
    """
    word = word.removesuffix("'s").removesuffix("'")
    word = BASE_FORMS.get(word, word)
    if len(word) <= _STEM_LEAST or not word.isascii():
        return word
    word = _singular(word)
    word = BASE_FORMS.get(word, word)
    if word.endswith("ically"):
        return word.removesuffix("ally")
    for suffix in _VERB_ENDINGS:
        head = word.removesuffix(suffix)
        if head != word and len(head) >= _STEM_LEAST and _VOWEL.search(head):
            return _bare(head)
    match = next((match for suffix in _SUFFIXES if (match := suffix.match(word))), None)
    return _bare(match[1] if match else word)


def _singular(word: str) -> str:
    if word.endswith(_PLURALS):
        return word[:-2]
    if word.endswith("ies") and len(word) > len("ties"):
        return word[:-3] + "y"
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _bare(head: str) -> str:
    """A head without what endings leave behind: stop(p), cancel(l), serial(iz), the last e."""
    if len(head) > _STEM_LEAST and head[-1] == head[-2] and head[-1] not in "aeiouysz":
        return head[:-1] if head[-1] != "l" or len(head) > _PREFIX_LENGTH else head
    if head.endswith("y"):
        return head[:-1] + "i"
    for tail in ("ate", "ize", "at", "iz"):
        if head.endswith(tail) and len(head) > _TAIL_LEAST:
            return head.removesuffix(tail)
    return head.removesuffix("e") if len(head) > _STEM_LEAST else head


@lru_cache(maxsize=8192)
@lru_cache(maxsize=16384)
def stems(text: str) -> frozenset[str]:
    """The set of stems of a text, identifiers whole and in parts."""
    found: set[str] = set()
    for word in _WORD.findall(text):
        pieces = parts(word)
        found.update(stem(piece.replace("\u2019", "'")) for piece in pieces)
        if len(pieces) > 1:
            found.add(word.strip("_").lower())
    return frozenset(found)


def _neighbours() -> Mapping[str, Mapping[str, str]]:
    near: dict[str, dict[str, str]] = {}
    for group in NEAR_MEANINGS:
        members = {stem(word): word for word in group.split()}
        for member in members:
            others = {root: word for root, word in members.items() if root != member}
            near[member] = {**near.get(member, {}), **others}
    return MappingProxyType(near)


NEAR = _neighbours()
"""Near meanings by stem: stems, each with the word it is the stem of."""

_COMMON = frozenset(stem(word) for word in COMMON_WORDS)


@dataclass(frozen=True, slots=True)
class Term:
    """A word of a question that counts."""

    word: str
    """As it was written, lower case."""
    stem: str
    weight: float
    """About 1 for a word that names a subject, half for one that occurs everywhere."""
    parts: tuple[str, ...] = ()
    """The stems an identifier is made of; empty for a plain word."""


@lru_cache(maxsize=1024)
def terms(text: str) -> tuple[Term, ...]:
    """The words of a question that count, each once, in order.

    A word that is written with a capital inside a sentence, or as code, names a subject.
    """
    found: dict[str, Term] = {}
    for match in _WORD.finditer(text):
        written = _written(match[0])
        word, pieces = written.lower(), parts(written)
        named = _is_named(text, match.start())
        root = word if len(pieces) > 1 else stem(word)
        if root in found or not counts(word, named=named):
            continue
        if len(pieces) > 1:
            found[root] = Term(word, root, _CODE_WEIGHT, tuple(stem(piece) for piece in pieces))
        else:
            weight = _COMMON_WEIGHT if not named and _is_common(word, root) else _WEIGHT
            found[root] = Term(word, root, weight)
    return tuple(found.values())


def _is_named(text: str, at: int) -> bool:
    """Whether the word at a place is a name: as code, or with a capital inside a sentence."""
    before = text[:at].rstrip(" (\"'\u201c\u2018")
    if text[max(at - 1, 0) : at] == "`":
        return True
    return text[at].isupper() and bool(before) and before[-1] not in ".!?:;>\n-*"


def _is_common(word: str, root: str) -> bool:
    return word in COMMON_WORDS or root in _COMMON


def counts(word: str, *, named: bool = False) -> bool:
    """Whether a word carries a topic at all; a name does, whatever the word."""
    if word in FUNCTION_WORDS and not (named and len(word) > _NAMED_LEAST):
        return False
    return len(word) > 1 or word.isdigit() or not word.isascii()


def content_words(text: str) -> list[str]:
    """The words that carry the topic, as written, each once, in order."""
    return [term.word for term in terms(text)]


def met(term: Term, bag: frozenset[str]) -> float:
    """How well a term is met in a set of stems, 0 to 1; an identifier also by all its parts."""
    like = likeness(term.stem, bag)
    if not like and term.parts and bag.issuperset(term.parts):
        return _NEAR
    return like


@lru_cache(maxsize=131072)
def likeness(root: str, bag: frozenset[str]) -> float:
    """How well a stem is met: 1 by itself, .7 by a near meaning, .6 by a longer form, else 0."""
    if root in bag:
        return _EXACT
    near = NEAR.get(root)
    if near is not None and not near.keys().isdisjoint(bag):
        return _NEAR
    if len(root) >= _PREFIX_LENGTH and (root in _beginnings(bag) or _begins_in(root, bag)):
        return _PREFIX
    return 0.0


@lru_cache(maxsize=16384)
def _beginnings(bag: frozenset[str]) -> frozenset[str]:
    """What the longer stems of a set begin with."""
    return frozenset(s[:n] for s in bag for n in range(_PREFIX_LENGTH, len(s)))


def _begins_in(root: str, bag: frozenset[str]) -> bool:
    return any(root[:n] in bag for n in range(_PREFIX_LENGTH, len(root)))


def overlap(text: str, other: str) -> float:
    """Share of the weight of `text`'s words that `other` meets, 0 to 1."""
    return coverage(terms(text), stems(other))


def coverage(wanted: Iterable[Term], bag: frozenset[str]) -> float:
    """Share of the weight of terms that a set of stems meets, 0 to 1; 0 when there are none."""
    total = share = 0.0
    for term in wanted:
        total += term.weight
        share += term.weight * met(term, bag)
    return share / total if total else 0.0


def clean(text: str, limit: int = 400) -> str:
    """One line, single spaces, at most `limit` characters, cut at a word."""
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    return line[:limit].rsplit(" ", 1)[0] + " ..."
