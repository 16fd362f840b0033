"""`plan`: a planner writes tasks, executors carry them out at once, a reviewer judges them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from langchain_core.language_models import BaseChatModel
from langgraph.graph import END, START, StateGraph

from stretto.errors import InvalidInput, InvalidPlan, InvalidReview
from stretto.members import Compaction, Member, Reply, check_team, member, members
from stretto.members.decisions import decided
from stretto.models import chat_model
from stretto.patterns.brief import planner_brief, review_brief
from stretto.patterns.executors import executor_pool, run_round
from stretto.patterns.made import remembered
from stretto.patterns.review import (
    better,
    plan_problem,
    read_plan,
    read_review,
    settle_review,
    unchanged,
)
from stretto.patterns.rules import Rule, answered, judge
from stretto.patterns.runs import at_most
from stretto.patterns.turn import (
    answer_turn,
    approve_answer,
    approve_plan,
    ask_reviewers_question,
    begin_turn,
)
from stretto.state import ChatState, Plan, Review, TeamState

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from langchain_core.runnables import RunnableConfig
    from langgraph.graph.state import CompiledStateGraph

    from stretto.members import ConfigNode, Node, Update
    from stretto.policy import Budget

Approval: TypeAlias = Literal["plan", "tasks", "answer"]
"""What a person is asked about: the plan, each task's result, the answer."""


@dataclass(frozen=True)
class Bounds:
    """What bounds a turn of the team."""

    max_rounds: int
    max_tasks: int
    max_attempts: int
    width: int

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value < 1:
                raise InvalidInput(f"{name} is {value}, so nothing could run. Set it to 1 or more.")

    def runs(
        self, attempts: int, asked: Iterable[Approval], *, times: int | None = None
    ) -> dict[str, Any]:
        """How often a node runs at most that runs so often a round; a person may ask for more."""
        again = f" + {attempts} * rejections" if {"plan", "answer"} & set(asked) else ""
        return at_most(f"{self.max_rounds * attempts}{again}", times=times)


@remembered
def plan(
    planner: object,
    executors: Sequence[object],
    reviewer: object,
    *,
    rules: Sequence[Rule] = (answered,),
    approve: Approval | Iterable[Approval] = (),
    max_rounds: int = 3,
    max_tasks: int = 8,
    max_attempts: int = 3,
    width: int = 8,
    budget: Budget | None = None,
    compaction: Compaction | None = None,
    context: type[Any] | None = None,
) -> StateGraph[TeamState, Any, ChatState, TeamState]:
    """Build a team that plans, works and reviews, as an uncompiled graph over `TeamState`.

    The planner writes a `Plan`; each task starts when its own needs are met and its result is
    stored as it exists; the rules and then the reviewer judge; what falls short is done again. A
    round that brings the same results as the one before is the last.

    Args:
        planner: Member that answers with a `Plan` (typed, or its JSON as text).
        executors: Members that carry out tasks, told apart by their names.
        reviewer: Member that answers with a `Review`.
        rules: What must hold of each result; printed, journaled, and shown to the reviewer.
        approve: What a person must approve before it counts, by interrupt.
        max_rounds: Rounds of work and review in a turn; then the best so far is the answer, not
            accepted.
        max_tasks: Tasks in a plan.
        max_attempts: Times the planner or the reviewer is asked until its reply can be used; then
            the run fails.
        width: Tasks that run at once.
        budget: What all of them together may spend; a member that has used up its own gives a task
            result that says so (`TaskResult.stopped`), and the team goes on without it.
        compaction: When a long conversation is summarised; the default `Compaction()`.
        context: Type of the run's context (`TypedDict`, dataclass or pydantic class).

    Raises:
        InvalidMember: A member is none, or two executors have one name.
        InvalidInput: A bound is below 1, `approve` names something unknown, planner or reviewer has
            a `when`, or the budget cannot be kept: a member may spend more than the team, or a
            model under it has no price.
    """
    bounds = Bounds(max_rounds, max_tasks, max_attempts, width)
    asked = _approvals(approve)
    within = () if budget is None else (("plan", budget),)
    team = {name: replace(one, within=within) for name, one in members(executors).items()}
    thinker = replace(_planner(planner, team, bounds), within=within)
    judge_ = replace(member(reviewer), within=within)
    _refuse_condition(thinker, "planner")
    _refuse_condition(judge_, "reviewer")
    check_team(budget, {**team, thinker.name: thinker, judge_.name: judge_}, "plan")
    graph: StateGraph[TeamState, Any, ChatState, TeamState] = StateGraph(
        TeamState, input_schema=ChatState, context_schema=context
    )
    model = _model_of(thinker)
    begin = begin_turn(compaction or Compaction(), model)
    graph.add_node("prepare", begin, metadata={"role": "takes the question", **at_most(1)})
    plans = {**thinker.metadata, **bounds.runs(bounds.max_attempts, asked)}
    graph.add_node("planner", _plan_node(thinker, team, bounds), metadata=plans)
    pool = executor_pool(team)
    graph.add_node(
        "execute",
        _execute_node(pool, width=width, approve="tasks" in asked),
        metadata={
            "role": "executors",
            "agents": ", ".join(team),
            **bounds.runs(1, asked, times=bounds.max_tasks),
        },
    )
    graph.add_node("check", _check_node(rules), metadata={"role": "rules", **bounds.runs(1, asked)})
    reviews = {**judge_.metadata, **bounds.runs(bounds.max_attempts, asked)}
    graph.add_node("reviewer", _review_node(judge_, rules, bounds), metadata=reviews)
    graph.add_node(
        "ask", ask_reviewers_question, metadata={"role": "person", **bounds.runs(1, asked)}
    )
    graph.add_node("answer", answer_turn, metadata={"role": "gives the answer", **at_most(1)})
    _wire(graph, bounds, asked, list(team))
    return graph


def _refuse_condition(one: Member, role: str) -> None:
    if one.when is not None:
        raise InvalidInput(
            f"plan: the {role} {one.name!r} has a `when`, and nothing goes on without it. Leave it "
            "out, or put it around the whole: `member(plan(...), when=...)`."
        )


def _wire(
    graph: StateGraph[TeamState, Any, ChatState, TeamState],
    bounds: Bounds,
    asked: frozenset[Approval],
    executors: Collection[str],
) -> None:
    graph.add_edge(START, "prepare")
    graph.add_edge("prepare", "planner")
    planned = ["planner", "execute", "answer"]
    accepted = "answer"
    if "plan" in asked:
        approval = approve_plan(
            executors, max_tasks=bounds.max_tasks, max_attempts=bounds.max_attempts
        )
        asks = {"role": "person", **bounds.runs(1, asked)}
        graph.add_node("approve_plan", approval, metadata=asks)
        graph.add_conditional_edges("approve_plan", _after_plan, planned)
    if "answer" in asked:
        accepted = "approve"
        asks = {"role": "person", **bounds.runs(1, asked)}
        graph.add_node("approve", approve_answer(bounds.max_rounds), metadata=asks)
        graph.add_conditional_edges("approve", _after_approval, ["execute", "answer"])
    after_planner = _after_plan if "plan" not in asked else _to_approval
    targets = planned if "plan" not in asked else ["planner", "approve_plan", "answer"]
    graph.add_conditional_edges("planner", after_planner, targets)
    graph.add_edge("execute", "check")
    graph.add_edge("check", "reviewer")
    graph.add_conditional_edges(
        "reviewer",
        _after_review(bounds.max_rounds, accepted),
        ["execute", "planner", "reviewer", "ask", *{accepted, "answer"}],
    )
    graph.add_conditional_edges("ask", _after_question, ["planner", "answer"])
    graph.add_edge("answer", END)


def _after_plan(state: TeamState) -> str:
    if state.get("answer") is not None:
        return "answer"
    if state.get("rejected"):
        return "planner"
    written = state.get("plan")
    return "execute" if written is not None and written.tasks else "answer"


def _to_approval(state: TeamState) -> str:
    goes = _after_plan(state)
    return "approve_plan" if goes == "execute" else goes


def _after_approval(state: TeamState) -> str:
    return "execute" if state.get("answer") is None else "answer"


def _after_question(state: TeamState) -> str:
    return "planner" if state.get("answer") is None else "answer"


def _after_review(max_rounds: int, accepted: str) -> Callable[[TeamState], str]:
    targets = {"accept": accepted, "revise": "execute", "replan": "planner", "ask": "ask"}

    def after_review(state: TeamState) -> str:
        review = state.get("review")
        if review is None:
            return "reviewer"
        return targets[review.verdict] if goes_on(state, review, max_rounds) else "answer"

    return after_review


def goes_on(state: TeamState, review: Review, max_rounds: int) -> bool:
    """Tell whether a review is carried out: rounds are left, and repeating brought something."""
    if review.verdict == "accept":
        return True
    stalled = review.verdict == "revise" and state.get("stalled", False)
    return state.get("round", 0) < max_rounds and not stalled


def _plan_node(planner: Member, team: dict[str, Member], bounds: Bounds) -> ConfigNode:
    roles = {name: one.role or name for name, one in team.items()}

    async def settle(state: TeamState, reply: Reply) -> Update:
        written, problem = read_plan(reply)
        problem = problem or plan_problem(written, team, max_tasks=bounds.max_tasks)
        attempts = state.get("attempts", 0) + 1
        if problem:
            return await _reject(planner.name, problem, attempts, bounds.max_attempts)
        decision = "plan" if written.tasks else "reply"
        data = written.model_dump(mode="json")
        await decided(planner.name, decision, alternatives=("plan", "reply"), data=data)
        return {
            "plan": written,
            "rejected": "",
            "attempts": attempts,
            "results": None,
            "checks": [],
            "review": None,
        }

    return planner.node(lambda s: planner_brief(s, roles, max_tasks=bounds.max_tasks), settle)


async def _reject(planner: str, problem: str, attempts: int, most: int) -> Update:
    await decided(planner, "invalid plan", reason=problem)
    if attempts >= most:
        raise InvalidPlan(
            f"{planner!r} gave no valid plan in {attempts} attempts; of the last one: {problem}. "
            "Try a stronger model, reword its prompt, or raise `max_attempts`."
        )
    return {"rejected": problem, "attempts": attempts}


def _execute_node(
    pool: CompiledStateGraph[Any, Any, Any, Any], *, width: int, approve: bool
) -> ConfigNode:
    async def execute(state: TeamState, config: RunnableConfig) -> Update:
        return await run_round(pool, state, config, width=width, approve=approve)

    return execute


def _check_node(rules: Sequence[Rule]) -> Node:
    async def check(state: TeamState) -> Update:
        written, results = state.get("plan") or Plan(), state.get("results", {})
        outcomes = await judge(rules, written.tasks, results)
        before = state.get("best")
        return {
            "checks": outcomes,
            "best": better(before, written, results, outcomes),
            "stalled": unchanged(before, written, results),
        }

    return check


def _review_node(reviewer: Member, rules: Sequence[Rule], bounds: Bounds) -> ConfigNode:
    binding = frozenset({"approved", *(rule.name for rule in rules if rule.binding)})
    texts = {rule.name: rule.text for rule in rules}

    async def settle(state: TeamState, reply: Reply) -> Update:
        checks, written = state.get("checks", []), state.get("plan") or Plan()
        said = read_review(reply)
        if said is None:
            return await _ask_again(state, reviewer.name, reply, bounds.max_attempts)
        review = settle_review(said, checks, written.tasks, binding=binding)
        await decided(
            reviewer.name,
            review.verdict,
            reason=review.reason,
            alternatives=("accept", "revise", "replan", "ask"),
            data={
                "review": review.model_dump(mode="json"),
                "checks": [c.model_dump(mode="json") for c in checks],
                "rules": texts,
                "round": state.get("round", 0),
                "max_rounds": bounds.max_rounds,
                "goes_on": goes_on(state, review, bounds.max_rounds),
            },
        )
        return {"review": review, "rejected": "", "attempts": 0}

    return reviewer.node(lambda s: review_brief(s, max_rounds=bounds.max_rounds), settle)


async def _ask_again(state: TeamState, reviewer: str, reply: Reply, most: int) -> Update:
    problem = f"it is no review: {reply.text[:200]!r}. Answer with the typed review"
    attempts = state.get("attempts", 0) + 1
    await decided(reviewer, "invalid review", reason=problem)
    if attempts >= most:
        raise InvalidReview(
            f"{reviewer!r} gave no review that can be read in {attempts} attempts; {problem}. "
            "Try a stronger model, reword its prompt, or raise `max_attempts`."
        )
    return {"review": None, "rejected": problem, "attempts": attempts}


def _planner(thing: object, team: dict[str, Member], bounds: Bounds) -> Member:
    """Take the planner, its typed output narrowed to this team's members and bounds."""
    schema = Plan.model_json_schema()
    schema["properties"]["tasks"]["maxItems"] = bounds.max_tasks
    roles = "; ".join(f"{name}: {one.role or name}" for name, one in team.items())
    executor: dict[str, Any] = schema["$defs"]["Task"]["properties"]["executor"]
    executor.update(enum=list(team), description=f"who does it. {roles}")
    return member(thing, output=schema)


def _model_of(planner: Member) -> BaseChatModel:
    model = planner.agent.model if planner.agent is not None else None
    return model if isinstance(model, BaseChatModel) else chat_model(model)


def _approvals(approve: Approval | Iterable[Approval]) -> frozenset[Approval]:
    asked: frozenset[Approval] = frozenset([approve] if isinstance(approve, str) else approve)
    if unknown := asked - {"plan", "tasks", "answer"}:
        raise InvalidInput(
            f"nobody can be asked about {min(unknown)!r}. "
            "`approve` takes 'plan', 'tasks' and 'answer'."
        )
    return asked
