"""What a tool does to the world, said where the tool is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast, get_args

from stretto.errors import InvalidInput
from stretto.spec.undo import UNDO_KEY, undo_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from stretto.spec.undo import Undo

Effect = Literal["reads", "idempotent", "ask", "fail"]
"""What is to happen when a call was begun and it is not known whether it ended: `reads` and
`idempotent` are done again, `ask` puts it to a person, `fail` refuses it."""

EFFECT_KEY = "stretto_effect"
"""Attribute of a function, and key in the metadata of a `BaseTool`, that holds its effect."""

F = TypeVar("F", bound="Callable[..., Any]")

EFFECTS: tuple[Effect, ...] = get_args(Effect)
"""All of them."""


def tool(*, effect: Effect, undo: Undo | None = None) -> Callable[[F], F]:
    """Mark a plain typed function with its effect, and what undoes it; it is returned unchanged.

    Args:
        effect: What is to happen when a call was begun and never came back.
        undo: Called as `undo(result, **arguments)` when the work that the call was part of is
            undone: with what it gave and what it was given. A function at the top of a module.

    Raises:
        ValueError: There is no such effect.
        InvalidInput: The undo is no function that another process could find, or there is nothing
            to undo.
    """
    if effect not in EFFECTS:
        raise ValueError(f"no effect {effect!r}. Use one of {', '.join(EFFECTS)}.")
    name = undo_name(undo) if undo is not None else ""
    if name and effect == "reads":
        raise InvalidInput(f"what only reads leaves nothing to undo. Leave {name!r} out.")

    def mark(function: F) -> F:
        setattr(function, EFFECT_KEY, effect)
        if name:
            setattr(function, UNDO_KEY, name)
        return function

    return mark


def effect_of(tool: object) -> Effect:
    """Tell the effect of a function or a `BaseTool`; what is not declared is "ask".

    Known without a declaration: LangChain's retriever tools read, and tools of an MCP server
    follow its hints (`readOnlyHint`, `idempotentHint`).
    """
    metadata = cast("dict[str, Any]", getattr(tool, "metadata", None) or {})
    inside = [getattr(tool, name, None) for name in ("coroutine", "func")]
    declared: tuple[Any, ...] = (
        getattr(tool, EFFECT_KEY, None),
        metadata.get(EFFECT_KEY),
        *(getattr(each, EFFECT_KEY, None) for each in inside),
        *(_known(each) for each in inside),
        "reads" if metadata.get("readOnlyHint") is True else None,
        "idempotent" if metadata.get("idempotentHint") is True else None,
    )
    return cast("Effect", next((each for each in declared if each in EFFECTS), "ask"))


def _known(function: object) -> Effect | None:
    is_retriever = getattr(function, "__module__", "") == "langchain_core.tools.retriever"
    return "reads" if is_retriever else None
