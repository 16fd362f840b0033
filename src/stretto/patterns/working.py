"""The workers of a supervisor: what one is given, and what its reply does to the team's state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from langchain_core.messages import HumanMessage, ToolMessage
from pydantic import BaseModel

from stretto.patterns.brief import tag
from stretto.patterns.context import seen
from stretto.patterns.delegation import conversation
from stretto.patterns.escalation import done
from stretto.patterns.results import result_of
from stretto.patterns.watching import attempt_now, words

if TYPE_CHECKING:
    from stretto.members import Brief, Member, Reply, Settle, Skip, Update
    from stretto.patterns.context import Context
    from stretto.state import Delegated

Check: TypeAlias = Callable[[str, Any], bool | str]
"""Says of a task and its result whether it will do: `True`, or else `False` or what is wrong."""


def payload(one: Member, context: Context, state: Mapping[str, Any], record: Delegated) -> Any:
    """What is sent to a worker: no more than it may see, as each copy is stored.

    Functions and graphs with a state of their own get the team's, with `task`; without the
    manager's bookkeeping.
    """
    sent: dict[str, Any] = {"task": record.task, "delegation": record}
    if one.takes_messages and one.when is None and context in {"none", "last"}:
        return {**sent, **({"work": state.get("work")} if context == "last" else {})}
    return {**state, **sent, "messages": conversation(state.get("messages") or [])}


def worker_brief(one: Member, context: Context) -> Brief:
    """Make what words a task for a worker."""
    if one.function is not None:
        return dict

    async def brief(state: Mapping[str, Any]) -> dict[str, Any]:
        record: Delegated = state["delegation"]
        again = tag("feedback", record.why if record.by in record.tried else "")
        asked = HumanMessage(record.task)
        before = [] if context == "none" else [*(state.get("messages") or [])]
        results = {r.by: r.result for r in state.get("work") or [] if r.status == "done"}
        told = {**state, "messages": [*before, asked]}
        return {**state, "messages": await seen(context, told, results, extra=[again])}

    return brief


def worker_settle(name: str, check: Check | None) -> Settle:
    """Make what turns a worker's reply into the state's update."""

    def settle(state: Mapping[str, Any], said: Reply) -> Update:
        record: Delegated = state["delegation"]
        result = result_of(said)
        record = record.model_copy(update={"attempts": record.attempts + attempt_now()})
        if check is not None and (problem := _problem(check(record.task, result))):
            return _failed(record, name, f"The result was refused: {problem}", "refused")
        plain = result.model_dump(mode="json") if isinstance(result, BaseModel) else result
        return {**said.update, **done(record, result, plain, by=name, name=name)}

    return settle


def _problem(said: bool | str) -> str:  # noqa: FBT001 - what a check says
    if isinstance(said, str):
        return said
    return "" if said else "it does not pass the check."


def gave_up(
    state: Mapping[str, Any],
    error: Exception,
    attempts: int,
    others: bool,  # noqa: FBT001
) -> Update:
    """The update of a worker that failed and is not restarted any more."""
    record: Delegated = state["delegation"]
    record = record.model_copy(update={"attempts": record.attempts + attempts})
    return _failed(record, record.by, words(error), "failed" if others else "stopped")


def _failed(record: Delegated, name: str, why: str, status: str) -> Update:
    tried = {"status": status, "why": why, "tried": [*record.tried, name]}
    return {"work": [record.model_copy(update=tried)], "failed": {name: why}}


def worker_skip(name: str) -> Skip:
    """Make the update of a worker that does not work, as its `when` says."""

    def skip(state: Mapping[str, Any], why: str) -> Update:
        record: Delegated = state["delegation"]
        said = f"{name!r} does not work now: {why}"
        message = ToolMessage(said, tool_call_id=record.id, status="error")
        closed = {"status": "skipped", "why": why}
        return {"work": [record.model_copy(update=closed)], "messages": [message]}

    return skip
