"""A broad search: for a long request as a whole, for each of its sentences, and for what is found.

A document counts by all the sentences that it meets, each by how well. Then what the best ones are
called is searched for: that finds the other documents on the same thing, which share few words
with the request.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from stretto.sources.words import terms

if TYPE_CHECKING:
    from stretto.sources.index import Index
    from stretto.state import Passage

SENTENCES = 40
"""Sentences of the request that are searched for."""
EACH = 30
"""Passages that each search gives."""
NAMES = 8
"""Documents whose names are searched for."""
NAMED = 3.0
"""What the name of the best document counts, a sentence counts 1; of others by their score."""
_ENDS = re.compile(r"(?<=[.!?])\s+|\n+")


def survey(index: Index, request: str, most: int) -> list[Passage]:
    """Give the best passage of each of the best documents, best first. Blocks.

    Args:
        index: Of the documents.
        request: What is to be found out, however long.
        most: Documents at most.
    """
    found: dict[str, Passage] = {}
    scores: dict[str, float] = defaultdict(float)
    sentences = [part for part in _ENDS.split(request) if len(terms(part)) > 1]
    for query in dict.fromkeys([request, *sentences[:SENTENCES]]):
        _add(index, query, 1.0, found, scores)
    best = _order(scores)[:NAMES]
    weights = {path: NAMED * scores[path] / scores[best[0]] for path in best}
    for path, weight in weights.items():
        _add(index, _name(found[path]), weight, found, scores)
    return [
        found[path].model_copy(update={"score": round(scores[path], 3)})
        for path in _order(scores)[:most]
    ]


def _add(
    index: Index, query: str, weight: float, found: dict[str, Passage], scores: dict[str, float]
) -> None:
    """Count a search: each document by its best passage."""
    seen: set[str] = set()
    for passage in index.search(query, EACH):
        if passage.path in seen:
            continue
        seen.add(passage.path)
        scores[passage.path] += weight * passage.score
        known = found.get(passage.path)
        if known is None or known.score < passage.score:
            found[passage.path] = passage


def _order(scores: dict[str, float]) -> list[str]:
    return sorted(scores, key=lambda path: (-scores[path], path))


def _name(passage: Passage) -> str:
    """What a document is called: its first heading, of code the symbol."""
    return passage.symbol.split(" > ")[0] if passage.kind == "text" else passage.symbol
