"""A plan in which a member, or the whole team, has used up what it may spend."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import stretto
from stretto import Agent, plan
from stretto.errors import BudgetExceeded, InvalidInput
from stretto.policy import Budget, Constant, Fallback, Policy
from stretto.testing import Reply, ScriptedModel

if TYPE_CHECKING:
    from stretto.runs import Storage


def team(budget: Budget | None = None, policy: Policy | None = None) -> Any:
    """A planner of two tasks, one executor for both, a reviewer that takes what there is."""

    def think(messages: Any) -> Reply:
        tasks = [{"id": f"t{n}", "goal": f"Say {n}.", "executor": "worker"} for n in (1, 2)]
        return Reply(json.dumps({"tasks": tasks}))

    def judge(messages: Any) -> Reply:
        return Reply(json.dumps({"verdict": "accept", "reason": "it will do"}))

    return plan(
        Agent(name="planner", model=ScriptedModel(think)),
        [Agent(name="worker", model=ScriptedModel(lambda _: Reply("said")), policy=policy)],
        Agent(name="reviewer", model=ScriptedModel(judge)),
        rules=(),
        budget=budget,
    )


async def asked(graph: Any, storage: Storage) -> dict[str, Any]:
    """The state at the end."""
    result = await stretto.run(graph, "Say both.", thread="t", storage=storage)
    return result.value


async def test_a_member_that_has_spent_its_own_leaves_the_others_at_work(storage: Storage) -> None:
    """One task is done, the other says why it is not, and the team ends its turn."""
    value = await asked(team(policy=Policy(budget=Budget(calls=1))), storage)
    stopped = [r for r in value["results"].values() if r.stopped]
    (done,) = [r for r in value["results"].values() if not r.stopped]
    assert done.text == "said"
    assert [r.found for r in stopped] == [False]
    assert "1 of 1 calls" in stopped[0].stopped
    await storage.journal.flush()
    exceeded = await storage.journal.records("t", types=("budgeted",))
    assert [(r.event, r.budget) for r in exceeded if r.event == "exceeded"] == [
        ("exceeded", "worker")
    ]


async def test_a_fallback_degrades_instead(storage: Storage) -> None:
    """If it says so."""
    fallback = Fallback(to=Constant(value="a guess"), on=("budget",))
    value = await asked(team(policy=Policy(budget=Budget(calls=1), fallback=fallback)), storage)
    assert sorted(r.text for r in value["results"].values()) == ["a guess", "said"]


async def test_a_team_that_has_spent_all_stops(storage: Storage) -> None:
    """Its budget, not a member's: a resume with more goes on."""
    with pytest.raises(BudgetExceeded, match="'plan'") as caught:
        await asked(team(budget=Budget(calls=2)), storage)
    assert caught.value.unit == "calls"
    await storage.journal.flush()
    ended = await storage.journal.records("t", types=("model_started",))
    assert len(ended) == 2
    result = await stretto.resume(team(budget=Budget(calls=9)), "t", storage=storage)
    assert result.value["answer"].accepted


def test_what_cannot_be_split_is_refused() -> None:
    """More for a member than for its team; a share of nothing; money without a price."""
    with pytest.raises(InvalidInput, match="plan: the budget of 'worker' allows 9 calls"):
        team(Budget(calls=5), Policy(budget=Budget(calls=9)))
    with pytest.raises(InvalidInput, match=r"has a share of 0\.5"):
        team(None, Policy(budget=Budget(share=0.5)))
    with pytest.raises(InvalidInput, match="the model 'ScriptedModel' has no price"):
        team(Budget(money=1.0))
