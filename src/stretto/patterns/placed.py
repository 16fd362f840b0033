"""Members of a hierarchy: each works on the authority of its level."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from stretto.members import Member, agent_graph, member
from stretto.patterns.office import decide
from stretto.spec.agent import tool_name
from stretto.spec.tool import tool

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig

    from stretto.members import Brief, ConfigNode, Settle
    from stretto.patterns.office import Office

AUTHORITY_KEY = "authority"
"""Key in the metadata of a node that tells on whose authority it works."""


@dataclass(frozen=True)
class Placed(Member):
    """A member at its place in a hierarchy."""

    office: Office | None = None
    """Where it works."""
    sender: Office | None = None
    """Who gives it work, and must be allowed to; `None` where nobody does."""

    @property
    @override
    def metadata(self) -> dict[str, Any]:
        told = super().metadata
        return told if self.office is None else {**told, AUTHORITY_KEY: self.office.ranks[-1].path}

    @override
    def node(self, brief: Brief, settle: Settle, **how: Any) -> ConfigNode:
        office, sender, name = self.office, self.sender, self.name

        async def entered(state: Any) -> Any:
            if sender is not None:
                await sender.admit(name)
            if office is not None:
                office.enter()
            given = brief(state)
            return await given if inspect.isawaitable(given) else given

        return super().node(entered, settle, **how)


def placed(thing: object, office: Office, sender: Office | None = None) -> Placed:
    """Put a member at its place; an agent gets a tool to ask for decisions.

    Args:
        thing: The member.
        office: Where it works.
        sender: Who gives it work.
    """
    one = member(thing)
    if one.agent is not None and any(rank.authority.may_decide for rank in office.ranks):
        ask = decide_tool if sender is None else ask_tool
        if tool_name(ask) not in {tool_name(each) for each in one.agent.tools}:
            agent = one.agent.model_copy(update={"tools": (*one.agent.tools, ask)})
            one = replace(one, agent=agent, runnable=agent_graph(agent))
    own = {each.name: getattr(one, each.name) for each in fields(Member)}
    return Placed(**own, office=office, sender=sender)


def within_office(node: Any, office: Office) -> Any:
    """The node of a manager's tools, at work in its office."""

    async def tools(state: Any, config: RunnableConfig) -> Any:
        office.enter()
        return await node.ainvoke(state, config)

    return tools


async def _ask(kind: str, amount: float | None, reason: str) -> str:
    found = await decide(kind, amount, reason=reason)
    about = "" if found.amount is None or found.amount == amount else f" for {found.amount:g}"
    why = f": {found.reason}" if found.reason else "."
    return f"{'Granted' if found.granted else 'Refused'}{about} by {found.by}{why}"


@tool(effect="idempotent")
async def ask_decision(kind: str, reason: str, amount: float | None = None) -> str:
    """Have something decided before you do it, by whoever may decide it.

    Args:
        kind: What is to be decided, in a word, such as "refund".
        reason: Why it should be done.
        amount: How much it is about, where there is an amount.
    """
    return await _ask(kind, amount, reason)


@tool(effect="idempotent")
async def have_decided(kind: str, reason: str, amount: float | None = None) -> str:
    """Have something decided that may be beyond your authority, by whoever may decide it.

    Args:
        kind: What is to be decided, in a word, such as "refund".
        reason: Why it should be done.
        amount: How much it is about, where there is an amount.
    """
    return await _ask(kind, amount, reason)


ask_tool, decide_tool = ask_decision, have_decided
"""Those of workers and of managers: a manager may not have the tools of its workers."""
