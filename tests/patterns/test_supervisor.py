"""A manager delegates, and what its workers give comes back to it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from langchain.agents import create_agent
from langchain.agents.structured_output import ToolStrategy
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import Command
from pydantic import BaseModel
from typing_extensions import TypedDict

import stretto
from stretto import Agent, Budget, Policy, member
from stretto.errors import InvalidInput, InvalidMember, LimitReached, ManagerStuck, MemberFailed
from stretto.members.human import ask_person
from stretto.patterns import sequential, supervisor
from stretto.records import Decided, Handoff
from stretto.state import Delegate, Delegated, Delegates
from stretto.testing import (
    CheckedModel,
    Reply,
    ScriptedModel,
    broken_call,
    history_problems,
    tool_call,
)

if TYPE_CHECKING:
    from stretto import Storage


class Price(BaseModel):
    """A typed result."""

    cents: int


class Verdict(BaseModel):
    """What a typed manager answers with."""

    good: bool
    why: str


class Own(TypedDict, total=False):
    """Fields of the user's own."""

    total: int


def to(worker: str, task: str) -> Any:
    """A delegation."""
    return tool_call(f"delegate_to_{worker}", task=task)


def boss(*said: Any, **fields: Any) -> Agent:
    """A manager that says this, one after the other; a list is several calls at once."""
    replies = [Reply(tool_calls=each) if isinstance(each, list) else each for each in said]
    return Agent(name="boss", model=CheckedModel(ScriptedModel(replies)), **fields)


def checked(manager: Agent) -> CheckedModel:
    """Its model, having been asked nothing that a provider refuses."""
    model: Any = manager.model
    assert model.problems == []
    return model


def worker(name: str, done: list[str] | None = None) -> Any:
    """A worker that keeps what it did."""

    async def work(state: Any) -> str:
        if done is not None:
            done.append(f"{name}: {state['task']}")
        return f"{name} did {state['task']}"

    return member(work, name=name, role=f"does {name} work")


async def price(state: Any) -> Price:
    """Prices things."""
    return Price(cents=len(state.get("task", "")))


async def says(_state: Any) -> str:
    """Says something."""
    return "said"


async def ask(graph: Any, text: str = "go", **state: Any) -> dict[str, Any]:
    """The state at the end of a turn."""
    return await graph.compile().ainvoke({"messages": [("human", text)], **state})


def told(out: Any) -> list[tuple[str, str]]:
    """The conversation as kind and text."""
    return [(m.type, m.text) for m in out["messages"]]


async def test_tasks_of_one_message_are_done_at_once_and_all_come_back() -> None:
    """The manager is asked once for all of them, and their order is kept."""
    meet = asyncio.Barrier(3)

    def meets(name: str) -> Any:
        async def work(state: Any) -> str:
            await meet.wait()
            return f"{name} did {state['task']}"

        return member(work, name=name)

    manager = boss([to("a", "x"), to("b", "y"), to("a", "z")], "all done")
    out = await ask(supervisor(manager, [meets("a"), meets("b")]))
    assert told(out) == [
        ("human", "go"),
        ("ai", ""),
        ("tool", "a did x"),
        ("tool", "b did y"),
        ("tool", "a did z"),
        ("ai", "all done"),
    ]
    assert len(checked(manager).requests) == 2
    assert out["results"] == {"a": "a did z", "b": "b did y"}
    assert [(r.worker, r.task, r.status, r.attempts, r.result) for r in out["work"]] == [
        ("a", "x", "done", 1, "a did x"),
        ("b", "y", "done", 1, "b did y"),
        ("a", "z", "done", 1, "a did z"),
    ]


async def test_the_manager_is_told_what_workers_are_good_for() -> None:
    """A tool each, described by the role."""
    manager = boss("nothing to do")
    out = await ask(supervisor(manager, [worker("a"), price]))
    request = checked(manager).requests[0].request
    assert request.tool_names == ("delegate_to_a", "delegate_to_price")
    assert "does a work" in request.tools[0]["description"]
    assert "Prices things." in request.tools[1]["description"]
    assert told(out)[-1] == ("ai", "nothing to do")
    assert out["work"] == []


async def test_many_workers_share_one_tool() -> None:
    """Providers take 128 tools."""
    team = [worker(f"w{i}") for i in range(120)]
    call = tool_call("delegate", worker="w7", task="x")
    manager = boss([call], "done")
    out = await ask(supervisor(manager, team))
    assert checked(manager).requests[0].request.tool_names == ("delegate",)
    assert out["results"] == {"w7": "w7 did x"}


async def test_typed_results_reach_the_manager_and_the_state(storage: Storage) -> None:
    """As JSON in the conversation, and as they are typed in `results`."""
    manager = boss([to("price", "bowl")], "4 cents")
    graph = supervisor(manager, [price])
    await stretto.run(graph, "go", thread="t", storage=storage)
    saved = await graph.compile(checkpointer=storage.checkpointer).aget_state(
        {"configurable": {"thread_id": "t"}}
    )
    assert saved.values["results"] == {"price": Price(cents=4)}
    assert saved.values["work"][0].result == {"cents": 4}
    assert told(saved.values)[2] == ("tool", '{"cents": 4}')


async def test_a_tool_call_beside_a_delegation_keeps_its_result() -> None:
    """And so do names of nobody: each is told what it can do."""
    calls = [
        to("a", "x"),
        tool_call("look", what="q"),
        to("nobody", "x"),
        to("boss", "x"),
        tool_call("look", what="fire"),
        tool_call("delegate_to_a"),
        broken_call("delegate_to_a", "{oh"),
    ]
    manager = boss(calls, "done", tools=[look])
    out = await ask(supervisor(manager, [worker("a")]))
    results = {m.tool_call_id: m for m in out["messages"] if m.type == "tool"}
    said = [results[call["id"]] for call in out["messages"][1].tool_calls]
    assert [m.status for m in said] == [*["success"] * 2, *["error"] * 5]
    assert [m.text.partition(".")[0] for m in said] == [
        "a did x",
        "saw q",
        "There is no worker 'nobody'",
        "You cannot delegate to yourself",
        "look failed: ValueError: hot",
        "'a' was given no task",
        "'a' was given no task",
    ]
    checked(manager)


async def test_the_same_again_is_answered_with_the_earlier_result(storage: Storage) -> None:
    """Case and spaces do not count; who goes on regardless is stopped."""
    done: list[str] = []
    same = [[to("a", "Fetch  it")], [to("a", "fetch it ")]]
    manager = boss(*same, *same, [to("a", "FETCH it")])
    graph = supervisor(manager, [worker("a", done)])
    with pytest.raises(ManagerStuck, match=r"'boss' delegated the same to 'a' 5 times: 'FETCH it'"):
        await stretto.run(graph, "go", thread="t", storage=storage)
    assert len(done) == 2
    asked = checked(manager).requests[-1].request.messages
    assert asked[-1].text.startswith("Not done again: you delegated the same before in this turn.")
    assert asked[-1].text.endswith("The result was:\na did fetch it")
    records = await storage.journal.records("t", types=("decided", "handoff"))
    decided = [r.decision for r in records if isinstance(r, Decided)]
    assert decided.count("delegation: repeated") == 2
    assert [(r.by, r.to) for r in records if isinstance(r, Handoff)] == [("boss", "a")] * 2


async def test_the_same_in_one_message_is_done_as_often_as_it_may_be() -> None:
    """The rest is answered beside it."""
    done: list[str] = []
    manager = boss([to("a", "x")] * 3, "done")
    out = await ask(supervisor(manager, [worker("a", done)], repeats=1))
    assert done == ["a: x"]
    assert [r.status for r in out["work"]] == ["done", "repeated", "repeated"]
    assert "stands beside this" in told(out)[3][1] + told(out)[2][1]


async def test_delegations_of_a_turn_are_bounded() -> None:
    """By an error that says which keyword to raise."""
    manager = boss(*([to("a", str(i))] for i in range(5)))
    with pytest.raises(LimitReached, match=r"'boss' delegated more than 3 tasks.*max_delegations"):
        await ask(supervisor(manager, [worker("a")], max_delegations=3))


async def test_a_manager_that_delegates_to_nobody_for_ever_is_bounded() -> None:
    """Its last model call may not call tools."""

    def think(messages: Any) -> Reply:
        return Reply(tool_calls=[to("nobody", f"x{len(messages)}")])

    manager = Agent(name="boss", model=ScriptedModel(think), max_model_calls=4)
    out = await ask(supervisor(manager, [worker("a")]))
    assert "max_model_calls" in told(out)[-1][1]


async def test_two_turns_on_one_thread() -> None:
    """Nothing of the first is left but the conversation; bookkeeping of earlier turns is not told."""
    manager = boss([to("a", "x"), to("b", "y")], "one", [to("b", "y")], "two", "three")
    graph = supervisor(manager, [worker("a"), worker("b")], repeats=1)
    compiled = graph.compile(checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "t"}}
    for expected in ({"a": "a did x", "b": "b did y"}, {"b": "b did y"}, {}):
        out = await compiled.ainvoke({"messages": [("human", "go")]}, config)
        assert out["results"] == expected
        assert len(out["work"]) == len(expected)
    last = checked(manager).requests[-1].request.messages
    assert [m.text for m in last] == ["go", "one", "go", "two", "go"]


async def test_ids_that_are_missing_or_met_before_are_given_anew() -> None:
    """Some models send none, and some the same in each message."""
    calls = [{"name": "delegate_to_a", "args": {"task": t}, "id": "call_0"} for t in "xyz"]
    said = [AIMessage("", tool_calls=[calls[0], calls[1]]), AIMessage("", tool_calls=[calls[2]])]
    manager = boss(*said, "done")
    out = await ask(supervisor(manager, [worker("a")]))
    assert [r.result for r in out["work"]] == ["a did x", "a did y", "a did z"]
    assert len({r.id for r in out["work"]}) == 3
    assert history_problems(out["messages"]) == []
    checked(manager)


async def test_a_typed_manager_ends_with_its_output() -> None:
    """Not beside delegations, and not before it fits."""
    model = ScriptedModel(
        [
            Reply(tool_calls=[to("a", "x"), tool_call("Verdict", good=True, why="early")]),
            Reply(tool_calls=[tool_call("Verdict", good="?")]),
            Reply(value=Verdict(good=True, why="well made")),
        ]
    )
    manager = Agent(name="boss", model=CheckedModel(model), output=Verdict)
    out = await ask(supervisor(manager, [worker("a")]))
    assert out["structured_response"] == Verdict(good=True, why="well made")
    assert told(out)[-1] == ("ai", '{"good": true, "why": "well made"}')
    assert "Not taken" in told(out)[2][1] + told(out)[3][1]
    assert [call.choice for call in model.calls] == ["required"] * 3
    checked(manager)


async def test_a_function_may_manage() -> None:
    """It keeps nothing: all it needs is in the state."""

    async def plan(state: Any) -> Any:
        work: list[Delegated] = state.get("work") or []
        if not work:
            return [Delegate(worker="a", task="x"), Delegate(worker="price", task="four")]
        if len(work) == 2:
            return Delegate(worker="a", task=f"after {state['results']['price'].cents}")
        return f"{len(work)} tasks"

    graph = supervisor(plan, [worker("a"), price])
    out = await ask(graph)
    assert told(out)[-1] == ("ai", "3 tasks")
    assert out["results"]["a"] == "a did after 4"
    assert history_problems(out["messages"]) == []


async def test_a_function_that_says_nothing_is_named() -> None:
    """Neither a delegation nor an answer."""

    async def idle(_state: Any) -> Any:
        return []

    with pytest.raises(MemberFailed, match=r"'idle' neither delegates nor answers"):
        await ask(supervisor(idle, [worker("a")]))


async def test_a_graph_may_manage() -> None:
    """Such as an agent of LangChain with `Delegates` as its output; it reads work as text."""
    model = ScriptedModel(
        [
            Reply(value=Delegates(delegate=[Delegate(worker="a", task="x")])),
            Reply(value=Delegates(answer="done")),
        ]
    )
    agent = create_agent(model, response_format=ToolStrategy(Delegates), name="chief")
    out = await ask(supervisor(agent, [worker("a")]))
    assert told(out)[-1] == ("ai", "done")
    assert "a: does a work" in model.calls[0].text
    assert 'worker="a" task="x" status="done">a did x</result>' in model.calls[1].text


async def test_a_chat_model_may_manage() -> None:
    """It is an agent without a prompt."""
    model = ScriptedModel([Reply(tool_calls=[to("a", "x")]), "done"])
    out = await ask(supervisor(model, [worker("a")]))
    assert out["messages"][-1].name == "manager"


@pytest.mark.parametrize(
    ("context", "seen"),
    [
        ("none", ["y"]),
        ("last", ['<request>y</request>\n<result agent="a">a did x</result>']),
        ("full", ["go", '<request>y</request>\n<result agent="a">a did x</result>']),
        (lambda s: f"{len(s['work'])} tasks", ["<request>y</request>\n<context>2 tasks</context>"]),
    ],
)
async def test_what_a_worker_sees_is_a_choice(context: Any, seen: list[str]) -> None:
    """Never what the manager keeps books with."""
    asked: list[AnyMessage] = []

    def think(messages: Any) -> str:
        asked.extend(messages)
        return "hm"

    agent = Agent(name="b", model=ScriptedModel(think))
    manager = boss([to("a", "x")], [to("b", "y")], "done")
    await ask(supervisor(manager, [worker("a"), agent], context=context))
    assert [m.text for m in asked] == seen


async def test_functions_see_the_conversation_without_bookkeeping() -> None:
    """And the state of the team, and the task."""
    seen: list[Any] = []

    async def work(state: Any) -> dict[str, Any]:
        seen.append(state)
        return {"total": state.get("total", 0) + 1, "note": "counted"}

    manager = boss([to("work", "x")], [to("work", "y")], "done")
    out = await ask(supervisor(manager, [work], state=Own), total=3)
    assert out["total"] == 5
    assert [(s["task"], s["total"]) for s in seen] == [("x", 3), ("y", 4)]
    assert [m.text for m in seen[1]["messages"]] == ["go"]
    assert out["results"] == {"work": {"note": "counted"}}


async def test_a_worker_may_be_left_out(storage: Storage) -> None:
    """The manager is told why."""
    resting = member(price, when=lambda _state: "it is Sunday")
    manager = boss([to("price", "x")], "no price")
    result = await stretto.run(supervisor(manager, [resting]), "go", thread="t", storage=storage)
    assert "it is Sunday" in told(result.value)[2][1]
    assert result.value["work"][0].status == "skipped"


async def test_interrupts_of_workers_are_answered_in_any_order() -> None:
    """Of two delegations to one worker too; nothing is done twice."""
    done: list[str] = []

    async def careful(state: Any) -> str:
        ask_person("do", {"task": state["task"]}, "May I?", allowed=("respond",))
        done.append(state["task"])
        return f"did {state['task']}"

    manager = boss([to("careful", "x"), to("a", "y"), to("careful", "z")], "done")
    graph = supervisor(manager, [careful, worker("a", done)]).compile(checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "t"}}
    await graph.ainvoke({"messages": [("human", "go")]}, config)
    asked = (await graph.aget_state(config)).interrupts
    answer = {"decisions": [{"type": "respond", "message": "yes"}]}
    for each in reversed(asked):
        out = await graph.ainvoke(Command(resume={each.id: answer}), config)
    assert [r.result for r in out["work"]] == ["did x", "a did y", "did z"]
    assert sorted(done) == ["a: y", "x", "z"]
    checked(manager)


async def test_as_a_member_of_a_chain_and_around_one() -> None:
    """Its answer goes on; a chain is a worker like any other."""
    inner = sequential(says, price)
    manager = boss([to("chain", "four")], "It costs that.")
    team = supervisor(manager, [member(inner, name="chain")])
    out = await ask(sequential(says, member(team, name="team"), price))
    assert out["results"]["team"] == "It costs that."


async def test_a_supervisor_of_supervisors() -> None:
    """A worker may be a supervisor: it has its own conversation."""
    low = boss([to("a", "x1"), to("b", "x2")], "both done")
    high = boss([to("left", "x")], [to("right", "y")], "all done")
    left = supervisor(low, [worker("a"), worker("b")])
    team = supervisor(high, [member(left, name="left", role="does much"), worker("right")])
    out = await ask(team)
    assert [r.result for r in out["work"]] == ["both done", "right did y"]
    assert [m.text for m in checked(low).requests[0].request.messages] == ["x"]
    checked(high)


async def test_the_drawing_is_complete() -> None:
    """Each node can be reached, with the graphs within."""
    manager = boss("x", tools=[look])
    inner = member(sequential(says, price), name="inner")
    graph = supervisor(manager, [worker("a"), inner], escalate="person").compile()
    drawn = graph.get_graph(xray=True)
    assert {"inner:says", "inner:price", "a", "person", "boss"} <= set(drawn.nodes)
    reached, ahead = {"__start__"}, ["__start__"]
    while ahead:
        here = ahead.pop()
        for edge in drawn.edges:
            if edge.source == here and edge.target not in reached:
                reached.add(edge.target)
                ahead.append(edge.target)
    assert reached == set(drawn.nodes)


async def test_a_crash_after_any_step_repeats_nothing(storage: Storage) -> None:
    """A new process goes on with what is left, and comes to the same end."""
    done: list[str] = []

    def think(messages: Any) -> Reply:
        asked.append(len(messages))
        made = sum(m.type == "ai" for m in messages)
        calls = [[to("a", "x"), to("b", "y")], [to("a", "z")], []][made]
        return Reply(tool_calls=calls) if calls else Reply("done")

    def team() -> Any:  # as a new process would make it
        agent = Agent(name="boss", model=ScriptedModel(think))
        graph = supervisor(agent, [worker("a", done), worker("b", done)])
        return graph.compile(checkpointer=storage.checkpointer, interrupt_after="*")

    asked: list[int] = []
    config: Any = {"configurable": {"thread_id": "t"}}
    given: Any = {"messages": [("human", "go")]}
    steps = 0
    while True:
        out = await team().ainvoke(given, config, durability="sync")
        given, steps = None, steps + 1
        if not (await team().aget_state(config)).next:
            break
    assert steps > 4
    assert told(out)[-1] == ("ai", "done")
    assert sorted(done) == ["a: x", "a: z", "b: y"]
    assert asked == [1, 4, 6]


async def test_a_fork_between_workers_goes_its_own_way() -> None:
    """From any checkpoint."""
    done: list[str] = []
    model = ScriptedModel(
        lambda messages: Reply(tool_calls=[to("a", "x")]) if len(messages) == 1 else Reply("done")
    )
    graph = supervisor(model, [worker("a", done)]).compile(checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "t"}}
    await graph.ainvoke({"messages": [("human", "go")]}, config)
    before = [s async for s in graph.aget_state_history(config) if s.next == ("a",)]
    out = await graph.ainvoke(None, before[0].config)
    assert told(out)[-1] == ("ai", "done")
    assert done == ["a: x", "a: x"]


async def test_the_manager_carries_a_policy_and_the_team_a_budget(storage: Storage) -> None:
    """As any member does."""
    manager = boss([to("a", "x")], [to("a", "y")], policy=Policy(budget=Budget(calls=1)))
    graph = supervisor(manager, [worker("a")], budget=Budget(calls=10))
    with pytest.raises(stretto.errors.BudgetExceeded, match="supervisor/boss"):
        await stretto.run(graph, "go", thread="t", storage=storage)


def test_a_manager_with_the_tools_of_its_workers_is_refused() -> None:
    """It would do the work itself; unless that is meant."""

    def search(what: str) -> str:
        """Search."""
        return what

    agent = Agent(name="a", model="offline", tools=[search])
    manager = Agent(name="boss", model="offline", tools=[search])
    with pytest.raises(InvalidInput, match=r"'boss' has the tools search of its worker 'a'"):
        supervisor(manager, [agent])
    supervisor(manager, [agent], own_tools=True)


def look(what: str) -> str:
    """Look something up."""
    if what == "fire":
        raise ValueError("hot")
    return f"saw {what}"


def delegate(worker: str) -> str:
    """Delegates in another way."""
    return worker


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: supervisor(boss(), []), "no worker"),
        (lambda: supervisor(boss(), [3]), "no member"),
        (lambda: supervisor(3, [worker("a")]), "no member"),
        (lambda: supervisor(boss(), [worker("a"), worker("a")]), "two members are called 'a'"),
        (lambda: supervisor(boss(), [worker("boss")]), "two members are called 'boss'"),
        (lambda: supervisor(boss(), [worker("tools")]), "'tools', which is a node"),
        (lambda: supervisor(boss(), [worker("a b"), worker("a_b")]), "by one tool"),
        (lambda: supervisor(boss(tools=[delegate]), [worker("a")]), "how it delegates"),
        (lambda: supervisor(boss(), [worker("a")], max_delegations=0), "`max_delegations` is 0"),
        (lambda: supervisor(boss(), [worker("a")], repeats=0), "`repeats` is 0"),
        (lambda: supervisor(boss(), [worker("a")], restarts=-1), "`restarts` is -1"),
        (lambda: supervisor(boss(), [worker("a")], idle=0), "`idle` of 'a' is 0"),
        (lambda: supervisor(boss(), [worker("a")], idle={"b": 1}), "`idle` names 'b'"),
        (lambda: supervisor(boss(), [worker("a")], reassign={"b": ["a"]}), "`reassign` names 'b'"),
        (lambda: supervisor(boss(), [worker("a")], reassign={"a": ["b"]}), "names 'b'"),
        (lambda: supervisor(boss(), [worker("a")], reassign={"a": "a"}), "is a text"),
        (lambda: supervisor(boss(), [worker("a")], escalate="god"), "`escalate` is 'god'"),
        (lambda: supervisor(boss(), [worker("a")], check={"b": len}), "`check` names 'b'"),
        (lambda: supervisor(boss(), [worker("a")], context="much"), "no context policy"),
        (lambda: supervisor(boss(), [member(price, detach=True)]), "'price' is detached"),
    ],
)
def test_what_cannot_be_is_refused_at_build(make: Any, words: str) -> None:
    """With the place and the remedy."""
    with pytest.raises((InvalidInput, InvalidMember), match=words):
        make()


async def test_an_empty_question_is_refused() -> None:
    """Before the model is asked."""
    with pytest.raises(InvalidInput, match="the question is empty"):
        await ask(supervisor(boss("x"), [worker("a")]), " ")


async def test_a_graph_with_a_state_of_its_own_may_work() -> None:
    """It gets the task as a message."""
    graph = StateGraph(MessagesState)

    async def say(state: MessagesState) -> Any:
        return {"messages": [("ai", f"heard {state['messages'][-1].text}")]}

    graph.add_node("say", say)
    graph.add_edge(START, "say")
    manager = boss([to("ear", "x")], "done")
    out = await ask(supervisor(manager, [graph.compile(name="ear")]))
    assert out["results"] == {"ear": "heard x"}


async def test_a_function_that_manages_begins_each_turn_anew(storage: Storage) -> None:
    """It sees nothing of what was done in the turn before."""

    def manage(state: Any) -> Any:
        if not state.get("work"):
            assert not state.get("results")
            return Delegate(worker="echo", task=state["messages"][-1].text)
        return state["results"]["echo"]

    async def echo(state: Any) -> str:
        return f"did {state['task']}"

    graph = supervisor(manage, [echo])
    for asked in ("one", "two"):
        result = await stretto.run(graph, asked, thread="t", storage=storage)
        assert result.text == f"did {asked}"


async def test_a_graph_that_manages_is_asked_with_a_valid_history() -> None:
    """Whatever the conversation before was."""
    model = CheckedModel(ScriptedModel("All is done."))

    async def worker(state: Any) -> str:
        return str(state["task"])

    graph = supervisor(create_agent(model, name="boss"), [worker]).compile()
    blank = HumanMessage([{"type": "text", "text": "hi"}, {"type": "text", "text": " "}])
    out = await graph.ainvoke({"messages": [blank, HumanMessage("go")]})
    assert out["messages"][-1].text == "All is done."
    assert model.problems == []
