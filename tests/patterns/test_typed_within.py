"""What a member of a nested team gives comes out of a checkpoint as the class it was."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

import stretto
from stretto.members.human import ask_person
from stretto.patterns import approve, parallel, saga, scatter, sequential

APPROVED = {"decisions": [{"type": "approve"}]}


class Price(BaseModel):
    """A result."""

    amount: float


async def price(state: Any) -> Price:
    """Price it."""
    return Price(amount=2.5)


async def asks(state: Any) -> str:
    """Ask a person."""
    ask_person("go", {"x": 1}, "Well?")
    return "yes"


def undo(output: Any, brief: Any) -> None:
    """Undo a step."""


TEAMS: dict[str, Any] = {
    "sequential": (sequential(price), Price(amount=2.5)),
    "approve": (approve(price, ask=lambda state: False), Price(amount=2.5)),
    "saga": (saga((price, undo)), Price(amount=2.5)),
    "parallel": (parallel(price), {"price": Price(amount=2.5)}),
    "scatter": (scatter(price, each=lambda state: [1]), [Price(amount=2.5)]),
}


@pytest.mark.parametrize("pattern", TEAMS)
async def test_a_typed_result_keeps_its_type_two_levels_up(pattern: str) -> None:
    """Also where unknown types are not read from checkpoints."""
    team, expected = TEAMS[pattern]
    low = sequential(team.compile(name="low")).compile(name="inner")
    seen: list[Any] = []

    async def sees(state: Any) -> str:
        seen.append(state["results"]["inner"])
        return "seen"

    graph = sequential(low, asks, sees)
    await stretto.run(graph, "go", thread="t")
    await stretto.resume(graph, "t", APPROVED)
    assert seen == [expected]
