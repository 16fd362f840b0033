"""The redaction rules that come with Stretto: for secrets, and for personal data.

A text is searched for a rule's hints first, which costs little; patterns are tried where one is.
They also find a key that a preview has cut off, which ends in an ellipsis.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from typing import TYPE_CHECKING, Any

from stretto.journal.redaction import SECRET, Rule

if TYPE_CHECKING:
    from collections.abc import Callable

_CUT = "…"
_APART = r"(?<![A-Za-z0-9])"


def _rule(
    name: str,
    pattern: str,
    *,
    check: Callable[[re.Match[str]], bool] | None = None,
    **more: Any,
) -> Rule:
    """A rule whose patterns the tests have read."""
    return Rule(name, pattern, check=check, tested=True, **more)


def _key(name: str, letters: str, least: int, *begins: str) -> Rule:
    """A key that begins so and goes on with at least so many letters, or is cut off."""
    begin = "|".join(map(re.escape, begins))
    return _rule(
        name,
        rf"{_APART}(?:{begin})(?:{letters}{{{least},}}|{letters}+{_CUT})",
        hints=tuple(begin.lower() for begin in begins),
        in_word=True,
    )


def _is_mixed(match: re.Match[str]) -> bool:
    """Whether it is random, unlike `sk-learn-tutorial`: three digits, or digits and capitals."""
    text = match[0][3:]
    digits = sum(letter.isdigit() for letter in text)
    is_cut = match.string[match.end() - 1 : match.end() + 1].endswith(_CUT)
    return digits >= 3 or (digits > 0 and text != text.lower()) or is_cut


def _is_bearer(match: re.Match[str]) -> bool:
    text = match[SECRET]
    return any(letter.isdigit() for letter in text) or text[1:] not in {
        text[1:].lower(),
        text[1:].upper(),
    }


def _is_basic(match: re.Match[str]) -> bool:
    """Whether it is `name:password` in Base64."""
    try:
        text = base64.b64decode(match[SECRET], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return False
    return ":" in text and text.isprintable()


_WORDS = ("api", "access", "secret", "private", "signing", "encryption", "account", "auth")
_BEFORE_KEY = "|".join(rf"(?<={word})|(?<={word}[_-])" for word in _WORDS)
_NAMES = rf"passw(?:or)?d|passphrase|(?<![a-z])pwd|secret|(?:{_BEFORE_KEY})key|token"
_EQUALS = (
    r"""(?:\\{0,2}["'`]?\s{0,3}(?P<sign>=>|:=|=(?!=)|:)\s{0,3}"""
    r"|\s{1,3}is:?\s{1,3}|(?P<flag> {1,3}))"
    r"(?:(?:str|bytes|SecretStr|string|String)(?: \| None)? ?= ?)?"
)
_VALUE = (
    r"(?P<quote>\\{0,2}[\"'`])?"
    r"(?P<secret>(?(quote)[^\n]{1,500}?(?=(?P=quote)|\Z)|[^\s\"'`&;,<>\\()\[\]{}]{4,500}))"
)
_NO_VALUES = {"none", "null", "true", "false", "string", "password", "secret", "undefined"}
_CODE = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
_WORD = re.compile(r"[A-Za-z_]+")
_VARIABLE = re.compile(r"[$%][A-Z_]+%?|%s|[*x.\-_]+|[{<\[$].*[}>\]]")
_SIGNS = set("!@#$%^&*+=~?0123456789")
_PATH = ("/", "./", "~/", "http:", "https:")
_FLAG = re.compile(r"--[\w-]{0,40}\Z")


def _is_password(match: re.Match[str]) -> bool:
    """Whether what follows `password=` is one, and no place-holder, code or prose."""
    name, value = match["name"].lower(), match[SECRET]
    plain = value.lower()
    if plain in _NO_VALUES or plain == name or plain.startswith("[redacted"):
        return False
    if _VARIABLE.fullmatch(value) or (match["flag"] and not _is_option(match)):
        return False
    if name == "token" and not (
        len(value) >= 8 and any(map(str.isdigit, value)) and any(map(str.isalpha, value))
    ):
        return False
    return bool(match["quote"]) or _is_bare(match, value.rstrip(".:!?"))


def _is_option(match: re.Match[str]) -> bool:
    before = match.string[max(0, match.start() - 43) : match.start()]
    return bool(_FLAG.search(before)) and not match[SECRET].startswith("-")


def _is_bare(match: re.Match[str], value: str) -> bool:
    following = match.string[match.end() : match.end() + 1]
    if following in {"(", "["} or _CODE.fullmatch(value) or value.startswith(_PATH):
        return False
    is_tight = match["sign"] == "=" and match.string[match.end("sign")].strip()
    if is_tight and _WORD.fullmatch(value):
        return following not in {")", ","}
    return bool(is_tight) or not _SIGNS.isdisjoint(value)


_FIELDS = (
    r"(?i)(?:pass(?:word|wd|phrase)|pwd|secret|(?:"
    + "|".join(_WORDS)
    + r")[_-]?key|token|authorization|cookie|credentials)\Z"
)

SECRETS: tuple[Rule, ...] = (
    _rule(
        "private_key",
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[\s\S]*?"
        r"(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\Z)",
        hints=("-----begin ",),
    ),
    _key("anthropic", r"[A-Za-z0-9_-]", 16, "sk-ant-"),
    _rule(
        "openai",
        rf"{_APART}sk-(?:[A-Za-z0-9_-]{{20,}}|[A-Za-z0-9_-]+{_CUT})",
        hints=("sk-",),
        in_word=True,
        check=_is_mixed,
    ),
    _key("aws", "[A-Z0-9]", 16, "AKIA", "ASIA"),
    _key("github", "[A-Za-z0-9_]", 22, "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
    _key(
        "slack", "[A-Za-z0-9-]", 10, "xoxa-", "xoxb-", "xoxe-", "xoxp-", "xoxr-", "xoxs-", "xapp-"
    ),
    _key("slack", "[A-Za-z0-9/_]", 16, "hooks.slack.com/services/"),
    _key("google", "[A-Za-z0-9_-]", 30, "AIza"),
    _key("google", "[A-Za-z0-9_.-]", 20, "ya29.", "GOCSPX-"),
    _key("stripe", "[A-Za-z0-9]", 16, "sk_live_", "rk_live_", "sk_test_", "rk_test_", "whsec_"),
    _key("gitlab", "[A-Za-z0-9_-]", 20, "glpat-"),
    _key("huggingface", "[A-Za-z0-9]", 30, "hf_"),
    _key("langsmith", "[a-f0-9_]", 32, "lsv2_pt_", "lsv2_sk_"),
    _rule(
        "jwt",
        rf"{_APART}eyJ[\w-]{{12,}}\.(?:[\w-]{{8,}}(?:\.[\w-]*)?|[\w-]*{_CUT})",
        hints=("eyj",),
        in_word=True,
    ),
    _rule(
        "authorization",
        r"""(?i)authorization[\\"']{0,4}\s{0,3}[:=]\s{0,3}[\\"']{0,4}"""
        r"""(?:bearer|basic|token|digest|apikey)\s{1,3}(?P<secret>[^\s"'\\,\[]{4,})""",
        hints=("authorization",),
    ),
    _rule(
        "bearer",
        r"(?i)bearer\s{1,3}(?P<secret>[\w.~+/-]{12,}=*)",
        hints=("bearer",),
        check=_is_bearer,
    ),
    _rule(
        "basic",
        r"(?i)basic\s{1,3}(?P<secret>[A-Za-z0-9+/]{4,}={0,2})",
        hints=("basic",),
        check=_is_basic,
    ),
    _rule(
        "url_password",
        r"://[^\s/:@\"'<>]{0,100}:(?P<secret>[^\s/\"'<>]{1,200})@",
        hints=("://",),
        check=lambda match: not match[SECRET].startswith(("[redacted", "***")),
    ),
    _rule(
        "password",
        rf"(?i)(?P<name>{_NAMES}){_EQUALS}{_VALUE}",
        hints=("passw", "passphrase", "pwd", "secret", "key", "token"),
        check=_is_password,
        fields=_FIELDS,
    ),
)
"""Keys, tokens and passwords. Nobody who reads a journal needs them."""


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


_CARDS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}"
    r"|6(?:011|5\d\d|4[4-9]\d)\d{12}|35\d{14}|62\d{14,17}"
)


def _is_card(match: re.Match[str]) -> bool:
    """Whether it is of a card's kind and length and its last digit is right (Luhn)."""
    number = _digits(match[0])
    if not _CARDS.fullmatch(number):
        return False
    doubled = (divmod(2 * int(digit), 10) for digit in number[-2::-2])
    return (sum(map(int, number[-1::-2])) + sum(map(sum, doubled))) % 10 == 0


_IBANS = {
    15: "NO",
    16: "BE",
    18: "DKFIFKFOGLNLSD",
    19: "MKSI",
    20: "ATBAEEKZLTLUMNXK",
    21: "CHHRLILV",
    22: "BGBHCRDEGBGEIEMERSVA",
    23: "AEGIILIQOMSOTL",
    24: "ADCZESMDPKROSASESKTNVG",
    25: "LYPTST",
    26: "ISTR",
    27: "BIDJFRGRITMCMRSM",
    28: "ALAZBYCYDOGTHULBNIPLSV",
    29: "BREGPSQAUA",
    30: "JOKWMUYE",
    31: "MTSC",
    32: "LC",
    33: "RU",
}
"""The countries, two letters each, whose account numbers have so many characters."""
_IBAN = "|".join(
    rf"(?:{'|'.join(re.findall('..', countries))})\d\d(?: ?[A-Z0-9]){{{length - 4}}}"
    for length, countries in _IBANS.items()
)


def _is_iban(match: re.Match[str]) -> bool:
    """Whether its two check digits are right (ISO 13616)."""
    text = match[0].replace(" ", "")
    return int("".join(str(int(letter, 36)) for letter in text[4:] + text[:4])) % 97 == 1


def _is_phone(match: re.Match[str]) -> bool:
    text = match[0]
    plain = text.removeprefix("+")
    if not text.startswith(("+", "00")):
        return True
    count = len(_digits(text))
    return 10 <= count <= 15 if plain.isdigit() else 8 <= count <= 17 and plain.count(".") != 1


def _is_ipv4(match: re.Match[str]) -> bool:
    try:
        found = ipaddress.IPv4Address(match[0])
    except ValueError:
        return False
    return not (found.is_loopback or found.is_unspecified or match[0] == "255.255.255.255")


def _is_ipv6(match: re.Match[str]) -> bool:
    """Whether it is an address, and no time, slice or C++ name that looks like one."""
    try:
        found = ipaddress.IPv6Address(match[0])
    except ValueError:
        return False
    groups = [group for group in match[0].split(":") if group]
    if found.is_loopback or all(len(group) == 2 for group in groups):
        return False
    return len(groups) >= 4 or (len(groups) > 1 and len(groups[0]) == 4 and match[0][0] in "23fF")


_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp")
_OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"

PII: tuple[Rule, ...] = (
    _rule(
        "email",
        rf"(?<![\w.%+'-])[\w.%+'-]{{1,64}}@(?:[\w-]{{1,63}}\.){{1,8}}(?:[^\W\d_]{{2,24}}|{_CUT})",
        shapes=("@",),
        check=lambda match: not match[0].lower().endswith(_PICTURES),
    ),
    _rule("iban", rf"(?<![A-Za-z0-9])(?:{_IBAN})(?![A-Za-z0-9])", shapes=("AA00",), check=_is_iban),
    _rule(
        "card",
        r"(?<![\w.])(?<!\w-)"
        r"(?:\d{4}([ -])\d{4}\1\d{4}\1\d{1,7}|\d{4}([ -])\d{6}\2\d{4,5}|\d{13,19})"
        r"(?!\w|[.-]\d)",
        shapes=("0" * 13, "0000 000", "0000-000"),
        check=_is_card,
    ),
    _rule(
        "ssn",
        r"(?<![\w-])(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}(?![\w-])",
        shapes=("000-00-0000",),
    ),
    _rule(
        "phone",
        r"(?<![\w+.-])(?:(?:\+[1-9]\d{0,2}|00[1-9]\d{1,2} )(?:[ ./()-]{0,2}\d){6,13}"
        r"|\([2-9]\d\d\) ?[2-9]\d\d[ .-]\d{4}|[2-9]\d\d([ .-])[2-9]\d\d\1\d{4})(?![\w-]|\.\d)",
        shapes=(
            "+0",
            "00000 ",
            "0000 ",
            "00) 000",
            "00)000",
            "000-000-0",
            "000.000.0",
            "000 000 0",
        ),
        check=_is_phone,
    ),
    _rule(
        "ipv4",
        rf"(?<![\w.])(?<!==){_OCTET}(?:\.{_OCTET}){{3}}(?!\w|\.\d)",
        shapes=("0.0",),
        check=_is_ipv4,
    ),
    _rule(
        "ipv6",
        r"(?<![\w:.])[0-9A-Fa-f:]{0,30}::[0-9A-Fa-f:]{0,30}(?![\w:])",
        shapes=("::",),
        check=_is_ipv6,
    ),
    _rule(
        "ipv6",
        r"(?<![\w:.])[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){7}(?![\w:])",
        shapes=("0:", "A:", "a:", "b:", "c:", "d:", "e:", "f:"),
        check=_is_ipv6,
    ),
)
"""What belongs to a person. Readers may need it, so it stays unless asked for."""
