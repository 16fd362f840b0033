"""What is known of a value, and of one way through a function."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable


class _Unknown:
    def __repr__(self) -> str:
        return "?"


UNKNOWN: Final = _Unknown()
ABSENT: Final = object()
"""A field that nobody has written."""


@dataclass(frozen=True)
class Going:
    """A `Command`: what it updates, and where it goes."""

    update: Any = None
    goto: Any = None
    parent: bool = False


@dataclass(frozen=True)
class Sent:
    """A `Send`, or as many as there are of something."""

    node: Any
    per: tuple[str, ...] = ()
    """What there may be any number of: as often as there are of all of them, multiplied."""
    often: int = 1


FAILED: Final = object()
"""Stands for what a function gives that raises."""


@dataclass
class Way:
    """One way through a function."""

    local: dict[str, Any] = field(default_factory=dict[str, Any])
    given: Any = None
    done: bool = False
    state: dict[str, Any] = field(default_factory=dict[str, Any])
    """Fields that the function has given other values in place."""

    def copy(self) -> Way:
        """The same, to go on from."""
        return Way(dict(self.local), self.given, self.done, dict(self.state))

    def ended(self, given: Any) -> Way:
        """The same, at its end."""
        return Way(self.local, given, done=True, state=self.state)

    def forget(self, names: Iterable[str]) -> None:
        """Know no longer what local names hold."""
        self.local.update(dict.fromkeys(names, UNKNOWN))

    def touch(self, names: Iterable[str]) -> None:
        """Know no longer what is in the lists and dictionaries that local names hold."""
        held = [self.local[n] for n in names if isinstance(self.local.get(n), list | dict)]
        for name, value in list(self.local.items()):
            if any(value is each for each in held):
                self.local[name] = UNKNOWN


STATE: Final = object()
"""The state itself."""


ANY: Final = "*"
"""Stands for a field that is changed in place, whichever it is."""


@dataclass(frozen=True)
class Perhaps:
    """As many `Send` as there are of something, or none."""

    sent: Sent
