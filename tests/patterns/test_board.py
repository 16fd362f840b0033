"""Peers claim tasks from a shared list, each once."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from pydantic import BaseModel
from typing_extensions import TypedDict

import stretto
from stretto import Agent, member
from stretto.errors import InvalidInput, InvalidMember, MemberFailed, ModelUnavailable, UnknownName
from stretto.members.human import ask_person
from stretto.patterns import board, sequential, swarm
from stretto.patterns.claiming import best, bid_of, given_back
from stretto.records import Decided, Outcome
from stretto.state import BoardTask
from stretto.testing import CheckedModel, Reply, ScriptedModel, tool_call

if TYPE_CHECKING:
    from collections.abc import Callable

    from stretto import Storage


class Ticket(BaseModel):
    """A task with a value."""

    number: int
    text: str = ""


class Own(TypedDict, total=False):
    """Fields of the user's own."""

    todo: list[str]


def does(name: str, work: Callable[[BoardTask], Any] | None = None, **more: Any) -> Any:
    """A function member that does a task."""

    async def do(state: Any) -> Any:
        task: BoardTask = state["task"]
        made = f"{task.goal} by {name}" if work is None else work(task)
        if isinstance(made, Exception):
            raise made
        return made

    return member(do, name=name, **more)


async def ask(graph: Any, text: str = "go", **state: Any) -> dict[str, Any]:
    """The state at the end of a turn."""
    return await graph.compile().ainvoke({"messages": [("human", text)], **state})


def owners(out: dict[str, Any]) -> dict[str, str]:
    """Who did what."""
    return {id_: task.owner for id_, task in out["board"].items()}


async def test_each_task_is_claimed_once_by_who_has_done_least() -> None:
    """The answer tells each task's result, in the order of the list."""
    out = await ask(board([does("a"), does("b")], tasks=["one", "two", "three"]))
    assert owners(out) == {"t1": "a", "t2": "b", "t3": "a"}
    assert out["messages"][-1].text == "one\none by a\n\ntwo\ntwo by b\n\nthree\nthree by a"
    assert {task.state for task in out["board"].values()} == {"done"}


async def test_a_task_that_is_given_back_is_claimed_by_another(storage: Storage) -> None:
    """The journal tells claims, what was given back and the outcome."""
    down = does("a", lambda _: ModelUnavailable("a is down"))
    graph = board([down, does("b")], tasks=["one"])
    result = await stretto.run(graph, "go", thread="t", storage=storage)
    assert result.text == "one by b"
    assert result.value["board"]["t1"].tried == ["a"]
    records = await storage.journal.records("t")
    told = [(r.by, r.decision) for r in records if isinstance(r, Decided)]
    assert told == [("a", "claimed"), ("a", "given back"), ("b", "claimed")]
    assert [r.verdict for r in records if isinstance(r, Outcome)] == ["done"]


async def test_a_task_that_nobody_can_do_fails_and_the_others_go_on() -> None:
    """After so many attempts, or when all have tried."""

    def work(task: BoardTask) -> Any:
        return ModelUnavailable("too hard") if task.goal == "hard" else "done"

    team = [does(name, work) for name in ("a", "b", "c")]
    out = await ask(board(team, tasks=["hard", "easy"], attempts=2))
    assert len(out["board"]["t1"].tried) == 2
    assert out["messages"][-1].text == "hard\nnot done: too hard\n\neasy\ndone"
    with pytest.raises(MemberFailed, match=r"none of the 1 tasks could be done \(t1: too hard\)"):
        await ask(board(team, tasks=["hard"], attempts=9))


async def test_a_rule_or_the_agents_own_bids_say_who_fits() -> None:
    """The highest bid gets the task; nobody gets what nobody fits."""
    team = [does("a"), does("b")]
    rule = board(team, tasks=["for b", "for a", "x"], fits=lambda name, t: t.goal == f"for {name}")
    assert owners(await ask(rule)) == {"t1": "b", "t2": "a", "t3": ""}

    async def loud(_task: BoardTask) -> float:
        return 2.5

    bids = board(team, tasks=["1", "2"], fits={"b": loud}, width=1)
    assert owners(await ask(bids)) == {"t1": "b", "t2": "b"}


async def test_tasks_come_from_the_state_and_from_those_at_work() -> None:
    """A function gives them under `new_tasks`, an agent by a tool."""

    def work(task: BoardTask) -> Any:
        return {"new_tasks": ["more"], "text": "found one"} if task.goal == "look" else "did it"

    calls = [Reply("", [tool_call("add_task", goal="more")]), "found one"]
    model = CheckedModel(ScriptedModel([*calls, "did it"]))
    for one in (does("a", work), Agent(name="a", model=model)):
        graph = board([one], tasks=lambda state: state["todo"], state=Own, adds=True)
        out = await ask(graph, todo=["look"])
        assert [(t.id, t.goal, t.text, t.by) for t in out["board"].values()] == [
            ("t1", "look", "found one", ""),
            ("t1.1", "more", "did it", "a"),
        ]
    assert not model.problems


async def test_a_typed_task_comes_as_its_type() -> None:
    """The typed result is kept as JSON."""

    async def do(state: Any) -> Ticket:
        assert isinstance(state["data"], Ticket)
        return Ticket(number=state["data"].number + 1)

    out = await ask(board([do], tasks=[Ticket(number=1), {"number": 2}], payload=Ticket))
    assert [task.value["number"] for task in out["board"].values()] == [2, 3]


async def test_an_agent_is_told_its_task_and_what_the_policy_lets_it_see() -> None:
    """By default the task alone; one that was given back comes with the reason."""
    for context, shown in (("none", False), ("full", True)):
        model = CheckedModel(ScriptedModel(["fine"]))
        fits = {"b": lambda t: t.goal == "one", "c": lambda t: t.goal == "two"}
        broken = does("c", lambda _: ModelUnavailable("it is down"))
        team = [does("b"), broken, Agent(name="a", model=model)]
        graph = board(team, tasks=["one", "two"], fits=fits, width=2, context=context)
        await ask(graph, "the request")
        text = model.requests[0].request.text
        assert '<task id="t2">two</task>' in text
        assert "<feedback>c gave it back: it is down</feedback>" in text
        assert ("one by b" in text) is shown
        assert not model.problems


async def test_tasks_without_end_are_bounded() -> None:
    """What is beyond the bound fails, told why."""
    graph = board([does("a", lambda _: {"new_tasks": ["again"]})], tasks=["go"], max_tasks=3)
    out = await ask(graph)
    assert [task.state for task in out["board"].values()] == ["done", "done", "done", "failed"]
    assert out["board"]["t1.1.1.1"].why == "there are more than 3 tasks"


async def test_a_second_turn_has_a_board_of_its_own() -> None:
    """Nothing of the first is left."""
    graph = board([does("a")], tasks=lambda s: s["todo"], state=Own)
    app, conf = graph.compile(checkpointer=InMemorySaver()), {"configurable": {"thread_id": "t"}}
    await app.ainvoke({"messages": [("human", "one")], "todo": ["x", "y"]}, conf)
    out = await app.ainvoke({"messages": [("human", "two")], "todo": ["z"]}, conf)
    assert [task.goal for task in out["board"].values()] == ["z"]
    assert out["messages"][-1].text == "z by a"
    nothing = await app.ainvoke({"messages": [("human", "two")], "todo": []}, conf)
    assert nothing["board"] == {}
    assert nothing["messages"][-1].text == "There is nothing to do."


@dataclass
class Case:
    """A board, its members' faults, and the pieces of work at which the process is killed."""

    tasks: int
    agents: str
    width: int
    kills: set[int]
    faults: set[tuple[str, str]]
    adding: bool
    begun: int = 0
    ended: Counter[str] = field(default_factory=Counter)

    async def work(self, name: str, task: BoardTask) -> Any:
        """Do a task, or not."""
        self.begun += 1
        number = self.begun
        await asyncio.sleep(0)
        if number in self.kills:
            raise InvalidInput("killed")
        if (name, task.id) in self.faults:
            raise ModelUnavailable(name)
        self.ended[task.id] += 1
        more = {"new_tasks": ["more"]} if self.adding and "." not in task.id else {}
        return {**more, "text": name}

    def graph(self, saver: Any) -> Any:
        """The graph as a process has it."""
        tasks = [f"task {n}" for n in range(1, self.tasks + 1)]
        team = [self.member(name) for name in self.agents]
        return board(team, tasks=tasks, width=self.width).compile(checkpointer=saver)

    def member(self, name: str) -> Any:
        """A member that works."""

        async def do(state: Any) -> Any:
            return await self.work(name, state["task"])

        return member(do, name=name)


cases = st.builds(
    Case,
    st.integers(1, 6),
    st.sampled_from(["a", "ab", "abc"]),
    st.integers(1, 3),
    st.sets(st.integers(1, 12), max_size=4),
    st.sets(st.tuples(st.sampled_from("abc"), st.sampled_from(["t1", "t2", "t3"])), max_size=6),
    st.booleans(),
)


@settings(max_examples=60)
@given(cases)
async def test_a_crash_at_any_point_neither_loses_nor_doubles_a_task(case: Case) -> None:
    """Whatever fails or is killed, each task ends once: done by one, or failed by all who tried."""
    saver, conf = InMemorySaver(), {"configurable": {"thread_id": "t"}}
    given: Any = {"messages": [("human", "go")]}
    for _ in range(len(case.kills) + 1):
        try:
            await case.graph(saver).ainvoke(given, conf, durability="sync")
        except InvalidInput:
            given = None
        except MemberFailed:
            break  # none could be done
        else:
            break
    stored = (await case.graph(saver).aget_state(conf)).values["board"]
    done = {id_ for id_, task in stored.items() if task.state == "done"}
    listed = {f"t{n}" for n in range(1, case.tasks + 1)}
    tried = {id_ for id_ in listed if all((name, id_) in case.faults for name in case.agents)}
    more = {f"{id_}.1" for id_ in listed - tried} if case.adding else set()
    assert set(stored) == listed | more
    assert done == (listed - tried) | more
    assert case.ended == Counter(done)


async def test_work_that_ended_beside_a_crash_is_not_done_again() -> None:
    """Its result was stored; the one that crashed does the task that it had claimed."""
    ended, broken, there = list[str](), [True], asyncio.Event()

    async def a(state: Any) -> str:
        ended.append(state["task"].id)
        there.set()
        return "a"

    async def b(state: Any) -> str:
        await there.wait()
        for _ in range(20):  # until it is stored
            await asyncio.sleep(0)
        if broken.pop():
            broken.append(False)
            raise InvalidInput("killed")
        ended.append(state["task"].id)
        return "b"

    saver, conf = InMemorySaver(), {"configurable": {"thread_id": "t"}}
    app = board([a, b], tasks=["one", "two"]).compile(checkpointer=saver)
    with pytest.raises(InvalidInput):
        await app.ainvoke({"messages": [("human", "go")]}, conf, durability="sync")
    out = await app.ainvoke(None, conf, durability="sync")
    assert ended == ["t1", "t2"]
    assert owners(out) == {"t1": "a", "t2": "b"}


async def test_a_person_is_asked_within_a_task() -> None:
    """The others end; the resume does that task alone."""
    ended: list[str] = []

    async def asks(state: Any) -> str:
        return ask_person("do", {"goal": state["task"].goal}, "May I?").type

    graph = board([asks, does("b", lambda t: ended.append(t.id) or "b")], tasks=["one", "two"])
    app, conf = graph.compile(checkpointer=InMemorySaver()), {"configurable": {"thread_id": "t"}}
    out = await app.ainvoke({"messages": [("human", "go")]}, conf)
    assert out["__interrupt__"]
    done = await app.ainvoke(Command(resume={"decisions": [{"type": "approve"}]}), conf)
    assert [task.text for task in done["board"].values()] == ["approve", "b"]
    assert ended == ["t2"]


async def test_it_nests_and_is_an_option_of_swarm() -> None:
    """The same graph, whichever way it is built."""
    inner = swarm([does("a"), does("b")], board=["one", "two"])
    outer = sequential(member(inner, name="team"), does_nothing)
    out = await ask(outer)
    assert out["results"]["team"] == "one\none by a\n\ntwo\ntwo by b"
    chain = sequential(member(says, name="x"), member(says, name="y"))
    assert (await ask(board([member(chain, name="c")], tasks=["t"])))["board"]["t1"].text == "said"


async def does_nothing(_state: Any) -> str:
    """The end."""
    return "end"


async def says(_state: Any) -> str:
    """Says something."""
    return "said"


async def test_one_whose_when_does_not_hold_gives_its_task_back() -> None:
    """Another claims it."""
    away = does("a", when=lambda _: "on leave")
    assert owners(await ask(board([away, does("b")], tasks=["one"]))) == {"t1": "b"}


def test_the_drawing_is_complete() -> None:
    """All members are reached from the board and lead back to it."""
    drawn = board([does("a"), Agent(name="b")], tasks=["x"]).compile().get_graph(xray=True)
    edges = {(e.source, e.target) for e in drawn.edges}
    assert {("board", "a"), ("a", "board"), ("board", "__end__")} <= edges
    assert "b:model" in drawn.nodes


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"tasks": []}, InvalidInput, "no list of tasks"),
        ({"tasks": "one"}, InvalidInput, "no list of tasks"),
        ({"tasks": ["one", " "]}, InvalidInput, "' ' is no task: it says nothing"),
        ({"tasks": ["one", 3]}, InvalidInput, "3 is no task"),
        ({"payload": Ticket}, InvalidInput, "'x' is no task"),
        ({"payload": Ticket, "tasks": [{}]}, InvalidInput, "number: Field required"),
        ({"width": 0}, InvalidInput, "width is 0"),
        ({"attempts": 0}, InvalidInput, "attempts is 0"),
        ({"max_tasks": 0}, InvalidInput, "max_tasks is 0"),
        ({"fits": {"z": bool}}, UnknownName, "board: fits: no agent 'z'"),
        ({"context": "some"}, InvalidInput, "no context policy"),
    ],
)
def test_what_cannot_be_is_refused_at_build(
    options: dict[str, Any], error: type[Exception], text: str
) -> None:
    """The error names the place."""
    with pytest.raises(error, match=text):
        board([does("a")], **{"tasks": ["x"], **options})


def test_members_that_cannot_be_are_refused_at_build() -> None:
    """A name that is a node's, a tool that is the board's, options that mean nothing there."""
    with pytest.raises(InvalidMember, match="'board', which is a node"):
        board([does("board")], tasks=["x"])

    def add_task(goal: str) -> str:
        """Add it."""
        return goal

    with pytest.raises(InvalidMember, match="tool 'add_task'"):
        board([Agent(name="a", tools=[add_task])], tasks=["x"], adds=True)
    with pytest.raises(InvalidInput, match="'start' means nothing on a board"):
        swarm([does("a")], board=["x"], start="a")


def test_bids_are_numbers_and_the_highest_wins() -> None:
    """Of equals who has done least, then the order."""
    task = BoardTask(id="t", goal="g")
    assert [bid_of(each, "a", task) for each in (True, False, -1, 2)] == [1.0, 0.0, 0.0, 2.0]
    for wrong in ("yes", None, float("nan")):
        with pytest.raises(InvalidInput, match="fits the task 't'"):
            bid_of(wrong, "a", task)
    assert best({"a": 1, "b": 1}, {"a": 1}) == "b"
    assert best({"a": 0}, {}) == ""
    assert given_back(task, "a", "why", 1).state == "failed"
