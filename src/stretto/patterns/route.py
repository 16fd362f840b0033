"""`route`: a decision sends each turn to one member, and says why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from langgraph.graph import END, START, StateGraph

from stretto.errors import InvalidInput, InvalidMember, Unrouted
from stretto.members import check_team, member
from stretto.patterns.choosing import Chooser, choosers
from stretto.patterns.context import seen, valid_context
from stretto.patterns.fields import shape
from stretto.patterns.made import remembered
from stretto.patterns.results import answer_of, no_result, result_of, result_update
from stretto.patterns.team import team_of
from stretto.patterns.writers import about, quiet
from stretto.state import Routed, Typed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stretto.members import Brief, Member, Reply, Settle, Skip, Update
    from stretto.patterns.context import Context
    from stretto.patterns.fields import Shape
    from stretto.policy import Budget


@remembered
def route(
    by: object,
    members: Mapping[str, object],
    *,
    otherwise: object = None,
    unsure: float = 0.8,
    context: Context = "full",
    state: Any = None,
    budget: Budget | None = None,
) -> StateGraph[Any, Any, Any, Any]:
    """Build a branch, as an uncompiled graph: `by` names a label, its member does the turn.

    The decision stands in the state (`route`, a `Routed`) and in the journal, with its reason. The
    chosen member's result stands under its name in `results`, and is the turn's answer.

    Args:
        by: Who decides: a decider of `stretto.routing` (`Threshold`, `Table`, `Criteria`,
            `Examples`, ...), a function of the state that gives a label, or a member (an agent)
            that answers with one. A list of them is a cascade: the next is asked when one gives no
            label, or is less sure than `unsure`.
        members: Who does it, by label. One member may stand under several labels.
        otherwise: Who does what fits no label: a member, or the text to say. Without it that is an
            error.
        unsure: Confidence, from 0 to 1, below which the next of a cascade is asked.
        context: What the chosen one sees; functions see the whole state.
        state: A `TypedDict` of fields of your own.
        budget: What all of them together may spend.

    Raises:
        InvalidMember: One is no member, or two different ones have one name.
        InvalidInput: There is no label, `by` gives one that leads nowhere or never gives one of
            these, it cannot decide, or the state or budget cannot be used.

    Raises (in the graph):
        Unrouted: No label fits and there is no `otherwise`.
    """
    valid_context(context, "route")
    targets, team = _targets(members, otherwise, budget)
    roles = {label: team[targets.nodes[label]].role for label in targets.labels}
    stages = choosers(by, targets.labels, roles, unsure, targets.where)
    deciding = {s.member.name: s.member for s in stages if s.member is not None}
    team = {**team_of("route", [*deciding.values()], budget), **team} if deciding else team
    _refuse_clash(deciding, targets, stages)
    check_team(budget, team, "route")
    working = [team[name] for name in dict.fromkeys(targets.nodes.values())]
    fields = shape("route", working, state, route=Annotated[Routed | None, Typed])
    graph: StateGraph[Any, Any, Any, Any] = StateGraph(fields.state, **fields.schemas())
    _add_choosers(graph, stages, team, targets, fields)
    for one in working:
        node = one.node(
            _brief(one, context),
            _settle(one.name),
            fields=fields.own,
            skip=_skip(one.name),
        )
        graph.add_node(one.name, node, metadata=about(one, fields))
        graph.add_edge(one.name, END)
    return graph


@dataclass(frozen=True, slots=True)
class Targets:
    """Where labels lead."""

    nodes: Mapping[str, str]
    """Node by label; that of the rest under `""`."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels, in their order."""
        return tuple(label for label in self.nodes if label)

    @property
    def where(self) -> str:
        """Where what fits no label goes; empty when nowhere."""
        return self.nodes.get("", "")

    def of(self, label: str) -> str | None:
        """The node of a label; `None` when there is none."""
        return self.nodes.get(label) or self.nodes.get("")


def _targets(
    given: Mapping[str, object], otherwise: object, budget: Budget | None
) -> tuple[Targets, dict[str, Member]]:
    if not given:
        raise InvalidInput("route: there is no label to go to. Give `{'label': member}`.")
    for label in given:
        if not isinstance(label, str) or not label.strip():  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InvalidInput(f"route: {label!r} is no label. Use a text that is not empty.")
    things = {**given, **({} if otherwise is None else {"": _otherwise(otherwise)})}
    taken = {label: member(thing) for label, thing in things.items()}
    named: dict[str, tuple[object, Member]] = {}
    for label, one in taken.items():
        thing = things[label]
        if one.name in named and named[one.name][0] is not thing:
            raise InvalidMember(
                f"route: two members are called {one.name!r}. Give one another name, with "
                "`member(it, name=...)`."
            )
        named.setdefault(one.name, (thing, one))
    team = team_of("route", [one for _, one in named.values()], budget)
    return Targets({label: one.name for label, one in taken.items()}), team


def _otherwise(thing: object) -> object:
    if not isinstance(thing, str):
        return thing

    async def otherwise(_state: Any) -> str:
        return thing

    return member(otherwise, role="says what cannot be done")


def _refuse_clash(
    deciding: Mapping[str, Member], targets: Targets, stages: Sequence[Chooser]
) -> None:
    own = {s.node for s in stages if s.member is None}
    names = set(targets.nodes.values())
    if clash := sorted((names & set(deciding)) | (names & own) | (own & set(deciding))):
        raise InvalidMember(
            f"route: {clash[0]!r} is both who decides and who works. Give one another name, with "
            "`member(it, name=...)`."
        )


def _add_choosers(
    graph: StateGraph[Any, Any, Any, Any],
    stages: Sequence[Chooser],
    team: Mapping[str, Member],
    targets: Targets,
    fields: Shape,
) -> None:
    graph.add_edge(START, stages[0].node)
    for stage, after in zip(stages, [*stages[1:], None], strict=True):
        settle = _decide(targets, last=after is None)
        decides = stage.as_node(team, settle, fields.own)
        told = quiet(fields) if stage.member is None else about(stage.member, fields)
        graph.add_node(stage.node, decides, metadata={**told, **stage.metadata})
        goes = sorted(set(targets.nodes.values()))
        following = "" if after is None else after.node
        graph.add_conditional_edges(
            stage.node, _goes(targets, following), [*goes, following] if following else goes
        )


def _goes(targets: Targets, following: str) -> Any:
    async def goes(state: Any) -> str:
        routed: Routed = state["route"]
        if following and not routed.sure:
            return following
        return targets.of(routed.label) or END

    return goes


def _decide(targets: Targets, *, last: bool) -> Any:
    """Makes the state's update of a decision; the results of earlier turns go."""

    def decide(routed: Routed) -> Update:
        sure = last or (routed.sure and routed.label in targets.nodes and bool(routed.label))
        if sure and targets.of(routed.label) is None:
            said = repr(routed.label) if routed.label else "that nothing fits"
            raise Unrouted(
                f"route: {routed.by!r} says {said}, which leads to no member ({routed.reason}). "
                f"Add the label to {', '.join(map(repr, targets.labels))}, or give `otherwise=`."
            )
        settled = routed.model_copy(update={"sure": sure})
        return {"route": settled, "results": None, "failed": None, "structured_response": None}

    return decide


def _brief(one: Member, context: Context) -> Brief:
    if one.function is not None:
        return dict

    async def brief(state: Mapping[str, Any]) -> dict[str, Any]:
        return {**state, "messages": await seen(context, state, {})}

    return brief


def _skip(name: str) -> Skip:
    def skip(_state: Any, _why: str) -> Update:
        return no_result(name)

    return skip


def _settle(name: str) -> Settle:
    def settle(_state: Any, said: Reply) -> Update:
        update = result_update(name, said)
        return update if said.silent else {**update, **answer_of(name, result_of(said))}

    return settle
