"""A decision by a function of the state."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from types import UnionType
from typing import TYPE_CHECKING, Any, Literal, Union, cast, get_args, get_origin, get_type_hints

from stretto.errors import InvalidInput
from stretto.routing.choice import NOBODY, Choice, checked_label, permitted
from stretto.routing.reading import accepts, called

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

Said = str | tuple[str, str] | Choice
"""What the function may return: a label, a label and a reason, or a whole choice."""


def rule(
    function: Callable[[Mapping[str, Any]], Said | Awaitable[Said]],
    *,
    name: str | None = None,
    labels: Iterable[str] | None = None,
) -> ByFunction:
    """Decide by a function of the state, async or not.

    It returns a label, a pair of label and reason, or a `Choice`; `""` is the label of what is out
    of scope.

    Args:
        function: Takes the state.
        name: What the journal calls it; by default the function's name.
        labels: What it can return. By default those that its return type names: a `Literal`, a
            pair with one, or a union of such; else they are not known.

    Raises:
        InvalidInput: It is no function of one argument, or a label is none.
    """
    given = called(function) if callable(function) else repr(function)
    name = name or ("rule" if given == "a function" else given)
    place = f"the rule {name!r}"
    if not callable(function) or not accepts(function, 1):
        raise InvalidInput(f"{place} is no function of the state. Let it take one argument.")
    known = _literals(function) if labels is None else tuple(labels)
    if labels is not None and not known:
        raise InvalidInput(f"{place} has no label. Name those it returns, or leave `labels` out.")
    found = frozenset(checked_label(place, label) for label in known or () if label != NOBODY)
    return ByFunction(name, function, None if known is None else found)


@dataclass(frozen=True)
class ByFunction:
    """A function that decides; made by `rule`."""

    name: str
    function: Callable[[Mapping[str, Any]], Said | Awaitable[Said]]
    labels: frozenset[str] | None = None

    def decide(self, state: Mapping[str, Any]) -> Choice | Awaitable[Choice]:
        """What the function says; awaitable when the function is async.

        Raises:
            InvalidInput: It returned something else, or a label that is not declared.
        """
        said = self._told(lambda: self.function(state))
        if inspect.isawaitable(said):
            return self._awaited(cast("Awaitable[Said]", said))
        return self._choice(cast("Said", said))

    async def _awaited(self, said: Awaitable[Said]) -> Choice:
        try:
            return self._choice(await said)
        except Exception as error:
            self._note(error)
            raise

    def _told(self, call: Callable[[], object]) -> object:
        try:
            return call()
        except Exception as error:
            self._note(error)
            raise

    def _note(self, error: Exception) -> None:
        error.add_note(f"While the rule {self.name!r} decided.")

    def _choice(self, said: object) -> Choice:
        match said:
            case Choice():
                choice = said
            case str():
                choice = Choice(said, f"the rule {self.name!r} says so")
            case tuple((str() as label, str() as reason)):
                choice = Choice(label, reason)
            case _:
                raise InvalidInput(
                    f"the rule {self.name!r} returned {said!r}. Let it return a label, a label and "
                    "a reason, a `Choice`, or '' when nothing fits."
                )
        return permitted(self.name, choice, self.labels)


def _literals(function: Callable[..., Any]) -> tuple[str, ...] | None:
    """The labels that the function's return type names, if it does."""
    try:
        returns = get_type_hints(function).get("return")
    except (NameError, TypeError, AttributeError):
        return None
    return _named(returns)


def _named(kind: Any) -> tuple[str, ...] | None:
    """The labels in a type: a literal, a pair that begins with one, or a union of such."""
    parts = get_args(kind)
    if get_origin(kind) is Literal:
        return parts if all(isinstance(label, str) for label in parts) else None
    if get_origin(kind) is tuple:
        return _named(parts[0])
    if get_origin(kind) not in (Union, UnionType):
        return None
    found = [_named(part) for part in parts]
    return None if None in found else tuple(label for each in found for label in each or ())
