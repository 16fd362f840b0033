"""A request taken apart into pieces of work: what each asks, and which earlier ones it uses."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from stretto.models.offline.lexical import clean, content_words, coverage, stems, terms
from stretto.models.offline.passages import split_sentences
from stretto.models.offline.talk import small_talk

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST = 8
"""Pieces of work made of one request when nothing says how many may be."""

_ASKING = (
    "who|whom|whose|what|which|when|where|why|how|is|are|was|were|do|does|did|can|could|should"
    "|would|will|may|must|has|have"
)
_SPLITTING = (
    "who|what|which|when|where|why|how|do|does|did|can|could|should|would|are there|is there"
)
_DOING = (
    "find|explain|compare|contrast|list|describe|tell|show|summari[sz]e|give|name|look|check"
    "|search|determine|identify|calculate|compute|research|investigate|analy[sz]e|write|state"
    "|define|outline|review|read|quote|decide|recommend|fetch|count|verify|report|draft|collect"
    "|prepare|translate|discuss|evaluate|suggest|propose|estimate|gather|learn|work out|figure out"
    "|sum up|convert|measure|assess|examine|explore|choose|pick|cite|rank"
)
_POLITE = re.compile(
    r"^(?:please|kindly|(?:can|could|would|will) you|i want you to|i(?: would|'d) like you to)"
    rf"[\s,]+(?:please\s+)?(?=(?:{_DOING})\b)",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"^(?:(?:first|second|third|fourth|fifth|firstly|secondly|thirdly|lastly|finally|next|also"
    r"|and|but|so|or|then)[\s,:]+)+",
    re.IGNORECASE,
)
_NUMBERING = re.compile(r"(?:^|\s)\(?\d{1,2}[.)]\s+(?=[A-Za-z\"'`])")
_BORDER = re.compile(
    r"(?<=\?)\s+|\s*;\s*"
    rf"|,?\s+(?:and|but|or)\s+(?=(?:then\s+|also\s+)?(?:{_SPLITTING}|{_DOING})\b)"
    rf"|,\s+(?=then\s+(?:{_SPLITTING}|{_DOING})\b|(?:who|what|which|when|where|why|how)\b)",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    rf"^(?:(?:{_ASKING})\b|(?:in|at|for|on|by|to|from|after|before|during|with|under|if|when) "
    rf".*\b(?:{_ASKING})\b)",
    re.IGNORECASE,
)
_ORDER = re.compile(rf"^(?:{_DOING})\b", re.IGNORECASE)
_USES_ALL = re.compile(
    r"\b(?:compare|contrast|combine|merge|summari[sz]e|weigh|rank)\s+(?:the\s+)?"
    r"(?:two|three|both|them|these|those|all|results?|findings?|answers?|above)\b"
    r"|\b(?:based on|from|using|given|with)\s+(?:all\s+)?"
    r"(?:these|those|the above|the results?|the findings?|the answers?|both)\b"
    r"|\bwhich of (?:the two|them|these|those)\b|\bin (?:summary|conclusion)\b",
    re.IGNORECASE,
)
_USES_LAST = re.compile(
    r"^(?:and\s+)?(?:then|after that|afterwards|with that|next)\b"
    r"|\b(?:based on|from|using|given) (?:that|this|it)\b",
    re.IGNORECASE,
)
_BACK = re.compile(
    r"\b(?:it|its|they|them|their|that|this|these|those|he|she|there|so|the same|instead|else"
    r"|one|ones|the two|both|above)\b",
    re.IGNORECASE,
)
_OPENING = re.compile(r"^(?:and|but|so|or|what about|how about|why not|also|then)\b", re.IGNORECASE)
_ROLE = re.compile(r"^\s*(?:[-*]\s+)?[`\"']?([\w.-]+)[`\"']?\s*[:\u2013-]\s+(.*)$", re.MULTILINE)
_THIN = 1.0
"""Weight of words below which a question cannot stand alone."""
_SLIGHT = 2.5
"""Weight below which a pronoun stands for the question's subject."""
_CARRIED = 12
_LONGEST_QUESTION = 40
_ACCOUNT_WORDS, _ACCOUNT_ASKS = 80, 0.3
_TELLING = 2


@dataclass(frozen=True, slots=True)
class Goal:
    """One piece of work."""

    text: str
    """Understandable on its own."""
    uses: Literal["none", "last", "all"] = "none"
    """Which of the goals before it have results it needs."""


def goals(request: str, *, earlier: Sequence[str] = (), most: int = MOST) -> tuple[Goal, ...]:
    """Take a request apart: one goal for each question or order, or the parts of an account.

    A goal that refers back is completed with the words of what it refers to: an earlier goal, or
    the last of the `earlier` questions. At most `most` goals; small talk gives none.
    """
    if not request.strip() or small_talk(request):
        return ()
    clauses = _clauses(request)
    asking = [clause for clause in clauses if asks(clause)]
    if _is_account(clauses, asking):
        return tuple(Goal(text) for text in _fewer(_informative(clauses), most))
    found: list[Goal] = []
    for clause in asking or [clean(request, 2000)]:
        uses = _uses(clause) if found else "none"
        before = found[-1].text if found else subject_of(earlier)
        found.append(Goal(completed(_plain(clause), before, same_turn=bool(found)), uses))
    unique = tuple(dict.fromkeys(found))
    return unique if len(unique) <= most else _grouped(unique, most)


def completed(text: str, before: str, *, same_turn: bool = False) -> str:
    """A question that refers back, with the words of the one before that it lacks.

    In one turn (`same_turn`) only a pronoun, or having no words of its own, refers back.
    """
    alone = same_turn and terms(text) and not _BACK.search(text)
    if not before or alone or not refers_back(text):
        return text
    own = stems(text)
    lacking = [t.word for t in terms(before.split(" (about: ", maxsplit=1)[0]) if t.stem not in own]
    carried = re.search(r"\(about: (.*)\)", before)
    lacking += [w for w in (carried[1].split() if carried else []) if w not in lacking]
    return f"{text} (about: {' '.join(lacking[:_CARRIED])})" if lacking else text


def subject_of(earlier: Sequence[str]) -> str:
    """The last earlier question that stands alone, empty when there is none.

    Of a message with several it is the last.
    """
    for text in reversed(earlier):
        asked = [clause for clause in _clauses(text) if asks(clause)] or [text]
        whole = [clause for clause in asked if not refers_back(clause)]
        if whole:
            return whole[-1]
    return ""


def refers_back(text: str) -> bool:
    """Whether a question does not stand alone: few words, or a pronoun for its subject."""
    weight = sum(term.weight for term in terms(text))
    if weight < _THIN or (_OPENING.match(text.strip()) and weight < _SLIGHT):
        return True
    return bool(_BACK.search(text)) and weight < _SLIGHT


def roles_in(text: str) -> dict[str, str]:
    """Names and roles, written one a line as `name: role`."""
    pairs = _ROLE.findall(text)
    return {name: role.strip() for name, role in pairs}


def assigned(tasks: Sequence[Goal], names: Sequence[str], roles: Mapping[str, str]) -> list[str]:
    """Who does each: the one whose role is nearest; among equals the one with the least to do."""
    load = dict.fromkeys(names, 0)
    chosen: list[str] = []
    for goal in tasks:
        wanted = terms(goal.text)
        like = {name: coverage(wanted, stems(f"{name} {roles.get(name, '')}")) for name in names}
        best = max(like.values())
        name = min((n for n in names if like[n] >= best - 1e-9), key=lambda n: load[n])
        load[name] += 1
        chosen.append(name)
    return chosen


def _clauses(request: str) -> list[str]:
    text = _NUMBERING.sub("\n", request)
    found: list[str] = []
    for sentence in split_sentences(text):
        found.extend(piece.strip(" ,;") for piece in _BORDER.split(sentence) if piece)
    return [clause for clause in found if re.search(r"\w", clause)]


def _plain(clause: str) -> str:
    text = _POLITE.sub("", clause.strip())
    text = (
        _LEAD.sub("", text)
        if not _OPENING.match(text) or len(content_words(text)) > _TELLING
        else text
    )
    return text[:1].upper() + text[1:]


def asks(clause: str) -> bool:
    """Whether a clause is a question or an order."""
    plain = _LEAD.sub("", _POLITE.sub("", clause.strip()))
    return (
        clause.rstrip().endswith("?")
        or bool(_ORDER.match(plain))
        or bool(
            _QUESTION.match(plain)
            and len(plain.split()) < _LONGEST_QUESTION
            and not plain.endswith(".")
        )
    )


def _uses(clause: str) -> Literal["none", "last", "all"]:
    if _USES_ALL.search(clause):
        return "all"
    return "last" if _USES_LAST.search(clause) else "none"


def _is_account(clauses: Sequence[str], asking: Sequence[str]) -> bool:
    """Whether a request tells a story more than it asks."""
    length = sum(len(clause.split()) for clause in clauses)
    asked = sum(len(clause.split()) for clause in asking)
    return length >= _ACCOUNT_WORDS and asked < _ACCOUNT_ASKS * length


def _informative(clauses: Sequence[str]) -> list[str]:
    kept = [c for c in clauses if sum(t.weight for t in terms(c)) >= _TELLING]
    return kept or list(clauses)


def _fewer(texts: Sequence[str], most: int) -> list[str]:
    """Join neighbours, the shortest pair first, until no more than `most` are left."""
    left = list(texts)
    while len(left) > max(most, 1):
        sizes = [len(left[i]) + len(left[i + 1]) for i in range(len(left) - 1)]
        at = sizes.index(min(sizes))
        left[at : at + 2] = [f"{left[at]} {left[at + 1]}"]
    return left


def _grouped(found: Sequence[Goal], most: int) -> tuple[Goal, ...]:
    if all(goal.uses == "none" for goal in found):
        return tuple(Goal(text) for text in _fewer([goal.text for goal in found], most))
    last = found[-1]
    texts = _fewer([goal.text for goal in found[:-1]], max(most - 1, 1))
    return (*(Goal(text) for text in texts), replace(last, uses="all"))[:most]
