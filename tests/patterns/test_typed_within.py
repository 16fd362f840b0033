"""What a member of a nested team gives comes out of a checkpoint as the class it was."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

import stretto
from stretto.members.human import ask_person
from stretto.patterns import approve, map_reduce, parallel, saga, scatter, sequential

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
    "map_reduce": (map_reduce(lambda: [1], price, lambda a, b: a), Price(amount=2.5)),
    "pipeline": (sequential(price, items=lambda state: [1]), [Price(amount=2.5)]),
    "pipeline of chains": (
        sequential(sequential(price).compile(name="deep"), items=lambda state: [1]),
        [Price(amount=2.5)],
    ),
    "map_reduce of chains": (
        map_reduce(lambda: [1], sequential(price).compile(name="deep"), lambda a, b: a),
        Price(amount=2.5),
    ),
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


async def test_who_joins_elements_has_typed_results_after_an_interrupt() -> None:
    """What the elements gave was read from a checkpoint by then."""
    seen: list[Any] = []

    async def joins(state: Any) -> str:
        ask_person("go", {"x": 1}, "Well?")
        seen.append(state["results"]["0"])
        return "joined"

    graph = scatter(sequential(price).compile(name="low"), each=lambda state: [1], join=joins)
    await stretto.run(graph, "go", thread="t")
    await stretto.resume(graph, "t", APPROVED)
    assert seen == [Price(amount=2.5)]
