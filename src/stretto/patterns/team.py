"""The members of a pattern, each within its budget."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from stretto.errors import InvalidMember
from stretto.members import members

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stretto.members import Member
    from stretto.policy import Budget

RESERVED = frozenset({"__start__", "__end__"})
_NOT_IN_NODES = frozenset(":|")


def team_of(
    pattern: str,
    things: Sequence[object],
    budget: Budget | None = None,
    *,
    taken: frozenset[str] = frozenset(),
) -> dict[str, Member]:
    """Take the members of a pattern, by name.

    Args:
        pattern: Its name, for errors and for the path of its budget.
        things: The members.
        budget: What all of them together may spend.
        taken: Names of the pattern's own nodes.

    Raises:
        InvalidMember: There is none, two have one name, or one is called as a node of the pattern,
            or as no node can be.
    """
    team = members(things)
    if odd := [name for name in team if _NOT_IN_NODES & set(name) or not name.strip()]:
        raise InvalidMember(
            f"{pattern}: a member is called {odd[0]!r}, which LangGraph takes for no node: a name "
            "is not blank, and has neither ':' nor '|'. Give it another one, with "
            "`member(it, name=...)`."
        )
    if clash := sorted((taken | RESERVED) & set(team)):
        raise InvalidMember(
            f"{pattern}: a member is called {clash[0]!r}, which is a node of the pattern itself. "
            "Give it another name, with `member(it, name=...)`."
        )
    within = () if budget is None else ((pattern, budget),)
    return {name: replace(one, within=within) for name, one in team.items()} if within else team
