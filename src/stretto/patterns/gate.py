"""What a step declares to take and to give, checked between steps."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.errors import PydanticSchemaGenerationError

from stretto.errors import InvalidInput, ResultUnfit
from stretto.members.reply import Reply, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stretto.members import Member


def check_gates(pattern: str, steps: Sequence[Member]) -> None:
    """Refuse steps of which one surely does not give what the next one takes.

    Raises:
        InvalidInput: A declared type is none, or a field is needed that the step before never
            gives.
    """
    for one in steps:
        for kind in (one.takes, one.gives):
            _adapter_of(kind, f"{pattern}: step {one.name!r}")
    for before, after in pairwise(steps):
        given, taken = before.value_type, after.takes
        if before.when is None and _is_model(given) and _is_model(taken):
            needed = {n for n, f in taken.model_fields.items() if f.is_required()}
            if lost := sorted(needed - set(given.model_fields)):
                raise InvalidInput(
                    f"{pattern}: step {after.name!r} takes {taken.__name__}, which needs "
                    f"{lost[0]!r}, and {before.name!r} gives {given.__name__}, which has no such "
                    "field. Add it there, or put a step between them."
                )


def pass_in(one: Member, results: Mapping[str, Any], steps: str) -> None:
    """Check what comes to a step: the last result before it.

    Raises:
        ResultUnfit: It is not what the step takes, or there is none.
    """
    if one.takes is None:
        return
    if not results:
        raise ResultUnfit(
            f"step {one.name!r} ({steps}) takes {_called(one.takes)}, and no step before it gave "
            "anything. Let one work, or leave `takes` out."
        )
    who, value = list(results.items())[-1]
    try:
        _adapter(one.takes).validate_python(_plain(value))
    except ValidationError as error:
        raise ResultUnfit(
            f"step {one.name!r} ({steps}) takes {_called(one.takes)}, and {who!r} gave what does "
            f"not fit: {_first(error)}. Mend {who!r}, or edit its result, then resume."
        ) from error


def pass_out(one: Member, said: Reply, steps: str) -> Reply:
    """Check what a step gave; gives the reply with its result as the declared type.

    Raises:
        ResultUnfit: It is not what the step declares to give.
    """
    if one.gives is None:
        return said
    value = said.value if said.value is not None else said.text
    try:
        fit = _adapter(one.gives).validate_python(_plain(value))
    except ValidationError as error:
        raise ResultUnfit(
            f"step {one.name!r} ({steps}) is to give {_called(one.gives)}, and gave what does not "
            f"fit: {_first(error)}. Mend it, then resume."
        ) from error
    return Reply(said.text or text_of(fit), fit, complete=said.complete, update=said.update)


def _plain(value: Any) -> Any:
    return value.model_dump() if isinstance(value, BaseModel) else value


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _called(kind: Any) -> str:
    return getattr(kind, "__name__", None) or str(kind)


def _first(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    place = ".".join(map(str, first["loc"]))
    return f"{place}: {first['msg']}" if place else first["msg"]


def _adapter_of(kind: Any, where: str) -> None:
    if kind is None:
        return
    try:
        _adapter(kind)
    except (PydanticSchemaGenerationError, TypeError) as error:
        raise InvalidInput(
            f"{where} declares {kind!r}, which is no type that can be checked. Use a pydantic "
            "class or a type such as `list[str]`."
        ) from error


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
