"""Threads of patterns are replayed: ids and times that they make up are no difference."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import pytest

from stretto import resume, run
from stretto.patterns import (
    approve,
    board,
    group_chat,
    map_reduce,
    parallel,
    refine,
    route,
    scatter,
    sequential,
    supervisor,
    swarm,
)
from stretto.replay import replay
from stretto.state import Delegate, HandOver

if TYPE_CHECKING:
    from collections.abc import Callable

    from stretto.runs import Storage

APPROVED = {"decisions": [{"type": "approve"}]}


async def one(state: Any) -> str:
    """Work."""
    return "one"


async def two(state: Any) -> str:
    """Work too."""
    return "two"


async def gives(state: Any) -> HandOver:
    """Hand over."""
    return HandOver(to="one", reason="one knows")


async def judge(state: Any) -> float:
    """Judge."""
    return 5


def by(state: Any) -> str:
    """Choose."""
    return "b"


def chief(state: Any) -> Any:
    """Lead."""
    if state.get("work"):
        return "done"
    return [Delegate(worker="one", task="a"), Delegate(worker="two", task="b")]


async def count(items: list[int]) -> int:
    """Count."""
    return len(items)


def each(state: Any) -> list[str]:
    """What is worked on."""
    return ["a", "b"]


TEAMS: dict[str, Callable[[], Any]] = {
    "sequential": lambda: sequential(one, two),
    "items": lambda: sequential(one, two, items=each),
    "parallel": lambda: parallel(one, two),
    "scatter": lambda: scatter(one, each=each),
    "route": lambda: route(by, {"a": one, "b": two}),
    "refine": lambda: refine(one, judge, until=7, max_rounds=2),
    "approve": lambda: approve(one, to="ann", deadline=3600, escalate=["bob"]),
    "supervisor": lambda: supervisor(chief, [one, two]),
    "swarm": lambda: swarm([gives, one]),
    "board": lambda: board([one, two], tasks=["x", "y", "z"]),
    "group_chat": lambda: group_chat([one, two], max_turns=3),
    "map_reduce": lambda: map_reduce(lambda: range(250), count, operator.add),
}


@pytest.mark.parametrize("pattern", TEAMS)
async def test_a_thread_of_a_pattern_does_the_same(pattern: str, storage: Storage) -> None:
    """Two turns of it, with an answer where one is asked for."""
    for words in ("go", "once more"):
        found = await run(TEAMS[pattern](), words, thread="t", storage=storage)
        if found.status == "interrupted":
            await resume(TEAMS[pattern](), "t", APPROVED, storage=storage)
    again = await replay(TEAMS[pattern](), "t", storage=storage)
    assert again.same, str(again)
    assert again.turns == 2
