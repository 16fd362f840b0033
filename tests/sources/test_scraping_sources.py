"""Feeds, sitemaps, links and walls, read from whatever servers send."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stretto.sources.feeds import entries, links, same_page
from stretto.sources.fetching import Fetched
from stretto.sources.walls import LITTLE, wall

BASE = "http://a.example/feed.xml"
ATOM = """<feed><entry><title>One &amp; two</title><link rel="self" href="/x"/>
<link href="/one"/><content type="html">&lt;p&gt;Long words&lt;/p&gt;</content><summary>Short</summary>
</entry><entry><link>http://b.example/</link></entry></feed>"""


def page(
    source: str, text: str = "", status: int = 200, url: str = "http://a.example/p"
) -> Fetched:
    """A page that a server answered with."""
    return Fetched(url, status, "text/html", {}, source, "", text)


def test_entries_of_a_feed() -> None:
    """With whole addresses, and the longest that is told of each."""
    one, two = entries(ATOM, BASE)
    assert (one.url, one.title, one.html) == (
        "http://a.example/one",
        "One & two",
        "<p>Long words</p>",
    )
    assert (two.url, two.html) == ("http://b.example/", "")


def test_links_of_a_page_that_say_what_they_are_for() -> None:
    """Others do not count."""
    source = (
        '<link rel="AMPHTML" href="/amp"><link href="/x"><link rel=alternate media=print href=p>'
    )
    assert [(x.rel, x.media, x.url) for x in links(source, "http://a.example/d/")] == [
        ("amphtml", "", "http://a.example/amp"),
        ("alternate", "print", "http://a.example/d/p"),
    ]


@given(st.text(st.sampled_from("<>/item entry link loc!&;[]CDATA\"='")))
def test_no_file_breaks_the_reading(source: str) -> None:
    """What can be read is."""
    entries(source, BASE)
    links(source, BASE)


def test_entities_are_not_unfolded() -> None:
    """A file is read in as much as it is long."""
    bomb = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><item><title>&b;</title></item>'
    assert entries(bomb, BASE)[0].title == "&b;"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://a.example/x", "https://www.A.example/x/#top", True),
        ("http://a.example/x", "http://a.example/y", False),
        ("http://a.example/x?a=1", "http://a.example/x", False),
    ],
)
def test_what_is_the_same_page(one: str, other: str, same: Any) -> None:
    """But for what does not matter."""
    assert same_page(one, other) is same


@pytest.mark.parametrize(
    ("given_page", "told"),
    [
        (page('<div class="h-captcha">', "wait"), "CAPTCHA"),
        (page('<script src="/cdn-cgi/challenge-platform">', "wait", 403), "CAPTCHA"),
        (page("<p>What a captcha is", "word " * LITTLE), ""),
        (page("<input type=password>", "members"), "login"),
        (page("<input type=password>", "word " * LITTLE), ""),
        (page("", "x", 401), "login"),
        (page("", "in", url="http://a.example/signin?next=/p"), "login"),
        (page("This needs you to enable JavaScript", "This"), "scripts"),
        (page("<p>Clay", "Clay is wedged."), ""),
    ],
)
def test_what_stands_in_the_way(given_page: Fetched, told: str) -> None:
    """A page that has more to say may speak of it."""
    found = wall(given_page, "http://a.example/p")
    assert told in found
    assert bool(found) is bool(told)


def test_a_login_that_was_asked_for_is_a_page() -> None:
    """Where it has no form."""
    assert wall(page("", "in", url="http://a.example/login"), "http://a.example/login") == ""
