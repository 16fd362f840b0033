"""How checkpoints are written: LangGraph's serializer, encrypted when a key is set."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from langgraph.checkpoint.serde.encrypted import EncryptedSerializer
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from stretto import state
from stretto.state import NAMED_TYPES, STATE_TYPES

if TYPE_CHECKING:
    from langgraph.checkpoint.serde.base import SerializerProtocol

    from stretto.journal.cipher import Cipher


def serializer(cipher: Cipher | None = None) -> SerializerProtocol:
    """LangGraph's serializer; under `LANGGRAPH_STRICT_MSGPACK` it knows our state types too.

    With a cipher everything it writes is encrypted. What was written without one stays readable.
    """
    plain = JsonPlusSerializer().with_msgpack_allowlist(STATE_TYPES)
    return plain if cipher is None else EncryptedSerializer(cipher, plain)


def _unknown(record: logging.LogRecord) -> bool:
    args = record.args if isinstance(record.args, tuple) else ()
    known = args[:1] == (state.__name__,) or args[:2] in NAMED_TYPES
    return not (str(record.msg).startswith("Deserializing") and known)


# Without strict msgpack LangGraph logs a warning for each type it brings back: ours, too, and those
# that a state names, which strict msgpack lets through.
logging.getLogger("langgraph.checkpoint.serde.jsonplus").addFilter(_unknown)
