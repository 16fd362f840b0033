"""Signed heads of threads, kept outside the database: they show when its end is cut or rewritten.

An anchor is a line of JSON: `thread`, `position`, `hash`, `time` (UTC, ISO 8601), `key` (the id of
the public key) and `signature` (Ed25519, Base64) over the text that `Anchor.message` gives.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from stretto import clock
from stretto.errors import InvalidInput, MissingExtra, StateUnavailable, StateUnreadable
from stretto.home import state_home

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

FILE = "anchors.jsonl"
ANCHORED = frozenset({"run_ended", "pruned", "forgotten"})
"""The types of records after which a thread's head is signed."""


class Anchor(NamedTuple):
    """A head that was signed."""

    thread: str
    position: int
    hash: str
    time: str
    key: str
    signature: str
    line: int = 0
    """Where it stands in its file, from 1."""

    def message(self) -> bytes:
        """What is signed: version, position, hash, time, key and thread, a line each."""
        parts = ("stretto-anchor-1", self.position, self.hash, self.time, self.key, self.thread)
        return "\n".join(map(str, parts)).encode("utf-8", "surrogatepass")

    def is_signed_by(self, key: Ed25519PublicKey) -> bool:
        """Whether the signature is one of this key."""
        from cryptography.exceptions import InvalidSignature

        try:
            key.verify(base64.b64decode(self.signature, validate=True), self.message())
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return True


class Anchors:
    """Signs heads and appends them to a file. Used from one thread; processes may share the file.

    Args:
        path: The file; it and its folder are made when first needed.
        key: What signs.
        now: The time that is written.
    """

    def __init__(self, path: Path, key: Ed25519PrivateKey, *, now: clock.Clock = clock.now) -> None:
        self.path, self._key, self._now = path, key, now
        self.key = key_id(key.public_key())

    def note(self, stored: Iterable[tuple[str, int, str, str]]) -> None:
        """Sign the last head of each thread in which a run ended.

        Args:
            stored: Thread, position, hash and type of records, in the order they were stored in.

        Raises:
            StateUnavailable: The file cannot be written.
        """
        heads = {thread: (place, mark) for thread, place, mark, kind in stored if kind in ANCHORED}
        if heads:
            lines = (self._line(thread, *head) for thread, head in heads.items())
            self._append("".join(lines).encode())

    def _line(self, thread: str, position: int, mark: str) -> str:
        time = datetime.fromtimestamp(self._now(), UTC).isoformat(timespec="milliseconds")
        plain = Anchor(thread, position, mark, time, self.key, "")
        signature = base64.b64encode(self._key.sign(plain.message())).decode()
        told = plain._replace(signature=signature)._asdict()
        del told["line"]
        return json.dumps(told) + "\n"

    def _append(self, lines: bytes) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                size = os.fstat(file).st_size
                torn = size > 0 and os.pread(file, 1, size - 1) != b"\n"
                os.write(file, b"\n" + lines if torn else lines)
                os.fsync(file)
            finally:
                os.close(file)
        except OSError as error:
            raise StateUnavailable(
                f"cannot write the anchors {str(self.path)!r}: {error.strerror}. "
                "Set STRETTO_ANCHORS to a file that can be written, then resume."
            ) from error


def anchors_from_environment(environment: Mapping[str, str] | None = None) -> Anchors | None:
    """What signs heads here; `None` unless `STRETTO_SIGNING_KEY` names a private key (PEM).

    `STRETTO_ANCHORS` names the file, else it is `anchors.jsonl` where the project keeps its state.

    Raises:
        InvalidInput: The file holds no Ed25519 private key.
        MissingExtra: The extra `trust` is not installed.
        StateUnavailable: The key cannot be read.
    """
    given = os.environ if environment is None else environment
    path = given.get("STRETTO_SIGNING_KEY", "").strip()
    return Anchors(anchors_path(given), private_key(path)) if path else None


def anchors_path(environment: Mapping[str, str] | None = None) -> Path:
    """Where the anchors are."""
    given = os.environ if environment is None else environment
    named = given.get("STRETTO_ANCHORS", "").strip()
    return Path(named).expanduser() if named else state_home() / FILE


def read_anchors(path: Path) -> list[Anchor]:
    """The anchors in a file, in its order; none when there is no file.

    A line that cannot be read is given as an anchor of no thread, so that it is told and not
    passed over.

    Raises:
        StateUnreadable: The file cannot be read.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StateUnreadable(
            f"cannot read the anchors {str(path)!r}: {error.strerror}. "
            "Set STRETTO_ANCHORS to the file that holds them."
        ) from error
    return [_parsed(line, number) for number, line in enumerate(lines, 1) if line.strip()]


def _parsed(line: bytes, number: int) -> Anchor:
    try:
        told: dict[str, Any] = json.loads(line)
        texts = [str(told[name]) for name in ("thread", "hash", "time", "key", "signature")]
        thread, hashed, time, key, signature = texts
        return Anchor(thread, int(told["position"]), hashed, time, key, signature, number)
    except (ValueError, TypeError, KeyError):
        return Anchor("", -1, "", "", "", "", number)


def private_key(path: str | Path) -> Ed25519PrivateKey:
    """The private key in a PEM file without a password.

    Raises:
        InvalidInput, MissingExtra, StateUnavailable: As `anchors_from_environment`.
    """
    key = _loaded(path)
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    if not isinstance(key, Ed25519PrivateKey):
        raise InvalidInput(
            f"{str(path)!r} holds no Ed25519 private key. "
            f"Make one: stretto audit --new-key {Path(path).name}"
        )
    return key


def public_key(path: str | Path) -> Ed25519PublicKey:
    """The public key in a PEM file, or that of the private key in it.

    Raises:
        InvalidInput, MissingExtra, StateUnavailable: As `anchors_from_environment`.
    """
    key = _loaded(path)
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

    if isinstance(key, Ed25519PrivateKey):
        return key.public_key()
    if not isinstance(key, Ed25519PublicKey):
        raise InvalidInput(
            f"{str(path)!r} holds no Ed25519 key. Give the public key that was made with "
            "the signing key."
        )
    return key


def verifying_key(environment: Mapping[str, str] | None = None) -> Ed25519PublicKey | None:
    """The key of `STRETTO_VERIFY_KEY`, else that of `STRETTO_SIGNING_KEY`; `None` without either.

    Raises:
        InvalidInput, MissingExtra, StateUnavailable: As `anchors_from_environment`.
    """
    given = os.environ if environment is None else environment
    names = (given.get(name, "").strip() for name in ("STRETTO_VERIFY_KEY", "STRETTO_SIGNING_KEY"))
    return next((public_key(path) for path in names if path), None)


def new_key(path: Path) -> Path:
    """Make a signing key: the private one at `path`, readable by its owner only.

    Returns:
        Where the public one is: beside it, named `.pub.pem`.

    Raises:
        InvalidInput: A file is already there.
        MissingExtra: The extra `trust` is not installed.
        StateUnavailable: It cannot be written.
    """
    serialization = _serialization()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    beside = path.with_suffix(".pub.pem")
    for file, text, mode in ((path, private, 0o600), (beside, public, 0o644)):
        try:
            made = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
            with os.fdopen(made, "wb") as opened:
                opened.write(text)
        except FileExistsError as error:
            raise InvalidInput(
                f"{str(file)!r} is already there and was left as it is. Give another path."
            ) from error
        except OSError as error:
            raise StateUnavailable(
                f"cannot write {str(file)!r}: {error.strerror}. Give another path."
            ) from error
    return beside


def key_id(key: Ed25519PublicKey) -> str:
    """What tells this key from others: the beginning of the SHA-256 of its 32 bytes."""
    return sha256(key.public_bytes_raw()).hexdigest()[:16]


def _loaded(path: str | Path) -> object:
    serialization = _serialization()
    try:
        text = Path(path).expanduser().read_bytes()
    except OSError as error:
        raise StateUnavailable(
            f"cannot read the key {str(path)!r}: {error.strerror}. "
            "Set STRETTO_SIGNING_KEY or STRETTO_VERIFY_KEY to a PEM file."
        ) from error
    try:
        if b"PRIVATE" in text:
            return serialization.load_pem_private_key(text, password=None)
        return serialization.load_pem_public_key(text)
    except (ValueError, TypeError):
        return None


def _serialization() -> Any:
    try:
        from cryptography.hazmat.primitives import serialization
    except ImportError as error:
        raise MissingExtra("Signing", "trust") from error
    return serialization
