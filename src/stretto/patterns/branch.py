"""A branch: a member's node that neither stops the others nor is stopped by their failures."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any

from langgraph.errors import GraphBubbleUp, GraphInterrupt, is_invalid_resume

from stretto.errors import (
    BranchesFailed,
    BudgetExceeded,
    LimitReached,
    RunStopped,
    StateUnavailable,
    StateUnreadable,
    ThreadBusy,
    ThreadTaken,
    TimedOut,
)
from stretto.members.superstep import stored
from stretto.patterns.race import race_at
from stretto.patterns.results import result_update
from stretto.state import merge_values

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig

    from stretto.members import ConfigNode, Reply, Settle, Skip, Update
    from stretto.patterns.quorum import Require
    from stretto.patterns.race import Race

BRANCHES = "branches"
"""The field of the state that tells how each branch of the turn ended: "done", "skipped", "failed"
or "unneeded", by what it is called."""

Ended = Annotated[dict[str, str], merge_values]
"""The type of that field."""

Called = Callable[[Any], str]
"""What a branch is called in `results` and `failed`; given its state."""

_ENDS_THE_RUN = (
    LimitReached,
    RunStopped,
    StateUnavailable,
    StateUnreadable,
    ThreadBusy,
    ThreadTaken,
)


@dataclass(frozen=True, slots=True)
class Fork:
    """What branches have in common."""

    pattern: str
    nodes: frozenset[str]
    """Those whose tasks are branches."""
    size: int | None
    """How many branches there are; `None` where the state tells, in `item_count`."""
    require: Require
    deadline: float | None


def settle_branch(called: Called) -> Settle:
    """The update of a branch that succeeded."""

    def settle(state: Any, said: Reply) -> Update:
        name = called(state)
        update = {"results": {name: None}, **result_update(name, said)}
        return {**update, "failed": {name: None}, BRANCHES: {name: "done"}}

    return settle


def skip_branch(called: Called) -> Skip:
    """The update of a branch whose `when` does not hold."""

    def skip(state: Any, _why: str) -> Update:
        name = called(state)
        return {"results": {name: None}, "failed": {name: None}, BRANCHES: {name: "skipped"}}

    return skip


def without(name: str, why: str, status: str = "failed") -> Update:
    """The update of a branch that gave nothing."""
    return {"results": {name: None}, "failed": {name: why}, BRANCHES: {name: status}}


def why_failed(error: BaseException) -> str:
    """Word a failure in a line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def ends_the_run(error: BaseException, name: str) -> bool:
    """Whether what a member raised is no failure of its own, but stops the whole run."""
    if isinstance(error, BudgetExceeded):
        return name not in error.budget.split("/")  # that of a team it is in
    return isinstance(error, _ENDS_THE_RUN) or is_invalid_resume(error)


def branch(node: ConfigNode, fork: Fork, name: str, called: Called) -> ConfigNode:
    """Make a member's node a branch.

    It catches what the member raises, and waits until it is known what is to be made of that; see
    `race`. It stops the member when it is not needed any more, or too late.

    Args:
        node: The member's node.
        fork: What it has in common with the other branches.
        name: The member's.
        called: What the branch is called.

    Raises (in the node):
        BranchesFailed: It has failed, and too few of the others succeed.
    """

    @wraps(node)
    async def run(state: Any, config: RunnableConfig) -> Any:
        race, task, new = race_at(config, fork.nodes, fork.require, deadline=fork.deadline)
        try:
            if new and not race.blind and race.size < (fork.size or state["item_count"]):
                await _recall(race, state, config, {called(state), *race.running})
            one = _Branch(race, fork, task, name, called(state))
            if race.stop.done():
                return await one.too_late()
            race.stands(task, "working")
            return await one.ended(await _until_stopped(node, state, config, race))
        finally:
            if race.alone:
                race.close()

    return run


async def _recall(
    race: Race, state: Mapping[str, Any], config: RunnableConfig, running: Collection[str]
) -> None:
    """Tell a race of the branches that had ended before: in this superstep, or before it."""
    others, why = dict(state.get(BRANCHES) or {}), dict(state.get("failed") or {})
    for each in await stored(config, BRANCHES):
        others.update(each)
    for each in await stored(config, "failed"):
        why.update(each)
    others = {name: status for name, status in others.items() if name not in running}
    race.ended_before(others, why)


async def _until_stopped(
    node: ConfigNode, state: Any, config: RunnableConfig, race: Race
) -> asyncio.Future[Any]:
    """The node's work when it has ended, by itself or because it was stopped."""
    work = asyncio.ensure_future(node(state, config))
    try:
        both: list[asyncio.Future[Any]] = [work, race.stop]
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            work.cancel()
            await asyncio.wait({work})
    except asyncio.CancelledError:
        work.cancel()
        await asyncio.wait({work})
        raise
    return work


@dataclass(frozen=True, slots=True)
class _Branch:
    """What is made of the end of a branch."""

    race: Race
    fork: Fork
    task: str
    name: str
    called: str

    async def ended(self, work: asyncio.Future[Any]) -> Any:
        """The update, once it is known what is to be made of the end."""
        if work.cancelled():
            return await self.too_late()
        error = work.exception()
        if error is None:
            update = work.result()
            ended = update.get(BRANCHES, {}) if isinstance(update, dict) else {}
            skipped = ended.get(self.called) == "skipped"
            self.race.stands(self.task, "skipped" if skipped else "done")
            return update
        if isinstance(error, GraphInterrupt):
            return await self._asks(error)
        if isinstance(error, GraphBubbleUp) or ends_the_run(error, self.name):
            raise error
        return await self._failed(error)

    async def too_late(self) -> Update:
        """The update of one that was stopped, or not begun."""
        race, seconds = self.race, self.fork.deadline
        if not race.stop.done():
            return await self._failed(asyncio.CancelledError("it was cancelled from within"))
        if race.stop.result() == "enough":
            race.stands(self.task, "unneeded")
            return self._unneeded()
        late = f"it had not ended after {seconds:g} s, the deadline"
        return await self._failed(TimedOut(f"{late}. Raise `deadline`, or require fewer."))

    async def _failed(self, error: BaseException) -> Update:
        race, why = self.race, why_failed(error)
        race.why[self.called] = why
        said = await race.hold(self.task, "failing")
        if said == "lost" and not race.written:
            raise BranchesFailed(self.fork.pattern, race.why, self.fork.require) from error
        return without(self.called, why)

    async def _asks(self, error: GraphInterrupt) -> Update:
        if await self.race.hold(self.task, "asking") == "enough":
            return self._unneeded()
        raise error

    def _unneeded(self) -> Update:
        why = f"not needed: {self.fork.require} had succeeded"
        if self.fork.require == "any":
            why = "not needed: another had succeeded"
        return without(self.called, why, "unneeded")
