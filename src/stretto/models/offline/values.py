"""Values found in a text: numbers, dates, names, addresses, expressions."""

from __future__ import annotations

import re

from stretto.models.offline.lexical import stem, words

_NUMBER = re.compile(
    r"(?<![\w.])[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w])"
)
_QUOTED = re.compile(
    r"(?<!\w)['\"\u201c\u2018\u00ab\u300c`]([^'\"\u201d\u2019\u00bb\u300d`]+)"
    r"['\"\u201d\u2019\u00bb\u300d`](?!\w)"
)
_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
_DATETIME = re.compile(r"\b\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:?\d{2})?")
_EMAIL = re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b")
_URL = re.compile(r"\bhttps?://[^\s<>\"')\]]+[^\s<>\"')\].,;:!?]")
_PATH = re.compile(
    r"(?<![\w/])(?:~|\.{1,2})?/?(?:[\w.-]+/)+[\w.-]+"
    r"|\b[\w-]+\.(?:py|md|txt|pdf|html?|json|ya?ml|csv|toml)\b"
)
_FUNCTION = r"\b(?:pi|sqrt|log|sin|cos|tan|exp|abs|min|max|round)\b"
_EXPRESSION = re.compile(
    rf"(?<![\w.])[-+(]*\s*(?:\d[\d,.]*%?|{_FUNCTION})"
    rf"(?:[\d\s.,%()+*/^\u00d7\u00f7\u2212\u2013-]|{_FUNCTION})*[\d)%]"
)
_OPERATOR = re.compile(
    r"[+*/\u00d7\u00f7^]|(?<=[\d)\s])[-\u2212\u2013](?=[\s\d(])"
    r"|\b(?:sqrt|log|sin|cos|tan|exp|abs)\s*\("
)
_SIGNS = {"\u00d7": "*", "\u00f7": "/", "\u2212": "-", "\u2013": "-", "^": "**"}
_NAME = r"[A-Z][\w\u2019'-]*"
_AFTER = re.compile(
    r"\b(?:in|at|for|from|to|of|on|near|about|named|called)\s+"
    rf"((?:the\s+)?{_NAME}(?:[ ,]+(?:(?:of|de|la|the|and)\s+)?{_NAME})*)"
)
_PROPER = re.compile(rf"(?<![.!?]\s)(?<!^)\b{_NAME}(?:\s+{_NAME})*")
_NEAR_NO = 6
_NO = re.compile(
    r"\b(?:no|not|never|without|don't|do not|doesn't|disable|off|false|exclude|skip|avoid)\b",
    re.IGNORECASE,
)


def numbers(text: str) -> list[float]:
    """All numbers of a text, in order."""
    return [float(match[0].replace(",", "")) for match in _NUMBER.finditer(text)]


def number_near(text: str, name: str) -> float | None:
    """The number that stands nearest to the words of a name, else the first; `None` without any."""
    found = [(m.start(), float(m[0].replace(",", ""))) for m in _NUMBER.finditer(text)]
    if not found:
        return None
    wanted = {stem(word) for word in words(name.replace("_", " "))}
    places = [m.start() for m in re.finditer(r"\w+", text) if stem(m[0].lower()) in wanted]
    if not places:
        return found[0][1]
    return min(found, key=lambda each: min(abs(each[0] - place) for place in places))[1]


def quoted(text: str) -> list[str]:
    """What stands in quotation marks."""
    return [match[1].strip() for match in _QUOTED.finditer(text) if match[1].strip()]


def first_url(text: str) -> str:
    """The first web address, or empty."""
    return match[0] if (match := _URL.search(text)) else ""


def first_email(text: str) -> str:
    """The first mail address, or empty."""
    return match[0] if (match := _EMAIL.search(text)) else ""


def first_date(text: str) -> str:
    """The first ISO date, or empty."""
    return match[0] if (match := _DATE.search(text)) else ""


def first_datetime(text: str) -> str:
    """The first ISO date with a time, or empty."""
    return match[0].replace(" ", "T") if (match := _DATETIME.search(text)) else ""


def first_path(text: str) -> str:
    """The first path of a file, or empty."""
    return match[0] if (match := _PATH.search(_URL.sub(" ", text))) else ""


def named(text: str) -> str:
    """What a text names: after a preposition (`in San Francisco`), or capitalised; or empty."""
    if match := _AFTER.search(text):
        return match[1].strip(" ,.").removeprefix("the ")
    return match[0] if (match := _PROPER.search(text)) else ""


def expression(text: str) -> str:
    """The longest arithmetic expression of a text, as Python writes it, or empty."""
    text = _DATE.sub(" ", _URL.sub(" ", _EMAIL.sub(" ", text)))
    found = [match[0].strip(" ,.") for match in _EXPRESSION.finditer(text)]
    sums = [piece for piece in found if _OPERATOR.search(piece) and _balanced(piece)]
    longest = max(sums, key=len, default="")
    for odd, plain in _SIGNS.items():
        longest = longest.replace(odd, plain)
    return re.sub(r"(?<=\d),(?=\d{3}\b)", "", longest)


def denied(text: str, name: str) -> bool:
    """Whether the words of a name stand after a word that denies them, within a few words."""
    bag = [stem(word) for word in words(name.replace("_", " "))]
    for match in _NO.finditer(text):
        after = [stem(word) for word in words(text[match.start() : match.end() + 40])[:_NEAR_NO]]
        if any(root in after for root in bag):
            return True
    return False


def _balanced(piece: str) -> bool:
    return piece.count("(") == piece.count(")")
