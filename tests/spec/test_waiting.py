"""Async work from synchronous code."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar

import pytest

from stretto.spec.waiting import wait_for

who: ContextVar[str] = ContextVar("who")


async def greet() -> str:
    """Say who is there."""
    await asyncio.sleep(0)
    return who.get()


def test_work_is_done_without_a_loop() -> None:
    """The caller's context is there."""
    who.set("nobody")
    assert wait_for(greet()) == "nobody"


async def test_work_is_done_inside_a_running_loop() -> None:
    """Graphs are imported there too."""
    who.set("loop")
    assert wait_for(greet()) == "loop"


def test_errors_come_through() -> None:
    """As they were raised."""

    async def fail() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        wait_for(fail())
