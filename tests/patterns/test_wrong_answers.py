"""An answer of another shape than was asked for is nobody's failure: it can be given again."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import pytest

from stretto import Policy, member, resume, run
from stretto.errors import InvalidAnswer
from stretto.members.human import ask_person
from stretto.patterns import (
    board,
    map_reduce,
    parallel,
    publish,
    saga,
    scatter,
    sequential,
    supervisor,
    swarm,
)
from stretto.state import Delegate

if TYPE_CHECKING:
    from collections.abc import Callable

    from stretto.runs import Result, Storage

NO_SHAPE = {"decisions": [{"type": "maybe"}]}
APPROVED = {"decisions": [{"type": "approve"}]}


async def asks(state: Any) -> str:
    """Ask a person."""
    ask_person("go", {"x": 1}, "May I?")
    return "yes"


async def asks_first(items: list[int]) -> int:
    """Ask a person, then count."""
    ask_person("go", {"x": 1}, "May I?")
    return len(items)


async def helper(state: Any) -> str:
    """Work."""
    return "helped"


def chief(state: Any) -> Any:
    """Lead."""
    work = state.get("work")
    return work[0].status if work else [Delegate(worker="asks", task="t")]


def undo(output: Any, brief: Any) -> None:
    """Undo a step."""


def each(state: Any) -> list[str]:
    """What is worked on."""
    return ["a", "b"]


def member_of(policy: dict[str, Any]) -> Any:
    """Who asks, under a policy."""
    return sequential(member(asks, policy=Policy.model_validate(policy)))


TEAMS: dict[str, Callable[[], Any]] = {
    "parallel": lambda: parallel(helper, asks),
    "any of them": lambda: parallel(asks, member(asks, name="other"), require="any"),
    "scatter": lambda: scatter(asks, each=each),
    "publish": lambda: publish(asks),
    "items": lambda: sequential(asks, items=each),
    "supervisor": lambda: supervisor(chief, [asks]),
    "swarm": lambda: swarm([asks, helper]),
    "board": lambda: board([asks, helper], tasks=["x", "y"]),
    "map_reduce": lambda: map_reduce(lambda: [1, 2], asks_first, operator.add, chunk=1),
    "saga": lambda: saga((helper, undo), asks),
    "fallback": lambda: member_of({"fallback": {"to": [{"constant": "instead"}]}}),
    "retry": lambda: member_of({"retry": {"attempts": 2, "wait": 0.001, "on": ["error"]}}),
    "nested": lambda: board([sequential(asks).compile(name="asks"), helper], tasks=["x", "y"]),
}


@pytest.mark.parametrize("pattern", TEAMS)
async def test_an_answer_of_the_wrong_shape_is_asked_for_again(
    pattern: str, storage: Storage
) -> None:
    """Nobody takes over, nothing counts as failed, and no question is lost."""
    graph = TEAMS[pattern]()

    async def answer(found: Result, given: Any) -> Result:
        return await resume(graph, "t", answers={found.interrupts[0].id: given}, storage=storage)

    found = await run(graph, "go", thread="t", storage=storage)
    with pytest.raises(InvalidAnswer):
        await answer(found, NO_SHAPE)
    found = await answer(found, APPROVED)
    while found.status == "interrupted":
        found = await answer(found, APPROVED)
    assert set(found.value.get("failed") or {}) <= {"other"}
    said = str(found.value.get("structured_response") or found.text)
    assert {"map_reduce": "2", "publish": "asks", "supervisor": "done"}.get(pattern, "yes") in said
