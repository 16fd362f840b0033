"""Who speaks next in a group chat, and when it is over: by a rule, or by an agent."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from langchain_core.messages import AIMessage
from langgraph.types import Command
from pydantic import BaseModel

from stretto.errors import InvalidInput, MemberFailed, UnknownName
from stretto.members import Member, member
from stretto.members.decisions import decided
from stretto.patterns.brief import tag
from stretto.patterns.handoff_turn import turn_of
from stretto.patterns.results import author
from stretto.patterns.transcript import seen_by
from stretto.spec.agent import Agent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stretto.members import Brief, Node, Reply, Update

Rule: TypeAlias = Callable[[Mapping[str, Any]], str | Awaitable[str | None] | None]
"""Names who speaks next, of the chat's state; `None` ends it."""
NODE = "moderator"
"""The node of a rule."""
OVER = "over"
"""What an agent says in place of a name when the chat is over."""
ATTEMPTS = 3
"""How often an agent that moderates is asked until it names one of the members."""


def round_robin(names: Sequence[str]) -> Rule:
    """Give a rule by which each speaks in turn."""

    def rule(state: Mapping[str, Any]) -> str:
        return names[len(state["spoken"]) % len(names)]

    return rule


@dataclass(frozen=True, slots=True)
class Chat:
    """What a group chat goes by."""

    roles: Mapping[str, str]
    """What its members are good for, by name."""
    max_turns: int

    @property
    def names(self) -> tuple[str, ...]:
        """Its members."""
        return tuple(self.roles)


def view_of(state: Mapping[str, Any]) -> dict[str, Any]:
    """The state as this turn has it, without what an earlier one left."""
    given = {"spoken": [], **state}
    if turn_of(state).fresh:
        given |= {"spoken": [], "results": {}, "over": "", "rejected": []}
    return given


def begun(state: Mapping[str, Any]) -> Update:
    """The update with which a turn begins; nothing when it goes on."""
    turn = turn_of(state)
    if not turn.fresh:
        return {}
    stale = dict.fromkeys(state.get("results") or ())
    return {"turn": turn.id, "spoken": [], "over": "", "rejected": [], "results": stale}


def ended(why: str) -> Update:
    """The update with which a turn ends."""
    return {"over": why, "turn": ""}


def rule_node(rule: Rule, chat: Chat) -> Node:
    """The node of a rule.

    Raises (in the node):
        UnknownName: It names none of the members.
    """

    async def moderator(state: Any) -> Any:
        made = rule(view_of(state))
        name = await made if inspect.isawaitable(made) else made
        if name is None:
            await decided(NODE, OVER, reason="the rule names nobody")
            return {**begun(state), **ended("the rule names nobody")}
        if name not in chat.names:
            raise UnknownName("member", str(name), chat.names, where="group_chat: the rule")
        others = tuple(each for each in chat.names if each != name)
        await decided(NODE, "next", reason=name, alternatives=others, data={"goto": name})
        return Command(goto=name, update=begun(state))

    return moderator


def moderating(thing: object, chat: Chat) -> Member:
    """The member that moderates; an agent gets a typed choice.

    Raises:
        InvalidInput: It owes another output.
    """
    output = _choice(chat)
    agent = thing.agent if isinstance(thing, Member) else thing
    if not isinstance(agent, Agent):
        return member(thing)
    if agent.output is not None:
        raise InvalidInput(
            f"group_chat: the moderator {agent.name!r} has an output of its own. Leave it out: it "
            "gives who speaks next."
        )
    made = member(agent, output=output)
    if not isinstance(thing, Member):
        return made
    return replace(thing, runnable=made.runnable, typed=True, value_type=made.value_type)


def _choice(chat: Chat) -> dict[str, Any]:
    says = {
        "next": {
            "type": "string",
            "enum": [*chat.names, OVER],
            "description": f"who speaks next; {OVER!r} when nobody needs to",
        },
        "reason": {"type": "string", "description": "why, in a sentence"},
        "answer": {
            "type": "string",
            "description": f"with {OVER!r}: what it came to; empty to let the last word stand",
        },
    }
    return {"title": "Next", "type": "object", "properties": says, "required": ["next"]}


def moderator_brief(one: Member, chat: Chat) -> Brief:
    """What an agent that moderates is given: the transcript, and whom it may choose."""

    def brief(state: Mapping[str, Any]) -> dict[str, Any]:
        given = view_of(state)
        left = chat.max_turns - len(given["spoken"])
        rejected: Sequence[str] = given.get("rejected") or ()
        extra = [
            tag("members", "\n".join(f"{name}: {role}" for name, role in chat.roles.items())),
            tag("limits", f"{left} of {chat.max_turns} turns are left"),
            tag("rejected", rejected[-1] if rejected else ""),
        ]
        return {**given, "messages": seen_by(one.name, given.get("messages") or [], extra)}

    return brief


async def moderated(
    one: Member, chat: Chat, state: Mapping[str, Any], said: Reply
) -> Update | Command[Any]:
    """What an agent's choice does.

    Raises:
        MemberFailed: It has named none of the members, however often it was asked.
    """
    name, reason, answer = _read(said)
    if name == OVER:
        await decided(one.name, OVER, reason=reason)
        words = [AIMessage(answer, name=author(one.name))] if answer.strip() else []
        typed = {"structured_response": None} if words else {}
        return {**begun(state), **ended(reason or OVER), **typed, "messages": words}
    if name in chat.names:
        others = tuple(each for each in chat.names if each != name)
        await decided(
            one.name, "next", reason=reason or name, alternatives=others, data={"goto": name}
        )
        return Command(goto=name, update={**begun(state), "rejected": []})
    known = ", ".join([*chat.names, OVER])
    problem = f"{name!r} is none of the members. Name one of: {known}"
    rejected = [*(view_of(state).get("rejected") or ()), problem]
    if len(rejected) >= ATTEMPTS:
        raise MemberFailed(
            f"group_chat: the moderator {one.name!r} was asked {ATTEMPTS} times and named none of "
            f"the members, last {name!r}. Give it another model or prompt, or a rule in its place."
        )
    await decided(one.name, "rejected", reason=problem, data={"goto": one.name})
    return Command(goto=one.name, update={**begun(state), "rejected": rejected})


def _read(said: Reply) -> tuple[str, str, str]:
    """Whom a moderator names, why, and what it ends the chat with."""
    value = said.value.model_dump() if isinstance(said.value, BaseModel) else said.value
    if not isinstance(value, Mapping):
        return said.text.strip(), "", ""
    told = cast("Mapping[str, Any]", value)
    named, reason, answer = (str(told.get(key) or "") for key in ("next", "reason", "answer"))
    return (named or OVER if "next" in told else said.text.strip()), reason, answer
