"""The beginning and the end of a team's turn, and the person's part in it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage
from langgraph.runtime import get_runtime

from stretto.errors import InvalidInput
from stretto.members import Reply
from stretto.members.decisions import decided, told
from stretto.members.human import Approve, Edit, Reject, Respond, ask_person
from stretto.patterns.answer import compose, in_order, message_text, numbered
from stretto.patterns.brief import request_of
from stretto.patterns.review import plan_problem, read_plan
from stretto.state import Answer, Plan, Review, TaskRevision, TeamState

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from langchain_core.language_models import BaseChatModel

    from stretto.members import Compaction, Node, Update

REMEMBERED = 8
"""How many answers a thread keeps for follow-up questions."""


def begin_turn(compaction: Compaction, model: BaseChatModel) -> Node:
    """Make the node that takes the question, clears the last turn and compacts the conversation."""
    summarization = compaction.middleware(model)

    async def prepare(state: TeamState) -> Update:
        messages = state.get("messages", [])
        question, _ = request_of(messages)
        if not question:
            raise InvalidInput("the question is empty. Say what you want to know.")
        compacted = await summarization.abefore_model({"messages": messages}, get_runtime())
        return {
            **(compacted or {}),
            "question": question,
            "plan": None,
            "results": None,
            "review": None,
            "checks": [],
            "round": 0,
            "best": None,
            "stalled": False,
            "rejected": "",
            "attempts": 0,
            "edits": 0,
            "answer": None,
        }

    return prepare


def approve_plan(executors: Collection[str], *, max_tasks: int, max_attempts: int) -> Node:
    """Make the node that asks a person about the plan."""

    async def approve(state: TeamState) -> Update:
        written = state.get("plan") or Plan()
        args = written.model_dump(mode="json")
        told = "\n".join(f"{t.id} {t.executor}: {t.goal}" for t in written.tasks)
        decision = ask_person(
            "plan",
            args,
            f"The plan for: {state.get('question', '')}\n{told}",
            problem_of=partial(edited_plan_problem, executors=executors, max_tasks=max_tasks),
        )
        await decided("person", f"plan: {decision.type}")
        match decision:
            case Approve():
                return {"rejected": ""}
            case Edit(edited_action=action):
                edited = read_plan(Reply("", action.args))[0]
                return {"plan": edited, "rejected": "", "edits": _edits(state) + 1}
            case Respond(message=message):
                return {"answer": _by_person(state, message), "edits": _edits(state) + 1}
            case Reject(message=message):
                if not message or state.get("attempts", 0) >= max_attempts:
                    return {"answer": _rejected(state, message)}
                return {"rejected": message}

    return approve


def edited_plan_problem(
    edited: Mapping[str, Any], *, executors: Collection[str], max_tasks: int
) -> str:
    """Say what makes a person's plan impossible, and nothing when it can be carried out."""
    written, problem = read_plan(Reply("", edited))
    return problem or plan_problem(written, executors, max_tasks=max_tasks)


def approve_answer(max_rounds: int) -> Node:
    """Make the node that asks a person about the answer before it counts."""

    async def approve(state: TeamState) -> Update:
        answer = final_answer(state)
        args = {"text": answer.text}
        told = f"The answer to: {answer.question}\n\n{message_text(answer)}"
        decision = ask_person("answer", args, told)
        await decided("person", f"answer: {decision.type}")
        match decision:
            case Approve():
                return {"answer": answer}
            case Edit(edited_action=action):
                edited = answer.model_copy(update=action.args)
                return {"answer": edited, "edits": _edits(state) + 1}
            case Respond(message=message):
                return {"answer": _by_person(state, message), "edits": _edits(state) + 1}
            case Reject(message=message):
                if not message or state.get("round", 0) >= max_rounds:
                    return {"answer": _rejected(state, message)}
                return {"review": _send_back(state, message)}

    return approve


async def ask_reviewers_question(state: TeamState) -> Update:
    """Put the reviewer's question to a person; the answer goes to the planner."""
    review = state.get("review")
    question = review.question or review.reason if review is not None else ""
    decision = ask_person(
        "question", {"question": question}, question, allowed=("respond", "reject")
    )
    await decided("person", f"question: {decision.type}")
    if isinstance(decision, Respond):
        said = f"asked {question!r}, a person says: {decision.message}"
        return {"review": Review(verdict="replan", reason=said), "rejected": ""}
    return {"answer": _rejected(state, decision.message if isinstance(decision, Reject) else "")}


async def answer_turn(state: TeamState) -> Update:
    """End the turn: the answer as a message, kept for follow-up questions, and told as outcome."""
    answer = state.get("answer") or final_answer(state)
    await decided("team", answer.verdict, reason=answer.reason, data=answer.model_dump(mode="json"))
    await told(
        "outcome",
        verdict=answer.verdict,
        rounds=answer.rounds,
        human_edits=_edits(state),
        reason=answer.reason,
    )
    kept = [] if answer.verdict == "reply" else [answer]
    return {
        "answer": answer,
        "answers": [*state.get("answers", []), *kept][-REMEMBERED:],
        "messages": [AIMessage(message_text(answer))],
    }


def final_answer(state: TeamState) -> Answer:
    """Make the answer of what the team has: accepted, or the best so far and marked as such."""
    question, rounds = state.get("question", ""), state.get("round", 0)
    written, review, best = state.get("plan") or Plan(), state.get("review"), state.get("best")
    if not written.tasks:
        return Answer(question=question, text=written.reply, accepted=True, verdict="reply")
    if review is not None and review.verdict == "accept":
        results = state.get("results", {})
        own = (review.answer, numbered(in_order(written, results)))
        made = own if review.answer else compose(written, results)
        return Answer(
            question=question,
            text=made[0],
            citations=made[1],
            accepted=True,
            verdict="accepted",
            reason=review.reason,
            rounds=rounds,
        )
    text, citations = compose(best.plan, best.results) if best is not None else ("", [])
    return Answer(
        question=question,
        text=text,
        citations=citations,
        accepted=False,
        verdict="not accepted",
        reason=review.reason if review is not None else "",
        rounds=rounds,
    )


def _edits(state: TeamState) -> int:
    return state.get("edits", 0)


def _send_back(state: TeamState, message: str) -> Review:
    tasks = (state.get("plan") or Plan()).tasks
    revise = [TaskRevision(task=t.id, why=message) for t in tasks]
    return Review(verdict="revise", reason=message, revise=revise)


def _by_person(state: TeamState, message: str) -> Answer:
    return Answer(
        question=state.get("question", ""),
        text=message,
        accepted=True,
        verdict="accepted",
        reason="answered by a person",
        rounds=state.get("round", 0),
    )


def _rejected(state: TeamState, message: str) -> Answer:
    answer = final_answer(state)
    return answer.model_copy(
        update={"accepted": False, "verdict": "rejected", "reason": message or "by a person"}
    )
