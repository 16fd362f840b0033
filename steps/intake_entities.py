"""Entities that rules can find, each with the quote it stands on."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["by_rules"]

MOST = 200
"""Entities kept of a document."""

_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
_MONTH = rf"(?:{'|'.join(f'{m[:3]}(?:{m[3:]})?' for m in _MONTHS)})\.?"
_SIGNS = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "euro": "EUR", "dollar": "USD"}
_CODES = "USD|EUR|GBP|JPY|CHF|SEK|NOK|DKK|PLN|CZK|CAD|AUD|INR|CNY"
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?|\d+(?:\.\d{1,2})?"


def by_rules(state: Mapping[str, Any]) -> dict[str, list[dict[str, str]]]:
    """Finds dates, amounts, shares, addresses of mail and web, telephones and accounts."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for kind, value, quote in _all(state["text"]):
        found.setdefault((kind, value), {"kind": kind, "value": value, "quote": quote})
    return {"entities": list(found.values())[:MOST]}


def _all(text: str) -> Iterator[tuple[str, str, str]]:
    for kind, pattern, read in _RULES:
        for match in pattern.finditer(text):
            if value := read(match):
                yield kind, value, match[0]


def _iso(match: re.Match[str]) -> str:
    return _day(int(match["y"]), int(match["m"]), int(match["d"]))


def _worded(match: re.Match[str]) -> str:
    month = next(n for n, m in enumerate(_MONTHS, 1) if m.startswith(match["m"][:3].lower()))
    return _day(int(match["y"]), month, int(match["d"]))


def _day(year: int, month: int, day: int) -> str:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return ""


def _amount(match: re.Match[str]) -> str:
    code = match["code"] or match["after"] or _SIGNS[match["sign"] or match["sign2"]]
    number = (match["n"] or match["n2"]).replace(",", "")
    return f"{code} {number}"


def _iban(match: re.Match[str]) -> str:
    """The account, where its two check digits are right (ISO 13616)."""
    account = match[0].replace(" ", "")
    digits = "".join(str(int(each, 36)) for each in account[4:] + account[:4])
    return account if 15 <= len(account) <= 34 and int(digits) % 97 == 1 else ""


def _telephone(match: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", match[0])
    return f"+{digits}" if 8 <= len(digits) <= 15 else ""


def _whole(match: re.Match[str]) -> str:
    return match[0]


_RULES: tuple[tuple[str, re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    ("e-mail", re.compile(r"\b[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,24}\b"), _whole),
    ("web", re.compile(r"\bhttps?://[^\s<>\"')\]]{1,500}[\w/]"), _whole),
    ("iban", re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"), _iban),
    ("telephone", re.compile(r"(?<!\w)\+\d[\d ()/-]{6,20}\d\b"), _telephone),
    ("date", re.compile(r"\b(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})\b"), _iso),
    ("date", re.compile(r"\b(?P<d>\d{1,2})\.\s?(?P<m>\d{1,2})\.\s?(?P<y>\d{4})\b"), _iso),
    (
        "date",
        re.compile(rf"\b(?P<d>\d{{1,2}})\.? (?P<m>{_MONTH}),? (?P<y>\d{{4}})\b", re.IGNORECASE),
        _worded,
    ),
    (
        "date",
        re.compile(
            rf"\b(?P<m>{_MONTH}) (?P<d>\d{{1,2}})(?:[snrt][tdh])?,? (?P<y>\d{{4}})\b",
            re.IGNORECASE,
        ),
        _worded,
    ),
    (
        "amount",
        re.compile(
            rf"(?:(?P<sign>[$€£¥])|\b(?P<code>{_CODES}))\s?(?P<n>{_NUMBER})"
            rf"|\b(?P<n2>{_NUMBER})\s?(?:(?P<after>{_CODES})\b|(?P<sign2>[€£]|(?:euro|dollar)(?=s?\b)))"
        ),
        _amount,
    ),
    ("share", re.compile(rf"(?<![\w.])(?:{_NUMBER})\s?%"), lambda match: match[0].replace(" ", "")),
)
"""Kind, pattern, and what reads a match; empty where it is none after all."""
