"""What a saga does when it comes to nothing: undo what its steps did, then fail as the step did."""

from __future__ import annotations

import uuid
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from stretto.errors import COMPENSATED, Rejected, WorkUndone
from stretto.journal.ledger import Ledger
from stretto.journal.owed import OWED_TYPES, Step, steps, within
from stretto.journal.queries import last_turn
from stretto.members.compensation import because
from stretto.members.decisions import decided
from stretto.members.human import Approve, ask_person
from stretto.members.nested import resumes
from stretto.members.scope import Undoing
from stretto.members.where import here
from stretto.records import Compensated
from stretto.state import SagaStep

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from langchain_core.runnables import RunnableConfig

    from stretto.members import ConfigNode, Update
    from stretto.members.where import Where
    from stretto.records import Occasion

STEPS = "steps"
"""The field of a saga's state that tells how each of its steps stands."""
UNDO, FAILED = "undo", "failed"
"""The nodes that undo, and that then raise what made the saga fail."""
BROKEN = frozenset({"failed", "rejected"})
_MOST = 1_000


class Errors:
    """The errors of steps, until they are raised: a state holds only what is said of them."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Exception] = OrderedDict()

    def keep(self, error: Exception) -> str:
        """Keep one; gives the mark to find it by."""
        mark = uuid.uuid4().hex
        self._kept[mark] = error
        if len(self._kept) > _MOST:
            self._kept.popitem(last=False)
        return mark

    def take(self, mark: str) -> Exception | None:
        """The error of a mark, once; `None` in another process."""
        return self._kept.pop(mark, None)


def broken(state: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    """Those of the steps that failed or were rejected, in their order."""
    stand: Mapping[str, SagaStep] = state.get(STEPS) or {}
    return [name for name in names if name in stand and stand[name].status in BROKEN]


async def refuse_undone(
    state: Mapping[str, Any], names: Sequence[str], config: RunnableConfig
) -> None:
    """Refuse to go on behind steps that were undone, as after a fork into the middle of a saga.

    Args:
        state: The saga's.
        names: The steps before the one that is to work.
        config: The node's.

    Raises:
        WorkUndone: One of them was undone since it was done last.
    """
    at = here(config) if names and resumes(config) else None
    if at is None:
        return
    thread, scope = at.fields["thread"], _scope(at)
    await at.handler.journal.flush(thread)
    records = last_turn(await at.handler.journal.records(thread, types=OWED_TYPES, said=False))
    gone = {r.id for r in records if isinstance(r, Compensated) and r.status == "done"}
    last = {_name(each, scope): each for each in steps(records) if within(each.start.place, scope)}
    stand: Mapping[str, SagaStep] = state.get(STEPS) or {}
    for name in names:
        done = name in stand and stand[name].status == "done"
        if done and name in last and last[name].id in gone:
            raise WorkUndone(
                f"saga: the step {name!r} was undone, so what follows it cannot go on. Go back to "
                f"before the saga (stretto fork {thread}), or use another thread."
            )


def undo_node(names: Sequence[str], *, confirm: bool) -> ConfigNode:
    """Make the node that undoes what the steps did, the last first.

    Args:
        names: All steps, in their order.
        confirm: Whether a person is asked before.
    """

    async def undo(state: Any, config: RunnableConfig) -> Update:
        first = broken(state, names)[0]
        stand: dict[str, SagaStep] = state[STEPS]
        undoing = _undoing(here(config))
        if undoing is None:
            return {}
        owed = await undoing.owed()
        scope = undoing.scope
        why: Occasion = "rejected" if stand[first].status == "rejected" else "failed"
        if confirm and owed and not _wanted(first, stand[first].why, owed):
            await decided("person", "keep", reason=stand[first].why, alternatives=("undo", "keep"))
            kept = {_name(each, scope) for each in owed}
            return {STEPS: {name: SagaStep(status="kept") for name in names if name in kept}}
        data = {"steps": [each.start.name for each in owed]}
        await decided("saga", "undo", reason=f"{first}{because(stand[first].why)}", data=data)
        await undoing.undo(why, error=stand[first].why)
        return await _told(undoing, names, stand)

    return undo


def failed_node(names: Sequence[str], errors: Errors) -> ConfigNode:
    """Make the node that raises what made the saga fail, with a note of what was undone.

    Args:
        names: All steps, in their order.
        errors: Those of the steps.

    Raises (in the node):
        WorkUndone: On a resume in another process, where the error itself is not known any more.
        Rejected: The same, of a step that was rejected.
        Exception: What the step raised.
    """

    async def failed(state: Any, config: RunnableConfig) -> Update:
        first = broken(state, names)[0]
        stand: dict[str, SagaStep] = state[STEPS]
        told = await _note(stand, config)
        error = errors.take(stand[first].mark) or _again(first, stand[first], told)
        error.add_note(f"{COMPENSATED}{told}")
        raise error

    return failed


def _again(name: str, step: SagaStep, told: str) -> Exception:
    if step.status == "rejected":
        return Rejected(step.why or f"the step {name!r} was rejected")
    return WorkUndone(
        f"saga: the step {name!r} failed{because(step.why)}. {told}. It does not go on from there: "
        "go back to before it with `stretto fork`, or use another thread."
    )


async def _note(stand: Mapping[str, SagaStep], config: RunnableConfig) -> str:
    if any(step.status == "kept" for step in stand.values()):
        return "nothing was undone: a person did not want it"
    undoing = _undoing(here(config))
    return "nothing was undone: the run has no journal" if undoing is None else await undoing.told()


def _wanted(name: str, why: str, owed: Sequence[Step]) -> bool:
    """Ask a person whether what was done is to be undone."""
    told = [each.start.name for each in owed]
    said = f"The step {name!r} came to nothing{because(why)}. Undo {', '.join(told)}?"
    ways = "approve: undo them, in this order. reject: leave them as they are."
    decision = ask_person(
        "undo", {"steps": told}, f"{said}\n\n{ways}", allowed=("approve", "reject")
    )
    return isinstance(decision, Approve)


async def _told(undoing: Undoing, names: Sequence[str], stand: Mapping[str, SagaStep]) -> Update:
    """The update of what has become of the steps."""
    thread, scope = undoing.thread, undoing.scope
    found = last_turn(await undoing.journal.records(thread, types=(*OWED_TYPES,)))
    known = {each.id: _name(each, scope) for each in steps(found)}
    now: dict[str, SagaStep] = {}
    for record in found:
        name = known.get(record.id, "") if isinstance(record, Compensated) else ""
        if not isinstance(record, Compensated) or name not in names or name not in stand:
            continue
        if stand[name].status != "done":
            continue
        if record.status == "failed":
            why = f"{record.error} (stretto dead-letters show {record.id})"
            now[name] = SagaStep(status="dead letter", why=why)
        elif name not in now:
            now[name] = SagaStep(status="undone")
    gone = [name for name, step in now.items() if step.status == "undone"]
    return {STEPS: now, "results": dict.fromkeys(gone)}


def _undoing(at: Where | None) -> Undoing | None:
    """The undoing of the graph that a node is in; `None` where nothing can be undone."""
    if at is None or not isinstance(at.handler.ledger, Ledger):  # a replay undoes nothing
        return None
    ledger, thread = at.handler.ledger, at.fields["thread"]
    return Undoing(ledger, thread, scope=_scope(at), fields=at.fields)


def _scope(at: Where) -> str:
    """The place of the graph that a node is in; empty for the outermost."""
    return at.place.rpartition("|")[0]


def _name(step: Step, scope: str) -> str:
    """The node of the graph at a place within which something was done."""
    inside = step.start.place.removeprefix(scope).removeprefix("|")
    return inside.partition("|")[0].partition(":")[0]
