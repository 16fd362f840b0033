"""A team that gave nothing, because all in it were left out, says nothing where it is a member."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import stretto
from stretto import member
from stretto.patterns import (
    approve,
    group_chat,
    parallel,
    refine,
    route,
    saga,
    scatter,
    sequential,
)

if TYPE_CHECKING:
    from collections.abc import Callable


async def worker(state: Any) -> str:
    """Work."""
    return "worked"


async def critic(state: Any) -> float:
    """Judge."""
    return 5


def first(state: Any) -> str:
    """Choose."""
    return "a"


def absent(name: str = "absent") -> Any:
    """One that does not work today."""
    return member(worker, name=name, when=lambda state: "not today")


SILENT: dict[str, Callable[[], Any]] = {
    "sequential": lambda: sequential(absent()),
    "parallel": lambda: parallel(absent(), absent("too")),
    "approve": lambda: approve(absent(), ask="Well?"),
    "refine": lambda: refine(absent(), critic, until=3),
    "route": lambda: route(first, {"a": absent(), "b": worker}),
    "saga": lambda: saga(absent()),
    "group_chat": lambda: group_chat([absent()], max_turns=2),
}


@pytest.mark.parametrize("pattern", SILENT)
async def test_a_team_that_gave_nothing_is_as_one_that_was_left_out(pattern: str) -> None:
    """What it kept for itself is not taken for a result."""
    inner = SILENT[pattern]().compile(name="inner")
    chain = await stretto.run(sequential(worker, inner), "go", thread="chain")
    assert (chain.text, chain.value["results"]) == ("worked", {"worker": "worked"})
    both = await stretto.run(parallel(worker, inner), "go", thread="both")
    assert both.value["structured_response"] == {"worker": "worked"}


@pytest.mark.parametrize("pattern", SILENT)
async def test_a_turn_without_an_answer_does_not_give_back_the_question(pattern: str) -> None:
    """It has no text."""
    assert (await stretto.run(SILENT[pattern](), "go", thread="t")).text == ""


async def test_a_list_without_elements_gives_a_list() -> None:
    """Alone and in a chain."""
    none = scatter(worker, each=lambda state: [])
    alone = await stretto.run(none, "go", thread="alone")
    assert (alone.text, alone.value["structured_response"]) == ("There are no items.", [])
    chain = sequential(none.compile(name="none"), worker)
    told = await stretto.run(chain, "go", thread="chain")
    assert told.value["results"] == {"none": [], "worker": "worked"}
