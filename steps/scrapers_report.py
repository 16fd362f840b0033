"""The scrapers team: what the reader is shown of the pages, and what is told in the end."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

from langchain_core.messages import HumanMessage
from pydantic import BaseModel

from stretto import Project, effect, tool
from stretto.errors import StateUnavailable
from stretto.home import state_home
from stretto.patterns.brief import tag

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from langchain_core.messages import AnyMessage

SHOWN = 40_000
"""Characters of all pages together that the reader is shown."""
PASSAGES = 12
"""Sentences and paragraphs that are shown as those that speak of the question."""
LONGEST = 1000
"""Characters of one that is shown so."""
QUESTION = 3
"""Words beside addresses and orders from which a request asks something."""

_ORDER = re.compile(
    r"\b(?:get|fetch|scrape|load|read|download|visit|open|please|the|these|this|those|and|page"
    r"|pages|site|sites|from|url|urls|of|me|all|text|then|tell|say)\b",
    re.IGNORECASE,
)
_BEGINNING = re.compile(rf"(?:\W|{_ORDER.pattern})+", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]{3,}")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")

_step = Project.at(__file__).step


def asked(state: Mapping[str, Any]) -> bool | str:
    """Tell whether something is asked of the pages, and there are pages to answer from."""
    if not any(page["got"] for page in state.get("pages") or ()):
        return "no page was got"
    wanted = question(state)
    words = _WORD.findall(_ORDER.sub(" ", wanted))
    return "?" in wanted or len(words) >= QUESTION or "nothing is asked"


def question(state: Mapping[str, Any]) -> str:
    """What is asked, without the addresses and the order to get them."""
    said: str = _step("scrapers.request")(state)
    for url in sorted(_step("scrapers.addresses")(said), key=len, reverse=True):
        said = said.replace(url, " ")
    opening = _BEGINNING.match(said)
    return " ".join(said[opening.end() if opening else 0 :].split())


def brief(state: Mapping[str, Any]) -> list[AnyMessage]:
    """Word the question and the pages for the reader; the request itself for the crew before."""
    if state.get("pages") is None:
        messages: list[AnyMessage] = state["messages"][-1:]
        return messages
    pages = _named(state["pages"])
    share = max(1, SHOWN // max(1, len(pages)))
    places = [
        f'[{n}] {name}:{line} "{words}"'
        for n, (name, line, words) in enumerate(_passages(question(state), pages), 1)
    ]
    parts = [
        tag("request", question(state)),
        *(tag("page", _shown(page["text"][:share]), id=name) for name, page in pages.items()),
        tag("results", "\n".join(places)),
    ]
    return [HumanMessage("\n".join(part for part in parts if part))]


async def report(state: Mapping[str, Any]) -> str:
    """Tells of each page who got it, or what went wrong, and what the pages say."""
    pages: list[dict[str, Any]] = state.get("pages") or []
    if not pages:
        return "There is no address in the request. Give some that begin with http:// or https://."
    got = [page for page in pages if page["got"]]
    path = await effect("scrapers.write_pages", write_pages, pages)
    lines = [f"{len(got)} of {len(pages)} pages were got."]
    lines += [f"- {page['asked']}: {_became(page)}" for page in pages]
    said = (state.get("results") or {}).get("reader")
    answer = "\n".join(_answer(said, _named(pages)))
    return "\n\n".join(part for part in ("\n".join(lines), answer, f"Pages: {path}") if part)


@tool(effect="idempotent")
def write_pages(pages: list[dict[str, Any]]) -> str:
    """Write pages with their texts beside the state, as JSON; give the file's path.

    The same again writes the same.

    Args:
        pages: As `Scrape` has them.

    Raises:
        StateUnavailable: The file cannot be written.
    """
    body = json.dumps(pages, ensure_ascii=False, indent=1)
    name = hashlib.sha256(body.encode(errors="replace")).hexdigest()[:12]
    path: Path = state_home() / "scrapers" / f"{name}.json"
    try:
        path.parent.mkdir(exist_ok=True)
        whole = path.with_suffix(".new")
        whole.write_text(body, encoding="utf-8", errors="replace")
        whole.replace(path)
    except OSError as error:
        raise StateUnavailable(
            f"the pages cannot be written to {str(path)!r}: {error.strerror}. "
            "Make room, or set STRETTO_HOME to a folder that can be written."
        ) from error
    return str(path)


def _became(page: Mapping[str, Any]) -> str:
    if page["got"]:
        much = f"{len(page['text']):,} characters" + (", cut" if page["truncated"] else "")
        named = f" {page['title']!r}," if page["title"] else ""
        others = dict.fromkeys(re.split(r"[:,]", each)[0] for each in page["tries"])
        after = f", where {', '.join(others)} could not" if others else ""
        return f"got by {page['by']} ({page['how']}):{named} {much}{after}"
    return "not got" + "".join(f"\n  - {each}" for each in page["tries"])


def _named(pages: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Those that were got, by the names under which they are quoted."""
    return {f"page{n}": page for n, page in enumerate(pages, 1) if page["got"]}


def _passages(
    wanted: str, pages: Mapping[str, Mapping[str, Any]]
) -> Iterable[tuple[str, int, str]]:
    """Sentences and paragraphs that share most words with the question: page, line, words."""
    words = {word.lower() for word in _WORD.findall(_ORDER.sub(" ", wanted))}
    found: list[tuple[int, int, str, int, str]] = []
    for name, page in pages.items():
        for line, text in enumerate(page["text"].splitlines(), 1):
            for said in dict.fromkeys(filter(None, map(str.strip, [*_SENTENCE.split(text), text]))):
                shared = len(words & {word.lower() for word in _WORD.findall(said)})
                if shared and len(said) <= LONGEST:
                    found.append((-shared, len(said), name, line, _quoted(said)))
    return [(name, line, said) for *_, name, line, said in sorted(found)[:PASSAGES]]


def _answer(said: Any, pages: Mapping[str, Mapping[str, Any]]) -> Iterable[str]:
    """The reader's answer with the quotations that stand in the pages; without any, that."""
    told = said.model_dump() if isinstance(said, BaseModel) else said
    if not isinstance(told, dict):
        return
    quoted = [each for each in told.get("citations") or () if _stands(each, pages)]
    if not told.get("found"):
        yield "The pages do not answer what was asked."
    elif not quoted:
        yield "What was answered does not stand in the pages, and is left out."
    else:
        yield str(told["answer"])
        yield ""
        for n, each in enumerate(quoted, 1):
            yield f'[{n}] {pages[each["path"]]["url"]}: "{" ".join(each["quote"].split())}"'


def _stands(citation: Mapping[str, Any], pages: Mapping[str, Mapping[str, Any]]) -> bool:
    page = pages.get(citation["path"])
    quote = _plain(citation["quote"])
    return page is not None and bool(quote) and quote in _plain(page["text"])


def _plain(text: str) -> str:
    return " ".join(_quoted(text).split())


def _quoted(text: str) -> str:
    return _shown(text).replace('"', "'")


def _shown(text: str) -> str:
    """The text, which can close no tag."""
    return text.replace("</", "< /")
