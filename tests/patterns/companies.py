"""Managers and workers for the tests of hierarchies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import stretto
from stretto import member
from stretto.patterns import decide
from stretto.records import Decided
from stretto.state import Delegate

if TYPE_CHECKING:
    from stretto import Storage
    from stretto.state import Request


class Crash(BaseException):
    """Stands for the end of the process: nothing of a node catches it."""


def boss(name: str, *to: str, task: str = "") -> Any:
    """A manager that gives the same task to these, and then says what they gave."""

    async def manage(state: Any) -> Any:
        asked = task or [m.text for m in state["messages"] if m.type == "human"][-1]
        if not state.get("work"):
            return [Delegate(worker=worker, task=asked) for worker in to]
        results, failed = state.get("results") or {}, state.get("failed") or {}
        return "; ".join(str(results.get(n) or failed.get(n)) for n in to)

    return member(manage, name=name, role=f"leads {name}")


def clerk(name: str = "clerk", kind: str = "refund") -> Any:
    """A worker whose task is an amount that it needs a decision for."""

    async def work(state: Any) -> str:
        found = await decide(kind, float(state["task"]), reason="it broke")
        word = "granted" if found.granted else "refused"
        amount = "" if found.amount is None else f" {found.amount:g}"
        return f"{word}{amount} by {found.by} on {found.authority}"

    return member(work, name=name, role="refunds")


def answer(kind: str, **more: Any) -> dict[str, Any]:
    """A person's decision."""
    return {"decisions": [{"type": kind, **more}]}


def edit(amount: Any) -> dict[str, Any]:
    """A person grants another amount."""
    return answer("edit", edited_action={"name": "decision", "args": {"amount": amount}})


async def accounts(storage: Storage, thread: str = "t") -> list[tuple[str, str, str, list[str]]]:
    """What the journal tells of decisions: by whom, what, on whose authority, beyond whose."""
    records = await storage.journal.records(thread)
    return [
        (r.by, r.decision, r.data["authority"], r.data["beyond"])
        for r in records
        if isinstance(r, Decided) and "authority" in r.data
    ]


async def ask(graph: Any, text: str, storage: Storage, thread: str = "t") -> Any:
    """A turn."""
    return await stretto.run(graph, text, thread=thread, storage=storage)


def yes(_: Request) -> bool:
    """Grants all."""
    return True
