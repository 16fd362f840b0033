"""`sequential`: one step after the other, each with what the one before gave."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from langgraph.graph import END, START, StateGraph

from stretto.errors import InvalidInput
from stretto.members import check_team
from stretto.patterns.context import seen, valid_context
from stretto.patterns.detached import add_detached
from stretto.patterns.fields import shape
from stretto.patterns.fused import fuse_into
from stretto.patterns.gate import check_gates, pass_in, pass_out
from stretto.patterns.made import remembered
from stretto.patterns.pipeline import FLOW, LIST, Pipeline, piped_shape, valid_items
from stretto.patterns.results import answer_of, latest, no_result, result_of, result_update
from stretto.patterns.team import team_of
from stretto.patterns.writers import about, check_writers, quiet

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from stretto.members import Brief, Member, Reply, Update
    from stretto.patterns.context import Context
    from stretto.patterns.fields import Shape
    from stretto.patterns.pipeline import Items, Stage
    from stretto.policy import Budget


@remembered
def sequential(
    *steps: object,
    items: Items | None = None,
    width: int = 1,
    buffer: int = 2,
    fuse: bool = False,
    context: Context = "last",
    state: Any = None,
    budget: Budget | None = None,
) -> StateGraph[Any, Any, Any, Any]:
    """Build a chain of steps, as an uncompiled graph: each begins when the one before has ended.

    What a step gives stands under its name in `results`; the last one's is the turn's answer. A
    step whose `when` does not hold is skipped. What steps declare with `member(takes=, gives=)` is
    checked between them: what was given is stored by then, so a resume checks again. A step made
    with `member(detach=True)` or by `publish` stands beside the chain: nobody waits for it, it
    works when the chain has ended, and its failure becomes a dead letter.

    Args:
        *steps: Members, in their order.
        items: Makes it a pipeline: the name of a field of `state` that holds a list, or a function
            of the state that gives one. Each item goes through all steps, one in the second while
            the next is in the first; a step finds it as `item`, and what earlier steps gave of it
            in `results`. `results` holds a list by step, `failed` why an item went no further.
        width: Items in one step at once.
        buffer: Items that may wait between two steps beside those at work.
        fuse: Run all steps in one node, for about a quarter of the cost: there are no breakpoints,
            forks and checkpoints between them. Each is an entry of the ledger. Not for graphs
            (agents among them) and what asks a person.
        context: What a step sees of those before it; functions see the whole state.
        state: A `TypedDict` of fields of your own, which functions and graphs read and write.
        budget: What all of them together may spend.

    Raises:
        InvalidMember: A step is no member, two have one name, or there is none.
        InvalidInput: The context policy is unknown, the state cannot be used, or the budget cannot
            be kept, a step never gives what the next one takes, nobody waits for any, or steps
            cannot be fused.

    Raises (in the graph):
        ResultUnfit: A step gave, or is given, something else than it declares.
    """
    taken = frozenset({LIST, FLOW}) if items is not None else frozenset[str]()
    team = team_of("sequential", steps, budget, taken=taken)
    valid_context(context, "sequential")
    check_team(budget, team, "sequential")
    fields = shape("sequential", team.values(), state)
    graph: StateGraph[Any, Any, Any, Any] = StateGraph(fields.state, **fields.schemas())
    check_gates("sequential", [one for one in team.values() if not one.detach])
    waited = [name for name, one in team.items() if not one.detach]
    if not waited:
        raise InvalidInput(
            "sequential: nobody waits for any of the steps. Use `publish`, or leave `detach` out "
            "of one."
        )
    if items is not None:
        if fuse:
            raise InvalidInput("sequential: `items` and `fuse` exclude each other. Leave one out.")
        listed = valid_items(items, fields.own, width, buffer)
        flow = partial(Pipeline, items=listed, width=width, buffer=buffer)
        return _pipeline(team, flow, context, state)
    aside = {name: one for name, one in team.items() if one.detach}
    check_writers("sequential", aside, fields, state)
    if fuse:
        return _fused(team, context, fields)
    before, earlier = START, tuple[str, ...]()
    for number, (name, one) in enumerate(team.items(), 1):
        step = _Step(one, earlier, f"{number} of {len(team)}", name == waited[-1])
        about_it = {**about(one, fields), "step": step.place}
        if one.detach:
            brief = step.brief(context)
            add_detached(graph, one, brief, after=before, fields=fields, more=about_it)
            continue
        node = one.node(step.brief(context), step.settle, fields=fields.own, skip=step.skip)
        graph.add_node(name, node, metadata=about_it)
        graph.add_edge(before, name)
        before, earlier = name, (*earlier, name)
    graph.add_edge(before, END)
    return graph


def _fused(
    team: Mapping[str, Member], context: Context, fields: Shape
) -> StateGraph[Any, Any, Any, Any]:
    """Build the same chain as one node."""
    graph: StateGraph[Any, Any, Any, Any] = StateGraph(fields.state, **fields.schemas())
    wired: StateGraph[Any, Any, Any, Any] = StateGraph(fields.state, **fields.schemas())
    names = tuple(team)
    steps: dict[str, tuple[Member, Any]] = {}
    for number, (name, one) in enumerate(team.items(), 1):
        place, last = f"{number} of {len(names)}", number == len(names)
        step = _Step(one, names[: number - 1], place, last)
        node = one.node(step.brief(context), step.settle, fields=fields.own, skip=step.skip)
        steps[name] = (one, node)
        wired.add_node(name, node, metadata={**one.metadata, "step": place})
        wired.add_edge(names[number - 2] if number > 1 else START, name)
    wired.add_edge(names[-1], END)
    following = dict(zip(names, [*names[1:], END], strict=True))
    fuse_into(
        graph,
        wired,
        steps,
        lambda name, _state: following[name],
        pattern="sequential",
        fields=fields,
    )
    return graph


def _pipeline(
    team: Mapping[str, Member],
    flow: Callable[[Sequence[Stage]], Pipeline],
    context: Context,
    own: Any,
) -> StateGraph[Any, Any, Any, Any]:
    """Build the same chain as one that items flow through."""
    if aside := [name for name, one in team.items() if one.detach]:
        raise InvalidInput(
            f"sequential: step {aside[0]!r} is detached, and items wait for each step. Leave "
            "`detach` out of it, or put it behind the pipeline."
        )
    fields, names = piped_shape(team.values(), own), tuple(team)
    graph: StateGraph[Any, Any, Any, Any] = StateGraph(fields.state, **fields.schemas())
    chain: StateGraph[Any, Any, Any, Any] = StateGraph(fields.state)
    stages: list[Stage] = []
    for number, (name, one) in enumerate(team.items(), 1):
        step = _Step(one, names[: number - 1], f"{number} of {len(names)}", last=False)
        node = one.node(step.brief(context), step.settle, skip=step.skip)
        stages.append((name, cast("Any", node)))
        chain.add_node(name, node, metadata={**one.metadata, "step": step.place})
        chain.add_edge(names[number - 2] if number > 1 else START, name)
    chain.add_edge(names[-1], END)
    flow(stages).add_to(graph, chain, quiet(fields))
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
