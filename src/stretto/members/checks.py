"""What in a member's policy could not take effect, told when the member is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import RunnableLambda

from stretto.errors import InvalidInput
from stretto.models.names import default_model, model_name
from stretto.policy import Named, Policy, prices_from_environment
from stretto.resilience.budget_checks import check_priced, check_split
from stretto.spec.tool import effect_of
from stretto.spec.undo import undo_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_core.runnables import Runnable

    from stretto.members.node import Member
    from stretto.policy import Budget
    from stretto.spec.agent import Agent


def check_policy(
    name: str, policy: Policy, runnable: Runnable[Any, Any], agent: Agent | None
) -> None:
    """Refuse a policy that could not take effect on this member.

    Raises:
        InvalidInput: Its undo could not be found again, it hedges what may not be repeated, falls
            back to itself or to a name that was not looked up, or limits money without a price for
            each of the models.
    """
    if policy.undo is not None:
        undo_name(policy.undo)
    if policy.hedge and agent is None and not _repeatable(runnable):
        raise InvalidInput(
            f"{name!r} cannot be hedged: a second call beside the first might do its work twice. "
            "Declare its function with stretto.tool(effect='reads') or 'idempotent', or leave the "
            "hedge out."
        )
    if policy.cache and agent is None and not _reads(runnable):
        raise InvalidInput(
            f"{name!r} cannot be cached: what it does, and what people say in it, would be left "
            "out the second time. Declare its function with stretto.tool(effect='reads'), or leave "
            "the cache out."
        )
    for each in _to(policy):
        if isinstance(each, Named):
            raise InvalidInput(
                f"the fallback of {name!r} names the agent {each.agent!r}, which only a project "
                "can look up. Give the agent itself: `project.agent(...)`."
            )
    if agent is not None:
        own = agent.model or default_model()
        if any(each is own or (isinstance(each, str) and each == own) for each in _to(policy)):
            raise InvalidInput(
                f"the fallback of {name!r} leads back to its own model {_named(own)!r}. Name "
                "another."
            )
        check_priced(policy.budget, _models(agent, policy), prices_from_environment(), where=name)


def check_team(budget: Budget | None, members: Mapping[str, Member], where: str) -> None:
    """Refuse a team's budget that its members cannot be held to.

    Raises:
        InvalidInput: A member may spend more than its team, the shares are more than the whole, a
            share is of nothing, or money is limited and a model has no price.
    """
    own = {name: one.policy.budget if one.policy else None for name, one in members.items()}
    check_split(budget, own, where)
    if budget is None or budget.money is None:
        return
    for name, one in members.items():
        if one.agent is not None:
            models = _models(one.agent, one.policy or Policy())
            check_priced(None, models, prices_from_environment(), f"{where}: {name}", under=True)


def _models(agent: Agent, policy: Policy) -> list[str]:
    """The names of all models that an agent may call."""
    models = [agent.model or default_model(), *_to(policy)]
    return [_named(each) for each in models if isinstance(each, str | BaseChatModel)]


def _to(policy: Policy) -> tuple[Any, ...]:
    return policy.fallback.to if policy.fallback else ()


def _named(model: str | BaseChatModel) -> str:
    """A model's name as its provider says it."""
    return (model.partition(":")[2] or model) if isinstance(model, str) else model_name(model)


def _repeatable(runnable: Runnable[Any, Any]) -> bool:
    return _reads(runnable) or _effect(runnable) == "idempotent"


def _reads(runnable: Runnable[Any, Any]) -> bool:
    return isinstance(runnable, BaseChatModel) or _effect(runnable) == "reads"


def _effect(runnable: Runnable[Any, Any]) -> str:
    if not isinstance(runnable, RunnableLambda):
        return ""
    return effect_of(getattr(runnable, "afunc", None) or getattr(runnable, "func", None))
