"""What a level of a hierarchy may do on its own, and whether it is within that of another."""

from __future__ import annotations

import math
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from stretto.policy.budget import UNITS, Budget


def _names(value: Any) -> Any:
    if isinstance(value, str):
        raise ValueError(f"{value!r} is a text. Give a list of names")  # noqa: TRY004
    return value


Names = Annotated[frozenset[str] | None, BeforeValidator(_names)]


class Authority(BaseModel):
    """What a level may do without asking; what it does not say is as in the level above.

    Raises `pydantic.ValidationError` where a limit could not be one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    budget: Budget | None = None
    """What all in it together may spend."""
    tools: Names = None
    """Names of the tools that those in it may call; `None` for all."""
    delegates: Names = None
    """Names of the members under it, at any depth, to whom work may be given; `None` for all."""
    span: int | None = Field(default=None, ge=1)
    """How many members may be directly under one manager."""
    may_decide: dict[str, float | None] = Field(default_factory=dict[str, float | None])
    """Kinds of decisions it takes alone, each with the highest amount, or `None` for any. What is
    not named goes up, also where the level above may decide it."""

    @field_validator("may_decide")
    @classmethod
    def _limits(cls, value: dict[str, float | None]) -> dict[str, float | None]:
        for kind, limit in value.items():
            if not kind.strip():
                raise ValueError("a kind of decisions has no name. Give it one")
            if limit is not None and not (math.isfinite(limit) and limit >= 0):
                raise ValueError(
                    f"the limit of {kind!r} is {limit!r}. Give an amount, 0 or more, or null"
                )
        return value


def inherited(parent: Authority, child: Authority) -> Authority:
    """A level's authority with what it does not say filled in from the level above."""
    units = {unit: _unit(child, unit) for unit in UNITS}
    found = {u: _unit(parent, u) if own is None else own for u, own in units.items()}
    limited = {unit: limit for unit, limit in found.items() if limit is not None}
    return Authority(
        budget=Budget.model_validate(limited) if limited else None,
        tools=parent.tools if child.tools is None else child.tools,
        delegates=parent.delegates if child.delegates is None else child.delegates,
        span=parent.span if child.span is None else child.span,
        may_decide=child.may_decide,
    )


def exceeds(parent: Authority, child: Authority) -> list[str]:
    """By what one authority is more than another, in words; empty when it is within it.

    What is `None` is without limit here; see `inherited` for a level that does not say it.
    """
    found: list[str] = []
    for unit in UNITS:
        most, own = _unit(parent, unit), _unit(child, unit)
        if most is not None and (own is None or own > most):
            found.append(f"a budget of {_limit(own)} {unit}, above {most:g}")
    found += _more_names("the tool", parent.tools, child.tools)
    found += _more_names("the delegate", parent.delegates, child.delegates)
    if parent.span is not None and (child.span is None or child.span > parent.span):
        found.append(f"a span of {_limit(child.span)}, above {parent.span}")
    for kind, limit in child.may_decide.items():
        if kind not in parent.may_decide:
            found.append(f"deciding {kind!r}")
        elif beyond_limit(parent.may_decide[kind], limit):
            found.append(
                f"deciding {kind!r} up to {_limit(limit)}, above {parent.may_decide[kind]:g}"
            )
    return found


def within(child: Authority, parent: Authority) -> bool:
    """Whether one authority is no more than another."""
    return not exceeds(parent, child)


def may_call(authority: Authority, tool: str) -> bool:
    """Whether a tool of that name may be called."""
    return authority.tools is None or tool in authority.tools


def may_delegate(authority: Authority, name: str) -> bool:
    """Whether work may be given to the member of that name."""
    return authority.delegates is None or name in authority.delegates


def may_decide(authority: Authority, kind: str, amount: float | None = None) -> bool:
    """Whether something may be decided alone; without an amount only where there is no limit."""
    if kind not in authority.may_decide:
        return False
    return not beyond_limit(authority.may_decide[kind], amount)


def beyond_limit(limit: float | None, amount: float | None) -> bool:
    """Whether an amount (`None`: any) is above a limit (`None`: none), or is no amount at all."""
    if limit is None:
        return False
    return amount is None or not 0 <= amount <= limit


def _unit(authority: Authority, unit: str) -> float | None:
    return None if authority.budget is None else getattr(authority.budget, unit)


def _limit(value: float | None) -> str:
    return "any" if value is None else f"{value:g}"


def _more_names(
    what: str, parent: frozenset[str] | None, child: frozenset[str] | None
) -> list[str]:
    if parent is None:
        return []
    if child is None:
        return [f"{what} of any name"]
    return [f"{what} {name!r}" for name in sorted(child - parent)]
