"""Asks a person whether an effect is to happen (again), each question as a task of its own.

A task of its own has an interrupt of its own: so a question is never answered by what was meant
for another one, such as what a tool asks by `interrupt` in its body.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from langgraph.func import task as langgraph_task

from stretto.journal.deciding import Ruling
from stretto.journal.values import cut, jsonable
from stretto.members.human import Approve, Reject, Respond, ask_person

if TYPE_CHECKING:
    from stretto.journal.deciding import Question

_WAYS = (
    "approve: do it (again). respond: it did happen, and this is what it gave. "
    "reject: it did not happen, and is not to be done."
)
REFUSED = "Refused by a person: it was not done."


async def ask_async(question: Question) -> Ruling:
    """Ask from a graph that runs on an event loop.

    Raises:
        GraphInterrupt: Nobody has answered yet.
    """

    async def body() -> list[object]:
        return _asked(question)

    body.__name__ = question.name
    return _ruling(await langgraph_task(body)())


async def ask_blocking(question: Question) -> Ruling:
    """Ask from a graph that runs without one; see `ask_async`."""

    def body() -> list[object]:
        return _asked(question)

    body.__name__ = question.name
    return _ruling(langgraph_task(body)().result())


def _ruling(said: list[object]) -> Ruling:
    return Ruling(bool(said[0]), said[1], done=said[2:] != [False])


def _asked(question: Question) -> list[object]:
    call = question.call
    match ask_person(
        call.name,
        jsonable(dict(call.args)),
        _told(question),
        allowed=("approve", "respond", "reject"),
    ):
        case Approve():
            return [True, None]
        case Respond(message=message):
            return [False, message]
        case Reject(message=message):
            return [False, message or REFUSED, False]
        case _:
            raise AssertionError


def _call_text(question: Question) -> str:
    """The call as one would write it, such as `order(what='plate')`."""
    given = dict(question.call.args)
    if question.call.kind == "call":
        args = [repr(a) for a in given.get("args", ())]
        given = given.get("kwargs", {})
    else:
        args = []
    named = [f"{n}={v!r}" for n, v in given.items()]
    return cut(f"{question.call.name}({', '.join([*args, *named])})")


def _told(question: Question) -> str:
    name = _call_text(question)
    if not question.starts:
        return (
            f"It is not known whether {name} was done from the checkpoint that this is a fork of: "
            f"the records that would tell are pruned. Is it to be done?\n\n{_WAYS}"
        )
    last = question.starts[-1]
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(last.time))
    match question.why:
        case "fork":
            many = len(question.starts)
            times = "once" if many == 1 else f"{many} times"
            what = (
                f"{name} was done {times} on the branch that this is a fork of, last at "
                f"{when}. Is it to be done again here?"
            )
        case "failed":
            what = f"{name} was begun at {when} and failed: {question.error} Did it happen?"
        case _:
            what = f"{name} was begun at {when} and never came back. Did it happen?"
    return f"{what}\n\n{_WAYS}"
