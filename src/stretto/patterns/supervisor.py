"""`supervisor`: a manager delegates tasks to workers, several at once, and has them watched."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_args

from langchain_core.messages import AIMessage
from langgraph.graph import END, START, StateGraph
from langgraph.types import Send

from stretto.errors import InvalidInput, InvalidMember
from stretto.members import check_team
from stretto.patterns.context import valid_context
from stretto.patterns.delegation import ONE_TOOL, desk, unanswered
from stretto.patterns.escalation import PERSON, Escalate, Rules, person_node, see_to
from stretto.patterns.fields import shape
from stretto.patterns.hearing import Ear, beginning, check_request, manager_settle
from stretto.patterns.made import remembered
from stretto.patterns.managing import graph_brief, manager_of, managing, output_of, tools_of
from stretto.patterns.runs import at_most
from stretto.patterns.team import team_of
from stretto.patterns.watching import restarting, watched
from stretto.patterns.working import (
    Check,
    gave_up,
    payload,
    worker_brief,
    worker_settle,
    worker_skip,
)
from stretto.spec.agent import tool_name
from stretto.state import Delegated, merge_work

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from langchain_core.runnables import RunnableConfig

    from stretto.members import ConfigNode, Member
    from stretto.patterns.context import Context
    from stretto.patterns.delegation import Desk
    from stretto.patterns.fields import Shape
    from stretto.policy import Budget

TOOLS = "tools"
"""The node of the manager's own tools."""
Graph = StateGraph[Any, Any, Any, Any]
T = TypeVar("T")
Reassign = Mapping[str, Sequence[object]] | Sequence[object]


@remembered
def supervisor(
    manager: object,
    workers: Sequence[object],
    *,
    max_delegations: int = 25,
    repeats: int = 2,
    restarts: int = 1,
    idle: float | Mapping[str, float] | None = None,
    check: Check | Mapping[str, Check] | None = None,
    reassign: Reassign = (),
    escalate: Escalate = "manager",
    own_tools: bool = False,
    context: Context = "none",
    state: Any = None,
    budget: Budget | None = None,
) -> StateGraph[Any, Any, Any, Any]:
    """Build a manager with workers, as an uncompiled graph.

    The manager gives tasks away by tool call, several at once; they are done in parallel, and their
    results come back to it. The turn ends when it answers without delegating. Results stand under
    the workers' names in `results`, the latest of each; every delegation in `work`, a list of
    `Delegated`.

    A worker that fails, stalls or gives what `check` refuses does it again, then others take over,
    then it is escalated.

    Args:
        manager: An agent or chat model; or a function of the state, or a graph, that gives a
            `Delegate`, a list of them, or the answer.
        workers: Members; what each is good for (`role`) is what the manager is told.
        max_delegations: How many there may be in a turn, at least 1.
        repeats: How often the same task may be given to the same worker in a turn; after that it is
            answered with the earlier result, and after as many answers the run fails.
        restarts: How often a worker is restarted, 0 or more.
        idle: Seconds that a worker may go without progress; one number for all, or by worker.
            Progress is whatever it streams or calls, and `runtime.heartbeat()`.
        check: Says of a task and a result whether it will do; one for all, or by worker.
        reassign: Who takes over when a worker cannot: names of workers, or other members that the
            manager is not told of; in order, for all or by worker.
        escalate: Who is told when nobody can: the "manager", a "person" (by interrupt), or nobody,
            and the run fails.
        own_tools: Whether the manager may have tools that a worker has, too.
        context: What workers see beside the task; functions see the state, with `task`.
        state: A `TypedDict` of fields of your own, which functions and graphs read and write.
        budget: What all of them together may spend.

    Raises:
        InvalidMember: One is no member, is detached, two have one name, or there is no worker.
        InvalidInput: The manager has tools of its workers, a keyword names nobody or has no such
            value, or state or budget cannot be used.

    Raises (in the graph):
        ManagerStuck: The manager delegates too much, or the same again and again.
        WorkerFailed: Nobody could do a task, and `escalate` is "fail".
    """
    head = manager_of(manager)
    team, order = _team(head, workers, reassign, budget)
    known = list(team)[1 : len(workers) + 1]
    _refuse_numbers(max_delegations, repeats, restarts, escalate)
    _refuse_tools(head, [] if own_tools else [team[name] for name in known])
    valid_context(context, "supervisor")
    check_team(budget, team, "supervisor")
    watch = _Watch(restarts, _times(idle, team), _by_worker("check", check, team))
    where = desk(
        head.name,
        {name: team[name].role for name in known},
        max_delegations=max_delegations,
        repeats=repeats,
        alone=context == "none",
    )
    doing = {name: one for name, one in team.items() if name != head.name}
    own = {"work": Annotated[list[Delegated], merge_work]}
    fields = shape("supervisor", doing.values(), state, **own)
    graph: Graph = StateGraph(fields.state, **fields.schemas())
    tries = max_delegations * (1 + max(map(len, order.values()), default=0))
    targets = _add_manager(graph, team[head.name], where, Rules(restarts, order, escalate), fields)
    graph.nodes[head.name].metadata = {
        **team[head.name].metadata,
        **at_most(_turns(tries + repeats, where, tools=TOOLS in targets)),
    }
    for one in doing.values():
        watch.add(graph, one, context, fields.own, at_most(tries, together="delegations"))
    if escalate == "person":
        graph.add_node(PERSON, person_node(known), metadata=at_most(tries))
    for name in (targets := [*doing, *targets]):
        graph.add_edge(name, head.name)
    following = _following(head.name, doing, context)
    graph.add_conditional_edges(head.name, following, [*targets, head.name, END])
    return graph


def _add_manager(graph: Graph, head: Member, where: Desk, rules: Rules, fields: Shape) -> list[str]:
    """Add the manager and its tools; gives the nodes beside the workers that it leads to."""
    tools = tools_of(head.agent)
    names = frozenset(tools.tools_by_name) if tools is not None else frozenset[str]()
    _refuse_clash(head.name, names, {ONE_TOOL, *where.tools})
    one = managing(head, where)
    node = one.node(
        graph_brief(where) if one.function is None else beginning,
        manager_settle(Ear(where, names, output_of(head.agent))),
        fields=fields.own,
        skip=lambda _state, _why: {"results": None, "failed": None, "work": [None]},
    )
    graph.add_node(head.name, _seeing(node, rules, head.name), metadata=one.metadata)
    graph.add_edge(START, head.name)
    if tools is not None:
        graph.add_node(TOOLS, tools, metadata=at_most("own_calls"))
    person = [PERSON] if rules.escalate == "person" else []
    return [*([] if tools is None else [TOOLS]), *person]


@dataclass(frozen=True, slots=True)
class _Watch:
    """How workers are watched."""

    restarts: int
    idle: Mapping[str, float]
    checks: Mapping[str, Check]

    def add(
        self,
        graph: Graph,
        one: Member,
        context: Context,
        own: frozenset[str],
        runs: Mapping[str, Any],
    ) -> None:
        """Add a worker's node; its own fields are those of the user."""
        name = one.name
        node = one.node(
            worker_brief(one, context),
            worker_settle(name, self.checks.get(name)),
            fields=own,
            skip=worker_skip(name),
        )
        graph.add_node(
            name,
            watched(node, name, gave_up, restarts=self.restarts, idle=self.idle.get(name)),
            metadata={**one.metadata, **runs},
            retry_policy=restarting(name, self.restarts),
        )


def _turns(tries: int, where: Desk, *, tools: bool) -> str:
    """How often a manager's node runs: once more than what it gave away, or sees to."""
    own = " + own_calls" if tools else ""
    return f"{1 + tries + where.max_delegations}{own}"


def _seeing(node: ConfigNode, rules: Rules, manager: str) -> ConfigNode:
    """The manager's node: it is asked when all that it delegated is settled."""

    @functools.wraps(node)  # LangGraph looks through it to the graph that the node closes over
    async def run(state: Any, config: RunnableConfig) -> Any:
        messages = state.get("messages") or []
        check_request(messages)
        work = state.get("work") if messages[-1].type != "human" else None
        if work and (seen := await see_to(rules, manager, work)) is not None:
            return seen
        return await node(state, config)

    return run


def _following(
    manager: str, team: Mapping[str, Member], context: Context
) -> Callable[[Mapping[str, Any]], Awaitable[list[Send] | str]]:
    """Make what sends each call that nobody has answered to who does it.

    A person is asked last: a question ends the run, and what others can do is done before.
    """

    async def following(state: Mapping[str, Any]) -> list[Send] | str:
        messages = state.get("messages") or []
        last = next((m for m in reversed(messages) if m.type != "tool"), None)
        if not (isinstance(last, AIMessage) and last.tool_calls):
            return END
        work = {record.id: record for record in state.get("work") or []}
        sends: list[Send] = []
        asks: list[Send] = []
        for call in unanswered(messages):
            record = work.get(call["id"] or "")
            if record is None:
                sends.append(Send(TOOLS, [call]))
            elif record.status == "asked":
                asks.append(Send(PERSON, {"delegation": record}))
            else:
                one = team[record.by]
                sends.append(Send(one.name, payload(one, context, state, record)))
        return sends or asks or manager

    return following


def _team(
    head: Member, workers: Sequence[object], reassign: Reassign, budget: Budget | None
) -> tuple[dict[str, Member], dict[str, tuple[str, ...]]]:
    """All members by name, the manager and its workers first; and who takes over from whom."""
    if not workers:
        raise InvalidMember("supervisor: there is no worker. Give at least one.")
    team = team_of("supervisor", [head, *workers], budget, taken=frozenset({TOOLS, PERSON}))
    known = tuple(team)[1:]
    given = reassign if isinstance(reassign, Mapping) else dict.fromkeys(known, reassign)
    _refuse_unknown("reassign", given, known)
    if isinstance(reassign, str) or any(isinstance(heirs, str) for heirs in given.values()):
        raise InvalidInput("supervisor: `reassign` is a text. Give a list of names or members.")
    others = [each for heirs in given.values() for each in heirs if not isinstance(each, str)]
    unique = list({id(each): each for each in others}.values())
    whole = team_of("supervisor", [head, *workers, *unique], budget)
    heirs_of = dict(zip(map(id, unique), tuple(whole)[len(team) :], strict=True))
    order: dict[str, tuple[str, ...]] = {}
    for name, heirs in given.items():
        named = [each if isinstance(each, str) else heirs_of[id(each)] for each in heirs]
        _refuse_unknown(f"reassign[{name!r}]", named, known + tuple(heirs_of.values()))
        order[name] = tuple(each for each in named if each != name)
    if waits := [one.name for one in whole.values() if one.detach]:
        raise InvalidMember(
            f"supervisor: {waits[0]!r} is detached, and a manager waits for each result. Leave "
            "`detach` out."
        )
    return whole, order


def _by_worker(
    keyword: str, given: T | Mapping[str, T] | None, team: Mapping[str, Member]
) -> dict[str, T]:
    """What a keyword says of each worker."""
    names = tuple(team)[1:]
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        return dict.fromkeys(names, given)
    _refuse_unknown(keyword, given, names)
    return dict(given)


def _refuse_unknown(keyword: str, given: Mapping[str, Any] | Sequence[str], known: Any) -> None:
    if unknown := [name for name in given if name not in known]:
        raise InvalidInput(
            f"supervisor: `{keyword}` names {unknown[0]!r}, which is no worker. Name one of "
            f"{', '.join(map(repr, known))}."
        )


def _refuse_numbers(max_delegations: int, repeats: int, restarts: int, escalate: str) -> None:
    least = {"max_delegations": (max_delegations, 1), "repeats": (repeats, 1)}
    for keyword, (given, smallest) in {**least, "restarts": (restarts, 0)}.items():
        if given < smallest:
            raise InvalidInput(
                f"supervisor: `{keyword}` is {given!r}. Give a whole number, {smallest} or more."
            )
    if escalate not in get_args(Escalate):
        raise InvalidInput(
            f"supervisor: `escalate` is {escalate!r}. Use one of {', '.join(get_args(Escalate))}."
        )


def _times(
    idle: float | Mapping[str, float] | None, team: Mapping[str, Member]
) -> dict[str, float]:
    times = _by_worker("idle", idle, team)
    for name, seconds in times.items():
        if not (seconds > 0 and math.isfinite(seconds)):
            raise InvalidInput(
                f"supervisor: `idle` of {name!r} is {seconds!r}. Give seconds above 0, or leave it "
                "out."
            )
    return times


def _refuse_tools(head: Member, workers: Sequence[Member]) -> None:
    """The manager does not do the work of its workers."""
    own = {tool_name(tool) for tool in head.agent.tools} if head.agent else set[str]()
    for one in workers:
        theirs = {tool_name(tool) for tool in one.agent.tools} if one.agent else set[str]()
        if both := sorted(own & theirs):
            raise InvalidInput(
                f"supervisor: the manager {head.name!r} has the tools {', '.join(both)} of its "
                f"worker {one.name!r}, and could do the work itself. Take them from it, or say "
                "`own_tools=True`."
            )


def _refuse_clash(manager: str, own: frozenset[str], taken: set[str]) -> None:
    if clash := sorted(own & taken):
        raise InvalidInput(
            f"supervisor: a tool of {manager!r} is called {clash[0]!r}, which is how it delegates. "
            "Rename the tool."
        )
