"""What a site lets programs fetch (RFC 9309), asked once in a while and not for each page."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

from stretto.errors import Rejected, ToolFailed
from stretto.sources.fetching import AGENT, fetched

if TYPE_CHECKING:
    import httpx

KEPT = 600.0
"""Seconds for which an answer counts."""
SITES = 1000
"""Of which answers are kept."""

_known: OrderedDict[str, tuple[float, RobotFileParser]] = OrderedDict()


def origin(url: str) -> str:
    """The scheme, host and port of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


async def robots(client: httpx.AsyncClient, url: str, *, seconds: float) -> RobotFileParser:
    """The rules of the site that an address is of; without any all is allowed.

    Raises:
        InvalidInput: It is no address that may be fetched.
        ToolFailed: The site does not answer, or not with rules: then nothing may be fetched.
    """
    site, now = origin(url), time.monotonic()
    held = _known.get(site)
    if held is not None and now - held[0] < KEPT:
        return held[1]
    page = await fetched(client, f"{site}/robots.txt", seconds=seconds)
    if page.status >= 500:
        raise ToolFailed(
            f"{page.url} answered {page.status}, so that it is not known what may be fetched. "
            "Try again later."
        )
    rules = RobotFileParser(page.url)
    rules.parse(page.source.splitlines() if page.status < 400 and "html" not in page.kind else [])
    _known[site] = (now, rules)
    while len(_known) > SITES:
        _known.popitem(last=False)
    return rules


async def refuse_disallowed(client: httpx.AsyncClient, url: str, *, seconds: float) -> None:
    """Refuse an address that its site does not let programs fetch.

    Raises:
        Rejected: Its robots.txt says no.
        InvalidInput, ToolFailed: As `robots`.
    """
    rules = await robots(client, url, seconds=seconds)
    if not rules.can_fetch(AGENT, url):
        raise Rejected(
            f"{origin(url)}/robots.txt does not let programs fetch {url}. Ask the site's owner, or "
            "read it yourself."
        )
