"""What to search for and read next, and when to stop: decided from what is at hand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stretto.models.offline.goals import asks
from stretto.models.offline.lexical import NEAR, content_words, stem, stems, terms, words
from stretto.models.offline.passages import Source, split_sentences

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stretto.models.offline.brief import Brief, Call
    from stretto.models.offline.evidence import Evidence

SEARCHES = 4
"""Searches made for one request at most."""
READS = 2
"""Places read for one request at most."""
CLEAR = 0.8
"""Share of the question's weight at which no further search is made."""
_NEARBY = 0.45
_ACCOUNT = 10
_HEADING_WORD = 3


def next_query(
    question: str,
    searches: Sequence[Call],
    evidence: Evidence,
    *,
    again: bool,
    most: int = SEARCHES,
) -> str:
    """What to search for now, empty when enough was searched.

    `again`: the work was sent back, so one wording is not enough. An account that asks nothing is
    searched once as a whole; when it comes back, sentence by sentence.
    """
    made = [_asked(call) for call in searches]
    sentences = _sentences(question)
    wanted = len(sentences) * again + 1 if sentences else most + again
    if len(made) >= min(wanted, most + again):
        return ""
    if evidence.found and evidence.coverage >= CLEAR and len(made) >= 1 + again:
        return ""
    known = {stems(query) for query in made}
    wordings = [_bare(question), *sentences] if sentences else _wordings(question, evidence)
    return next((query for query in wordings if query and stems(query) not in known), "")


def place_to_read(evidence: Evidence, reads: Sequence[Call]) -> Source | None:
    """The passage whose surroundings are worth reading, `None` when none is."""
    if len(reads) >= READS:
        return None
    if evidence.found:
        wanted = [quote.source for quote in evidence.quotes[:1] if _is_cut(quote.source)]
    else:
        wanted = [source for source in evidence.best[:1] if evidence.coverage >= _NEARBY]
    read = [(call.args.get("path"), call.args.get("line")) for call in reads]
    return next((s for s in wanted if s.path and (s.path, s.line) not in read), None)


def searches_of(brief: Brief, name: str) -> list[Call]:
    """The calls of this turn to a tool."""
    return [call for call in brief.done if call.name == name]


def _asked(call: Call) -> str:
    return max((v for v in call.args.values() if isinstance(v, str)), key=len, default="")


def _sentences(question: str) -> list[str]:
    """The sentences of an account that asks nothing; none when it is short or asks."""
    if len(content_words(question)) <= _ACCOUNT or asks(question):
        return []
    return [s for s in split_sentences(question) if len(content_words(s)) > 1] or [question]


def _wordings(question: str, evidence: Evidence) -> Iterator[str]:
    yield _bare(question)
    found = terms(question)
    subjects = [t.word for t in found if t.weight >= 1] or [t.word for t in found]
    rest = [t.word for t in found if t.word not in subjects]
    headings = _headings(evidence)
    yield " ".join([*subjects, *(near for word in [*rest, *subjects] for near in _near(word))][:24])
    if len(subjects) > 1:
        yield " ".join(subjects)
    yield " ".join([*subjects, *headings])
    yield " ".join([*(evidence.missing or subjects), *headings])
    yield from (f"{word} {' '.join(_near(word)[:3])}".strip() for word in subjects)


def _bare(question: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"\(about: (.*?)\)", r"\1", question)).strip()


def _near(word: str) -> list[str]:
    """Words of near meaning, in a fixed order."""
    return list(NEAR.get(stem(word), {}).values())


def _headings(evidence: Evidence) -> list[str]:
    said = " ".join(source.symbol for source in evidence.best[:3])
    return list(dict.fromkeys(w for w in words(said.replace("_", " ")) if len(w) >= _HEADING_WORD))[
        :5
    ]


def _is_cut(source: Source) -> bool:
    return not source.text.rstrip().endswith((".", "!", "?", "。", ")", "`", "|", '"', "'", "*"))
