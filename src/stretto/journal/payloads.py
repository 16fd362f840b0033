"""What was said, whole, under its digest: the payloads that records refer to.

A payload is stored once for each thread, compressed where that pays and sealed when there is a key.
"""

from __future__ import annotations

import json
import zlib
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from stretto.errors import StateUnreadable

if TYPE_CHECKING:
    from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

    from stretto.journal.privacy import Privacy

SAID_KIND, JSON_KIND = "said", "json"
COMPRESSED = 1_000
"""Bytes from which a body is stored compressed."""
PACKED = "+zlib"
"""Ends the kind of a body that is stored compressed."""
_LEVEL = 1


class Payload(NamedTuple):
    """A body and what it is."""

    digest: str
    """SHA-256 of the body, in hexadecimal."""
    kind: str
    """`said`: JSON of a record's `SAID` fields; `json`; else what LangGraph's serializer says."""
    body: bytes
    exact: bool
    """Whether it must be given back unchanged, and so is never redacted."""


def said_payload(value: Any) -> Payload:
    """The readable part of a record, redacted before, as a payload."""
    return _payload(SAID_KIND, _encoder.encode(value).encode("utf-8", "replace"), exact=False)


def json_payload(value: Any) -> Payload:
    """A JSON value as a payload: equal values have one digest.

    Raises:
        TypeError, ValueError, RecursionError: It is no JSON value.
    """
    return _payload(JSON_KIND, canonical(value), exact=True)


def object_payload(value: Any) -> Payload:
    """Anything that LangGraph can store in a checkpoint as a payload.

    It is stored as a list of one, so that its bytes are never those of a JSON text.

    Raises:
        Exception: Whatever LangGraph's serializer raises of what it cannot store.
    """
    kind, body = _serializer().dumps_typed([value])
    return _payload(kind, body, exact=True)


def value_of(payload: Payload) -> Any:
    """The value that a payload was made of.

    Raises:
        StateUnreadable: The body is not what its kind says.
    """
    try:
        if payload.kind in {SAID_KIND, JSON_KIND}:
            return json.loads(payload.body.decode("utf-8", "surrogatepass"))
        (value,) = _serializer().loads_typed((payload.kind, payload.body))
    except Exception as error:
        raise StateUnreadable(
            f"the payload {payload.digest} is damaged ({type(error).__name__}: {error}). "
            "`stretto audit --verify` names the records that refer to it."
        ) from error
    return value


def canonical(value: Any) -> bytes:
    """JSON in one form: keys in order, no spaces, UTF-8."""
    return _encoder.encode(value).encode("utf-8", "surrogatepass")


_encoder = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def packed(payload: Payload, privacy: Privacy) -> tuple[str, bytes]:
    """Kind and body as they are stored."""
    kind, body = payload.kind, payload.body
    if len(body) >= COMPRESSED:
        smaller = zlib.compress(body, _LEVEL)
        if len(smaller) < len(body):
            kind, body = kind + PACKED, smaller
    return kind, privacy.seal(body)


def unpacked(digest: str, kind: str, exact: object, body: bytes | str, privacy: Privacy) -> Payload:
    """A payload from what is stored of it.

    Raises:
        StateUnreadable: It is sealed and there is no key or another one, or it is damaged.
    """
    plain = privacy.unseal(body.encode() if isinstance(body, str) else bytes(body))
    if kind.endswith(PACKED):
        kind = kind.removesuffix(PACKED)
        try:
            plain = zlib.decompress(plain)
        except zlib.error as error:
            raise StateUnreadable(
                f"the payload {digest} is damaged ({error}). "
                "`stretto audit --verify` names the records that refer to it."
            ) from error
    return Payload(digest, kind, plain, bool(exact))


def _payload(kind: str, body: bytes, *, exact: bool) -> Payload:
    return Payload(sha256(body).hexdigest(), kind, body, exact)


@cache
def _serializer() -> JsonPlusSerializer:
    from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

    from stretto.state import STATE_TYPES

    return JsonPlusSerializer().with_msgpack_allowlist(STATE_TYPES)
