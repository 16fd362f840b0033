"""Secrets of every kind are replaced wherever they stand, and what is no secret stays."""

from __future__ import annotations

import base64
import json
import string
import time
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from stretto.journal.privacy import PII, SECRETS, Privacy, Rule
from stretto.journal.redaction import Rules

ALL = Privacy(rules=SECRETS + PII)
ALNUM = string.ascii_letters + string.digits
URLSAFE = f"{ALNUM}_-"


def text(letters: str, least: int, most: int | None = None) -> st.SearchStrategy[str]:
    """A text of these letters."""
    return st.text(letters, min_size=least, max_size=most or least)


def after(begin: str, rest: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """A text that begins so."""
    return rest.map(lambda end: begin + end)


def mixed(letters: str, least: int, most: int | None = None) -> st.SearchStrategy[str]:
    """One with digits and capitals among them, as random ones have."""
    return text(letters, least, most).map(lambda made: f"{made}4Q7")


def jwt(parts: tuple[bytes, bytes, bytes]) -> str:
    """A token with a header, claims and a signature."""
    header = b'{"alg":"HS256","typ":"JWT","kid":"' + parts[0].hex().encode() + b'"}'
    claims = b'{"sub":"' + parts[1].hex().encode() + b'"}'
    whole = (header, claims, parts[2])
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in whole)


def pem(kind: str, body: str) -> str:
    """A private key in a file."""
    return f"-----BEGIN {kind}PRIVATE KEY-----\n{body}\n-----END {kind}PRIVATE KEY-----"


def luhn(number: str) -> str:
    """The number with the last digit that makes it right."""
    digits = [int(digit) for digit in reversed(number)]
    total = sum(sum(divmod(2 * d, 10)) if i % 2 == 0 else d for i, d in enumerate(digits))
    return number + str(-total % 10)


def grouped(number: str, by: str) -> str:
    """A card's number as one writes it."""
    if len(number) == 15:
        return by.join((number[:4], number[4:10], number[10:]))
    return by.join(number[at : at + 4] for at in range(0, len(number), 4))


def iban(country: str, account: str) -> str:
    """An account number with the check digits that make it right."""
    number = int("".join(str(int(letter, 36)) for letter in account + country + "00"))
    return f"{country}{98 - number % 97:02}{account}"


digits = string.digits
cards = st.one_of(
    after("4", text(digits, 14)),
    after("53", text(digits, 13)),
    after("37", text(digits, 12)),
    after("6011", text(digits, 11)),
).map(luhn)
area = st.integers(200, 999).map(str)
octet = st.integers(0, 255).map(str)

PLANTED: dict[str, st.SearchStrategy[str]] = {
    "private_key": st.builds(
        pem,
        st.sampled_from(["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "]),
        text(f"{ALNUM}+/=\n", 64, 200),
    ),
    "anthropic": after("sk-ant-api03-", text(URLSAFE, 30, 95)),
    "openai": st.one_of(
        after("sk-", mixed(ALNUM, 45)),
        after("sk-proj-", mixed(URLSAFE, 40, 150)),
        after("sk-", st.binary(min_size=16, max_size=16).map(bytes.hex).map(lambda h: f"{h}123")),
    ),
    "aws": st.builds(
        "".join, st.tuples(st.sampled_from(["AKIA", "ASIA"]), text("ABCDEFGHIJ234567", 16))
    ),
    "github": st.one_of(
        *(after(f"gh{kind}_", text(ALNUM, 36)) for kind in "pousr"),
        after("github_pat_", text(f"{ALNUM}_", 60, 82)),
    ),
    "slack": st.one_of(
        after("xoxb-", text(f"{digits}-", 20).map(lambda made: f"{made}abcDEF")),
        after("xapp-1-A", text(ALNUM, 30)),
        after("https://hooks.slack.com/services/T", text(f"{ALNUM}", 40)),
    ),
    "google": st.one_of(
        after("AIza", text(URLSAFE, 35)),
        after("ya29.", text(URLSAFE, 40, 120)),
        after("GOCSPX-", text(URLSAFE, 28)),
    ),
    "stripe": after("sk_live_", text(ALNUM, 24)),
    "gitlab": after("glpat-", text(URLSAFE, 20)),
    "huggingface": after("hf_", text(ALNUM, 34)),
    "langsmith": after("lsv2_pt_", text("0123456789abcdef", 32).map(lambda h: f"{h}_0123456789")),
    "jwt": st.builds(jwt, st.tuples(*[st.binary(min_size=12, max_size=40)] * 3)),
    "authorization": after("Authorization: Bearer ", text(ALNUM, 12, 60)),
    "bearer": after("Bearer ", mixed(URLSAFE, 12, 60)),
    "basic": text(ALNUM, 3, 20).map(
        lambda made: f"Basic {base64.b64encode(f'user:{made}'.encode()).decode()}"
    ),
    "url_password": text(f"{ALNUM}!$&*+=;,-_.~%@", 5, 30).map(
        lambda made: f"postgresql://stretto:{made}@db.internal:5432/app"
    ),
    "password": st.one_of(
        after("password=", mixed(ALNUM, 4, 30)),
        after("DB_PASSWORD=", mixed(ALNUM, 4, 30)),
        after("api_key: ", mixed(ALNUM, 8, 30)),
        after("client_secret = ", mixed(ALNUM, 8, 30)),
        after("the password is ", mixed(ALNUM, 4, 30)),
        after("mysql --password ", mixed(ALNUM, 4, 30)),
        text(ALNUM, 4, 30).map(lambda made: f'password = "{made} {made}"'),
        mixed(ALNUM, 8, 30).map(lambda made: json.dumps({"apiKey": made})),
        mixed(ALNUM, 8, 30).map(lambda made: json.dumps(json.dumps({"access_token": made}))),
    ),
    "email": st.builds(
        "{}@{}.{}".format,
        text(f"{ALNUM}._+", 1, 20).filter(lambda name: name[0].isalnum()),
        text(f"{string.ascii_lowercase}{digits}", 2, 20),
        st.sampled_from(["com", "org", "co.uk", "example.io", "рф"]),
    ),
    "iban": st.one_of(
        text(digits, 18).map(lambda made: iban("DE", made)),
        text(digits, 14).map(lambda made: iban("GB", f"NWBK{made}")),
        text(digits, 11).map(lambda made: iban("NO", made)),
        text(digits, 18).map(lambda made: grouped(iban("DE", made), " ")),
    ),
    "card": st.one_of(cards, st.builds(grouped, cards, st.sampled_from([" ", "-"]))),
    "ssn": st.builds(
        "{}-{}-{}".format, st.integers(100, 599), st.integers(10, 99), st.integers(1000, 9999)
    ),
    "phone": st.one_of(
        st.builds("+1 {}-{}-{}".format, area, area, text(digits, 4)),
        st.builds("({}) {}-{}".format, area, area, text(digits, 4)),
        st.builds("{}.{}.{}".format, area, area, text(digits, 4)),
        st.builds("+49 {} {}".format, text("123456789", 2), text(digits, 7, 8)),
        after("+4917", text(digits, 8)),
    ),
    "ipv4": st.builds("{}.{}.{}.{}".format, st.integers(1, 126), octet, octet, octet),
    "ipv6": st.one_of(
        st.builds("2001:db8::{:x}".format, st.integers(1, 0xFFFF)),
        st.lists(st.integers(0x1000, 0xFFFF), min_size=8, max_size=8).map(
            lambda groups: ":".join(f"{group:x}" for group in groups[:7]) + ":1"
        ),
    ),
}
"""Secrets of each kind, as they are met."""
BEFORE = ("", "it is ", "\n", '"', "(", "see: ", "<", "[", "= ")
AFTER = ("", " and more", "\n", '"', ")", ",", ". Then", ">", "]")


def plain_part(name: str, planted: str) -> str:
    """What of the planted text must be gone: the secret itself, without what tells of it."""
    match name:
        case "authorization" | "bearer" | "basic":
            return planted.rpartition(" ")[2]
        case "url_password":
            return planted.partition("stretto:")[2].rpartition("@")[0]
        case "password" if planted.startswith("password = "):
            return planted.partition('"')[2].strip('"')
        case "password" if "{" in planted:
            found: Any = json.loads(planted)
            return next(iter((json.loads(found) if isinstance(found, str) else found).values()))
        case "password":
            return planted.rpartition("=")[2].split()[-1]
        case _:
            return planted


def test_each_rule_is_planted() -> None:
    """No rule of ours goes untested."""
    assert {rule.name for rule in SECRETS + PII} == set(PLANTED)


jsons = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab c", max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("xyz", max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


def nested(secret: str, data: st.DataObject) -> Any:
    """The secret somewhere in a JSON value: in a text, a list, a field or the name of one."""
    value: Any = secret
    for _ in range(data.draw(st.integers(0, 4))):
        other = data.draw(jsons)
        match data.draw(st.sampled_from(["list", "tuple", "field", "name"])):
            case "list":
                value = [other, value]
            case "tuple":
                value = (value, other)
            case "name" if isinstance(value, str):
                value = {value: other, "x": other}
            case _:
                value = {"x": other, "text": value}
    return value


@pytest.mark.parametrize("name", PLANTED)
@given(data=st.data())
def test_no_planted_secret_survives(name: str, data: st.DataObject) -> None:
    """Whatever JSON it is in, before and after whatever text."""
    planted = data.draw(PLANTED[name])
    secret = plain_part(name, planted)
    begin, end = data.draw(st.sampled_from(BEFORE)), data.draw(st.sampled_from(AFTER))
    value = nested(f"{begin}{planted}{end}", data)
    redacted = json.dumps(ALL.redacted(value), ensure_ascii=False)
    assume(not any(secret in f"[redacted:{rule.name}]" for rule in (*SECRETS, *PII)))
    assume(
        secret
        not in json.dumps(value, ensure_ascii=False).replace(
            json.dumps(planted, ensure_ascii=False)[1:-1], ""
        )
    )
    assert json.dumps(secret, ensure_ascii=False)[1:-1] not in redacted
    assert "[redacted:" in redacted


@pytest.mark.parametrize("name", PLANTED)
@settings(max_examples=30)
@given(data=st.data())
def test_redacting_again_changes_nothing(name: str, data: st.DataObject) -> None:
    """What was redacted once is the same when it is redacted again."""
    value = nested(f"it is {data.draw(PLANTED[name])} and more", data)
    once = ALL.redacted(value)
    assert ALL.redacted(once) is once


@pytest.mark.parametrize("name", [n for n in PLANTED if n in {rule.name for rule in SECRETS}])
@settings(max_examples=30)
@given(data=st.data())
def test_secrets_alone_are_found_by_the_default(name: str, data: st.DataObject) -> None:
    """What a journal does unless told otherwise finds every kind of secret."""
    planted = data.draw(PLANTED[name])
    assume(plain_part(name, planted) not in f"stretto db.internal Authorization [redacted:{name}]")
    assert plain_part(name, planted) not in Privacy().redacted(f"here: {planted} there")


ORDINARY = [
    "Glaze crazes because it shrinks more than the clay beneath it. See docs/glaze.md:42.",
    "The key point is that the token count stays small; the secret of good clay is time.",
    "Enter your password: it must be at least 12 characters long.",
    "The password is case-sensitive. Forgot your password? Password: required.",
    "A bearer token is sent; basic authentication is not supported. Bearer responsibilities.",
    "def login(user, password=password): return check(self.password, get_password())",
    "api_key = os.environ['OPENAI_API_KEY']; client = OpenAI(api_key=settings.api_key)",
    "password: str = Field(default=None); token: str; secret = None; api_key=None, password=pw)",
    "export DB_PASSWORD=$DB_PASSWORD && echo ${API_KEY} %PASSWORD% password=${PASS}",
    "--password PASSWORD is required; see --token and --api-key",
    "max_tokens=1000, input_tokens: 12345, next token: hello, token=abc, tokens=99999999",
    "PWD=/srv/app/docs secret: /run/secrets/db password: https://example.org/reset",
    "postgresql://localhost:5432/app http://example.org:8080/a?b=c@d https://user@host/x",
    "sk-learn-toggleable__content-arrow sk-estimator-doc-link task-runner-abcdefghijklmnop",
    "550e8400-e29b-41d4-a716-446655440000 d41d8cd98f00b204e9800998ecf8427e",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "commit 9b3d34f, run-4f9d2c1e-0000-4444-8888-123456789012-0, call_A1b2C3d4E5f6G7h8I9j0K1l2",
    "2026-11-20T12:30:45.123456+01:00 12:30:45 2026-11-20 20/11/2026 1763641845 1763641845123",
    "1,234,567.89 3.14159265358979 -0.5 1e-10 1_000_000 0x7f3a9c 100 000 000 42 %",
    "x[1::2] std::vector<int> a::b::c 00:1a:2b:3c:4d:5e ::1 127.0.0.1 0.0.0.0 1:2:3",
    "langgraph==1.2.22.1 v1.2.3.4 version 3.11.4 Python 3.12.0rc1 10.0.19041.1288",
    "icon@2x.png @property @app.get def f(a, *, b) user @ host npm i pkg@1.2.3",
    "ISBN 978-3-16-148410-0 order 1234567890123 part 123-45-678 12-345-6789 1234-5678",
    "Traceback: line 123, in <module> KeyError: 'password' ValueError: token expired",
    '{"type": "object", "properties": {"password": {"type": "string"}}, "required": ["password"]}',
    "The basic principle: Basic understanding of Basicfunctions. Authorization: required.",
    "-----BEGIN CERTIFICATE----- MIIB -----END CERTIFICATE----- -----BEGIN PUBLIC KEY-----",
    "DE12 is a route, AB12 CD34 a plate, GB00 0000; NO 1 and AT 42.",
    "Stimmt das Passwort? Größe: 12 cm, İstanbul, naïve café, 数字 123 と 漢字.",
]
"""What is met in records and is no secret."""


@pytest.mark.parametrize("line", ORDINARY)
def test_ordinary_text_is_left_alone(line: str) -> None:
    """Prose, code, hashes, dates and numbers stay, with all rules on, in any JSON."""
    assert ALL.redacted(line) is line
    value = {"text": line, "list": [line, {line: 1}]}
    assert ALL.redacted(value) is value
    quoted = json.dumps(value)
    assert ALL.redacted(quoted) == quoted


def test_fields_are_secret_by_their_names() -> None:
    """A password field's value goes whatever it looks like; schemas and counts of it stay."""
    given_ = {
        "password": "correct horse",
        "apiKey": "x",
        "Authorization": "anything",
        "db_password": ["a", {"b": "c"}],
        "pin": 1,
        "token": 123456,
        "max_token": 5,
        "secret": None,
        "access-key": "",
        "passphrase": {"type": "string"},
        "input_tokens": 4000,
        "Set-Cookie": "a=b",
    }
    mark = "[redacted:password]"
    assert Privacy().redacted(given_) == {
        **given_,
        "password": mark,
        "apiKey": mark,
        "Authorization": mark,
        "db_password": [mark, {"b": "c"}],
        "token": mark,
        "Set-Cookie": mark,
    }


def test_names_that_become_the_same_keep_their_values() -> None:
    """No field is lost when two names are redacted."""
    found = ALL.redacted({"a@example.org": 1, "b@example.org": 2})
    assert found == {"[redacted:email]": 1, "[redacted:email] 2": 2}


def test_number_that_is_a_card_is_replaced() -> None:
    """A card's number in JSON is a number as often as a text."""
    assert ALL.redacted([4111111111111111, 4111111111111112, True]) == [
        "[redacted:card]",
        4111111111111112,
        True,
    ]


@pytest.mark.parametrize(
    "name", ["openai", "anthropic", "github", "aws", "google", "stripe", "huggingface", "jwt"]
)
@given(data=st.data())
def test_secret_that_a_preview_cut_off_is_replaced(name: str, data: st.DataObject) -> None:
    """Records keep the beginning of a text: what is left of a key there goes too."""
    planted = data.draw(PLANTED[name])
    begin = planted.index(".") + 2 if name == "jwt" else 15 if name == "anthropic" else 13
    kept = planted[: data.draw(st.integers(begin, len(planted) - 1))]
    assert kept not in Privacy().redacted(f"it is {kept}…")


def test_private_key_that_was_cut_off_is_replaced_to_the_end() -> None:
    """What follows the beginning of a private key is part of it until its end is seen."""
    shown = Privacy().redacted("-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAKC…")
    assert shown == "[redacted:private_key]"


@pytest.mark.parametrize(
    "unit",
    [
        "sk-",
        "eyJ",
        "a@",
        "password=",
        '"password": "',
        "1.1",
        "1-",
        "://a:",
        ":",
        "AKIA",
        "4111 ",
        "-----BEGIN PRIVATE KEY-----",
        "Bearer a",
        "+1 ",
        "password is ",
        '\\"token\\": \\"',
    ],
)
def test_long_texts_take_no_more_than_their_length(unit: str) -> None:
    """No text makes a pattern search for ever: ten times the text, about ten times the time."""
    took: list[float] = []
    for size in (20_000, 200_000):
        made = unit * (size // len(unit))
        begin = time.thread_time()
        ALL.redacted(made)
        took.append(time.thread_time() - begin)
    assert took[1] < 40 * max(took[0], 0.01)


def test_rules_may_be_used_from_threads() -> None:
    """One set of rules serves any number of threads at once."""
    from concurrent.futures import ThreadPoolExecutor

    rules = Rules((Rule("number", r"\d+"),))
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda n: rules.redacted({f"k{n}": str(n)}), range(200)))
    assert found == [{"k[redacted:number]": "[redacted:number]"}] * 200


@pytest.mark.parametrize("rule", [*SECRETS, *PII], ids=lambda rule: rule.name)
def test_the_patterns_of_the_shipped_rules_are_good(rule: Rule) -> None:
    """They are compiled only when they are needed, so here they are read as any other's are."""
    Rule(rule.name, rule.pattern, fields=rule.fields)
