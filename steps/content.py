"""The team `content`: what it holds, what a post is about, and the quotations it may be made of."""

from __future__ import annotations

import asyncio
import re
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langgraph.runtime import Runtime  # noqa: TC002 - how LangGraph knows what to give
from typing_extensions import TypedDict

from stretto.errors import InvalidInput
from stretto.models.offline.lexical import coverage, stems, terms
from stretto.patterns.brief import request_of, tag
from stretto.sources.index import Index

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from stretto.state import Passage

QUOTATIONS = 24
"""Quotations that are gathered for a post."""
PASSAGES = 12
"""Passages that they come from."""
EACH = 6
"""Quotations from one passage, at most."""
WORDS = (6, 40)
"""The fewest and the most words of a sentence that is quoted."""
LONGEST = 2_000
"""Characters of a request."""
_COMMAND = re.compile(
    r"^\W*(?:please\s+)?(?:write|draft|prepare|make|publish)?\W*(?:me|us)?\s*(?:an?|the)?\s*"
    r"(?:short|blog|news|long)?\s*(?:post|article|text|piece|note|announcement)?\s*"
    r"(?:about|on|explaining|telling)?\s+",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.!?])[\"')]*\s+(?=[\"'(`*]*[A-Z`])")
_NO_PROSE = re.compile(r"^\s*(?:[|#>]|```|[-*]\s|\d+\.\s)|\s\|\s|[{}]|\*\*")
_LOST = re.compile(
    r"^\W*(?:next:|where it is meant|both|it|they|this|these|that|those|such|so|then|should)\b",
    re.IGNORECASE,
)
"""How sentences begin that say little without the one before them."""
_ORDERS = re.compile(
    r"\b(?:ignore|disregard|forget)\b.{0,40}\b(?:instructions?|rules|prompts?|above|previous)\b"
    r"|\b(?:system prompt|you are now|dear (?:model|assistant)|as an ai)\b",
    re.IGNORECASE,
)


class ContentContext(TypedDict, total=False):
    """The context of a run; all of it may be left out."""

    sources: list[str]
    """Folders, files or `package:NAME` that posts are made from; by default the project's docs."""
    output: str
    """Folder of what is published; by default `content` where the project's state lies."""
    webhook: str
    """Address that is told of a post; by default that of `STRETTO_CONTENT_WEBHOOK`."""


class Post(TypedDict, total=False):
    """What the team holds of a post."""

    topic: str
    material: list[dict[str, Any]]
    """Quotations: `n` from 1, `path`, `line`, `symbol`, `quote`."""
    draft: dict[str, Any]
    """The last draft: `id`, `title`, `sentences` (each `text` and the quotations it rests on,
    `cites`), and how many were `dropped`."""
    scores: dict[str, dict[str, Any]]
    """What was said of each draft, by its id: `score` and `feedback`."""
    edited: dict[str, Any]
    """The draft as it is published: `title`, `slug`, `body`, `summary`, `sources`."""
    published: dict[str, Any]
    """Where it stands: `id`, `path`, `title`, `summary`, `date`."""


def topic_of(request: str) -> str:
    """What a request wants to be told about, without the words that ask for it."""
    found = _COMMAND.sub("", request.strip(), count=1).strip(" .!?\n")
    return found or request.strip(" .!?\n")


async def gather(state: Mapping[str, Any], runtime: Runtime[ContentContext]) -> dict[str, Any]:
    """Gathers the quotations that a post may be made of.

    Raises:
        InvalidInput: The request is empty or longer than `LONGEST`, the sources cannot be read, or
            none of them says anything about the topic.
    """
    asked, material = request_of(state["messages"][-1:])
    if state.get("draft") and "<draft" in material:
        return {}
    topic = topic_of(asked)
    if not topic or len(asked) > LONGEST:
        raise InvalidInput(
            f"the request has {len(asked)} characters. Say what to tell in 1 to {LONGEST}."
        )
    given: Mapping[str, Any] = runtime.context or {}
    sources = tuple(given.get("sources") or (str(Path(__file__).parent.parent / "docs"),))
    found = await asyncio.to_thread(quotations, sources, topic)
    if not found:
        raise InvalidInput(
            f"the sources say nothing about {topic!r}. Say it in the words of the sources, or name "
            "others."
        )
    begun: dict[str, Any] = {"scores": {}, "draft": {}, "edited": {}, "published": {}}
    return {"topic": topic, "material": found, **begun}


def quotations(sources: Sequence[str], topic: str) -> list[dict[str, Any]]:
    """The sentences of the passages that say most about a topic, the best passage first.

    What is no prose, or speaks to a model that reads it, is left out.
    """
    wanted = terms(topic)
    passages = [
        passage
        for passage in _index(tuple(sources)).search(topic, PASSAGES)
        if passage.kind == "text"
    ]
    passages.sort(key=lambda one: -coverage(wanted, stems(f"{one.symbol} {one.text}")))
    found: dict[str, dict[str, Any]] = {}
    for passage in passages:
        place = {"path": passage.path, "symbol": passage.symbol}
        for line, sentence in islice(_sentences(passage), EACH):
            found.setdefault(sentence, {**place, "line": line, "quote": sentence})
    return [{"n": n, **each} for n, each in enumerate(islice(found.values(), QUOTATIONS), 1)]


@cache
def _index(sources: tuple[str, ...]) -> Index:
    return Index.open(sources)


def _sentences(passage: Passage) -> Iterator[tuple[int, str]]:
    """Sentences of prose, and the lines at which they begin."""
    line = passage.line
    for block in re.split(r"\n\s*\n", passage.text):
        prose = not _NO_PROSE.search(block)
        at = line
        for sentence in _SENTENCE.split(block.strip()) if prose else []:
            many = len(sentence.split())
            whole = sentence[-1:] in ".!" and not _LOST.match(sentence)
            if whole and WORDS[0] <= many <= WORDS[1] and not orders(sentence):
                yield at, " ".join(sentence.split())
            at += sentence.count("\n")
        line += block.count("\n") + 2


def orders(text: str) -> bool:
    """Whether a text speaks to the model that reads it rather than to people."""
    return _ORDERS.search(text) is not None


def brief(state: Mapping[str, Any]) -> list[dict[str, str]]:
    """What agents are told: the topic, the quotations, and what was said of the last draft."""
    _, material = request_of(state["messages"][-1:])
    listed = "\n".join(
        f'[{each["n"]}] {each["path"]}:{each["line"]} "{each["quote"]}"'
        for each in state.get("material") or []
    )
    parts = [tag("request", f"{state.get('topic', '')}?"), tag("results", listed), material]
    return [{"role": "user", "content": "\n".join(filter(None, parts))}]
