"""`sequential`: one step after the other, each with what the one before gave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langgraph.graph import END, START, StateGraph

from stretto.members import check_team
from stretto.patterns.context import seen, valid_context
from stretto.patterns.fields import shape
from stretto.patterns.results import answer_of, latest, no_result, result_of, result_update
from stretto.patterns.team import team_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stretto.members import Brief, Member, Reply, Settle, Skip, Update
    from stretto.patterns.context import Context
    from stretto.policy import Budget


def sequential(
    *steps: object,
    context: Context = "last",
    state: Any = None,
    budget: Budget | None = None,
) -> StateGraph[Any, Any, Any, Any]:
    """Build a chain of steps, as an uncompiled graph: each begins when the one before has ended.

    What a step gives stands under its name in `results`; the last one's is the turn's answer. A
    step whose `when` does not hold is skipped.

    Args:
        *steps: Members, in their order.
        context: What a step sees of those before it; functions see the whole state.
        state: A `TypedDict` of fields of your own, which functions and graphs read and write.
        budget: What all of them together may spend.

    Raises:
        InvalidMember: A step is no member, two have one name, or there is none.
        InvalidInput: The context policy is unknown, the state cannot be used, or the budget cannot
            be kept.
    """
    team = team_of("sequential", steps, budget)
    valid_context(context, "sequential")
    check_team(budget, team, "sequential")
    fields = shape("sequential", team.values(), state)
    graph: StateGraph[Any, Any, Any, Any] = StateGraph(fields.state, **fields.schemas())
    names, before = tuple(team), START
    for number, (name, one) in enumerate(team.items(), 1):
        earlier, last = names[: number - 1], number == len(names)
        node = one.node(
            _brief(one, context, earlier),
            _settle(name, last=last),
            fields=fields.own,
            skip=_skip(name, earlier, last=last),
        )
        about = {**one.metadata, "step": f"{number} of {len(names)}"}
        graph.add_node(name, node, metadata=about)
        graph.add_edge(before, name)
        before = name
    graph.add_edge(before, END)
    return graph


def _brief(one: Member, context: Context, earlier: tuple[str, ...]) -> Brief:
    if one.function is not None:
        return dict

    async def brief(state: Mapping[str, Any]) -> dict[str, Any]:
        results = latest(state.get("results") or {}, earlier)
        return {**state, "messages": await seen(context, state, results)}

    return brief


def _settle(name: str, *, last: bool) -> Settle:
    def settle(_state: Any, said: Reply) -> Update:
        update = result_update(name, said)
        if last and not said.silent:
            update |= answer_of(name, result_of(said))
        return update

    return settle


def _skip(name: str, earlier: tuple[str, ...], *, last: bool) -> Skip:
    def skip(state: Mapping[str, Any], _why: str) -> Update:
        update = no_result(name)
        before = latest(state.get("results") or {}, earlier)
        if last and before:
            who, result = list(before.items())[-1]
            update |= answer_of(who, result)
        return update

    return skip
