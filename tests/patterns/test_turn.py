"""What a team tells the journal at the end of a turn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from stretto.journal import open_journal
from stretto.journal.handler import JournalHandler
from stretto.patterns.plan import plan
from stretto.records import Outcome
from stretto.state import Plan, Review, Task

if TYPE_CHECKING:
    from pathlib import Path


def planner(state: Any) -> Plan:
    """Plans two tasks."""
    return Plan(tasks=[Task(id=i, goal=f"find {i}", executor="worker") for i in ("a", "b")])


def worker(state: Any) -> str:
    """Works."""
    return f"found {state['task'].id}"


def reviewer(state: Any) -> Review:
    """Accepts."""
    return Review(verdict="accept", reason="all there")


def edit(name: str, **args: Any) -> dict[str, Any]:
    """A person's change."""
    return {"type": "edit", "edited_action": {"name": name, "args": args}}


def answer(asked: dict[str, Any], given: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """What a person decides on what is asked; approves what `given` does not name."""
    action = asked["action_requests"][0]
    key = action["args"].get("task", action["name"])
    return {"decisions": [given.get(key, {"type": "approve"})]}


PLAN = planner(None).model_dump(mode="json")


@pytest.mark.parametrize(
    ("given", "edits"),
    [
        ({}, 0),
        ({"a": edit("task_result", task="a", text="better")}, 1),
        ({"a": {"type": "respond", "message": "I know"}, "answer": edit("answer", text="x")}, 2),
        ({"plan": edit("plan", **PLAN), "b": edit("task_result", task="b", text="y")}, 2),
    ],
)
async def test_the_outcome_counts_what_people_changed(
    given: dict[str, Any], edits: int, tmp_path: Path
) -> None:
    """In the plan, in results and in the answer; over all resumes of the turn."""
    team: Any = plan(planner, [worker], reviewer, approve=["plan", "tasks", "answer"])
    graph = team.compile(checkpointer=InMemorySaver())
    async with open_journal(tmp_path / "journal.sqlite") as journal:
        config: Any = {"configurable": {"thread_id": "t"}, "callbacks": [JournalHandler(journal)]}
        for _ in range(2):  # a second turn counts anew
            out = await graph.ainvoke({"messages": [("user", "What?")]}, config)
            while asked := out.get("__interrupt__"):
                said = {i.id: answer(i.value, given) for i in asked}
                out = await graph.ainvoke(Command(resume=said), config)
        await journal.flush()
        found = await journal.records("t", types=("outcome",))
    assert [type(record) for record in found] == [Outcome, Outcome]
    told = [(r.verdict, r.rounds, r.human_edits) for r in found if isinstance(r, Outcome)]
    assert told == [("accepted", 1, edits)] * 2
