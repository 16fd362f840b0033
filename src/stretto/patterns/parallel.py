"""`parallel`: members side by side, and what becomes of them together; `publish`: no waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langgraph.graph import END, START, StateGraph

from stretto.errors import InvalidInput
from stretto.members import check_team
from stretto.members.node import UNAWAITED_KEY
from stretto.patterns.branch import Ended, Fork, branch, settle_branch, skip_branch
from stretto.patterns.context import seen, valid_context
from stretto.patterns.detached import add_detached
from stretto.patterns.fields import shape
from stretto.patterns.gather import GATHER, published
from stretto.patterns.join import Join
from stretto.patterns.made import remembered
from stretto.patterns.quorum import valid_deadline, valid_require
from stretto.patterns.runs import at_most
from stretto.patterns.team import team_of
from stretto.patterns.writers import about, check_writers, quiet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stretto.members import Brief, Member
    from stretto.patterns.context import Context
    from stretto.patterns.fields import Shape
    from stretto.patterns.quorum import Require
    from stretto.policy import Budget

RESULTS = "results"
"""What `join` is by default: the results together, by name."""


@remembered
def parallel(
    *members: object,
    join: object = RESULTS,
    require: Require = "all",
    deadline: float | None = None,
    context: Context = "none",
    state: Any = None,
    budget: Budget | None = None,
) -> StateGraph[Any, Any, Any, Any]:
    """Build members that work side by side, as an uncompiled graph.

    What a branch gives stands under its name in `results`; why it gave nothing, in `failed`. A
    branch that fails neither stops the others nor is tried again because of them. As soon as
    enough have succeeded the others are cancelled; synchronous functions run on in their thread,
    unheeded, and the questions of those that ask a person are withdrawn. When too few can succeed,
    all others end first; then the run fails, and on a resume only those that failed work again.

    Args:
        *members: The branches. One with `when` that does not hold counts neither way; one with
            `detach` is no branch: it works when all else has.
        join: Works when enough have succeeded, given all results, and its result is the turn's;
            by default the results together. `None`: nobody waits for anyone, see `publish`.
        require: How many must succeed: "all" that work, "any", or a number.
        deadline: Seconds after which branches that have not ended are cancelled; time in which
            all wait for people does not count, and a resume begins anew. `None` for none.
        context: What members see of the conversation; functions see the whole state.
        state: A `TypedDict` of fields of your own, which functions and graphs read and write.
        budget: What all of them together may spend.

    Raises:
        InvalidMember: A member is none, two have one name, or there is none.
        InvalidInput: `require`, `deadline` or `context` cannot be, two members may write one field
            that does not merge, the state cannot be used, or the budget cannot be kept.

    Raises (in the graph):
        BranchesFailed: Too few succeeded; it names the others and why.
    """
    if join is None:
        if require != "all" or deadline is not None:
            raise InvalidInput(
                "parallel: with `join=None` nobody waits, so nothing can be required. Leave "
                "`require` and `deadline` out, or give a `join`."
            )
        return _published("parallel", members, context, state, budget)
    things = [*members] if join == RESULTS else [*members, join]
    team = team_of("parallel", things, budget, taken=frozenset({GATHER}))
    joiner = None if join == RESULTS else list(team.values())[-1]
    beside = {name: one for name, one in team.items() if one is not joiner}
    branches = {name: one for name, one in beside.items() if not one.detach}
    if not branches:
        raise InvalidInput(
            "parallel: nobody waits for any of the members, so there is nothing to join. Use "
            "`publish`, or leave `detach` out of one."
        )
    names = tuple(branches)
    needed = valid_require(require, "parallel", len(names))
    until = valid_deadline(deadline, "parallel")
    fork = Fork("parallel", frozenset(names), len(names), needed, until)
    valid_context(context, "parallel")
    check_team(budget, team, "parallel")
    graph, fields = _graph("parallel", team, branches, state)
    check_writers("parallel", {n: m for n, m in beside.items() if m.detach}, fields, state)
    for one in beside.values():
        if one.detach:
            add_detached(graph, one, _brief(one, context), after=START, fields=fields)
        else:
            _add_branch(graph, one, fork, fields, context)
    end = Join(
        names=lambda _: names,
        back=lambda _, again: again,
        together=lambda _, results: dict(results),
        joiner=joiner,
        context=context,
    )
    end.add_to(graph, fork, fields)
    return graph


@remembered
def publish(
    *members: object,
    context: Context = "none",
    state: Any = None,
    budget: Budget | None = None,
) -> StateGraph[Any, Any, Any, Any]:
    """Build a graph that hands the request to several members without waiting for any of them.

    As a step of `sequential`, or beside branches, it does not hold the graph up: its members work
    when all else has, and the run ends when they have. A failure never fails the run: it becomes a
    dead letter, with what the member was given. A member may ask a person; then the run waits at
    its end. The same as `parallel(..., join=None)`.

    Args:
        *members: Who is told.
        context: What members see of the conversation; functions see the whole state.
        state: A `TypedDict` of fields of your own, which functions and graphs read and write.
        budget: What all of them together may spend.

    Raises:
        InvalidMember: A member is none, two have one name, or there is none.
        InvalidInput: `context` cannot be, two members may write one field that does not merge, the
            state cannot be used, or the budget cannot be kept.
    """
    return _published("publish", members, context, state, budget)


def _published(
    pattern: str, things: tuple[object, ...], context: Context, state: Any, budget: Budget | None
) -> StateGraph[Any, Any, Any, Any]:
    team = team_of(pattern, things, budget, taken=frozenset({GATHER}))
    valid_context(context, pattern)
    check_team(budget, team, pattern)
    graph, fields = _graph(pattern, team, team, state)
    for one in team.values():
        brief = _brief(one, context)
        add_detached(graph, one, brief, after=START, fields=fields, then=GATHER)
    told = {"role": "tells who was told", UNAWAITED_KEY: True, **quiet(fields)}
    graph.add_node(GATHER, published(tuple(team)), metadata=told, defer=True)
    graph.add_edge(GATHER, END)
    return graph


def _graph(
    pattern: str, team: Mapping[str, Member], side_by_side: Mapping[str, Member], own: Any
) -> tuple[StateGraph[Any, Any, Any, Any], Shape]:
    """The empty graph.

    Raises:
        InvalidInput: The state cannot be used, or two may write one field that does not merge.
    """
    fields = shape(pattern, team.values(), own, branches=Ended)
    check_writers(pattern, side_by_side, fields, own)
    return StateGraph(fields.state, **fields.schemas()), fields


def _add_branch(
    graph: StateGraph[Any, Any, Any, Any],
    one: Member,
    fork: Fork,
    fields: Shape,
    context: Context,
) -> None:
    name = one.name

    def called(_: Any) -> str:
        return name

    node = one.node(
        _brief(one, context), settle_branch(called), fields=fields.own, skip=skip_branch(called)
    )
    told = {**about(one, fields), **at_most(1)}
    graph.add_node(name, branch(node, fork, name, called), metadata=told)
    graph.add_edge(START, name)
    graph.add_edge(name, GATHER)


def _brief(one: Member, context: Context) -> Brief:
    if one.function is not None:
        return dict

    async def brief(state: Mapping[str, Any]) -> dict[str, Any]:
        return {**state, "messages": await seen(context, state, {})}

    return brief
