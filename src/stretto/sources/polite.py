"""Fetches files as their sites want it: by robots.txt, few at a time, and not for ever."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from stretto.errors import ToolFailed
from stretto.sources.fetching import Fetched, fetched
from stretto.sources.robots import origin, refuse_disallowed, robots

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Mapping

    import httpx

SECONDS = 15.0
"""For one file, waiting for its turn not counted."""
TURN = 120.0
"""Seconds that one waits for its turn at a site."""
AT_ONCE = 2
"""Files that a site is asked for at a time."""
FILES = 6
"""Of several that might do, how many are tried."""

_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, asyncio.Semaphore]] = (
    WeakKeyDictionary()
)


@dataclass(frozen=True, slots=True)
class Site:
    """Fetches files with a client; whatever their sites are."""

    client: httpx.AsyncClient
    patience: float = 1.0
    """Times `SECONDS` that a file may take."""

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> Fetched:
        """Fetch a file, whatever its status.

        Raises:
            Rejected: robots.txt does not allow it, or an address that it leads to.
            InvalidInput, ToolFailed: As `stretto.sources.fetching.fetched`.
        """

        async def allowed(address: str) -> None:
            await refuse_disallowed(self.client, address, seconds=self._seconds)

        turn = _turn(origin(url))
        try:
            await asyncio.wait_for(turn.acquire(), TURN)
        except TimeoutError:
            raise ToolFailed(
                f"{origin(url)} is slow, and others wait for it, too. Ask for fewer of its pages."
            ) from None
        try:
            return await fetched(
                self.client, url, seconds=self._seconds, headers=headers, before=allowed
            )
        finally:
            turn.release()

    async def each(self, urls: Iterable[str]) -> AsyncGenerator[Fetched]:
        """Those of some files that come, of `FILES` at most; others are passed over.

        Raises:
            Rejected, InvalidInput: As `get`.
        """
        for url in list(dict.fromkeys(urls))[:FILES]:
            try:
                page = await self.get(url)
            except ToolFailed:
                continue
            if page.status < 400:
                yield page

    async def sitemaps(self, url: str) -> list[str]:
        """The sitemaps that the robots.txt of an address's site names; raises as `get`."""
        rules = await robots(self.client, url, seconds=self._seconds)
        return rules.site_maps() or []

    @property
    def _seconds(self) -> float:
        return SECONDS * self.patience


def _turn(site: str) -> asyncio.Semaphore:
    sites = _turns.setdefault(asyncio.get_running_loop(), {})
    return sites.setdefault(site, asyncio.Semaphore(AT_ONCE))
