"""`refine`: a draft is judged and done again, until it is good enough; the best one counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from langgraph.graph import END, START, StateGraph

from stretto.errors import InvalidInput, InvalidReview
from stretto.members import check_team, member
from stretto.members.decisions import decided, told
from stretto.members.reply import text_of
from stretto.patterns.brief import tag
from stretto.patterns.context import seen, valid_context
from stretto.patterns.critique import judged, read_critique
from stretto.patterns.fields import shape
from stretto.patterns.fused import fuse_into
from stretto.patterns.made import remembered
from stretto.patterns.results import answer_of, no_result, result_of
from stretto.patterns.runs import at_most
from stretto.patterns.team import team_of
from stretto.patterns.writers import about
from stretto.spec.agent import Agent
from stretto.state import Critique, Refining, Typed

if TYPE_CHECKING:
    from stretto.members import Member, Reply, Update
    from stretto.patterns.context import Context
    from stretto.policy import Budget

Until: TypeAlias = float | Callable[[Critique], bool]
"""The score that is good enough, or a function that says so of a critique."""


@remembered
def refine(
    draft: object,
    critic: object,
    *,
    until: Until,
    max_rounds: int = 3,
    patience: int = 1,
    max_attempts: int = 2,
    fuse: bool = False,
    context: Context = "full",
    state: Any = None,
    budget: Budget | None = None,
) -> StateGraph[Any, Any, Any, Any]:
    """Build an evaluator loop, as an uncompiled graph: draft, judge, and draft again.

    It ends when a draft is good enough, when `patience` rounds in a row brought nothing better, or
    when the rounds are used up. The best draft is the turn's result, not the last.

    Args:
        draft: Member that writes; from the second round on it is given its last draft and what was
            said of it.
        critic: Member that judges with a `Critique`: typed, its JSON, or from a function a score or
            a pair of score and feedback.
        until: The score from which a draft is good enough, or a function of the critique.
        max_rounds: Drafts in a turn, at least 1.
        patience: Rounds in a row without a better score after which it ends.
        max_attempts: Times the critic is asked until its reply can be read; then the run fails.
        fuse: Run all rounds in one node, for a small part of the cost: there are no breakpoints,
            forks and checkpoints between them. Each draft and critique is an entry of the ledger.
            Not for graphs (agents among them) and what asks a person.
        context: What the draft's agent sees beside; functions see the whole state.
        state: A `TypedDict` of fields of your own.
        budget: What both together may spend.

    Raises:
        InvalidMember: One is no member, or both have one name.
        InvalidInput: A bound is below 1, `until` is neither a number nor a function, the state or
            budget cannot be used, or a member cannot be fused.

    Raises (in the graph):
        InvalidReview: The critic gave nothing that can be read.
    """
    rules = _Rules(until, max_rounds, patience, max_attempts)
    valid_context(context, "refine")
    judge = member(critic, output=Critique.model_json_schema() if _untyped(critic) else None)
    team = team_of("refine", [draft, judge], budget)
    check_team(budget, team, "refine")
    writer, judge = team.values()
    kept = writer.value_type or Any
    fields = shape("refine", [writer], state, best=kept, refining=Annotated[Refining | None, Typed])
    loop = Loop(writer, judge, rules)
    graph: StateGraph[Any, Any, Any, Any] = StateGraph(fields.state, **fields.schemas())
    wired = StateGraph(fields.state, **fields.schemas()) if fuse else graph
    draws = writer.node(loop.brief(context), loop.drafted, fields=fields.own, skip=loop.undrafted)
    wired.add_node(writer.name, draws, metadata={**about(writer, fields), **at_most(max_rounds)})
    judges = judge.node(loop.judge_brief, loop.settled, fields=fields.own, skip=loop.unjudged)
    wired.add_node(
        judge.name, judges, metadata={**about(judge, fields), **at_most(max_rounds * max_attempts)}
    )
    wired.add_edge(START, writer.name)
    if writer.when is None:
        wired.add_edge(writer.name, judge.name)
    else:
        wired.add_conditional_edges(writer.name, loop.after_draft, [judge.name, END])
    wired.add_conditional_edges(judge.name, loop.after_critic, [writer.name, judge.name, END])
    if fuse:
        steps = {writer.name: (writer, draws), judge.name: (judge, judges)}
        fuse_into(graph, wired, steps, loop.after, pattern="refine", fields=fields)
    return graph


def _untyped(critic: object) -> bool:
    return isinstance(critic, Agent) and critic.output is None


@dataclass(frozen=True, slots=True)
class _Rules:
    """When a turn ends."""

    until: Until
    max_rounds: int
    patience: int
    max_attempts: int

    def __post_init__(self) -> None:
        for name in ("max_rounds", "patience", "max_attempts"):
            if (value := getattr(self, name)) < 1:
                raise InvalidInput(f"refine: {name} is {value}. Set it to 1 or more.")
        if isinstance(self.until, bool) or not (
            callable(self.until) or isinstance(self.until, int | float)  # pyright: ignore[reportUnnecessaryIsInstance]
        ):
            raise InvalidInput(
                f"refine: `until` is {self.until!r}. Give the score that is good enough, or a "
                "function of the critique."
            )

    def enough(self, critique: Critique) -> bool:
        """Whether a draft is good enough."""
        if callable(self.until):
            return self.until(critique)
        return critique.score >= self.until


@dataclass(frozen=True, slots=True)
class Loop:
    """The two members of a turn, and what each does to the state."""

    writer: Member
    judge: Member
    rules: _Rules

    def brief(self, context: Context) -> Any:
        """Make what the writer is given."""
        if self.writer.function is not None:
            return dict

        async def brief(state: Any) -> dict[str, Any]:
            before, extra = _going_on(state), []
            if before is not None:
                last = (state.get("results") or {}).get(self.writer.name)
                extra = [
                    tag("draft", "" if last is None else text_of(last), round=before.round - 1),
                    tag("feedback", before.feedback),
                ]
            return {**state, "messages": await seen(context, state, {}, extra=extra)}

        return brief

    def drafted(self, state: Any, said: Reply) -> Update:
        """Keep a draft; the first of a turn begins it anew."""
        begun = _going_on(state) or Refining()
        own = dict(said.update)
        result = None if said.silent else result_of(said)
        update: Update = {**own, "results": {self.writer.name: result}, "refining": begun}
        return update if begun.round > 1 else {**update, "best": None}

    def undrafted(self, _state: Any, why: str) -> Update:
        """End a turn in which nothing is written."""
        ended = Refining(ended=f"skipped: {why}")
        return {**no_result(self.writer.name), "refining": ended, "structured_response": None}

    async def judge_brief(self, state: Any) -> dict[str, Any]:
        """Make what the critic is given: the request and the draft."""
        if self.judge.function is not None:
            return dict(state)
        now: Refining = state["refining"]
        draft = (state.get("results") or {}).get(self.writer.name)
        extra = [
            tag("draft", "" if draft is None else text_of(draft), round=now.round),
            tag("round", f"{now.round} of {self.rules.max_rounds}"),
        ]
        return {**state, "messages": await seen("none", state, {}, extra=extra)}

    async def settled(self, state: Any, said: Reply) -> Update:
        """Judge the draft by what the critic said; give the turn's end, or another round."""
        now: Refining = state["refining"]
        draft = (state.get("results") or {}).get(self.writer.name)
        critique = read_critique(said)
        if critique is None:
            return {**said.update, "refining": await self._asked_again(now, said)}
        then = judged(now, critique, enough=self.rules.enough(critique), rules=self.rules)
        best = draft if then.best == now.round else state.get("best")
        await decided(
            self.judge.name,
            "enough" if then.ended else "again",
            reason=then.ended or critique.feedback,
            alternatives=("enough", "again"),
            data={"score": critique.score, "round": now.round, "best": then.score},
        )
        update: Update = {**said.update, "best": best, "refining": then}
        return {**update, **await self._end(then, best)} if then.ended else update

    async def unjudged(self, state: Any, why: str) -> Update:
        """End a turn whose draft nobody judges: it counts as it is."""
        now: Refining = state["refining"]
        draft = (state.get("results") or {}).get(self.writer.name)
        ended = now.model_copy(update={"ended": f"not judged: {why}", "best": now.round})
        return {"best": draft, "refining": ended, **await self._end(ended, draft)}

    async def _end(self, then: Refining, best: Any) -> Update:
        await told("outcome", verdict=then.ended, rounds=then.round, reason=then.feedback)
        return {"results": {self.writer.name: best}, **answer_of(self.writer.name, best)}

    async def _asked_again(self, now: Refining, said: Reply) -> Refining:
        attempts = now.attempts + 1
        problem = f"{said.text[:200]!r} is no critique"
        await decided(self.judge.name, "invalid critique", reason=problem)
        if attempts >= self.rules.max_attempts:
            raise InvalidReview(
                f"{self.judge.name!r} gave no critique that can be read in {attempts} attempts: "
                f"{problem}. Let it answer with a score and feedback, or raise `max_attempts`."
            )
        return now.model_copy(update={"attempts": attempts})

    def after(self, name: str, state: Any) -> str:
        """What comes after one of the two."""
        now: Refining = state["refining"]
        if now.ended:
            return END
        return self.judge.name if name == self.writer.name or now.attempts else self.writer.name

    async def after_draft(self, state: Any) -> str:
        """Go to the critic, unless nothing was written."""
        return self.after(self.writer.name, state)

    async def after_critic(self, state: Any) -> str:
        """Write again, judge again, or end."""
        return self.after(self.judge.name, state)


def _going_on(state: Mapping[str, Any]) -> Refining | None:
    """How far the turn is, where it has begun."""
    now: Refining | None = state.get("refining")
    return None if now is None or now.ended else now
