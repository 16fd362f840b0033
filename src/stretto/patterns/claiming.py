"""Who claims which task of a board: pure decisions over what is open and who fits."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from stretto.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from stretto.state import BoardTask


def free_for(task: BoardTask, agents: Iterable[str]) -> Iterator[str]:
    """Those that have not given this task back."""
    return (name for name in agents if name not in task.tried)


def bid_of(given: Any, agent: str, task: BoardTask) -> float:
    """How well an agent fits a task, 0 for not at all.

    Raises:
        InvalidInput: It is neither yes or no nor a number.
    """
    if isinstance(given, bool):
        return float(given)
    if isinstance(given, int | float) and not math.isnan(given):
        return max(0.0, float(given))
    raise InvalidInput(
        f"board: how well {agent!r} fits the task {task.id!r} is {given!r}. Give True, False or a "
        "number, of which the highest gets the task."
    )


def best(bids: Mapping[str, float], done: Mapping[str, int]) -> str:
    """Who gets a task: the highest bid, of equals who has done least; empty when nobody fits."""
    fit = {name: bid for name, bid in bids.items() if bid > 0}
    return min(fit, key=lambda name: (-fit[name], done.get(name, 0)), default="")


def work_done(board: Mapping[str, BoardTask]) -> dict[str, int]:
    """How many tasks each has done."""
    done: dict[str, int] = {}
    for task in board.values():
        if task.state == "done":
            done[task.owner] = done.get(task.owner, 0) + 1
    return done


def claimed(task: BoardTask, by: str) -> BoardTask:
    """The task, claimed."""
    return task.model_copy(update={"state": "claimed", "owner": by})


def given_back(task: BoardTask, by: str, why: str, attempts: int) -> BoardTask:
    """The task, open again, or failed when that was the last attempt."""
    tried = [*task.tried, by]
    state = "open" if len(tried) < attempts else "failed"
    return task.model_copy(update={"state": state, "owner": "", "tried": tried, "why": why})


def failed(task: BoardTask, why: str) -> BoardTask:
    """The task, given up."""
    return task.model_copy(update={"state": "failed", "owner": "", "why": task.why or why})


def account(tasks: Sequence[BoardTask]) -> str:
    """What a board came to, in words."""
    if len(tasks) == 1 and tasks[0].state == "done":
        return tasks[0].text
    parts = [f"{t.goal}\n{t.text if t.state == 'done' else f'not done: {t.why}'}" for t in tasks]
    return "\n\n".join(part.strip() for part in parts)
