"""What a card tells of the effects of functions."""

from __future__ import annotations

from typing import Any

from stretto import effect, tool
from stretto.cli.deeds_declared import effects_declared


@tool(effect="idempotent")
def put(what: str) -> str:
    """Put it down."""
    return what


def taken(done: str, what: str) -> None:
    """Take it away again."""


async def kept(what: str) -> Any:
    """Keep it; called by another."""
    return await effect("keep", put, what, effect="fail", undo=taken)


async def both(state: dict[str, str]) -> Any:
    """Do one, and another by a function of the same file."""
    for name in state:
        await effect(f"put.{name}", put, name)
    await effect("guess", taken, "a", "b")
    return await kept("x")


def test_effects_are_told_as_they_are_declared():
    """By the call, else by the mark of what is called, else as what is not known is treated."""
    assert effects_declared(both) == [
        "put.NAME (idempotent)",
        "guess (ask)",
        "keep (fail, undone by taken)",
    ]
    assert effects_declared(put) == []
    assert effects_declared("a value") == []
