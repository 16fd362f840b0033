"""Makes what was said harmless to show: nothing in it commands a terminal or turns text around."""

from __future__ import annotations

import re

_COMMANDS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 but tab and line feed, DEL, C1
    "\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"  # line separators, marks of direction
    "\ud800-\udfff]"  # halves of characters, which no stream takes
)


def printable(text: str) -> str:
    """The text without control characters and marks that change its direction.

    Tabs, line feeds and what joins characters stay.
    """
    return text if text.isprintable() else _COMMANDS.sub("", text)
