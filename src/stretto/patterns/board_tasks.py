"""The tasks of a board: as they are given, and as they are kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeAlias

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import to_jsonable_python

from stretto.errors import InvalidInput
from stretto.members.reply import text_of
from stretto.state import BoardTask

Given: TypeAlias = str | BaseModel | Mapping[str, Any]
Tasks: TypeAlias = (
    Sequence[Given] | Callable[[Mapping[str, Any]], Sequence[Given] | Awaitable[Sequence[Given]]]
)
"""Tasks as text or values; or a function that makes them of the state, when a turn begins."""
Bid: TypeAlias = bool | float
Rule: TypeAlias = Callable[[str, BoardTask], Bid | Awaitable[Bid]]
Own: TypeAlias = Callable[[BoardTask], Bid | Awaitable[Bid]]
Fits: TypeAlias = Rule | Mapping[str, Own]
"""Who fits a task: a rule `(agent, task)`, or each agent's own `(task)`, by its name. It gives yes
or no, or a bid: the highest gets the task."""
_reader = TypeAdapter(dict[str, BoardTask | None])


def merge_board(
    old: dict[str, BoardTask] | None, new: dict[str, Any] | None
) -> dict[str, BoardTask]:
    """Put new tasks over old ones by their ids; `None` takes one out."""
    merged = {**(old or {}), **_reader.validate_python(new or {})}
    return {name: task for name, task in merged.items() if task is not None}


def tasks_of(given: Any, payload: type[BaseModel] | None) -> dict[str, BoardTask]:
    """The tasks of a board, by their ids.

    Raises:
        InvalidInput: There is none, or one is none.
    """
    if isinstance(given, str | Mapping) or not isinstance(given, Sequence) or not given:
        raise InvalidInput(
            f"board: {given!r} is no list of tasks. Give texts or values, at least one."
        )
    listed: Sequence[Any] = given
    return {f"t{n}": task_of(f"t{n}", one, payload) for n, one in enumerate(listed, 1)}


def task_of(id_: str, given: Any, payload: type[BaseModel] | None, *, by: str = "") -> BoardTask:
    """One task.

    Raises:
        InvalidInput: It says nothing, or is not of the type that is declared.
    """
    if isinstance(given, str) and given.strip() and payload is None:
        return BoardTask(id=id_, goal=given.strip(), by=by)
    try:
        value = payload.model_validate(given) if payload is not None else given
        if isinstance(value, BaseModel | Mapping) and value:
            taken: Any = value
            return BoardTask(id=id_, goal=text_of(taken), data=to_jsonable_python(taken), by=by)
        problem = "it says nothing"
    except ValidationError as error:
        first = error.errors()[0]
        problem = f"{'.'.join(map(str, first['loc'])) or 'it'}: {first['msg']}"
    except ValueError as error:
        problem = str(error)
    kind = "text or a value" if payload is None else f"a value of {payload.__name__}"
    raise InvalidInput(f"board: {given!r} is no task: {problem}. Give {kind}.")
