"""The team plans, works and reviews; what falls short is done again, within bounds."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from pydantic import ValidationError

from stretto.errors import InvalidInput, InvalidMember, InvalidPlan, InvalidReview
from stretto.members import Compaction, member
from stretto.patterns.plan import plan
from stretto.patterns.rules import Rule
from stretto.state import Citation, Finding, Plan, Review, Task, TaskRevision
from stretto.testing import CheckedModel, ScriptedModel

THREAD: Any = {"configurable": {"thread_id": "t"}}


def two_tasks(state: Any) -> Plan:
    """Plans two tasks at once and one that needs both."""
    return Plan(
        tasks=[
            Task(id="a", goal="find A", executor="worker"),
            Task(id="b", goal="find B", executor="worker"),
            Task(id="c", goal="compare", executor="worker", needs=["a", "b"]),
        ]
    )


class Worker:
    """An executor that counts what it did."""

    def __init__(self) -> None:
        self.done: Counter[str] = Counter()
        self.briefs: list[str] = []

    def member(self) -> Any:
        """The worker as a function."""

        async def worker(state: Any) -> str:
            task = state["task"]
            self.done[task.id] += 1
            self.briefs.append(state["messages"][-1].text)
            return f"{task.goal} #{self.done[task.id]}"

        return worker


def reviews(*given: Review) -> Any:
    """A reviewer that gives these reviews in order, the last one for ever."""
    left = list(given)

    def reviewer(state: Any) -> Review:
        return left.pop(0) if len(left) > 1 else left[0]

    return reviewer


ACCEPT = Review(verdict="accept", reason="all there")


def revise(*tasks: str) -> Review:
    """A review that sends tasks back."""
    return Review(
        verdict="revise", reason="thin", revise=[TaskRevision(task=t, why="more") for t in tasks]
    )


async def ask(graph: Any, text: Any = "What?", **given: Any) -> Any:
    """Run one turn, or a command."""
    turn = text if isinstance(text, Command) or text is None else {"messages": [("user", text)]}
    return await graph.ainvoke(turn, THREAD, durability="sync", **given)


def team(worker: Worker, *given: Review, planner: Any = two_tasks, **options: Any) -> Any:
    """A compiled team."""
    built = plan(planner, [worker.member()], reviews(*given or (ACCEPT,)), **options)
    return built.compile(checkpointer=InMemorySaver())


async def test_an_accepted_answer_is_made_of_all_results() -> None:
    """Each task's result stands in the answer, in the plan's order, and ends the conversation."""
    out = await ask(team(Worker()))
    assert out["answer"].accepted
    assert out["answer"].text == "find A\nfind A #1\n\nfind B\nfind B #1\n\ncompare\ncompare #1"
    assert [m.type for m in out["messages"]] == ["human", "ai"]
    assert out["round"] == 1


async def test_an_executor_that_does_not_work_leaves_a_result_that_says_so() -> None:
    """The team goes on without it, and the answer is not accepted."""
    one = member(Worker().member(), when=lambda _: "it is Sunday")
    graph = plan(two_tasks, [one], reviews(ACCEPT)).compile(checkpointer=InMemorySaver())
    out = await ask(graph)
    assert {r.stopped for r in out["results"].values()} == {"it is Sunday"}
    assert not out["answer"].accepted


async def test_planner_and_reviewer_always_work() -> None:
    """A condition on one of them is refused."""
    for team_ in (
        (member(two_tasks, when=lambda _: False), reviews(ACCEPT)),
        (two_tasks, member(reviews(ACCEPT), when=lambda _: False)),
    ):
        with pytest.raises(InvalidInput, match="has a `when`"):
            plan(team_[0], [Worker().member()], team_[1])


async def test_a_planner_of_other_make_is_asked_with_a_valid_history() -> None:
    """Whatever the conversation before was."""
    model = CheckedModel(ScriptedModel("Nothing to plan."))
    planner = create_agent(model, name="planner")
    graph = plan(planner, [Worker().member()], reviews(ACCEPT), max_attempts=1).compile()
    call: Any = {"name": "look", "args": {}, "id": "c", "type": "tool_call"}
    before = [HumanMessage("hi"), AIMessage("", tool_calls=[call]), HumanMessage(" ")]
    with pytest.raises(InvalidPlan):
        await graph.ainvoke({"messages": [*before, HumanMessage("go")]})
    assert model.problems == []
    assert model.requests[0].request.messages[0].text == "hi"


async def test_a_revision_repeats_the_task_and_what_uses_it() -> None:
    """The named task is done again with the reviewer's words, and so are those that need it."""
    worker = Worker()
    out = await ask(team(worker, revise("a"), ACCEPT))
    assert worker.done == {"a": 2, "b": 1, "c": 2}
    assert out["results"]["a"].round == 2
    assert out["results"]["b"].round == 1
    assert any("<feedback>more</feedback>" in brief for brief in worker.briefs)


async def test_rounds_are_bounded_and_the_best_is_returned_unaccepted() -> None:
    """When the rounds run out the answer is the best so far, marked."""
    worker = Worker()
    good = Rule("first", "only first attempts are good", lambda t, r: "" if "#1" in r.text else "x")
    out = await ask(team(worker, revise("b"), max_rounds=2, rules=[good]))
    assert out["answer"].verdict == "not accepted"
    assert out["round"] == 2
    assert worker.done["b"] == 2
    assert out["best"].results["b"].text == "find B #1"


async def test_a_binding_rule_overrules_an_acceptance() -> None:
    """A reviewer cannot accept what a binding rule refuses."""
    rule = Rule("long", "ten attempts", lambda t, r: "" if "#3" in r.text else "too few")
    worker = Worker()
    out = await ask(team(worker, ACCEPT, rules=[rule]))
    assert out["answer"].accepted
    assert worker.done == {"a": 3, "b": 3, "c": 3}


async def test_a_replan_asks_the_planner_again_with_the_reason() -> None:
    """The planner sees why, and a new plan starts from nothing."""
    briefs: list[str] = []

    def planner(state: Any) -> Plan:
        briefs.append(state["messages"][-1].text)
        return two_tasks(state)

    worker = Worker()
    again = Review(verdict="replan", reason="wrong question")
    out = await ask(team(worker, again, ACCEPT, planner=planner))
    assert "<replan>wrong question</replan>" in briefs[1]
    assert worker.done == {"a": 2, "b": 2, "c": 2}
    assert out["answer"].accepted


async def test_a_round_that_changes_nothing_is_the_last() -> None:
    """Sending back what comes back the same is not done for ever."""
    done: Counter[str] = Counter()

    def worker(state: Any) -> str:
        done[state["task"].id] += 1
        return "the same"

    graph = plan(two_tasks, [worker], reviews(revise("a")), max_rounds=9)
    out = await ask(graph.compile(checkpointer=InMemorySaver()))
    assert out["round"] == 2
    assert done == {"a": 2, "b": 1, "c": 2}
    assert out["answer"].verdict == "not accepted"


BAD_PLANS = {
    "circle": Plan(
        tasks=[
            Task(id="a", goal="g", executor="worker", needs=["b"]),
            Task(id="b", goal="g", executor="worker", needs=["a"]),
        ]
    ),
    "which is no task": Plan(tasks=[Task(id="a", goal="g", executor="worker", needs=["z"])]),
    "Did you mean 'worker'": Plan(tasks=[Task(id="a", goal="g", executor="workr")]),
    "are allowed": Plan(tasks=[Task(id=str(i), goal="g", executor="worker") for i in range(9)]),
    "two tasks have the id": Plan(tasks=[Task(id="a", goal="g", executor="worker")] * 2),
    "neither tasks nor a reply": Plan(),
    "it is no plan": "nonsense",
}


@pytest.mark.parametrize("problem", BAD_PLANS)
async def test_an_invalid_plan_goes_back_with_the_reason_a_bounded_number_of_times(
    problem: str,
) -> None:
    """The planner is told what is wrong; after `max_attempts` the run fails clearly."""
    briefs: list[str] = []

    def planner(state: Any) -> Any:
        briefs.append(state["messages"][-1].text)
        return BAD_PLANS[problem]

    with pytest.raises(InvalidPlan, match="no valid plan in 2 attempts"):
        await ask(team(Worker(), planner=planner, max_attempts=2))
    assert "<rejected>" not in briefs[0]
    assert problem in briefs[1]
    assert len(briefs) == 2


async def test_small_talk_starts_no_plan() -> None:
    """A plan without tasks is a reply, and nobody is set to work."""
    worker = Worker()
    out = await ask(team(worker, planner=lambda_named(lambda s: Plan(reply="Hello!"))))
    assert out["answer"].verdict == "reply"
    assert out["messages"][-1].text == "Hello!"
    assert not worker.done
    assert out["answers"] == []


def lambda_named(function: Any) -> Any:
    """A function with a name."""

    def planner(state: Any) -> Any:
        return function(state)

    return planner


async def test_a_follow_up_sees_the_earlier_answers_and_their_citations() -> None:
    """The next turn's briefs hold the question, the answer and the places of the last."""
    briefs: list[str] = []

    def planner(state: Any) -> Plan:
        briefs.append(state["messages"][-1].text)
        return Plan(tasks=[Task(id="a", goal="g", executor="finder")])

    def finder(state: Any) -> Finding:
        briefs.append(state["messages"][-1].text)
        cited = Citation(path="doc.md", line=3, quote="so it is")
        return Finding(found=True, answer="it is so", citations=[cited])

    graph = plan(planner, [finder], reviews(ACCEPT)).compile(checkpointer=InMemorySaver())
    out = await ask(graph, "Is it so?")
    assert out["answer"].citations[0].path == "doc.md"
    assert out["messages"][-1].text == "it is so [1]\n\n[1] doc.md:3"
    await ask(graph, "And why?")
    assert len(briefs) == 4
    for brief in briefs[2:]:
        assert "question: Is it so?" in brief
        assert '[1] doc.md:3  "so it is"' in brief


async def test_each_turn_starts_anew() -> None:
    """Results, rounds and reviews of the last turn do not leak into the next."""
    worker = Worker()
    graph = team(worker, revise("a"), ACCEPT)
    await ask(graph, "one")
    out = await ask(graph, "two")
    assert out["round"] == 1
    assert worker.done == {"a": 3, "b": 2, "c": 3}
    assert [a.question for a in out["answers"]] == ["one", "two"]


async def test_an_empty_question_is_refused() -> None:
    """Nothing runs for a question of spaces."""
    with pytest.raises(InvalidInput, match="question is empty"):
        await ask(team(Worker()), "  ")


def decision(kind: str, **more: Any) -> dict[str, Any]:
    """An answer as LangChain's middleware words it."""
    return {"decisions": [{"type": kind, **more}]}


async def test_the_answer_is_asked_about_in_langchains_words() -> None:
    """The payload is a `HITLRequest`, and an approval lets the answer count."""
    graph = team(Worker(), approve="answer")
    out = await ask(graph)
    (waiting,) = out["__interrupt__"]
    (request,) = waiting.value["action_requests"]
    assert request["name"] == "answer"
    assert request["args"]["text"].endswith("compare #1")
    (config,) = waiting.value["review_configs"]
    assert config["allowed_decisions"] == ["approve", "edit", "reject", "respond"]
    out = await ask(graph, Command(resume=decision("approve")))
    assert out["answer"].accepted


TEXT = "find A\nfind A #1\n\nfind B\nfind B #1\n\ncompare\ncompare #1"


@pytest.mark.parametrize(
    ("answer", "text", "verdict"),
    [
        (
            decision("edit", edited_action={"name": "answer", "args": {"text": "better"}}),
            "better",
            "accepted",
        ),
        (decision("respond", message="I know it"), "I know it", "accepted"),
        (decision("reject"), TEXT, "rejected"),
    ],
)
async def test_a_person_may_edit_respond_or_reject(answer: Any, text: str, verdict: str) -> None:
    """An edit changes the text, a response replaces it, a bare refusal ends the turn."""
    graph = team(Worker(), approve="answer")
    await ask(graph)
    out = await ask(graph, Command(resume=answer))
    assert (out["answer"].text, out["answer"].verdict) == (text, verdict)


async def test_a_refusal_with_a_reason_sends_the_answer_back() -> None:
    """The person's words become the feedback of the next round."""
    worker = Worker()
    graph = team(worker, approve="answer")
    await ask(graph)
    out = await ask(graph, Command(resume=decision("reject", message="too short")))
    assert "__interrupt__" in out
    assert worker.done == {"a": 2, "b": 2, "c": 2}
    assert any("<feedback>too short</feedback>" in b for b in worker.briefs)


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
async def test_tasks_ask_at_once_and_work_is_not_repeated(order: list[int]) -> None:
    """Two results wait together, are answered in any order, and no task runs twice."""
    worker = Worker()
    graph = team(worker, approve="tasks")
    out = await ask(graph)
    waiting = sorted(
        out["__interrupt__"], key=lambda i: i.value["action_requests"][0]["args"]["task"]
    )
    assert [i.value["action_requests"][0]["args"]["task"] for i in waiting] == ["a", "b"]
    for index in order:
        out = await ask(graph, Command(resume={waiting[index].id: decision("approve")}))
    (last,) = out["__interrupt__"]
    assert last.value["action_requests"][0]["args"]["task"] == "c"
    refused = await ask(graph, Command(resume=decision("reject", message="no")))
    assert worker.done == {"a": 1, "b": 1, "c": 2}
    out = await ask(graph, Command(resume=decision("approve")))
    assert "__interrupt__" in refused
    assert out["answer"].accepted


async def test_a_plan_may_be_edited_or_refused_before_anything_runs() -> None:
    """Nobody works before the person's yes; an edited plan is the one carried out."""
    worker = Worker()
    graph = team(worker, approve=["plan"])
    out = await ask(graph)
    assert out["__interrupt__"][0].value["action_requests"][0]["name"] == "plan"
    assert not worker.done
    out = await ask(graph, Command(resume=decision("reject", message="smaller")))
    assert "__interrupt__" in out
    edited = Plan(tasks=[Task(id="z", goal="only Z", executor="worker")]).model_dump()
    out = await ask(
        graph, Command(resume=decision("edit", edited_action={"name": "plan", "args": edited}))
    )
    assert worker.done == {"z": 1}
    assert out["answer"].text == "only Z #1"


async def test_an_answer_of_the_wrong_shape_is_refused_and_can_be_given_again() -> None:
    """A wrong decision saves nothing."""
    graph = team(Worker(), approve="answer")
    await ask(graph)
    for wrong in ("yes", decision("maybe"), {"decisions": []}, decision("edit")):
        with pytest.raises(ValidationError):
            await ask(graph, Command(resume=wrong))
    out = await ask(graph, Command(resume=decision("approve")))
    assert out["answer"].accepted


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        ({"nonsense": 3}, "no 'nonsense' to change, only 'text'"),
        ({"text": 5}, "is to be str, not int"),
        ({"text": " "}, "'text' is empty"),
        ({}, "nothing is changed"),
    ],
)
async def test_an_edit_that_cannot_be_taken_over_is_asked_for_again(
    args: Any, problem: str
) -> None:
    """The question comes again with the reason, and nothing has counted."""
    graph = team(Worker(), approve="answer")
    await ask(graph)
    change = decision("edit", edited_action={"name": "answer", "args": args})
    out = await ask(graph, Command(resume=change))
    (again,) = out["__interrupt__"]
    assert problem in again.value["action_requests"][0]["description"]
    out = await ask(graph, Command(resume=decision("approve")))
    assert out["answer"].accepted


async def test_an_impossible_edit_of_the_plan_is_asked_for_again() -> None:
    """The person learns why, and the planner is not called for it."""
    planned: list[int] = []

    def planner(state: Any) -> Plan:
        planned.append(1)
        return two_tasks(state)

    worker = Worker()
    graph = team(worker, approve="plan", planner=planner)
    await ask(graph)
    edited = Plan(tasks=[Task(id="z", goal="Z", executor="worker2")]).model_dump()
    change = decision("edit", edited_action={"name": "plan", "args": edited})
    out = await ask(graph, Command(resume=change))
    asked = out["__interrupt__"][0].value["action_requests"][0]["description"]
    assert "Did you mean 'worker'" in asked
    out = await ask(graph, Command(resume=decision("approve")))
    assert out["answer"].accepted
    assert len(planned) == 1


async def test_the_reviewer_may_ask_a_person() -> None:
    """The question is put, and the answer goes to the planner."""
    question = Review(verdict="ask", reason="unclear", question="Which year?")
    graph = team(Worker(), question, ACCEPT)
    out = await ask(graph)
    assert out["__interrupt__"][0].value["action_requests"][0]["args"] == {
        "question": "Which year?"
    }
    out = await ask(graph, Command(resume=decision("respond", message="2026")))
    assert out["answer"].accepted
    assert out["round"] == 2


async def test_a_long_conversation_is_compacted() -> None:
    """Above the limit old messages give way to a summary; the newest stay word for word."""
    graph = team(Worker(), compaction=Compaction(tokens=300, keep=4))
    history = [
        (HumanMessage if i % 2 == 0 else AIMessage)(f"message {i} " + "word " * 40)
        for i in range(12)
    ]
    out = await graph.ainvoke({"messages": [*history, HumanMessage("What?")]}, THREAD)
    assert len(out["messages"]) <= 6
    assert out["messages"][-2].text == "What?"
    assert out["answer"].accepted


async def test_an_unreadable_review_is_asked_for_again_and_then_fails() -> None:
    """The work is not repeated for it; the reviewer is told what was wrong."""
    briefs: list[str] = []
    said: list[Any] = ["nonsense", ACCEPT]

    def reviewer(state: Any) -> Any:
        briefs.append(state["messages"][-1].text)
        return said.pop(0) if len(said) > 1 else said[0]

    worker = Worker()
    graph = plan(two_tasks, [worker.member()], reviewer).compile(checkpointer=InMemorySaver())
    assert (await ask(graph))["answer"].accepted
    assert "<rejected>it is no review: 'nonsense'" in briefs[1]
    assert set(worker.done.values()) == {1}
    said[:] = ["nonsense"]
    with pytest.raises(InvalidReview, match="in 3 attempts"):
        await ask(graph)


async def test_a_person_may_give_a_task_to_another_member_of_the_team() -> None:
    """An edited plan may name any executor; refusals are counted against `max_attempts`."""

    def other(state: Any) -> str:
        return "by the other"

    graph = plan(two_tasks, [Worker().member(), other], reviews(ACCEPT), approve="plan")
    ready = graph.compile(checkpointer=InMemorySaver())
    await ask(ready)
    edited = Plan(tasks=[Task(id="z", goal="Z", executor="other")]).model_dump()
    change = decision("edit", edited_action={"name": "plan", "args": edited})
    out = await ask(ready, Command(resume=change))
    assert out["answer"].text == "by the other"


async def test_refused_plans_are_bounded() -> None:
    """After `max_attempts` plans a refusal ends the turn."""
    graph = team(Worker(), approve="plan", max_attempts=2)
    out = await ask(graph)
    out = await ask(graph, Command(resume=decision("reject", message="no")))
    assert "__interrupt__" in out
    out = await ask(graph, Command(resume=decision("reject", message="no")))
    assert out["answer"].verdict == "rejected"


async def test_a_team_in_a_team_keeps_its_verdict_and_citations() -> None:
    """What the inner team did not accept is not found; what it cites is cited."""

    def finder(state: Any) -> Finding:
        cited = Citation(path="doc.md", line=3, quote="so it is")
        return Finding(found=True, answer="it is so", citations=[cited])

    def one_task(state: Any) -> Plan:
        return Plan(tasks=[Task(id="a", goal="g", executor="finder")])

    def outer_plan(state: Any) -> Plan:
        return Plan(tasks=[Task(id="x", goal="g", executor="inner")])

    for verdict, found in ((ACCEPT, True), (revise("a"), False)):
        inner = plan(one_task, [finder], reviews(verdict), max_rounds=1).compile(name="inner")
        graph = plan(outer_plan, [inner], reviews(ACCEPT), max_rounds=1)
        out = await ask(graph.compile(checkpointer=InMemorySaver()))
        assert out["results"]["x"].found is found
        assert out["results"]["x"].citations[0].path == "doc.md"
        assert out["answer"].accepted is found


async def test_an_inner_team_plans_the_task_it_was_given() -> None:
    """It reads the outer team's brief: its question is the task, results come along."""
    asked: list[str] = []

    def inner_plan(state: Any) -> Plan:
        asked.append(state["messages"][-1].text)
        return Plan(tasks=[Task(id="a", goal="g", executor="worker")])

    def outer_plan(state: Any) -> Plan:
        first = Task(id="x", goal="find X", executor="worker")
        return Plan(tasks=[first, Task(id="y", goal="use X", executor="inner", needs=["x"])])

    worker = Worker()
    inner = plan(inner_plan, [worker.member()], reviews(ACCEPT)).compile(name="inner")
    graph = plan(outer_plan, [worker.member(), inner], reviews(ACCEPT))
    out = await ask(graph.compile(checkpointer=InMemorySaver()))
    assert out["answer"].accepted
    assert asked[0].startswith("<request>use X</request>\n<results>")
    assert "find X #1" in asked[0]


@pytest.mark.parametrize("bound", ["max_rounds", "max_tasks", "max_attempts", "width"])
def test_a_bound_below_one_is_refused(bound: str) -> None:
    """Nothing could run."""
    with pytest.raises(InvalidInput, match=f"{bound} is 0"):
        team(Worker(), **{bound: 0})


def test_bad_members_are_refused_at_build() -> None:
    """No executor, two of one name, something that cannot run, an approval of nothing."""
    worker = Worker()
    with pytest.raises(InvalidMember, match="at least one"):
        plan(two_tasks, [], reviews(ACCEPT))
    with pytest.raises(InvalidMember, match="two members are called 'worker'"):
        plan(two_tasks, [worker.member(), worker.member()], reviews(ACCEPT))
    with pytest.raises(InvalidMember, match="42 is no member"):
        plan(two_tasks, [42], reviews(ACCEPT))
    with pytest.raises(InvalidInput, match="nobody can be asked about 'everything'"):
        team(worker, approve="everything")


async def test_the_executors_are_drawn_inside_their_node() -> None:
    """Xray shows every member; no edge is missing."""
    drawn = team(Worker(), approve=["plan", "answer"]).get_graph(xray=True)
    assert "execute:worker" in drawn.nodes
    assert {e.source for e in drawn.edges if e.target == "answer"} >= {"planner", "reviewer"}
