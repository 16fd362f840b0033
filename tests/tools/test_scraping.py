"""Five ways to a page, on a real site of this machine that makes it hard."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest

from stretto.errors import InvalidInput, Rejected, StrettoError, ToolFailed
from stretto.sources import fetching, polite
from stretto.spec.tool import effect_of
from tests.tools.site import WORDS, Site, running
from tools import scraping
from tools.scraping import archive, browser, feed, plain, text

if TYPE_CHECKING:
    from collections.abc import Iterator

ALL = (plain, browser, feed, text, archive)


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """The site, whose copies are in an archive of its own."""
    monkeypatch.setenv(fetching.ALLOW, "1")
    with running() as found:
        monkeypatch.setenv(scraping.ARCHIVE, f"{found.root}/copies/")
        yield found


@pytest.mark.parametrize(
    ("way", "again", "path", "words"),
    [
        (plain, False, "/hours", "fired on Fridays"),
        (plain, False, "/old", "fired on Fridays"),
        (plain, True, "/busy", "fired on Fridays"),
        (plain, False, "/latin", "fired on Fridays"),
        (browser, False, "/bare", "fired on Fridays"),
        (browser, True, "/cookie", "fired on Fridays"),
        (feed, False, "/fed", "celadon"),
        (feed, True, "/moved", "wedged"),
        (text, False, "/amped", "1050 degrees"),
        (text, True, "/printed", "1280 degrees"),
        (archive, False, "/kept", "two sisters"),
        (archive, True, "/kept?from=mail#top", "two sisters"),
    ],
)
async def test_each_way_gets_what_others_do_not(
    site: Site, way: Any, again: Any, path: str, words: str
) -> None:
    """With the address that it was at in the end, and how it was got."""
    page = await way(site.root + path, again=again)
    assert words in page["text"]
    assert page["how"]
    assert page["truncated"] is False
    assert page["url"].startswith(site.root)


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("/captcha", "shows a CAPTCHA"),
        ("/members", "wants a login"),
        ("/away", "wants a login"),
        ("/scripts", "nothing without scripts"),
        ("/empty", "there is no text in it"),
        ("/image", "is image/png, not text"),
        ("/huge", "larger than 4 MB"),
        ("/loop", "redirects more than 5 times"),
        ("/broken", "answered 500"),
        ("/nowhere", "answered 404"),
        ("/cut", "cannot be fetched"),
        ("/busy", "answered 429"),
    ],
)
async def test_what_is_in_the_way_is_told(site: Site, path: str, problem: str) -> None:
    """With what to do."""
    with pytest.raises(ToolFailed, match=rf"{problem}.*(?:\. [A-Z])"):
        await plain(site.root + path)


@pytest.mark.parametrize("way", ALL)
@pytest.mark.parametrize("again", [False, True])
async def test_no_way_fetches_what_the_site_does_not_want(site: Site, way: Any, again: Any) -> None:
    """Nor where a page leads there; the archive is another site, with rules of its own."""
    for path in ("/private/x", "/hidden"):
        with pytest.raises(StrettoError) as caught:
            await way(site.root + path, again=again)
        if way in (plain, browser):
            assert isinstance(caught.value, Rejected)
            assert "Ask the site's owner" in str(caught.value)
    assert "/private/x" not in site.seen


async def test_robots_are_asked_once(site: Site) -> None:
    """Not for each page."""
    for _ in range(3):
        await plain(f"{site.root}/hours")
    assert site.seen.count("/robots.txt") == 1


async def test_a_slow_host_is_left(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the time that there is."""
    monkeypatch.setattr(polite, "SECONDS", 0.2)
    with pytest.raises(ToolFailed, match="did not answer"):
        await plain(f"{site.root}/slow")
    monkeypatch.setattr(polite, "SECONDS", 15.0)
    assert WORDS[:20] in (await plain(f"{site.root}/hours"))["text"]


async def test_a_host_that_is_down_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens there."""
    monkeypatch.setenv(fetching.ALLOW, "1")
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        with pytest.raises(ToolFailed, match="cannot be fetched"):
            await plain(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize("way", ALL[:-1])
@pytest.mark.parametrize("url", ["", "page", "file:///etc/passwd", "ftp://example.com/x"])
async def test_only_web_addresses_are_fetched(way: Any, url: str) -> None:
    """Anything else is the caller's mistake."""
    with pytest.raises((InvalidInput, ToolFailed)):
        await way(url)


async def test_private_networks_are_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing reaches them."""
    monkeypatch.delenv(fetching.ALLOW)
    for way in ALL:
        with pytest.raises(InvalidInput, match="private network"):
            await way(f"{site.root}/hours")
    assert site.seen == []


def test_they_only_read() -> None:
    """So they may be called again."""
    assert {effect_of(way) for way in ALL} == {"reads"}
