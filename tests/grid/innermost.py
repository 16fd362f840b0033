"""Who works innermost: a function, one whose first call fails, or an agent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from langgraph.config import get_stream_writer
from langgraph.types import interrupt
from pydantic import BaseModel

import stretto
from bench.crash.shapes import act, people
from stretto import Agent, Policy, Retry, member
from stretto.testing import Reply, ScriptedModel, tool_call

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.crash.world import World
    from stretto.members import Member

Kind: TypeAlias = Literal["function", "policy", "agent", "typed"]
"""A function; one whose first call fails; an agent; or a function that gives a typed value."""
Asks: TypeAlias = Literal["none", "one", "turn", "once"]
"""Whom it asks: nobody, one person, two in turn, or two at once."""
Moment: TypeAlias = Literal["early", "late"]
"""Before it asks, or after it was answered."""
GROUPS: dict[Asks, tuple[tuple[str, ...], ...]] = {
    "none": (),
    "one": (("inmost",),),
    "turn": (("inmost",), ("inmost later",)),
    "once": (("inmost", "inmost too"),),
}
"""The questions, those that wait at once together."""


class Said(BaseModel):
    """A typed value that it gives."""

    text: str


AGAIN = Policy(retry=Retry(attempts=2, wait=0.001, jitter=0, on=("error",)))


def said(kind: Kind, asks: Asks) -> str:
    """What it says in the end."""
    if kind == "agent":
        return "inmost is done"
    heard = [f"yes: {one} {n}" for one, n in _asked(asks)]
    return " ".join(["inmost", *heard])


def _asked(asks: Asks) -> list[tuple[str, int]]:
    return [("inmost", 0), ("inmost", 1)] if asks == "once" else [(g[0], 0) for g in GROUPS[asks]]


def innermost(world: World, kind: Kind, asks: Asks, moment: Callable[[Moment], None]) -> Member:
    """The innermost member: it acts on the world, asks, and acts again."""
    if kind == "agent":
        return _agent(world, asks, moment)
    failed: list[str] = []

    async def inmost(_state: Any) -> str | Said:
        if kind == "policy" and not failed:
            failed.append("once")
            raise ValueError("the first call fails")
        get_stream_writer()({"by": "inmost"})
        await act(world, "book", "inmost first")
        moment("early")
        heard: list[str] = []
        for group in GROUPS[asks]:
            heard += await people(group[0], len(group))
        moment("late")
        await act(world, "pay", "inmost last")
        told = " ".join(["inmost", *heard])
        return Said(text=told) if kind == "typed" else told

    if kind == "typed":
        inmost.__annotations__["return"] = Said
    return member(inmost, name="inmost", policy=AGAIN if kind == "policy" else None)


def beside(world: World) -> Member:
    """A member that works beside, and asks a person too."""

    async def work(_state: Any) -> str:
        await act(world, "book", "beside")
        await people("beside", 1)
        return "beside"

    return member(work, name="beside")


def _agent(world: World, asks: Asks, moment: Callable[[Moment], None]) -> Member:
    @stretto.tool(effect="ask")
    def book(who: str) -> str:
        """Book a seat."""
        get_stream_writer()({"by": "inmost"})
        booked = world.book(who)
        moment("early")
        return booked

    @stretto.tool(effect="idempotent")
    def pay(who: str) -> str:
        """Pay a bill."""
        moment("late")
        return world.pay(who)

    @stretto.tool(effect="reads")
    def confirm(who: str) -> str:
        """Ask a person."""
        return str(interrupt({"question": who}))

    calls = [
        [tool_call("book", who="inmost first")],
        *([tool_call("confirm", who=one) for one in group] for group in GROUPS[asks]),
        [tool_call("pay", who="inmost last")],
    ]

    def answer(messages: list[Any]) -> Reply:
        """Go on from how far the conversation is, in whatever process."""
        last = max(n for n, message in enumerate(messages) if message.type == "human")
        turn = sum(message.type == "ai" for message in messages[last:])
        return Reply(tool_calls=calls[turn]) if turn < len(calls) else Reply("inmost is done")

    model = ScriptedModel(answer)
    return member(Agent(name="inmost", model=model, tools=[book, pay, confirm]))
