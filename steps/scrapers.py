"""The scrapers team: who is asked for which page, how each scraper works, and what will do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from langchain_core.messages import AIMessage
from typing_extensions import TypedDict

from stretto import Project, effect
from stretto.errors import InvalidInput, Rejected, ToolFailed
from stretto.patterns.brief import request_of
from stretto.state import Delegate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from stretto.state import Delegated

MOST = 50
"""Addresses of one request that are worked on."""

_ADDRESS = re.compile(r"\b[A-Za-z][A-Za-z0-9+.-]*://[^\s<>\"'`|\\^{}]+")
_WEB = re.compile(r"https?://[^/]", re.IGNORECASE)
_FEED = re.compile(r"(?:/feed|\.rss|\.atom)/?$", re.IGNORECASE)
_REFUSED = "The result was refused: "


class Scrape(TypedDict, total=False):
    """What is known of the pages that were asked for."""

    pages: list[dict[str, Any]] | None
    """One for each address, in the order of the request: `asked`, `got`, `by`, `how`, `url`,
    `title`, `text`, `truncated`, and in `tries` what went wrong on the way. `None` while the
    scrapers are at work."""
    earlier: list[dict[str, Any]]
    """The same of the turn before."""


def begin(state: Mapping[str, Any]) -> dict[str, Any]:
    """Sets the pages of an earlier turn aside."""
    return {"pages": None, "earlier": state.get("pages") or []}


def chief(state: Mapping[str, Any]) -> Any:
    """Gives each address to a scraper, and tells in the end what became of each."""
    found = list(addresses(request(state)))
    wanted = [url for url in found if _WEB.match(url)][:MOST]
    work: list[Delegated] = state.get("work") or []
    if wanted and not work:
        return [Delegate(worker="feed" if _FEED.search(u) else "plain", task=u) for u in wanted]
    if not found and (earlier := state.get("earlier")):
        told = "It is asked of the pages that were got before."
        return {"pages": earlier, "messages": [AIMessage(told)]}
    pages = [_record(each) for each in work] + [_left(u) for u in found if u not in wanted]
    got = sum(page["got"] for page in pages)
    told = f"{got} of {len(pages)} pages were got." if pages else "No address was given."
    return {"pages": pages, "messages": [AIMessage(told)]}


def request(state: Mapping[str, Any]) -> str:
    """What was asked, in the words of the last person who spoke."""
    people = [message for message in state["messages"] if message.type == "human"]
    return request_of(people[-1:])[0]


def addresses(text: str) -> Iterator[str]:
    """The addresses in a text, each once, without the punctuation behind them."""
    seen = set[str]()
    for found in _ADDRESS.findall(text):
        url = found.rstrip(".,;:!?*_")
        while url.endswith((")", "]")) and url.count(url[-1]) > url.count("(["[url[-1] == "]"]):
            url = url[:-1].rstrip(".,;:!?*_")
        if url not in seen:
            seen.add(url)
            yield url


async def plain(state: Mapping[str, Any]) -> dict[str, Any]:
    """Gets a page as it is, then with patience."""
    return await _worked("plain", state)


async def browser(state: Mapping[str, Any]) -> dict[str, Any]:
    """Gets a page with the headers of a browser, then coming from the site's first page."""
    return await _worked("browser", state)


async def feed(state: Mapping[str, Any]) -> dict[str, Any]:
    """Finds a page in the feeds of its site, then where its sitemap has it."""
    return await _worked("feed", state)


async def text(state: Mapping[str, Any]) -> dict[str, Any]:
    """Gets the simple version that a page names, then one at a common address."""
    return await _worked("text", state)


async def archive(state: Mapping[str, Any]) -> dict[str, Any]:
    """Gets the copy of a page that an archive keeps, then that of its bare address."""
    return await _worked("archive", state)


def fit(task: str, result: Any) -> bool | str:
    """Tell whether a page was got, or else what went wrong so far, a line each."""
    del task
    if not isinstance(result, dict) or "why" not in result:
        return True
    by, why, tries = result["by"], result["why"], result["tries"]
    if tries[-1:] == [f"{by}: {why}"]:
        return "\n".join([*tries[:-1], f"{by}, both ways: {why}"])
    return "\n".join([*tries, f"{by}: {why}"])


async def _worked(name: str, state: Mapping[str, Any]) -> dict[str, Any]:
    """What a scraper comes to: the page, or why not, and what went wrong before.

    Raises:
        Rejected: The page may not be fetched by anybody: robots.txt, a private network.
    """
    record: Delegated = state["delegation"]
    result: dict[str, Any] = {"by": name, "tries": _tries(record)}
    scrape = cast("Callable[..., Any]", Project.at(__file__).tool(f"scraping.{name}"))
    key, again = f"{record.id} {len(record.tried)}", name in record.tried
    try:
        result |= await effect(f"scraping.{name}", scrape, record.task, again=again, key=key)
    except ToolFailed as error:
        result["why"] = _short(str(error), record.task)
    except InvalidInput as error:
        raise Rejected(str(error)) from error
    return {"structured_response": result}


def _short(error: str, url: str) -> str:
    """What went wrong without the remedy, which is the next scraper, and without the address."""
    asked = rf"(?:^|(?<=\s)){re.escape(url)}"
    return re.sub(rf"{asked}(?=\s|$)", "it", re.sub(rf"{asked}: ", "", error.partition(". ")[0]))


def _tries(record: Delegated) -> list[str]:
    return record.why.removeprefix(_REFUSED).splitlines()


def _record(each: Delegated) -> dict[str, Any]:
    """What became of an address; what a person gave is a text."""
    told = {"asked": each.task, "got": each.status == "done", "by": each.by}
    if isinstance(each.result, dict):
        return told | each.result
    given = {"url": each.task, "title": "", "text": str(each.result or ""), "truncated": False}
    return told | given | {"how": "by hand", "tries": _tries(each)}


def _left(url: str) -> dict[str, Any]:
    """What is told of an address that nobody was given."""
    why = f"only {MOST} at a time" if _WEB.match(url) else "only http:// and https:// are fetched"
    given = {"url": url, "title": "", "text": "", "truncated": False, "how": "", "by": ""}
    return {"asked": url, "got": False, **given, "tries": [f"{why}."]}
