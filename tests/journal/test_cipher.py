"""Bodies sealed with AES-256-GCM, and the keys that seal them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stretto.errors import InvalidInput, KeyUnknown, StateUnavailable, StateUnreadable
from stretto.journal.cipher import Cipher
from stretto.journal.privacy import Privacy, privacy_from_environment

KEY, OTHER = b"k" * 32, b"o" * 32


@given(st.binary(max_size=100), st.data())
def test_any_change_of_a_sealed_body_is_found(body: bytes, data: st.DataObject) -> None:
    """No byte of it can be changed, cut off or added."""
    sealed = Cipher(KEY).seal(body)
    place = data.draw(st.integers(0, len(sealed) - 1))
    other = bytes([sealed[place] ^ data.draw(st.integers(1, 255))])
    for changed in (sealed[:place] + other + sealed[place + 1 :], sealed[:place], sealed + b"x"):
        with pytest.raises(StateUnreadable):
            Cipher(KEY).unseal(changed)


def test_key_of_another_length_is_refused() -> None:
    """The text says how to make one."""
    for keys in ((), (b"short",), (KEY, b"")):
        with pytest.raises(InvalidInput, match="Make one: python -c"):
            Cipher(*keys)


def test_older_key_still_opens() -> None:
    """After a change of keys the new one seals and both open."""
    old, both = Privacy(cipher=Cipher(OTHER)), Privacy(cipher=Cipher(KEY, OTHER))
    assert both.unseal(old.seal(b"words")) == b"words"
    with pytest.raises(KeyUnknown):
        old.unseal(both.seal(b"words"))


@pytest.mark.parametrize("key", ["short", "zz" * 32, "00" * 31, f"{'00' * 32},no"])
def test_bad_key_is_an_error_that_does_not_tell_it(key: str) -> None:
    """A key of another length or form is refused, and is in no message."""
    with pytest.raises(InvalidInput, match="STRETTO_KEY holds no key") as caught:
        privacy_from_environment({"STRETTO_KEY": key})
    assert key not in str(caught.value)


def test_key_file_that_is_not_there(tmp_path: Any) -> None:
    """Names the file and the setting."""
    with pytest.raises(StateUnavailable, match="Set STRETTO_KEY_FILE"):
        privacy_from_environment({"STRETTO_KEY_FILE": str(tmp_path / "none")})


def test_langgraph_encrypts_checkpoints_with_it() -> None:
    """It is a cipher as LangGraph wants one; what was stored before the key stays readable."""
    from langgraph.checkpoint.serde.encrypted import EncryptedSerializer
    from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

    plain = JsonPlusSerializer()
    sealed = EncryptedSerializer(Cipher(KEY), plain)
    kind, body = sealed.dumps_typed({"words": "hunter2"})
    assert b"hunter2" not in body
    assert sealed.loads_typed((kind, body)) == {"words": "hunter2"}
    assert sealed.loads_typed(plain.dumps_typed([1])) == [1]
    with pytest.raises(KeyUnknown):
        EncryptedSerializer(Cipher(OTHER), plain).loads_typed((kind, body))
    with pytest.raises(StateUnreadable, match="'aes'"):
        Cipher(KEY).decrypt("aes", body)
