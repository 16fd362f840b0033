"""The world outside: a file that tells what happened in it, whoever died meanwhile."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stretto import idempotency_key

if TYPE_CHECKING:
    from pathlib import Path

EFFECTS = {"book": "ask", "pay": "idempotent", "look": "reads"}
"""How each thing that can be done is declared; what is to be asked about is left undeclared."""
Thing = tuple[str, str]
"""What was done, and to whom; each is done once by a run that nobody disturbs."""


def outcome(name: str, who: str) -> str:
    """What the world answers: the same each time."""
    return f"{name} {who}: done"


@dataclass(frozen=True)
class World:
    """Does things, and keeps each in a line that a kill cannot take back."""

    path: Path

    def book(self, who: str) -> str:
        """Book a seat, each time anew: it knows no idempotency keys."""
        return self._happen("book", who)

    def pay(self, who: str) -> str:
        """Pay a bill; of calls with one idempotency key the first alone counts."""
        return self._happen("pay", who, idempotency_key())

    def look(self, who: str) -> str:
        """Look something up; the world stays as it is."""
        return self._happen("look", who)

    def _happen(self, name: str, who: str, key: str = "") -> str:
        line = json.dumps({"name": name, "who": who, "key": key}) + "\n"
        file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, line.encode())
            os.fsync(file)
        finally:
            os.close(file)
        return outcome(name, who)

    def lines(self) -> list[dict[str, Any]]:
        """What happened, in order."""
        text = self.path.read_text() if self.path.exists() else ""
        return [json.loads(line) for line in text.splitlines()]

    def happened(self, name: str, who: str) -> int:
        """How often it was done."""
        return sum((line["name"], line["who"]) == (name, who) for line in self.lines())

    def counts(self) -> Counter[Thing]:
        """How often each thing counts: a payment once for each key, a look once."""
        once = {(line["name"], line["who"], line["key"]) for line in self.lines()}
        seen = Counter((name, who) for name, who, _ in once)
        asked = {(n, w): self.happened(n, w) for n, w in seen if EFFECTS[n] == "ask"}
        return seen | Counter(asked)
