"""What becomes of tasks whose worker failed: another worker, a person, or word to the manager."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, assert_never

from langchain_core.messages import ToolMessage

from stretto.errors import WorkerFailed
from stretto.members.decisions import decided, told
from stretto.members.human import Approve, Edit, Reject, Respond, ask_person, edit_problem
from stretto.patterns.delegation import told_result

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stretto.members import Node, Update
    from stretto.state import Delegated

Escalate: TypeAlias = Literal["person", "manager", "fail"]
PERSON = "person"
"""The node that asks, and who then did it."""
UNSETTLED = frozenset({"failed", "refused", "stopped", "open"})


@dataclass(frozen=True, slots=True)
class Rules:
    """What is done, in this order, with a task that failed."""

    restarts: int
    """How often the same worker does it again."""
    reassign: Mapping[str, Sequence[str]]
    """Who takes over, one after the other, by the worker that was asked."""
    escalate: Escalate


async def see_to(rules: Rules, manager: str, work: Sequence[Delegated]) -> Update | None:
    """See to tasks that are not settled; `None` when all are, and it is the manager's turn.

    Nothing is to be done about those that wait for a person.

    Raises:
        WorkerFailed: Nobody can do one, and that is to end the run.
    """
    left = [record for record in work if record.status in UNSETTLED]
    if not left:
        return {} if any(record.status == "asked" for record in work) else None
    seen = [await _one(rules, manager, record) for record in left]
    return {
        "work": [record for record, _ in seen],
        "messages": [message for _, message in seen if message is not None],
    }


async def _one(
    rules: Rules, manager: str, record: Delegated
) -> tuple[Delegated, ToolMessage | None]:
    """What becomes of one: its record, and what the manager is told when nobody can do it."""
    if record.status == "open":  # a person wants it done again
        return record, None
    if record.status == "refused" and record.tried.count(record.by) <= rules.restarts:
        attempt = record.attempts + 1
        await told("retried", step="node", name=record.by, attempt=attempt, error=record.why)
        return record.model_copy(update={"status": "open"}), None
    order = () if record.status == "stopped" else rules.reassign.get(record.worker, ())
    if heir := next((name for name in order if name not in record.tried), ""):
        await told("fell_back", step="node", name=record.by, to=heir, error=record.why)
        return record.model_copy(update={"status": "open", "by": heir}), None
    return await _escalated(rules.escalate, manager, record)


async def _escalated(
    to: Escalate, manager: str, record: Delegated
) -> tuple[Delegated, ToolMessage | None]:
    await decided(
        manager,
        f"escalated: {to}",
        reason=record.why,
        alternatives=("person", "manager", "fail"),
        data={"worker": record.worker, "task": record.task, "tried": record.tried},
    )
    match to:
        case "person":
            return record.model_copy(update={"status": "asked"}), None
        case "manager":
            return given_up(record, _told_manager(record))
        case "fail":
            raise WorkerFailed(
                f"{', '.join(map(repr, record.tried))} could not do {record.task!r}: {record.why} "
                "Name others in `reassign`, or let `escalate` ask a person or tell the manager.",
                record.worker,
                record.task,
            )
        case _:
            assert_never(to)


def given_up(record: Delegated, said: str) -> tuple[Delegated, ToolMessage]:
    """The record of what nobody does any more, and what the manager is told."""
    message = ToolMessage(said, tool_call_id=record.id, status="error")
    return record.model_copy(update={"status": "given up"}), message


def _told_manager(record: Delegated) -> str:
    tried = ", ".join(dict.fromkeys(record.tried))
    return (
        f"Not done. {record.why} (Tried by {tried}, {record.attempts} times in all.) Word the task "
        "differently, give it to another, or answer without it."
    )


_WAYS = (
    "approve: do it again. edit: do it again with this task. respond: this is the result. "
    "reject: give it up."
)


def person_node(workers: Sequence[str]) -> Node:
    """Make the node that asks a person about one task that nobody could do."""

    async def person(state: Any) -> Update:
        record: Delegated = state["delegation"]
        args = {"worker": record.worker, "task": record.task}
        decision = ask_person(
            "delegation",
            args,
            f"{', '.join(dict.fromkeys(record.tried))} could not do it: {record.why}\n\n"
            f"{record.worker}: {record.task}\n\n{_WAYS}",
            problem_of=partial(_problem, args, workers),
        )
        await decided(PERSON, f"delegation: {decision.type}", data=args)
        match decision:
            case Approve():
                return {"work": [_again(record, {})]}
            case Edit(edited_action=action):
                return {"work": [_again(record, action.args)]}
            case Respond(message=message):
                return done(record, message, message, by=PERSON, name=record.worker)
            case Reject(message=message):
                why = message or "a person gave it up."
                closed, said = given_up(record, f"Not done: {why}")
                return {"work": [closed], "messages": [said]}
            case _:  # it is not offered
                raise AssertionError

    return person


def _again(record: Delegated, changed: Mapping[str, Any]) -> Delegated:
    who = changed.get("worker", record.worker)
    fresh = {"status": "open", "by": who, "tried": [], "why": ""}
    return record.model_copy(update={**fresh, **changed})


def _problem(args: Mapping[str, Any], workers: Sequence[str], edited: Mapping[str, Any]) -> str:
    if problem := edit_problem(args, edited):
        return problem
    worker = edited.get("worker", args["worker"])
    known = ", ".join(map(repr, workers))
    return "" if worker in workers else f"there is no worker {worker!r}, only {known}"


def done(record: Delegated, result: Any, plain: Any, *, by: str, name: str) -> Update:
    """The update of a task that is done.

    Args:
        record: The task.
        result: What it came to, as it is typed.
        plain: The same as text or JSON.
        by: Who did it.
        name: Under which name the result stands.
    """
    told = ToolMessage(told_result(plain), tool_call_id=record.id)
    closed = {"status": "done", "by": by, "result": plain, "why": ""}
    return {
        "messages": [told],
        "results": {name: result},
        "failed": {name: None},
        "work": [record.model_copy(update=closed)],
    }
