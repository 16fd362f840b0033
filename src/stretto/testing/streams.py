"""The events in which a server streams an answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stretto.testing.call import Json


def event(data: Json, *, name: str = "") -> bytes:
    """Write one server-sent event."""
    return (f"event: {name}\n" if name else "").encode() + f"data: {json.dumps(data)}\n\n".encode()
