"""`sequential`: one step after the other, each with what the one before gave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langgraph.graph import END, START, StateGraph

from stretto.members import check_team
from stretto.patterns.context import seen, valid_context
from stretto.patterns.fields import shape
from stretto.patterns.gate import check_gates, pass_in, pass_out
from stretto.patterns.results import answer_of, latest, no_result, result_of, result_update
from stretto.patterns.team import team_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stretto.members import Brief, Member, Reply, Update
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
    step whose `when` does not hold is skipped. What steps declare with `member(takes=, gives=)` is
    checked between them: what was given is stored by then, so a resume checks again.

    Args:
        *steps: Members, in their order.
        context: What a step sees of those before it; functions see the whole state.
        state: A `TypedDict` of fields of your own, which functions and graphs read and write.
        budget: What all of them together may spend.

    Raises:
        InvalidMember: A step is no member, two have one name, or there is none.
        InvalidInput: The context policy is unknown, the state cannot be used, or the budget cannot
            be kept, or a step never gives what the next one takes.

    Raises (in the graph):
        ResultUnfit: A step gave, or is given, something else than it declares.
    """
    team = team_of("sequential", steps, budget)
    valid_context(context, "sequential")
    check_team(budget, team, "sequential")
    fields = shape("sequential", team.values(), state)
    graph: StateGraph[Any, Any, Any, Any] = StateGraph(fields.state, **fields.schemas())
    check_gates("sequential", list(team.values()))
    names, before = tuple(team), START
    for number, (name, one) in enumerate(team.items(), 1):
        step = _Step(one, names[: number - 1], f"{number} of {len(names)}", number == len(names))
        node = one.node(step.brief(context), step.settle, fields=fields.own, skip=step.skip)
        graph.add_node(name, node, metadata={**one.metadata, "step": step.place})
        graph.add_edge(before, name)
        before = name
    graph.add_edge(before, END)
    return graph


@dataclass(frozen=True, slots=True)
class _Step:
    """A member at its place in the chain."""

    member: Member
    earlier: tuple[str, ...]
    place: str
    """Such as "3 of 7"."""
    last: bool

    def brief(self, context: Context) -> Brief:
        """Make what the step is given: a function the whole state, others what they are to see."""
        one = self.member
        if one.function is not None and one.takes is None:
            return dict

        async def brief(state: Mapping[str, Any]) -> dict[str, Any]:
            results = self._before(state)
            pass_in(one, results, self.place)
            if one.function is not None:
                return dict(state)
            return {**state, "messages": await seen(context, state, results)}

        return brief

    def settle(self, state: Mapping[str, Any], said: Reply) -> Update:
        """Make the update of what it gave; the last step's is the turn's answer."""
        if said.silent:
            return {**said.update, **self.skip(state, "")}
        fit = pass_out(self.member, said, self.place)
        update = result_update(self.member.name, fit)
        return {**update, **answer_of(self.member.name, result_of(fit))} if self.last else update

    def skip(self, state: Mapping[str, Any], _why: str) -> Update:
        """Make the update of a step that does not work."""
        return {**no_result(self.member.name, state), **self._answer(state)}

    def _answer(self, state: Mapping[str, Any]) -> Update:
        """Where the last step gave nothing, what the last one before it gave is the answer."""
        if not self.last:
            return {}
        if not (before := self._before(state)):
            return {"structured_response": None} if state.get("structured_response") else {}
        who, result = list(before.items())[-1]
        return answer_of(who, result)

    def _before(self, state: Mapping[str, Any]) -> dict[str, Any]:
        return latest(state.get("results") or {}, self.earlier)
