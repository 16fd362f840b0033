"""`swarm`: peers hand the conversation over; the active one is remembered between turns."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict

from stretto.errors import InvalidInput, InvalidMember
from stretto.members import agent_graph, check_team, member
from stretto.patterns.board import board as claim_board
from stretto.patterns.context import valid_context
from stretto.patterns.fields import shape
from stretto.patterns.handing_over import EndsAtHandoff, Handoff, hand_over_tools, passed
from stretto.patterns.handoff_brief import handoff_brief
from stretto.patterns.made import remembered
from stretto.patterns.passing_on import PassingOn
from stretto.patterns.runs import at_most
from stretto.patterns.team import team_of
from stretto.patterns.ways import ways_of
from stretto.spec.agent import tool_name as name_of_tool
from stretto.state import HandedOver

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stretto.members import Member
    from stretto.patterns.board_tasks import Tasks
    from stretto.patterns.context import Context
    from stretto.patterns.ways import Edges, StandIns, Ways
    from stretto.policy import Budget


class _Active(TypedDict, total=False):
    """What of the state says who begins a turn."""

    active: str


@remembered
def swarm(
    agents: Sequence[object],
    *,
    start: str | None = None,
    edges: Edges | None = None,
    context: Context = "full",
    max_handoffs: int = 12,
    stand_ins: StandIns | None = None,
    board: Tasks | None = None,
    state: Any = None,
    budget: Budget | None = None,
) -> StateGraph[Any, Any, Any, Any]:
    """Build a team of peers that hand the conversation over, as an uncompiled graph.

    The turn goes to who answered last on the thread, or to `start`. Whoever hands over lets the
    next one go on in the same turn; it ends when one answers. An agent hands over by a tool that
    the pattern gives it, a function by giving back a `HandOver`.

    Args:
        agents: The members; one in `handoff(it, payload=..., context=...)` declares what must be
            given along to it and what it sees.
        start: The name of who has the first turn; by default the first.
        edges: Who may hand over to whom, by name; by default each to all others.
        context: What the next one sees of what came before; functions see the whole state.
        max_handoffs: Handoffs of one turn.
        stand_ins: Who takes an agent's place that is not available, by its name; by default those
            that it could hand over to.
        board: Tasks that the members claim from a shared list, in place of handing over: see
            `stretto.patterns.board`, which has more options.
        state: A `TypedDict` of fields of your own.
        budget: What all of them together may spend.

    Raises:
        InvalidMember: One is no member, two have one name, or an agent has a tool that is called
            like the one by which it hands over.
        UnknownName: `start`, `edges` or `stand_ins` name one that is not there.
        InvalidInput: Nobody hands over to one, the context policy or the bound is none, or the
            state or budget cannot be used.

    Raises (in the graph):
        TooManyHandoffs: `max_handoffs` is reached, or they hand over in a circle, and nobody has
            said anything.
        NobodyAvailable: One failed, and so did all that could take its place.
        UnknownName: A function hands over to one that it may not hand over to.
        InvalidInput: What a function gives along is not what is declared.
    """
    valid_context(context, "swarm")
    if board is not None:
        _refuse_beside_board({"start": start, "edges": edges, "stand_ins": stand_ins})
        return claim_board(agents, tasks=board, context=context, state=state, budget=budget)
    declared, things = _declared(agents)
    team = team_of("swarm", things, budget)
    ways = ways_of(
        tuple(team),
        declared,
        start=start,
        edges=edges,
        stand_ins=stand_ins,
        context=context,
        most=max_handoffs,
    )
    check_team(budget, team, "swarm")
    fields = shape("swarm", team.values(), state, active=str, turn=str, handed=list[HandedOver])
    graph: StateGraph[Any, Any, Any, Any] = StateGraph(fields.state, **fields.schemas())
    for one in team.values():
        _add(graph, _able(one, team, ways), ways, fields.own)

    def begins(state: _Active) -> str:
        active = state.get("active") or ""
        return active if active in team else ways.start

    graph.add_conditional_edges(START, begins, list(team))
    return graph


def _refuse_beside_board(options: Mapping[str, Any]) -> None:
    for name, value in options.items():
        if value is not None:
            raise InvalidInput(
                f"swarm: {name!r} means nothing on a board, where nobody hands over. Leave one of "
                "them out."
            )


def _declared(agents: Sequence[object]) -> tuple[dict[str, Handoff], list[object]]:
    """What is declared of handoffs to members, by name; and the members."""
    declared: dict[str, Handoff] = {}
    things: list[object] = []
    for each in agents:
        if isinstance(each, Handoff):
            if isinstance(each.agent, str):
                raise InvalidMember(
                    f"swarm: handoff({each.agent!r}) among the members names an agent. Give the "
                    "agent itself; names belong into `edges`."
                )
            one = member(each.agent)
            declared[one.name] = replace(each, agent=one.name)
            things.append(one)
        else:
            things.append(each)
    return declared, things


def _able(one: Member, team: Mapping[str, Member], ways: Ways) -> Member:
    """The member, with the tools by which it hands over where it is an agent of ours."""
    if one.agent is None or not ways.edges[one.name]:
        return one
    own = {name_of_tool(tool) for tool in one.agent.tools}
    tools = hand_over_tools(ways.edges[one.name], {name: each.role for name, each in team.items()})
    for tool in tools:
        if tool.name in own:
            raise InvalidMember(
                f"swarm: {one.name!r} has a tool {tool.name!r} of its own, which is how it "
                "hands over. Rename it."
            )
    able = one.agent.model_copy(update={"tools": (*one.agent.tools, *tools)})
    graph = agent_graph(able, middleware=[EndsAtHandoff()])
    return replace(one, agent=able, runnable=graph)


def _add(
    graph: StateGraph[Any, Any, Any, Any], one: Member, ways: Ways, own: frozenset[str]
) -> None:
    passing = PassingOn(one.name, ways, own, function=one.function is not None)
    node = one.node(
        handoff_brief(one, ways),
        passing.settle,
        fields=own,
        skip=passing.skip,
        rescue=passing.rescue,
        passing=lambda command: passed(command, ways.edges[one.name]),
    )
    again = () if one.function is not None or not ways.edges[one.name] else (one.name,)
    goes = (*ways.targets(one.name), *again, END)
    turns = at_most(ways.most + len(ways.edges) + 1, together="turns")
    graph.add_node(one.name, node, metadata={**one.metadata, **turns}, destinations=goes)
