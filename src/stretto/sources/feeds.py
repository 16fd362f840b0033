"""What a site tells of its pages to programs: feeds (RSS, Atom), sitemaps, links in the head."""

from __future__ import annotations

from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from typing_extensions import override

_ENTRIES = frozenset({"item", "entry", "url", "sitemap"})
_TITLES = frozenset({"title"})
_TEXTS = frozenset({"description", "summary", "content", "content:encoded"})
_MOST = 5000
"""Entries of a file that are read."""


@dataclass(slots=True)
class Entry:
    """A page as a feed or a sitemap tells of it."""

    url: str = ""
    title: str = ""
    html: str = ""
    """What is told of it, the longest of several."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link in the head of a page."""

    rel: str
    kind: str
    media: str
    url: str
    """The whole address."""


def entries(source: str, base: str) -> list[Entry]:
    """The entries of a feed or a sitemap, in their order; broken files give what can be read.

    No entity is looked up or unfolded, so that no file can ask for more than it is long.

    Args:
        source: The file.
        base: Its address, for links without a host.
    """
    reader = _Entries(base)
    reader.feed(source)
    reader.close()
    return reader.found


def links(source: str, base: str) -> list[Link]:
    """The links in the head of a page that say what they are for (`rel`).

    Args:
        source: The page, in HTML.
        base: Its address.
    """
    reader = _Links(base)
    reader.feed(source)
    reader.close()
    return reader.found


def same_page(one: str, other: str) -> bool:
    """Whether two addresses are of one page, but for scheme, `www.`, a last slash, a fragment."""
    return _plain(one) == _plain(other)


def _plain(url: str) -> tuple[str, str, str]:
    parts = urlsplit(url)
    return parts.netloc.lower().removeprefix("www."), parts.path.rstrip("/"), parts.query


def _joined(base: str, url: str) -> str:
    try:
        return urljoin(base, url.strip())
    except ValueError:
        return ""


class _Entries(HTMLParser):
    def __init__(self, base: str) -> None:
        super().__init__()
        self.found: list[Entry] = []
        self._base, self._now, self._in, self._text = base, Entry(), "", list[str]()
        self._inside = False

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _ENTRIES:
            self._inside, self._now = len(self.found) < _MOST, Entry()
        elif self._inside:
            given = dict(attrs)
            href = given.get("href")
            if tag == "link" and href and given.get("rel") in {None, "alternate"}:
                self._now.url = self._now.url or _joined(self._base, href)
            if tag in _TITLES | _TEXTS | {"link", "loc"}:
                self._in, self._text = tag, []

    @override
    def handle_endtag(self, tag: str) -> None:
        if not self._inside:
            return
        if tag == self._in:
            self._close("".join(self._text).strip())
        if tag in _ENTRIES:
            self.found.append(self._now)
            self._inside = False

    @override
    def handle_data(self, data: str) -> None:
        if self._in:
            self._text.append(data)

    @override
    def unknown_decl(self, data: str) -> None:
        if data.startswith("CDATA["):
            self.handle_data(data.removeprefix("CDATA["))

    def _close(self, text: str) -> None:
        tag, self._in = self._in, ""
        if tag in {"link", "loc"} and text:
            self._now.url = self._now.url or _joined(self._base, text)
        elif tag in _TITLES:
            self._now.title = self._now.title or text
        elif tag in _TEXTS and len(text) > len(self._now.html):
            self._now.html = text


class _Links(HTMLParser):
    def __init__(self, base: str) -> None:
        super().__init__()
        self.found: list[Link] = []
        self._base = base

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "link":
            return
        given = {name: (value or "") for name, value in attrs}
        url = _joined(self._base, given.get("href", ""))
        if url and given.get("rel"):
            kind, media = given.get("type", "").lower(), given.get("media", "").lower()
            self.found.append(Link(given["rel"].lower(), kind, media, url))
