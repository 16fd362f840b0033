"""`board`: peers claim open tasks from a shared list.

Claims are part of the state, and stored before the work begins. So a task is claimed by one member
at a time, whatever becomes of the process: work that had not ended is done again by the one that
had claimed it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, cast

from langchain_core.tools import BaseTool, StructuredTool
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict

from stretto.errors import InvalidInput, InvalidMember
from stretto.members import agent_graph, check_team
from stretto.members.decisions import decided
from stretto.patterns.board_round import NODE, Rules, claim, rule_of
from stretto.patterns.board_tasks import merge_board, task_of, tasks_of
from stretto.patterns.brief import tag
from stretto.patterns.claiming import given_back
from stretto.patterns.context import seen, valid_context
from stretto.patterns.fields import shape
from stretto.patterns.handing_over import tool_words
from stretto.patterns.handoff_turn import turn_of
from stretto.patterns.made import remembered
from stretto.patterns.results import result_of
from stretto.patterns.runs import at_most
from stretto.patterns.team import team_of
from stretto.resilience.trouble import trouble_of
from stretto.spec.agent import tool_name
from stretto.spec.tool import EFFECT_KEY
from stretto.state import BoardTask

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic import BaseModel

    from stretto.members import Brief, Member, Node, Reply, Update
    from stretto.patterns.board_tasks import Fits, Tasks
    from stretto.patterns.context import Context
    from stretto.policy import Budget

ADD = "add_task"
"""The tool by which an agent puts a task on the board."""
NEW = "new_tasks"
"""The key under which a function gives tasks for the board."""


class _Claims(TypedDict, total=False):
    """What of the state says who works now."""

    claims: dict[str, str]


@remembered
def board(
    agents: Sequence[object],
    *,
    tasks: Tasks,
    fits: Fits | None = None,
    width: int | None = None,
    attempts: int = 3,
    max_tasks: int = 100,
    adds: bool = False,
    payload: type[BaseModel] | None = None,
    context: Context = "none",
    state: Any = None,
    budget: Budget | None = None,
) -> StateGraph[Any, Any, Any, Any]:
    """Build a team whose members claim tasks from a shared list, as an uncompiled graph.

    In each round every member that fits an open task claims one, in the order of the list; the
    next round begins when all have ended. A member that fails gives its task back, and another
    claims it. The turn ends when all tasks are done or failed; it tells each task's result. The
    state's `board` holds the tasks by their ids.

    Args:
        agents: The members. A function gets the state, with its `task` (a `BoardTask`) and `data`
            (the task's value); what it gives under `new_tasks` is put on the board.
        tasks: Texts, pydantic values or JSON; or a function that makes them of the state.
        fits: Who fits which task; by default everyone fits all. Of equals who has done least.
        width: Tasks that are worked on at once; by default as many as there are members.
        attempts: Members that try a task before it counts as failed.
        max_tasks: Tasks of one turn; what is put on the board beyond them fails.
        adds: Whether agents get a tool, `add_task`, to put tasks on the board.
        payload: The type of the tasks' values; functions get them as such. By default JSON.
        context: What a member sees of what others did.
        state: A `TypedDict` of fields of your own.
        budget: What all of them together may spend.

    Raises:
        InvalidMember: One is no member, two have one name, or one is called "board".
        UnknownName: `fits` names one that is not there.
        InvalidInput: There is no task, one is none, a number is below 1, the context policy is
            unknown, or the state or budget cannot be used.

    Raises (in the graph):
        MemberFailed: None of the tasks could be done.
    """
    valid_context(context, "board")
    team = team_of("board", agents, budget, taken=frozenset({NODE}))
    bounds = {"attempts": attempts, "max_tasks": max_tasks, "width": width or len(team)}
    for name, value in {**bounds, **({} if width is None else {"width": width})}.items():
        _refuse_below_one(name, value)
    if not callable(tasks):
        tasks_of(tasks, payload)
    rules = Rules(tasks, rule_of(fits, tuple(team)), payload, tuple(team), **bounds)
    check_team(budget, team, "board")
    fields = shape(
        "board",
        team.values(),
        state,
        board=Annotated[dict[str, BoardTask], merge_board],
        claims=dict[str, str],
        turn=str,
    )
    if NEW in fields.own:
        raise InvalidInput(f"board: the field {NEW!r} of the state is the board's. Rename it.")
    graph: StateGraph[Any, Any, Any, Any] = StateGraph(fields.state, **fields.schemas())
    told = {"role": "claims tasks", "agent": NODE, **at_most(rules.runs + 1)}
    graph.add_node(NODE, _round(rules), metadata=told)
    graph.add_edge(START, NODE)
    graph.add_conditional_edges(NODE, _claimants, [*team, END])
    for one in team.values():
        _add(graph, _adding(one) if adds else one, rules, context, fields.own)
    return graph


def _round(rules: Rules) -> Node:
    async def board(state: Any) -> Update:
        return await claim(rules, state)

    return board


def _refuse_below_one(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InvalidInput(f"board: {name} is {value!r}. Give a whole number from 1.")


def _claimants(state: _Claims) -> list[str]:
    return list(state.get("claims") or ()) or [END]


def _adding(one: Member) -> Member:
    """The member, with the tool by which it adds tasks where it is an agent of ours."""
    if one.agent is None:
        return one
    if ADD in {tool_name(tool) for tool in one.agent.tools}:
        raise InvalidMember(
            f"board: {one.name!r} has a tool {ADD!r} of its own, which is how it adds tasks. "
            "Rename it."
        )
    able = one.agent.model_copy(update={"tools": (*one.agent.tools, _add_tool())})
    return replace(one, agent=able, runnable=agent_graph(able))


def _add_tool() -> BaseTool:
    def add_task(goal: str) -> str:
        """Put a task on the board, for whoever is free; say all that is needed to do it."""
        return f"On the board: {goal}"

    async def add_task_async(goal: str) -> str:
        return add_task(goal)

    return StructuredTool.from_function(
        add_task, add_task_async, name=ADD, metadata={EFFECT_KEY: "reads"}
    )


def _add(
    graph: StateGraph[Any, Any, Any, Any],
    one: Member,
    rules: Rules,
    context: Context,
    own: frozenset[str],
) -> None:
    async def rescue(state: Mapping[str, Any], error: Exception) -> Update:
        if trouble_of(error) in {None, "budget"}:
            raise error
        why = str(error) or type(error).__name__
        await decided(one.name, "given back", reason=why, data={"task": _mine(state, one.name).id})
        return _back(state, one.name, why, rules.attempts)

    node = one.node(
        _brief(one, rules, context),
        lambda state, said: _done(state, one.name, said, rules, own),
        fields=own | {NEW},
        skip=lambda state, why: _back(state, one.name, why, rules.attempts),
        rescue=rescue,
    )
    claims = at_most(rules.runs, together="claims")
    graph.add_node(one.name, node, metadata={**one.metadata, **claims})
    graph.add_edge(one.name, NODE)


def _mine(state: Mapping[str, Any], name: str) -> BoardTask:
    return cast("BoardTask", state["board"][state["claims"][name]])


def _brief(one: Member, rules: Rules, context: Context) -> Brief:
    def state_of(state: Mapping[str, Any]) -> dict[str, Any]:
        task = _mine(state, one.name)
        data = task.data
        if rules.payload is not None and data is not None:
            data = rules.payload.model_validate(data)
        return {**state, "task": task, "data": data}

    if one.function is not None:
        return state_of

    async def brief(state: Mapping[str, Any]) -> dict[str, Any]:
        given, turn = state_of(state), turn_of(state)
        task: BoardTask = given["task"]
        before = {
            f"{t.owner}, {t.id}": t.text for t in state["board"].values() if t.state == "done"
        }
        extra = [tag("task", task.goal, id=task.id)]
        if task.tried:
            extra.append(tag("feedback", f"{task.tried[-1]} gave it back: {task.why}"))
        messages = (state.get("messages") or [])[: turn.request + 1]
        shown = await seen(context, {**state, "messages": messages}, before, extra=extra)
        return {**given, "messages": shown}

    return brief


def _back(state: Mapping[str, Any], name: str, why: str, attempts: int) -> Update:
    task = given_back(_mine(state, name), name, why, attempts)
    return {"board": {task.id: task}}


def _done(
    state: Mapping[str, Any], name: str, said: Reply, rules: Rules, own: frozenset[str]
) -> Update:
    task = _mine(state, name)
    update: Update = {k: v for k, v in said.update.items() if k in own}
    added: list[Any] = list(said.update.get(NEW) or ())
    words = tool_words(said.messages)
    texts = [str(word.args.get("goal") or "") for word in words if word.tool == ADD]
    new = {
        f"{task.id}.{n}": task_of(f"{task.id}.{n}", one, kind, by=name)
        for n, (one, kind) in enumerate(
            [*((one, rules.payload) for one in added), *((t, None) for t in texts if t.strip())], 1
        )
    }
    done = task.model_copy(
        update={"state": "done", "owner": name, "text": said.text, "value": said.json, "why": ""}
    )
    result = {} if said.silent else {"results": {name: result_of(said)}}
    return {**update, **result, "board": {task.id: done, **new}}
