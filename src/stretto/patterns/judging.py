"""How the manager of a level is asked to decide what is beyond the authority of those below."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from langchain_core.messages import AIMessage
from pydantic import BaseModel, Field

from stretto.members.effects import effect
from stretto.patterns.brief import brief_message, tag
from stretto.patterns.delegation import Desk
from stretto.patterns.managing import ModelStep, output_of
from stretto.state import Permission, Request

if TYPE_CHECKING:
    from stretto.members import Member
    from stretto.patterns.office import Judge
    from stretto.policy import Authority
    from stretto.spec.agent import Agent

Said: TypeAlias = bool | str | None
Decider: TypeAlias = Callable[[Request], Said | Awaitable[Said]]
"""Decides in a manager's place: `True` grants; `False`, or a text that says why, refuses; `None`
leaves it to those above."""

_ASK = "One who works for you asks whether this may be done. Grant it or refuse it."


class Judgement(BaseModel):
    """Whether what is asked for may be done."""

    granted: bool = Field(description="whether it may be done")
    reason: str = Field(description="why, in a sentence")


def judge_of(one: Member, path: str, authority: Authority, decider: Decider | None) -> Judge:
    """Make what asks who leads a level: the decider, else its agent, else nobody.

    Args:
        one: The manager.
        path: The level's, such as "lead/front".
        authority: The level's.
        decider: Decides in the manager's place; `None` for none.

    Raises:
        InvalidInput: The agent's model cannot be had.
    """
    if decider is not None:
        return _by_rule(one.name, path, decider)
    if one.agent is not None:
        return _by_agent(one.agent, path, authority)

    async def nobody(_: Request) -> Permission | None:
        return None

    return nobody


def _by_rule(name: str, path: str, decider: Decider) -> Judge:
    async def call(asked: dict[str, Any]) -> Said:
        said = decider(Request.model_validate(asked))
        return await said if inspect.isawaitable(said) else said

    async def judge(asked: Request) -> Permission | None:
        told = asked.model_dump(mode="json")
        said = await effect(f"{name} decides", call, told, effect="idempotent")
        if said is None:
            return None
        why = said if isinstance(said, str) else ""
        return _permission(asked, name, path, Judgement(granted=said is True, reason=why))

    return judge


def _by_agent(agent: Agent, path: str, authority: Authority) -> Judge:
    asking = agent.model_copy(update={"tools": (), "output": Judgement, "max_model_calls": 12})
    step = ModelStep(asking, _NoDesk(agent.name, {}, max_delegations=1, repeats=1, alone=True))
    read = output_of(asking)
    limits = "\n".join(
        f"{kind}{'' if limit is None else f' up to {limit:g}'}"
        for kind, limit in authority.may_decide.items()
    )

    async def judge(asked: Request) -> Permission | None:
        parts = [tag("request", _ASK), tag("decision", _text(asked)), tag("authority", limits)]
        said = await step({"messages": [brief_message(parts)]})
        calls = said.value.tool_calls if isinstance(said.value, AIMessage) else []
        if read is None or not calls:
            return None
        try:
            found = read.parse(calls[0]["args"])
        except Exception:  # noqa: BLE001 - LangChain raises whatever the schema does; it goes up
            return None
        return _permission(asked, agent.name, path, found)

    return judge


def _permission(asked: Request, by: str, path: str, found: Any) -> Permission:
    amount = asked.amount if found.granted else None
    return Permission(
        granted=found.granted, by=by, authority=path, reason=found.reason, amount=amount
    )


def _text(asked: Request) -> str:
    lines = [f"what: {asked.kind}", f"asked by: {asked.by} of {asked.level}"]
    lines += [] if asked.amount is None else [f"amount: {asked.amount:g}"]
    lines += [f"why: {asked.reason}"] if asked.reason else []
    lines += [f"{name}: {value}" for name, value in asked.data.items()]
    return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class _NoDesk(Desk):
    """A manager at work that may delegate nothing."""

    def specs(self) -> list[dict[str, Any]]:
        """The tools as a model is told of them: none."""
        return []
