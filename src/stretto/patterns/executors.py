"""The executors of a plan: one graph with a node each, and a round of tasks through it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langgraph.graph import END, START, StateGraph

from stretto.errors import BudgetExceeded
from stretto.members.human import Approve, Edit, Reject, Respond, ask_person
from stretto.patterns.brief import task_brief
from stretto.patterns.dataflow import Needs, run_tasks
from stretto.patterns.review import to_repeat
from stretto.records import TASK_KEY
from stretto.state import Plan, Task, TaskResult, TaskState, TeamState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_core.runnables import RunnableConfig
    from langgraph.graph.state import CompiledStateGraph

    from stretto.members import Member, Reply, Update


def executor_pool(team: Mapping[str, Member]) -> CompiledStateGraph[Any, Any, Any, Any]:
    """Compile a graph over `TaskState` that sends a task to the executor it is for."""
    graph: StateGraph[TaskState, Any, TaskState, TaskState] = StateGraph(TaskState)
    for name, one in team.items():
        node = one.node(dict, _settle(name), skip=_skip)
        graph.add_node(name, node, metadata=one.metadata)
        graph.add_edge(name, END)
    graph.add_conditional_edges(START, _executor, list(team))
    return graph.compile(name="executors")


def _executor(state: TaskState) -> str:
    return state["task"].executor if "task" in state else END


def _settle(name: str) -> Any:
    def settle(state: TaskState, reply: Reply) -> Update:
        task = state["task"]  # pyright: ignore[reportTypedDictNotRequiredAccess]
        result = TaskResult(
            task=task.id,
            goal=task.goal,
            agent=name,
            text=reply.text,
            value=reply.json,
            found=reply.found,
            citations=reply.citations,
        )
        return {"result": result}

    return settle


def _skip(state: TaskState, why: str) -> Update:
    return {"result": _stopped(state["task"], why)}  # pyright: ignore[reportTypedDictNotRequiredAccess]


def _stopped(task: Task, why: str) -> TaskResult:
    """What is left of a task whose member has used up its own budget, or does not work now."""
    return TaskResult(
        task=task.id, goal=task.goal, agent=task.executor, text=why, found=False, stopped=why
    )


async def run_round(
    pool: CompiledStateGraph[Any, Any, Any, Any],
    state: TeamState,
    config: RunnableConfig,
    *,
    width: int,
    approve: bool,
) -> Update:
    """Carry out the tasks that have no result yet or were sent back; give the state's update."""
    written, done = state.get("plan") or Plan(), state.get("results", {})
    review, round_ = state.get("review"), state.get("round", 0) + 1
    again = to_repeat(written.tasks, review.revise) if review is not None else set[str]()
    todo = [t for t in written.tasks if t.id not in done or t.id in again]

    async def work(task: Task, needs: Needs) -> TaskResult:
        about = {**config.get("metadata", {}), TASK_KEY: task.id}
        try:
            out = await pool.ainvoke(
                task_brief(task, needs, state),
                {"metadata": about, "run_name": f"{task.id} {task.executor}"},
            )
        except BudgetExceeded as error:
            if error.budget.rpartition("/")[2] != task.executor:  # the whole team's
                raise
            return _stopped(task, str(error)).model_copy(update={"round": round_})
        result: TaskResult = out["result"]
        return result.model_copy(update={"round": round_})

    kept = {i: r for i, r in done.items() if i not in again}
    ask = ask_about_result if approve else None
    results = await run_tasks(todo, work, width=width, done=kept, ask=ask)
    edits = state.get("edits", 0) + sum(result.edited for result in results.values())
    return {"results": results, "round": round_, "attempts": 0, "edits": edits}


async def ask_about_result(task: Task, result: TaskResult) -> TaskResult:
    """Ask a person about one result before it counts.

    Edited text replaces the result's; a response takes its place; a refusal marks it, and the
    review sends it back with the person's words.
    """
    told = f"{task.executor} answers task {task.id}: {task.goal}\n\n{result.text}"
    args = {"task": task.id, "text": result.text}
    match ask_person("task_result", args, told):
        case Approve():
            return result
        case Edit(edited_action=action):
            text = action.args.get("text", result.text)
            return result.model_copy(update={"text": text, "edited": True})
        case Respond(message=message):
            said = {"text": message, "agent": "person", "found": True, "citations": []}
            return result.model_copy(update={**said, "edited": True})
        case Reject(message=message):
            return result.model_copy(update={"refused": message or "refused by a person"})
