"""`saga`: steps that are undone in reverse when one of them comes to nothing."""

from __future__ import annotations

import inspect
from itertools import chain, groupby
from typing import TYPE_CHECKING, Annotated, Any, TypeGuard, cast

from langgraph.graph import END, START, StateGraph

from stretto.errors import InvalidInput, InvalidMember
from stretto.members import check_team, member
from stretto.patterns.context import valid_context
from stretto.patterns.fields import shape
from stretto.patterns.gate import check_gates
from stretto.patterns.made import remembered
from stretto.patterns.rollback import FAILED, UNDO, Errors, failed_node, undo_node
from stretto.patterns.stage import JOIN, Stage
from stretto.patterns.team import team_of
from stretto.patterns.writers import check_writers, quiet
from stretto.policy import Policy
from stretto.spec.undo import UNDOES_KEY
from stretto.state import SagaStep, merge_steps

if TYPE_CHECKING:
    from stretto.members import Member
    from stretto.patterns.context import Context
    from stretto.policy import Budget

Steps = Annotated[dict[str, SagaStep], merge_steps]


@remembered
def saga(
    *steps: object,
    context: Context = "last",
    confirm: bool = False,
    state: Any = None,
    budget: Budget | None = None,
) -> StateGraph[Any, Any, Any, Any]:
    """Build a chain of steps that are undone when it comes to nothing, as an uncompiled graph.

    A step is a member; `(member, undo)` with what undoes it; or a list of these, which work side by
    side. When a step fails or is rejected, those beside it end first. Then what was done in the
    saga is undone, what was done last first, and the error is raised with a note of it. An undo
    that fails is tried three times, and then becomes a dead letter. What the last step gives is the
    turn's answer; how each step stands is in `steps`.

    Args:
        *steps: In their order. `undo(output, brief)` is a function at the top of a module; effects
            within a step that declare an undo are undone as well.
        context: What a step sees of those before it; functions see the whole state.
        confirm: Whether a person is asked before anything is undone.
        state: A `TypedDict` of fields of your own, which functions and graphs read and write.
        budget: What all steps together may spend.

    Raises:
        InvalidMember: A step is no member, two have one name, or there is none.
        InvalidInput: An undo cannot be found again or takes something else, a step declares two,
            or nobody waits for it; `context`, `state` or `budget` cannot be.

    Raises (in the graph):
        WorkUndone: On a resume of a saga that was undone.
        Exception: What the first step that failed raised; `Rejected` where its answer was rejected.
    """
    stages = [_stage(each) for each in steps]
    joins = {JOIN.format(number) for number, each in enumerate(stages, 1) if len(each) > 1}
    team = team_of("saga", [*chain(*stages)], budget, taken=frozenset({UNDO, FAILED, *joins}))
    valid_context(context, "saga")
    check_team(budget, team, "saga")
    fields = shape("saga", team.values(), state, steps=Steps)
    graph: StateGraph[Any, Any, Any, Any] = StateGraph(fields.state, **fields.schemas())
    errors, names = Errors(), tuple(team)
    made: list[Stage] = []
    for number, each in enumerate(stages, 1):
        ours = {one.name: team[one.name] for one in each}
        check_writers("saga", ours, fields, state)
        made.append(Stage(ours, number, len(stages), names, context, errors))
    for alone, run in groupby(stages, key=lambda each: len(each) == 1):
        check_gates("saga", [team[one.name] for each in run for one in each if alone])
    for stage, after in zip(made, [*made[1:], None], strict=True):
        stage.add_to(graph, fields, after)
    for name in made[0].members:
        graph.add_edge(START, name)
    told = {"role": "undoes what was done", UNDOES_KEY: not confirm, **quiet(fields)}
    graph.add_node(UNDO, undo_node(names, confirm=confirm), metadata=told)
    told = {"role": "fails as the step did", **quiet(fields)}
    graph.add_node(FAILED, failed_node(names, errors), metadata=told)
    graph.add_edge(UNDO, FAILED)
    graph.add_edge(FAILED, END)
    return graph


def _stage(thing: object) -> list[Member]:
    """The members at one place of the order.

    Raises:
        InvalidMember, InvalidInput: As `saga`.
    """
    if not isinstance(thing, list):
        return [_step(thing)]
    if not thing:
        raise InvalidMember("saga: a list of steps is empty. Put those into it that work at once.")
    return [_step(each) for each in cast("list[object]", thing)]


def _step(thing: object) -> Member:
    one, undo = thing if _is_pair(thing) else (thing, None)
    if isinstance(one, tuple | list):
        raise InvalidMember(
            f"saga: {one!r} is no step. Give a member, or `(member, undo)`; several of these in a "
            "list work side by side. For a chain beside others give `member(saga(...), name=...)`."
        )
    step = member(one)
    if step.detach:
        raise InvalidInput(
            f"saga: nobody waits for the step {step.name!r}, so it could not be undone. Put it "
            "behind the saga: `sequential(saga, it)`."
        )
    own = step.policy.undo if step.policy else None
    if undo is not None and own is not None:
        raise InvalidInput(
            f"saga: the step {step.name!r} has an undo in its policy, and another beside it. Leave "
            "one of them out."
        )
    if undo is not None and not (callable(undo) or isinstance(undo, str)):
        raise InvalidInput(
            f"saga: {undo!r} undoes nothing, so {step.name!r} could not be undone. Give a function "
            "at the top of a module; steps that work side by side go into a list."
        )
    if undo is not None:
        before = dict(step.policy) if step.policy else {}
        step = member(step, policy=Policy.model_validate({**before, "undo": undo}))
    if (declared := undo or own) is not None:
        _check_undo(step.name, declared)
    return step


def _is_pair(thing: object) -> TypeGuard[tuple[object, Any]]:
    pair = cast("tuple[object, ...]", thing)
    return isinstance(thing, tuple) and len(pair) == 2 and pair[1] is not None


def _check_undo(name: str, undo: Any) -> None:
    """Refuse what could not be called with what a step gave and was given."""
    if not callable(undo):  # a name, found when it is needed
        return
    try:
        inspect.signature(undo).bind("output", "brief")
    except TypeError:
        raise InvalidInput(
            f"saga: the undo of {name!r} is called with two arguments, what the step gave and what "
            "it was given. Write it as `def undo(output, brief)`."
        ) from None
