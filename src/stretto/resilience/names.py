"""What all members of a process that give one name share."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Generic, TypeVar

from stretto.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable

R = TypeVar("R")
T = TypeVar("T")

_ALL: list[Names] = []  # type: ignore[type-arg]


class Names(Generic[R, T]):
    """Things of one sort by name, each with the rule it was made by; used from any thread.

    Args:
        sort: What they are ("breaker"), for errors.
        close: What is done with each that is forgotten.
    """

    def __init__(self, sort: str, close: Callable[[T], None] | None = None) -> None:
        self._sort, self._close = sort, close
        self._given: dict[str, tuple[R, T]] = {}
        self._derived: dict[tuple[str, R], T] = {}
        self._lock = threading.Lock()
        _ALL.append(self)

    def get(self, name: str, rule: R, make: Callable[[], T], *, named: bool = True) -> T:
        """The one of that name, made if there is none.

        Args:
            name: Its name.
            rule: What it goes by; to be hashed and compared.
            make: Makes it.
            named: Whether someone chose the name. Else those with other rules are others.

        Raises:
            InvalidInput: The one of that name goes by another rule.
        """
        if not named:
            derived = self._derived.get((name, rule))
            return self._make_derived(name, rule, make) if derived is None else derived
        found = self._given.get(name) or self._make_given(name, rule, make)
        if found[0] is not rule and found[0] != rule:
            raise InvalidInput(
                f"the {self._sort} {name!r} is declared twice: {_told(found[0])}, and "
                f"{_told(rule)}. Declare it alike wherever it is named, or give one another name."
            )
        return found[1]

    def forget(self) -> None:
        """Forget them: the next to ask for a name gets a new one."""
        with self._lock:
            every = [each for _, each in self._given.values()] + list(self._derived.values())
            self._given.clear()
            self._derived.clear()
        for each in every if self._close is not None else ():
            self._close(each)  # type: ignore[misc]

    def _make_given(self, name: str, rule: R, make: Callable[[], T]) -> tuple[R, T]:
        with self._lock:
            if name not in self._given:
                self._given[name] = (rule, make())
            return self._given[name]

    def _make_derived(self, name: str, rule: R, make: Callable[[], T]) -> T:
        with self._lock:
            if (name, rule) not in self._derived:
                self._derived[name, rule] = make()
            return self._derived[name, rule]


def forget() -> None:
    """Forget every breaker, bulkhead and rate of this process, as if none had been named.

    For tests, and for a notebook in which a rule was changed. Members that were built before go on
    with what they have.
    """
    for names in _ALL:
        names.forget()


def _told(rule: object) -> str:
    return f"limit={rule}" if isinstance(rule, int) else f"({rule})"
