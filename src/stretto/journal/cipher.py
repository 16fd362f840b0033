"""Seals bytes with AES-256-GCM, for the journal's payloads and for LangGraph's checkpoints."""

from __future__ import annotations

import base64
import binascii
import os
from hashlib import sha256
from pathlib import Path

from stretto.errors import (
    InvalidInput,
    KeyUnknown,
    MissingExtra,
    StateUnavailable,
    StateUnreadable,
)

KEY_BYTES = 32
NAME = "aesgcm"
"""How LangGraph marks a value in a checkpoint that was sealed."""
_ID_BYTES, _NONCE_BYTES = 8, 12
_MAKE_ONE = 'python -c "import secrets; print(secrets.token_hex(32))"'


class Cipher:
    """Seals and opens bytes; also LangGraph's `CipherProtocol`.

    A sealed body tells which key sealed it: the first 8 bytes are the key's id, then come 12 bytes
    of nonce and what AES-256-GCM gives.

    Args:
        keys: Of 32 bytes each. The first one seals; all of them open.

    Raises:
        InvalidInput: There is no key, or one of another length.
        MissingExtra: The extra `trust` is not installed.
    """

    def __init__(self, *keys: bytes) -> None:
        if not keys or any(len(key) != KEY_BYTES for key in keys):
            raise InvalidInput(f"a key has {KEY_BYTES} bytes. Make one: {_MAKE_ONE}")
        try:
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        except ImportError as error:
            raise MissingExtra("Encryption", "trust") from error
        self._id = _id(keys[0])
        self._ciphers = {_id(key): AESGCM(key) for key in keys}

    def __repr__(self) -> str:
        return f"<Cipher of key {self.id}>"

    @property
    def id(self) -> str:
        """Of the key that seals: 16 hexadecimal digits that tell nothing else of it."""
        return self._id.hex()

    def seal(self, body: bytes) -> bytes:
        """The body, encrypted with the first key."""
        nonce = os.urandom(_NONCE_BYTES)
        return self._id + nonce + self._ciphers[self._id].encrypt(nonce, body, self._id)

    def unseal(self, sealed: bytes) -> bytes:
        """The body again.

        Raises:
            KeyUnknown: It was sealed with a key that is not here.
            StateUnreadable: It is damaged.
        """
        key, nonce = sealed[:_ID_BYTES], sealed[_ID_BYTES : _ID_BYTES + _NONCE_BYTES]
        if len(sealed) < _ID_BYTES + _NONCE_BYTES:
            raise StateUnreadable(_DAMAGED)
        if (cipher := self._ciphers.get(key)) is None:
            raise KeyUnknown(
                f"what is stored was encrypted with the key {key.hex()}, and the key given is "
                f"{self.id}. Add the other one to STRETTO_KEY, after a comma."
            )
        from cryptography.exceptions import InvalidTag

        try:
            return cipher.decrypt(nonce, sealed[_ID_BYTES + _NONCE_BYTES :], key)
        except InvalidTag as error:
            raise StateUnreadable(_DAMAGED) from error

    def encrypt(self, plaintext: bytes) -> tuple[str, bytes]:
        """See LangGraph's `CipherProtocol`."""
        return NAME, self.seal(plaintext)

    def decrypt(self, ciphername: str, ciphertext: bytes) -> bytes:
        """See LangGraph's `CipherProtocol`.

        Raises:
            KeyUnknown, StateUnreadable: As `unseal`, or another kind of cipher sealed it.
        """
        if ciphername != NAME:
            raise StateUnreadable(
                f"a checkpoint was encrypted by {ciphername!r}, which is not ours. "
                "Open it with the program that wrote it."
            )
        return self.unseal(ciphertext)


_DAMAGED = (
    "what is stored was encrypted and has been changed since, so it cannot be read. "
    "Restore it from a copy; `stretto audit --verify` names the records that it belongs to."
)


def parse_keys(text: str, name: str) -> tuple[bytes, ...]:
    """The keys in a text: hexadecimal or Base64, with commas or line feeds between.

    `name` is where they come from, for the error; no error tells the text.

    Raises:
        InvalidInput: One of them is no key of 32 bytes.
    """
    given = [part.strip() for part in text.replace("\n", ",").split(",") if part.strip()]
    keys = tuple(key for part in given if (key := _key(part)) is not None)
    if not keys or len(keys) < len(given):
        raise InvalidInput(
            f"{name} holds no key: it must be {KEY_BYTES} bytes in hexadecimal or Base64. "
            f"Make one: {_MAKE_ONE}"
        )
    return keys


def key_file(path: str | Path) -> tuple[bytes, ...]:
    """The keys in a file, one a line.

    Raises:
        InvalidInput: It holds no key.
        StateUnavailable: It cannot be read.
    """
    try:
        text = Path(path).expanduser().read_text(encoding="ascii", errors="replace")
    except OSError as error:
        raise StateUnavailable(
            f"cannot read the key file {str(path)!r}: {error.strerror}. "
            "Set STRETTO_KEY_FILE to a file that holds the key."
        ) from error
    return parse_keys(text, f"the key file {str(path)!r}")


def _key(text: str) -> bytes | None:
    try:
        if len(text) == 2 * KEY_BYTES:
            return bytes.fromhex(text)
        padded = text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4)
        key = base64.b64decode(padded.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if len(key) == KEY_BYTES else None


def _id(key: bytes) -> bytes:
    return sha256(b"stretto key id\n" + key).digest()[:_ID_BYTES]
