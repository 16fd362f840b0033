"""The team `product_reviews`: what is read, and what is seen in each review of a chunk."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langgraph.runtime import Runtime  # noqa: TC002 - how LangGraph knows what to give
from typing_extensions import TypedDict

from stretto import Project
from stretto.errors import InvalidInput
from stretto.home import state_home
from stretto.patterns import File
from stretto.patterns.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FILES = (".csv", ".tsv", ".tab", ".jsonl", ".ndjson")
"""How files of reviews are called, each with `.gz` too."""
KNOWN = {
    "text": ("review", "text", "body", "comment", "content", "review_text", "review_body"),
    "rating": ("rating", "stars", "score", "star_rating", "overall"),
    "product": ("product", "product_id", "movie_id", "item", "item_id", "film", "title", "asin"),
    "date": ("date", "review_date", "month", "created_at", "time", "timestamp"),
}
"""What columns are commonly called; `columns` of the context says it where a file does not."""
SCALE = {"worst": 1, "best": 10, "low": 4, "high": 9}
"""Ratings there are, and those that count as low (at most) and as high (at least)."""
BEST = 100
"""The highest rating there may be: so many ratings are told apart."""
LOOKED_AT = 200
"""Records that are looked at to know the columns."""
_DATE = re.compile(r"(\d{4}|\d{2})[-./](\d{1,2})(?:[-./T ]|$)")


class ReviewsContext(TypedDict, total=False):
    """The context of a run; all of it may be left out where the request names the file."""

    reviews: str
    """Path of the file; by default the first that the request names, else the one before."""
    output: str
    """Folder of the report; by default `reports/FILE` where the project's state lies."""
    format: str
    encoding: str
    columns: dict[str, str]
    """What the file calls `text`, `rating`, `product` and `date`."""
    scale: dict[str, float]
    """`worst`, `best`, `low` and `high`, each by default as in `SCALE`."""
    topics: dict[str, list[str]]
    """Topics by name, with the beginnings of words that tell them."""


class Reviews(TypedDict, total=False):
    """What the team holds beside the conversation."""

    reading: dict[str, Any]
    """How the file is read: a `ReviewsContext`, complete and checked."""
    figures: dict[str, Any]
    """What all reviews come to; its size does not grow with the file."""
    facts: list[str]
    """The same in sentences, the first of which is number 1."""


class Chunk(TypedDict, total=False):
    """What is given to those who look at the reviews of a chunk."""

    items: list[Any]
    reading: dict[str, Any]


def look(state: dict[str, Any], runtime: Runtime[ReviewsContext]) -> dict[str, Any]:
    """Finds the file of reviews, and what its columns mean.

    Raises:
        InvalidInput: No file is named, it is not there, none of its first records can be read, or
            no column is known to hold the ratings.
    """
    given: dict[str, Any] = dict(runtime.context or {})
    before = (state.get("reading") or {}).get("reviews")
    path = _path(given.get("reviews"), state["messages"][-1].text, before)
    scale = {**SCALE, **given.get("scale", {})}
    if not scale["worst"] <= scale["low"] < scale["high"] <= scale["best"] <= BEST:
        raise InvalidInput(
            f"the scale {scale} is none. Give worst <= low < high <= best, of at most {BEST}."
        )
    reading = {
        "reviews": str(path),
        "output": given.get("output") or str(state_home() / "reports" / path.name.split(".")[0]),
        "format": given.get("format"),
        "encoding": given.get("encoding", "utf-8"),
        "scale": scale,
        "topics": given.get("topics") or None,
    }
    return {"reading": {**reading, "columns": _columns(reading, given.get("columns", {}))}}


def source(state: Mapping[str, Any]) -> File:
    """The file of reviews, as the map reads it."""
    reading = state["reading"]
    return File(reading["reviews"], format=reading["format"], encoding=reading["encoding"])


def rating(state: Mapping[str, Any]) -> list[int | None]:
    """Reads each review's rating, in thousandths; none where there is none on the scale."""
    scale, column = state["reading"]["scale"], state["reading"]["columns"].get("rating")
    return [_rating(cell(item, column), scale) for item in state["items"]]


def sentiment(state: Mapping[str, Any]) -> list[str]:
    """Tells of each review's words whether they are kind, by words learned from the ratings."""
    words = Project.at(__file__).step("product_reviews_words.learned")(state["reading"])
    return [words.sentiment(text) for text in texts(state)]


def topics(state: Mapping[str, Any]) -> list[list[str]]:
    """Tells what each review speaks of, by the beginnings of its words."""
    found = Project.at(__file__).step("product_reviews_words.topics_of")
    return [found(text, state["reading"]["topics"]) for text in texts(state)]


def texts(state: Mapping[str, Any]) -> list[str]:
    """The reviews' texts, empty where there is none."""
    column = state["reading"]["columns"].get("text")
    return [cell(item, column) for item in state["items"]]


def cell(item: Any, column: str | None) -> str:
    """What a record has in a column, as text."""
    value = item.get(column) if isinstance(item, dict) and column else None
    return "" if value is None else str(value).strip()


def month(told: str) -> str:
    """The month of a date, such as "2015-08", empty where it is none; years of two digits too."""
    found = _DATE.match(told)
    if found is None or not 1 <= int(found[2]) <= 12:
        return ""
    year = int(found[1]) + (0 if len(found[1]) == 4 else 2000 if int(found[1]) < 70 else 1900)
    return f"{year}-{int(found[2]):02}" if 1900 <= year < 2100 else ""


def _rating(told: str, scale: Mapping[str, float]) -> int | None:
    try:
        value = Decimal(told)
    except InvalidOperation:
        return None
    if not value.is_finite() or not scale["worst"] <= value <= scale["best"]:
        return None
    return round(value * 1000)


def _path(given: str | None, request: str, before: str | None) -> Path:
    """The file of the context, else of the request, else of the turn before."""
    named = given or next(iter(_named_in(request)), None) or before
    if named is None:
        raise InvalidInput(
            f"the request names no file of reviews ({', '.join(FILES)}, each with .gz too). Name "
            'one in it, or in the run\'s context: {"reviews": "PATH"}.'
        )
    path = Path(named).expanduser().absolute()
    if not path.is_file():
        raise InvalidInput(f"there is no file {str(path)!r}. Name one that is there.")
    return path


def _named_in(request: str) -> list[str]:
    words = re.findall(r"\"([^\"]+)\"|'([^']+)'|(\S+)", request)
    told = ["".join(word).rstrip(".,;:!?") for word in words]
    return [word for word in told if word.lower().removesuffix(".gz").endswith(FILES)]


def _columns(reading: dict[str, Any], given: Mapping[str, str]) -> dict[str, str]:
    """What the file calls text, rating, product and date."""
    if unknown := sorted(set(given) - set(KNOWN)):
        raise InvalidInput(f"no column is for {unknown[0]!r}. Name those of {', '.join(KNOWN)}.")
    rows = Rows(source({"reading": reading}), {})
    try:
        chunk = rows.take(LOOKED_AT)
    finally:
        rows.close()
    if chunk.bad and not chunk.items:
        raise InvalidInput(
            f"none of the first {chunk.rows} records of {reading['reviews']} can be read; "
            f"{chunk.bad[0].where}: {chunk.bad[0].error}. Give its `encoding` (such as cp949) or "
            "`format` in the run's context."
        )
    there = list(dict.fromkeys(k for item in chunk.items if isinstance(item, dict) for k in item))
    found = {use: name for use, names in KNOWN.items() if (name := _first(names, there))}
    found.update(given)
    if chunk.items and (missing := _missing(found, there)):
        raise InvalidInput(
            f"{reading['reviews']} has no column {missing}, only {', '.join(there) or 'lines'}. "
            'Say in the run\'s context what it calls it: {"columns": {"rating": "NAME"}}.'
        )
    return found


def _first(names: Sequence[str], there: Sequence[str]) -> str | None:
    return next((one for name in names for one in there if one.lower() == name), None)


def _missing(found: Mapping[str, str], there: Sequence[str]) -> str:
    if "rating" not in found:
        return "for the rating"
    return next((repr(name) for name in found.values() if name not in there), "")
