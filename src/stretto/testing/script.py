"""Replies in an order, each given once."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Generic, TypeVar

from stretto.testing.reply import UnexpectedCall

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stretto.testing.call import Call

Item = TypeVar("Item")
LONGEST = 200
"""Characters of a call's text that an error quotes."""


class Script(Generic[Item]):
    """A list of replies that threads may take from, each once."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._items = tuple(items)
        self._taken = 0
        self._lock = threading.Lock()

    @property
    def left(self) -> int:
        """How many replies nobody has taken."""
        return len(self._items) - self._taken

    def take(self, asked: Call) -> Item:
        """Take the next reply.

        Raises:
            UnexpectedCall: All replies have been taken.
        """
        with self._lock:
            if self.left:
                self._taken += 1
                return self._items[self._taken - 1]
        raise UnexpectedCall(
            f"the script of {len(self._items)} replies has run out, and the model was asked "
            f"{quoted(asked)}. Add a reply to the script, or give a function that answers any call."
        )


def quoted(asked: Call) -> str:
    """The call in one line, for an error: its last message and the tools it offers."""
    text = asked.text if len(asked.text) <= LONGEST else f"{asked.text[:LONGEST]}..."
    sender = asked.messages[-1].type if asked.messages else "nobody"
    return f"{text!r} (from {sender}; tools: {', '.join(asked.tool_names) or 'none'})"
