"""A round of a board: members claim what is open, or the turn ends."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stretto.errors import MemberFailed, UnknownName
from stretto.members.decisions import decided, told
from stretto.patterns.board_tasks import tasks_of
from stretto.patterns.claiming import account, best, bid_of, claimed, failed, free_for, work_done
from stretto.patterns.handoff_turn import turn_of
from stretto.patterns.results import answer_update
from stretto.state import BoardTask

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from pydantic import BaseModel

    from stretto.members import Update
    from stretto.patterns.board_tasks import Bid, Fits, Own, Rule, Tasks

NODE = "board"
"""The node at which tasks are claimed."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a board goes by."""

    tasks: Tasks
    fits: Rule | None
    payload: type[BaseModel] | None
    names: tuple[str, ...]
    attempts: int
    max_tasks: int
    width: int

    @property
    def runs(self) -> int:
        """How often all members together work in a turn at most."""
        return self.max_tasks * self.attempts


def rule_of(fits: Fits | None, names: Sequence[str]) -> Rule | None:
    """The rule by which tasks are claimed; `None` where everyone fits all.

    Raises:
        UnknownName: It names one that is not there.
    """
    if fits is None or not isinstance(fits, Mapping):
        return fits
    own: Mapping[str, Own] = fits
    for name in own:
        if name not in names:
            raise UnknownName("agent", name, names, where="board: fits")

    def rule(agent: str, task: BoardTask) -> Bid | Awaitable[Bid]:
        return own[agent](task) if agent in own else True

    return rule


async def claim(rules: Rules, state: Mapping[str, Any]) -> Update:
    """Let members claim what is open, or end the turn."""
    turn, update = turn_of(state), dict[str, Any]()
    listed: dict[str, BoardTask] = dict(state.get("board") or {})
    if turn.fresh:
        update = {"results": dict.fromkeys(state.get("results") or ()), "turn": turn.id}
        stale: dict[str, Any] = dict.fromkeys(listed)
        listed = await _listed(rules, state)
    else:
        stale = {}
    changed = _beyond(listed, rules.max_tasks)
    for id_ in changed:
        await decided(NODE, "refused", reason=f"more than {rules.max_tasks} tasks: {id_}")
    claims, more = await _claims(rules, {**listed, **changed})
    changed |= more
    written = {**stale, **(listed if turn.fresh else {}), **changed}
    update |= {"board": written, "claims": claims}
    if claims:
        return update
    return {**update, **await _ended([*{**listed, **changed}.values()]), "turn": ""}


async def _listed(rules: Rules, state: Mapping[str, Any]) -> dict[str, BoardTask]:
    if not callable(rules.tasks):
        return tasks_of(rules.tasks, rules.payload)
    made = rules.tasks(state)
    given: Any = await made if inspect.isawaitable(made) else made
    return tasks_of(given, rules.payload) if given else {}


def _beyond(listed: Mapping[str, BoardTask], most: int) -> dict[str, BoardTask]:
    """Those that are more than there may be, given up."""
    beyond = [task for task in list(listed.values())[most:] if task.state == "open"]
    return {task.id: failed(task, f"there are more than {most} tasks") for task in beyond}


async def _claims(
    rules: Rules, listed: Mapping[str, BoardTask]
) -> tuple[dict[str, str], dict[str, BoardTask]]:
    """Who claims which task now; and the tasks that this changes."""
    done, claims, changed = work_done(listed), dict[str, str](), dict[str, BoardTask]()
    for task in listed.values():
        if task.state != "open" or len(claims) == min(rules.width, len(rules.names)):
            continue
        bids = {name: await _bid(rules, name, task) for name in free_for(task, rules.names)}
        if not any(bids.values()):
            changed[task.id] = failed(task, "nobody fits it")
            await decided(NODE, "failed", reason=f"nobody fits {task.id}: {task.goal}")
            continue
        free = {name: bid for name, bid in bids.items() if name not in claims}
        if not (who := best(free, done)):
            continue
        claims[who] = task.id
        changed[task.id] = claimed(task, who)
        others = tuple(name for name, bid in bids.items() if bid and name != who)
        await decided(who, "claimed", reason=task.goal, alternatives=others, data={"task": task.id})
    return claims, changed


async def _bid(rules: Rules, name: str, task: BoardTask) -> float:
    if rules.fits is None:
        return 1.0
    made = rules.fits(name, task)
    return bid_of(await made if inspect.isawaitable(made) else made, name, task)


async def _ended(tasks: Sequence[BoardTask]) -> Update:
    """Tell what the board came to."""
    done = sum(task.state == "done" for task in tasks)
    verdict = "done" if done == len(tasks) else "partial" if done else "failed"
    lost = "; ".join(f"{t.id}: {t.why}" for t in tasks if t.state == "failed")
    await told("outcome", verdict=verdict, rounds=len(tasks), reason=lost)
    if verdict == "failed":
        raise MemberFailed(
            f"board: none of the {len(tasks)} tasks could be done ({lost}). See to why, then go "
            "back to before it with `stretto fork`; or give it members that fit, or raise "
            "`attempts`."
        )
    return answer_update(NODE, account(tasks) or "There is nothing to do.")
