"""Asynchronous work from a command; asyncio is loaded then, and not for `stretto --help`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

T = TypeVar("T")


def awaited(work: Coroutine[Any, Any, T]) -> T:
    """Do it on an event loop of its own, and give what it gives."""
    import asyncio

    return asyncio.run(work)
