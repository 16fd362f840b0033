"""`approve`: a person's yes before something counts, with a deadline and who is asked then."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from langgraph.graph import END, START, StateGraph

from stretto.errors import InvalidInput
from stretto.members import check_team
from stretto.patterns.approving import ASK, Chain, Question, asked_at
from stretto.patterns.context import seen, valid_context
from stretto.patterns.fields import shape
from stretto.patterns.made import remembered
from stretto.patterns.runs import at_most
from stretto.patterns.team import team_of
from stretto.patterns.writers import about, quiet
from stretto.state import Answer, Approval, Typed

if TYPE_CHECKING:
    from stretto.members import Brief, Member
    from stretto.patterns.context import Context
    from stretto.policy import Budget

Ask: TypeAlias = str | Callable[[Mapping[str, Any]], str | bool | None]
"""What the person reads; or a function of the state that gives it, or `False` when nobody needs to
be asked."""
Default: TypeAlias = Literal["approve", "reject"]
ASK_NODE = "approve"


@remembered
def approve(
    thing: object,
    *,
    ask: Ask = ASK,
    to: str = "",
    deadline: float | None = None,
    escalate: Sequence[str | tuple[str, float | None]] = (),
    default: Default | None = None,
    remind: float | None = None,
    max_revisions: int = 3,
    context: Context = "full",
    state: Any = None,
    budget: Budget | None = None,
) -> StateGraph[Any, Any, Any, Any]:
    """Build work that counts only with a person's yes, as an uncompiled graph.

    The member works, then a person is asked by interrupt in LangChain's human-in-the-loop payload:
    approve, edit (exactly what is edited changes), reject (with a reason it is done again, without
    it the turn ends rejected), respond (the person's words take its place).

    Waiting costs nothing and may take days. A deadline is data: when it is over, an answer of the
    one who was asked comes too late, and the next one is asked, or the default counts. `stretto
    due` sees to threads whose deadline is over while nobody answers, and reminds.

    Args:
        thing: Member whose result is asked about.
        ask: What the person reads, or a function of the state that gives it; `False` from it lets
            the result count unasked.
        to: Who is asked; "" is anyone.
        deadline: Seconds from the question after which `escalate`, then `default`, comes in.
        escalate: Who is asked then, one after the other: names, or pairs of name and seconds (by
            default the same `deadline`; the last one without a default waits for ever).
        default: What counts when nobody of all has answered in time; `None` waits for the last.
        remind: Seconds after which who is asked is reminded, again and again, by `stretto due`.
        max_revisions: How often work may be sent back in a turn; then a rejection ends it.
        context: What the member's agent sees; functions see the whole state.
        state: A `TypedDict` of fields of your own.
        budget: What the member may spend over all revisions.

    Raises:
        InvalidMember: It is no member.
        InvalidInput: A time is not above 0, a deadline leads nowhere or a default has none, `ask`
            is empty, or the state or budget cannot be used.
    """
    valid_context(context, "approve")
    chain = _chain(to, deadline, escalate, default, remind)
    if max_revisions < 0:
        raise InvalidInput(f"approve: max_revisions is {max_revisions}. Set it to 0 or more.")
    if not callable(ask) and not (isinstance(ask, str) and ask.strip()):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InvalidInput(
            f"approve: `ask` is {ask!r}. Give what the person reads, or a function that gives it."
        )
    team = team_of("approve", [thing], budget, taken=frozenset({ASK_NODE}))
    check_team(budget, team, "approve")
    (one,) = team.values()
    fields = shape(
        "approve",
        [one],
        state,
        approval=Annotated[Approval | None, Typed],
        answer=Annotated[Answer | None, Typed],
    )
    question = Question(one.name, ask, chain, max_revisions)
    graph: StateGraph[Any, Any, Any, Any] = StateGraph(fields.state, **fields.schemas())
    rounds = max_revisions + 1
    work = one.node(_brief(one, context), question.worked, fields=fields.own, skip=question.skipped)
    graph.add_node(one.name, work, metadata={**about(one, fields), **at_most(rounds)})
    asks = at_most(rounds * len(chain.levels))
    person = {"role": "person", "asks": to or "anyone", **quiet(fields), **asks}
    graph.add_node(ASK_NODE, question.put, metadata=person)
    graph.add_edge(START, one.name)
    graph.add_conditional_edges(one.name, question.after_work, [ASK_NODE, END])
    graph.add_conditional_edges(ASK_NODE, question.after_ask, [one.name, ASK_NODE, END])
    return graph


def _brief(one: Member, context: Context) -> Brief:
    if one.function is not None:
        return dict

    async def brief(state: Any) -> dict[str, Any]:
        extra = asked_at(state, one.name)
        return {**state, "messages": await seen(context, state, {}, extra=extra)}

    return brief


def _chain(
    to: str,
    deadline: float | None,
    escalate: Sequence[str | tuple[str, float | None]],
    default: Default | None,
    remind: float | None,
) -> Chain:
    rest = [(each, deadline) if isinstance(each, str) else each for each in escalate]
    levels = [(to, deadline), *rest]
    if default is None and rest and isinstance(escalate[-1], str):
        levels[-1] = (levels[-1][0], None)
    for name, seconds in [*levels, ("remind", remind)]:
        if seconds is not None and not seconds > 0:
            raise InvalidInput(
                f"approve: {seconds!r} is no time to wait for {name or 'an answer'!r}. Give "
                "seconds above 0."
            )
    for name, _ in rest:
        if not name.strip():
            raise InvalidInput("approve: nobody is named in `escalate`. Give a name.")
    endless = [name for name, seconds in levels[:-1] if seconds is None]
    if endless:
        raise InvalidInput(
            f"approve: {endless[0] or 'who is asked first'!r} is waited for without a deadline, so "
            "who comes next is never asked. Set `deadline`."
        )
    if levels[-1][1] is not None and default is None:
        raise InvalidInput(
            "approve: when the deadline is over nothing is to happen. Give `default`, or somebody "
            "to `escalate` to."
        )
    if default is not None and levels[-1][1] is None:
        raise InvalidInput(
            f"approve: the default {default!r} never counts without a deadline. Set `deadline`."
        )
    if default not in (None, "approve", "reject"):
        raise InvalidInput(f"approve: {default!r} is no default. Use 'approve', 'reject' or None.")
    return Chain(tuple(levels), default, remind)
