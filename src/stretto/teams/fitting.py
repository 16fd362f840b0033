"""What a name leads to must fit the place where a team's file says it."""

from __future__ import annotations

from inspect import isclass
from typing import TYPE_CHECKING, Any

from stretto.errors import InvalidInput, StrettoError
from stretto.members import member
from stretto.policy import Authority, Budget

if TYPE_CHECKING:
    from stretto.spec.definition import Place

_FUNCTIONS = {
    *("when", "until", "ask", "each", "items", "tasks", "context", "reduce", "decide", "check"),
    *("fits", "migrates"),
}
_VALUES: dict[str, tuple[type[Any], str]] = {
    "budget": (Budget, "Name a `Budget(...)` of `steps/`, or write it out, as in `{tokens: 5000}`"),
    "authority": (
        Authority,
        "Name an `Authority(...)` of `steps/`, or write it out, as in `{may_decide: {pay: 100}}`",
    ),
}


def refuse_misfit(name: str, value: Any, place: Place) -> None:
    """Refuse what a name leads to where it is of a kind that cannot stand there.

    Raises:
        InvalidInput: It is a class where a function is called, or no class where fields are
            declared, or no budget or authority.
    """
    key = next((each for each in reversed(place) if each in _KEYS), "")
    if key in _VALUES:
        kind, remedy = _VALUES[key]
        if not isinstance(value, kind):
            raise InvalidInput(f"{name!r} is {_kind(value)}, no {kind.__name__}. {remedy}")
    elif key == "state":
        if not isclass(value):
            raise InvalidInput(
                f"{name!r} is {_kind(value)}, no class of fields. Name a `TypedDict` of `steps/`"
            )
    elif key in _FUNCTIONS and (isclass(value) or not callable(value)):
        raise InvalidInput(f"{name!r} is {_kind(value)}, no function. Name a function of `steps/`")


_KEYS = {*_FUNCTIONS, *_VALUES, "state"}


def refuse_class(name: str, value: Any) -> None:
    """Refuse a class as a member.

    Raises:
        InvalidInput: It is one.
    """
    if isclass(value):
        raise InvalidInput(f"{name!r} is a class, no member. Name a function or a graph")


def unforeseen(error: Exception) -> InvalidInput:
    """The error for what raised something of its own where it was taken in."""
    said = next(iter(str(error).splitlines()), "").rstrip(".")
    told = InvalidInput(
        f"this cannot be made ({type(error).__name__}{': ' if said else ''}{said}). Correct what "
        "is named here, or leave it out"
    )
    told.__cause__ = error
    return told


def own_name(source: Any) -> str:
    """The name that a thing has without being given one, "" when it has none."""
    try:
        return member(source).name
    except StrettoError:
        return ""


def _kind(value: Any) -> str:
    if isclass(value):
        return "a class"
    return "a function" if callable(value) else f"of type {type(value).__name__}"
