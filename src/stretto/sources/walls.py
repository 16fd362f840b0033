"""Tells a page from what stands in its way: a CAPTCHA, a login, nothing without scripts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from stretto.sources.fetching import Fetched

LITTLE = 1500
"""Characters of text below which a page with such a mark is taken for a wall: a page that has more
to say may speak of CAPTCHAs, or have a login in its corner."""

_CAPTCHA = re.compile(
    r"g-recaptcha|h-captcha|hcaptcha\.com|cf-turnstile|cf-chl|/cdn-cgi/challenge|captcha"
    r"|are you (?:a )?(?:human|robot)|verify (?:that )?you are (?:a )?human|not a robot"
    r"|unusual traffic",
    re.IGNORECASE,
)
_PASSWORD = re.compile(r"<input[^>]*type\s*=\s*[\"']?password", re.IGNORECASE)
_LOGIN = re.compile(r"/(?:login|log-in|signin|sign-in|sso|auth)(?:[/?.]|$)", re.IGNORECASE)
_SCRIPTS = re.compile(r"(?:enable|requires?|turn on) javascript", re.IGNORECASE)


def wall(page: Fetched, asked: str) -> str:
    """Say what stands in the way of a page, in words; empty when nothing does.

    Args:
        page: What was fetched.
        asked: The address that was asked for.
    """
    little = len(page.text.strip()) < LITTLE
    if little and _CAPTCHA.search(page.source):
        return "it shows a CAPTCHA"
    if page.status in {401, 407}:
        return "it wants a login"
    sent_to_login = _LOGIN.search(urlsplit(page.url).path) and not _LOGIN.search(asked)
    if little and (sent_to_login or _PASSWORD.search(page.source)):
        return "it wants a login"
    if little and _SCRIPTS.search(page.source) and len(page.text.strip()) < LITTLE // 5:
        return "it shows nothing without scripts"
    return ""
