"""What of a journal lies on the disk: redaction by rule, bodies sealed by key."""

from __future__ import annotations

import builtins
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stretto.errors import (
    InvalidInput,
    KeyUnknown,
    MissingExtra,
    StateUnreadable,
    UnknownName,
)
from stretto.journal.cipher import Cipher
from stretto.journal.privacy import PII, SEALED, SECRETS, Privacy, Rule, privacy_from_environment

KEY, OTHER = b"k" * 32, b"o" * 32


@given(st.binary(max_size=200))
def test_sealed_body_comes_back(body: bytes) -> None:
    """Whatever is sealed is unsealed to the same bytes, and does not show them."""
    privacy = Privacy(cipher=Cipher(KEY))
    sealed = privacy.seal(body)
    assert privacy.unseal(sealed) == body
    assert len(body) < 4 or body not in sealed.removeprefix(SEALED)
    assert privacy.seal(body) != sealed


@given(st.binary(max_size=40), st.sampled_from([b"", b"\xc1", b"\xc1stretto-sealed\x01"]))
def test_body_without_a_key_comes_back(body: bytes, begin: bytes) -> None:
    """Without a key any body comes back, one that looks like a sealed one too."""
    privacy = Privacy()
    assert privacy.unseal(privacy.seal(begin + body)) == begin + body
    assert Privacy(cipher=Cipher(KEY)).unseal(privacy.seal(begin + body)) == begin + body


def test_ordinary_body_stays_as_it_is_without_a_key() -> None:
    """JSON and msgpack are stored as they are when there is no key."""
    assert Privacy().seal(b'{"a":1}') == b'{"a":1}'
    assert Privacy().seal(b"\x91\x01") == b"\x91\x01"


def test_no_key_and_a_wrong_key_are_told_apart_from_damage() -> None:
    """Each says what it is, and what to do about it."""
    sealed = Privacy(cipher=Cipher(KEY)).seal(b"words")
    with pytest.raises(KeyUnknown, match=r"there is no key.*Set STRETTO_KEY"):
        Privacy().unseal(sealed)
    with pytest.raises(KeyUnknown, match=Cipher(KEY).id):
        Privacy(cipher=Cipher(OTHER)).unseal(sealed)
    for damaged in (sealed[:-1] + bytes([sealed[-1] ^ 1]), sealed[:-20], sealed[:20]):
        with pytest.raises(StateUnreadable, match=r"has been changed since.*Restore") as caught:
            Privacy(cipher=Cipher(KEY)).unseal(damaged)
        assert not isinstance(caught.value, KeyUnknown)


def test_encrypting_what_is_exact_needs_a_key() -> None:
    """It is an error when it is asked for, not when the first payload is stored."""
    with pytest.raises(InvalidInput, match="Set STRETTO_KEY"):
        Privacy(exact="encrypt")
    with pytest.raises(InvalidInput, match="STRETTO_EXACT=keep"):
        privacy_from_environment({"STRETTO_EXACT": "encrypt"})
    assert Privacy(exact="encrypt", cipher=Cipher(KEY)).exact == "encrypt"
    with pytest.raises(InvalidInput, match="keep or encrypt"):
        privacy_from_environment({"STRETTO_EXACT": "maybe"})


@pytest.mark.parametrize(
    ("told", "rules"),
    [
        (None, SECRETS),
        ("secrets", SECRETS),
        ("secrets,pii", SECRETS + PII),
        (" PII , secrets", PII + SECRETS),
        ("none", ()),
        ("email", tuple(rule for rule in PII if rule.name == "email")),
        ("secrets,openai", SECRETS),
        ("slack", tuple(rule for rule in SECRETS if rule.name == "slack")),
    ],
)
def test_environment_names_rules(told: str | None, rules: tuple[Rule, ...]) -> None:
    """Sets and single rules by name; secrets unless something is said."""
    given = {} if told is None else {"STRETTO_REDACT": told}
    assert privacy_from_environment(given).rules == rules


def test_unknown_rule_is_an_error_with_the_nearest_name() -> None:
    """A misspelt rule must not leave secrets where they are."""
    with pytest.raises(UnknownName, match=r"STRETTO_REDACT.*Did you mean 'secrets'"):
        privacy_from_environment({"STRETTO_REDACT": "secret"})


def test_environment_gives_the_key(tmp_path: Any) -> None:
    """As text or in a file, in any usual form."""
    import base64

    forms = [
        KEY.hex(),
        base64.b64encode(KEY).decode(),
        base64.urlsafe_b64encode(KEY).decode().rstrip("="),
    ]
    file = tmp_path / "key"
    for form in forms:
        file.write_text(f"{form}\n{OTHER.hex()}\n")
        for told in ({"STRETTO_KEY": form}, {"STRETTO_KEY_FILE": str(file)}):
            cipher = privacy_from_environment(told).cipher
            assert cipher is not None
            assert cipher.id == Cipher(KEY).id


def test_key_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names the extra to install; without a key nothing of it is imported."""
    real = builtins.__import__

    def without(name: str, *args: Any) -> Any:
        if name.startswith("cryptography"):
            raise ImportError(name)
        return real(name, *args)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtra, match="'trust'"):
        privacy_from_environment({"STRETTO_KEY": KEY.hex()})
    assert privacy_from_environment({}).cipher is None


def test_no_secret_shows_when_privacy_is_printed() -> None:
    """A key is in no log."""
    shown = repr(Privacy(cipher=Cipher(KEY)))
    assert KEY.hex() not in shown
    assert str(KEY) not in shown
    assert Cipher(KEY).id in shown


def test_own_rule() -> None:
    """Rules of one's own stand beside ours."""
    privacy = Privacy(rules=(*SECRETS, Rule("ticket", r"TICKET-\d+")))
    assert privacy.redacted({"text": "see TICKET-12"}) == {"text": "see [redacted:ticket]"}
    with pytest.raises(InvalidInput, match="Python regular expression"):
        Rule("bad", "(")
    with pytest.raises(InvalidInput, match="at least one character"):
        Rule("empty", "a*")
    with pytest.raises(InvalidInput, match="lower-case"):
        Rule("No Name", "a")


def test_value_without_secrets_is_given_back_itself() -> None:
    """Nothing is copied where nothing is found."""
    value = {"text": "why?", "args": {"a": [1, 2.5, None, True, {"b": "c"}]}}
    assert Privacy(rules=SECRETS + PII).redacted(value) is value
    assert Privacy(rules=()).redacted({"password": "x"}) == {"password": "x"}
    assert json.dumps(value)
