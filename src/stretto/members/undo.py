"""What undoes a step: found by its name, called with what the step gave and was given."""

from __future__ import annotations

import asyncio
import contextvars
import importlib
import inspect
import json
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from langchain_core.messages import ToolMessage
from langchain_core.runnables.config import var_child_runnable_config
from pydantic import BaseModel

from stretto.errors import InvalidInput, StateUnreadable, StrettoError
from stretto.journal.payloads import value_of
from stretto.spec.tool import EFFECT_KEY, effect_of
from stretto.spec.undo import declared_undo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from stretto.journal.owed import Step
    from stretto.journal.store import Journal
    from stretto.spec.tool import Effect


@dataclass(frozen=True, slots=True)
class Given:
    """What a step gave and was given."""

    result: Any = None
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict[str, Any])


def undo_function(name: str) -> Callable[..., Any]:
    """The function of that name: declared in this process, or found where its name says.

    A file that was loaded under a made-up name (a project's tools and graphs) is found by its own.

    Raises:
        InvalidInput: There is none.
    """
    if (known := declared_undo(name)) is not None:
        return known
    module, _, qualname = name.partition(":")
    for place in _modules(module):
        found: Any = place
        for part in qualname.split("."):
            found = getattr(found, part, None)
        if inspect.isfunction(found):
            return declared_undo(name) or cast("Callable[..., Any]", found)
    raise InvalidInput(
        f"what undoes it, {name!r}, is not found here. Give the function its name and place back, "
        "or do it by hand."
    )


def undo_effect(undo: Callable[..., Any]) -> Effect:
    """How an undo is declared; one that is not counts as idempotent."""
    return effect_of(undo) if hasattr(undo, EFFECT_KEY) else "idempotent"


def _modules(name: str) -> Iterator[ModuleType]:
    """Where a module of that name may be, the likeliest first."""
    if (loaded := sys.modules.get(name)) is not None:
        yield loaded
    else:
        with suppress(Exception):  # made up, gone, or broken: then it is not found there
            yield importlib.import_module(name)
    yield from _files(name)


def _files(name: str) -> Iterator[ModuleType]:
    """The project's files whose made-up names may be the one that is looked for."""
    from stretto.project import Project
    from stretto.spec.module import load_module, module_name

    try:
        project = Project.find()
        places = [target.rpartition(":")[0] for target in project.graphs().values()]
    except StrettoError:  # no project here, or a broken one
        return
    graphs = [project.root / place for place in places if place.endswith(".py")]
    likely = [
        path
        for path in (*sorted((project.root / "tools").glob("*.py")), *graphs)
        if name.endswith((path.stem, path.stem.replace("-", "_"))) and path.is_file()
    ]
    for path in sorted(likely, key=lambda path: module_name(path) != name):
        yield load_module(path)


async def read_given(journal: Journal, step: Step) -> Given:
    """What a step gave and was given, as the journal holds it.

    Raises:
        StateUnreadable: It is not kept any more, or damaged.
    """
    gave = step.end.output if step.end is not None else ""
    wanted = {digest for digest in (step.start.given, gave) if digest}
    found = await journal.payloads(step.start.thread, wanted)
    if step.start.given not in found or (step.end is not None and gave not in found):
        raise StateUnreadable(
            "what it gave, or was given, is not kept any more (it was forgotten, or could not be "
            "stored). Undo it by hand."
        )
    told = value_of(found[step.start.given])
    result = value_of(found[gave]) if gave else None
    return Given(result, tuple(told["args"]), dict(told["kwargs"]))


async def call_undo(undo: Callable[..., Any], given: Given, seconds: float) -> None:
    """Undo a step; what the undo gives is of no use.

    It runs outside of the graph: effects in it are its own, not those of the node that failed.

    Raises:
        TimeoutError: It took longer than `seconds`; a function that is not async runs on.
        Exception: What it raises.
    """
    result, args, kwargs = _fitted(undo, given)

    async def work() -> None:
        if inspect.iscoroutinefunction(undo):
            await undo(result, *args, **kwargs)
            return
        answer = await asyncio.to_thread(undo, result, *args, **kwargs)
        if inspect.isawaitable(answer):
            await answer

    context = contextvars.copy_context()
    context.run(var_child_runnable_config.set, None)
    await asyncio.wait_for(asyncio.create_task(work(), context=context), seconds)


def _fitted(undo: Callable[..., Any], given: Given) -> tuple[Any, list[Any], dict[str, Any]]:
    """The arguments as the undo declares them: pydantic values are stored as dictionaries."""
    try:
        hints = inspect.get_annotations(undo, eval_str=True)
        names = list(inspect.signature(undo).parameters)
    except (NameError, TypeError, ValueError):
        hints, names = {}, []
    kinds = [hints.get(name) for name in names] + [None] * (len(given.args) + 1)
    args = [_as(value, kind) for value, kind in zip(given.args, kinds[1:], strict=False)]
    kwargs = {name: _as(value, hints.get(name)) for name, value in given.kwargs.items()}
    return _as(_result(given.result, kinds[0]), kinds[0]), args, kwargs


def _result(result: Any, wanted: Any) -> Any:
    """What a step gave; of a tool, what it returned rather than the message about it."""
    if not isinstance(result, ToolMessage) or wanted is ToolMessage:
        return result
    text = result.text
    if wanted in {None, str, Any}:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _as(value: Any, kind: Any) -> Any:
    if isinstance(value, dict) and inspect.isclass(kind) and issubclass(kind, BaseModel):
        return kind.model_validate(value)
    return value
