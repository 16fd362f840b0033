"""The team `product_reviews`: which words are kind, learned from ratings, and what words are about.

A word counts by its beginnings, which serves languages that write endings onto their words. A
beginning's weight is how much more often it stands in high reviews than in low ones, as the
logarithm of a ratio of smoothed shares; a review is as kind as its words' weights together (naive
Bayes with equal priors). Every fifth text, by its digest, is never learned from: on those it is
known how often the words are right.
"""

from __future__ import annotations

import math
import re
import threading
import zlib
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stretto import Project
from stretto.patterns.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SAMPLE = 40_000
"""Reviews that are learned from at most, from all over the file."""
HELD_OUT = 5
"""One text in so many is kept to see how often the words are right."""
SEEN = 5
"""Reviews a beginning must stand in to count."""
LONGEST = 2_000
"""Letters of a review that are looked at."""
TOPICS: dict[str, list[str]] = {
    "story": [
        "story",
        "plot",
        "ending",
        "script",
        "스토리",
        "내용",
        "줄거리",
        "전개",
        "결말",
        "반전",
    ],
    "acting": ["acting", "actor", "actress", "cast", "연기", "배우", "주연", "캐스팅"],
    "picture": ["picture", "visual", "photo", "colour", "color", "영상", "그래픽", "화면"],
    "sound": ["sound", "music", "song", "음악", "노래", "사운드", "ost"],
    "direction": ["direct", "감독", "연출"],
    "feeling": ["touching", "moving", "tears", "감동", "눈물", "슬프", "여운"],
    "humour": ["fun", "humour", "humor", "laugh", "웃", "코미디", "개그", "유머"],
    "suspense": ["suspense", "thrill", "scary", "action", "긴장", "스릴", "공포", "액션"],
    "length": ["long", "slow", "boring", "지루", "루즈", "시간"],
    "price": ["price", "money", "cheap", "expensive", "worth", "돈", "가격", "티켓"],
    "quality": ["quality", "broke", "durable", "품질", "퀄리티"],
    "delivery": ["deliver", "shipping", "package", "배송", "포장"],
}
"""What reviews commonly speak of, in English and Korean; `topics` of the context replaces them."""
_WORD = re.compile(r"\w+")
_learning = threading.Lock()


def beginnings(text: str) -> set[str]:
    """The words of a text, and the first two and three letters of each."""
    found: set[str] = set()
    for word in _WORD.findall(text[:LONGEST].lower()):
        found.update((word[:2], word[:3], word[:20]))
    return found


def held_out(text: str) -> bool:
    """Whether a text is one that is never learned from."""
    return zlib.crc32(text.encode()) % HELD_OUT == 0


@dataclass(frozen=True)
class Words:
    """Weights of beginnings: above 0 for those of high reviews, below for those of low ones."""

    weights: dict[str, float] = field(default_factory=dict[str, float])
    low: int = 0
    """Low reviews they are learned from."""
    high: int = 0

    def sentiment(self, text: str) -> str:
        """Say `positive`, `negative`, or `unclear` where no word is known."""
        weight = sum(self.weights.get(each, 0.0) for each in beginnings(text))
        return "unclear" if weight == 0 else "positive" if weight > 0 else "negative"


def learn(state: Mapping[str, Any]) -> str:
    """Learns from the ratings which words are kind."""
    words = learned(state["reading"])
    if not words.weights:
        return "No words learned: there are too few low or high ratings with a text."
    return (
        f"{len(words.weights):,} words learned from {words.high:,} high and {words.low:,} low "
        "reviews."
    )


def learned(reading: Mapping[str, Any]) -> Words:
    """The words of a file; learned once in a process, the same in each."""
    file = Path(reading["reviews"]).stat()
    scale, columns = reading["scale"], reading["columns"]
    with _learning:
        return _learned(
            (reading["reviews"], file.st_size, file.st_mtime_ns),
            (reading["format"], reading["encoding"]),
            (columns.get("text"), columns.get("rating")),
            tuple(sorted(scale.items())),
        )


@lru_cache(maxsize=8)
def _learned(
    file: tuple[str, int, int],
    form: tuple[Any, str],
    columns: tuple[str | None, str | None],
    scale: tuple[tuple[str, float], ...],
) -> Words:
    reading: dict[str, Any] = {
        "reviews": file[0],
        "format": form[0],
        "encoding": form[1],
        "columns": {"text": columns[0], "rating": columns[1]},
        "scale": dict(scale),
    }
    counted: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    many: Counter[bool] = Counter()
    for text, high in _spread(_told(reading)):
        counted[high].update(beginnings(text))
        many[high] += 1
    if not (many[True] and many[False]):
        return Words()
    known = (word for word in counted[True] | counted[False])
    often = [w for w in known if counted[True][w] + counted[False][w] >= SEEN]
    share = {
        high: {w: (counted[high][w] + 1) / (many[high] + 2) for w in often}
        for high in (True, False)
    }
    weights = {w: math.log(share[True][w] / share[False][w]) for w in often}
    return Words(weights, low=many[False], high=many[True])


def _told(reading: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """Texts that may be learned from, and whether their rating is high rather than low."""
    step, given = Project.at(__file__).step, {"reading": reading}
    rows = Rows(step("product_reviews.source")(given), {})
    low, high = (reading["scale"][name] * 1000 for name in ("low", "high"))
    try:
        while True:
            chunk = rows.take(1_000)
            state = {**given, "items": chunk.items}
            rated = step("product_reviews.rating")(state)
            for text, rating in zip(step("product_reviews.texts")(state), rated, strict=True):
                polar = rating is not None and (rating <= low or rating >= high)
                if text and polar and not held_out(text):
                    yield text[:LONGEST], rating >= high
            if chunk.ended:
                return
    finally:
        rows.close()


def _spread(told: Iterator[tuple[str, bool]]) -> list[tuple[str, bool]]:
    """At most `SAMPLE` of them, from all over: each second is dropped as often as it takes."""
    kept, stride = list[tuple[str, bool]](), 1
    for number, each in enumerate(told):
        if number % stride == 0:
            kept.append(each)
            if len(kept) > SAMPLE:
                kept, stride = kept[::2], stride * 2
    return kept


def topics_of(text: str, given: Mapping[str, list[str]] | None) -> list[str]:
    """The topics that a text speaks of, by the beginnings of its words."""
    words = tuple(_WORD.findall(text[:LONGEST].lower()))
    table = (given or TOPICS).items()
    return [topic for topic, told in table if any(word.startswith(tuple(told)) for word in words)]
