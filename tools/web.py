"""Fetch pages of the web: bounded in size, time and redirects, and never from private networks."""

from __future__ import annotations

from typing import Any

from stretto import tool
from stretto.errors import ToolFailed
from stretto.sources import pdf
from stretto.sources.fetching import Fetched, fetched, opened

__all__ = ["fetch"]

CHARACTERS = 20_000
"""Of a page's text that are returned."""
SECONDS = 20.0
"""For a page with all its redirects."""


@tool(effect="reads")
async def fetch(url: str) -> dict[str, Any]:
    """Fetch a page of the web and return its address, title and readable text.

    Args:
        url: The whole address of the page, beginning with http:// or https://.
    """
    async with opened() as client:
        page = await fetched(client, url, seconds=SECONDS)
    _refuse(page)
    return {
        "url": page.url,
        "title": page.title,
        "text": page.text[:CHARACTERS],
        "truncated": len(page.text) > CHARACTERS,
    }


def _refuse(page: Fetched) -> None:
    if page.status >= 400:
        raise ToolFailed(f"{page.url} answered {page.status}. Try another page.")
    if not page.readable or (page.kind == "application/pdf" and not pdf.readable()):
        raise ToolFailed(f"{page.url} is {page.kind}, not text. Fetch a page of text.")
