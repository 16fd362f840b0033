"""Five ways to a page of the web, each with a second one: for pages that do not come at once.

None of them gets around what a site does not want: robots.txt is kept to, a CAPTCHA or a login is
told and not answered, and a site is asked two things at a time.
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from stretto import tool
from stretto.errors import ToolFailed
from stretto.sources.feeds import Entry, Link, entries, links, same_page
from stretto.sources.fetching import Fetched, opened
from stretto.sources.html import html_text
from stretto.sources.polite import Site
from stretto.sources.robots import origin
from stretto.sources.walls import wall

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable

__all__ = ["archive", "browser", "feed", "plain", "text"]

CHARACTERS = 20_000
"""Of a page's text that are returned."""
PATIENCE = 10.0
"""Seconds that a site may ask to wait (`Retry-After`)."""
LEAST = 40
"""Characters of text below which a page says nothing."""
ARCHIVE = "STRETTO_ARCHIVE"
"""Environment variable: where copies of pages are, as the beginning of their addresses."""
COPIES = "https://web.archive.org/web/2/"
"""Where they are by default."""

_BROWSER = {
    "User-Agent": "Mozilla/5.0 (compatible; stretto)",
    "Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "en;q=0.8,*;q=0.5",
    "Upgrade-Insecure-Requests": "1",
}
_FEEDS = ("/feed", "/rss.xml", "/feed.xml", "/atom.xml")


@tool(effect="reads")
async def plain(url: str, *, again: bool = False) -> dict[str, Any]:
    """Scrape a page as it is: the first thing to try.

    Args:
        url: The whole address of the page, beginning with http:// or https://.
        again: The second way: with twice the time, and waiting where the site asks to wait.
    """
    async with opened() as client:
        site = Site(client, patience=2 if again else 1)
        page = await site.get(url)
        wait = _wait(page) if again else None
        if wait is not None:
            await asyncio.sleep(wait)
            page = await site.get(url)
        return _told(page, url, "with patience" if again else "as it is")


@tool(effect="reads")
async def browser(url: str, *, again: bool = False) -> dict[str, Any]:
    """Scrape a page with the headers that a browser sends.

    Args:
        url: The whole address of the page, beginning with http:// or https://.
        again: The second way: the site's first page before it, with the cookies that it gives.
    """
    async with opened(_BROWSER) as client:
        site = Site(client)
        if not again:
            return _told(await site.get(url), url, "with the headers of a browser")
        first = f"{origin(url)}/"
        await site.get(first)
        return _told(await site.get(url, {"Referer": first}), url, "from the site's first page")


@tool(effect="reads")
async def feed(url: str, *, again: bool = False) -> dict[str, Any]:
    """Look for a page in what its site tells of it to programs: feeds and sitemaps.

    Args:
        url: The whole address of the page, beginning with http:// or https://.
        again: The second way: where the sitemap says that the page has moved to.
    """
    async with opened() as client:
        site = Site(client)
        if again:
            return _told(await site.get(await _moved(site, url)), url, "where the sitemap has it")
        async for one in _entries(site, await _feeds(site, url)):
            told = html_text(one.html)
            if same_page(one.url, url) and len(told.strip()) >= LEAST:
                return _page(one.url, one.title, told, "in the site's feed")
    raise ToolFailed(f"no feed of {origin(url)} tells of {url}. Try another way.")


@tool(effect="reads")
async def text(url: str, *, again: bool = False) -> dict[str, Any]:
    """Scrape a simple version of a page: for telephones (AMP), for printing, or text alone.

    Args:
        url: The whole address of the page, beginning with http:// or https://.
        again: The second way: at the addresses that such versions commonly have.
    """
    async with opened() as client:
        site = Site(client)
        if again:
            base = url.partition("#")[0].rstrip("/")
            joint = "&" if urlsplit(url).query else "?"
            versions = [f"{base}/amp", f"{base}{joint}amp=1", f"{base}{joint}print=1"]
        else:
            page = await site.get(url)
            versions = [each.url for each in links(page.source, page.url) if _simple(each)]
        how = "at a common address of a simple version" if again else "a simple version"
        async for page in site.each(versions):
            if not _problem(page, url):
                return _told(page, url, how)
    raise ToolFailed(f"{url} has no simple version. Try another way.")


@tool(effect="reads")
async def archive(url: str, *, again: bool = False) -> dict[str, Any]:
    """Scrape the copy of a page that an archive of the web keeps; it may be old.

    Args:
        url: The whole address of the page, beginning with http:// or https://.
        again: The second way: the page's address without what stands behind `?` and `#`.
    """
    where = os.environ.get(ARCHIVE) or COPIES
    wanted = url.partition("#")[0].partition("?")[0] if again else url
    async with opened() as client:
        page = await Site(client).get(f"{where}{wanted}")
        how = "the archive's copy of the bare address" if again else "the archive's copy"
        return _told(page, f"{where}{wanted}", how)


def _wait(page: Fetched) -> float | None:
    """Seconds that the site asks to wait; `None` when it does not, or for too long."""
    if page.status not in {429, 503}:
        return None
    try:
        seconds = float(page.headers.get("retry-after", ""))
    except ValueError:
        return None
    return seconds if 0 <= seconds <= PATIENCE else None


def _problem(page: Fetched, asked: str) -> str:
    """Why a page will not do; empty when it will."""
    if found := wall(page, asked):
        return found
    if page.status >= 400:
        return f"it answered {page.status}"
    if not page.readable:
        return f"it is {page.kind}, not text"
    return "" if len(page.text.strip()) >= LEAST else "there is no text in it"


def _told(page: Fetched, asked: str, how: str) -> dict[str, Any]:
    """What a tool gives of a page.

    Raises:
        ToolFailed: It will not do.
    """
    if problem := _problem(page, asked):
        raise ToolFailed(f"{page.url}: {problem}. Try another way, or ask a person.")
    return _page(page.url, page.title, page.text, how)


def _page(url: str, title: str, words: str, how: str) -> dict[str, Any]:
    return {
        "url": url,
        "title": title,
        "text": words[:CHARACTERS],
        "truncated": len(words) > CHARACTERS,
        "how": how,
    }


async def _feeds(site: Site, url: str) -> list[str]:
    """Where the feeds of a page's site are said to be, then where feeds commonly are."""
    said = [
        each.url
        async for page in site.each([f"{origin(url)}/"])
        for each in links(page.source, page.url)
        if each.rel == "alternate" and each.kind.endswith(("rss+xml", "atom+xml"))
    ]
    return [*said, *(urljoin(url, path) for path in _FEEDS)]


async def _entries(site: Site, files: Iterable[str]) -> AsyncGenerator[Entry]:
    """All entries of some feeds or sitemaps."""
    async for page in site.each(files):
        for one in entries(page.source, page.url):
            yield one


async def _moved(site: Site, url: str) -> str:
    """Where the sitemaps of a page's site have a page of its name."""
    name = urlsplit(url).path.rstrip("/").rpartition("/")[2]
    files = [*(await site.sitemaps(url)), f"{origin(url)}/sitemap.xml"]
    more: list[str] = []
    for waiting in (files, more):
        async for one in _entries(site, waiting):
            path = urlsplit(one.url).path.rstrip("/")
            if name and path.rpartition("/")[2] == name and not same_page(one.url, url):
                return one.url
            if path.endswith(".xml"):
                more.append(one.url)
    raise ToolFailed(f"no sitemap of {origin(url)} has {url} elsewhere. Try another way.")


def _simple(link: Link) -> bool:
    plain_text = link.rel == "alternate" and (link.media == "print" or link.kind == "text/plain")
    return link.rel == "amphtml" or plain_text
