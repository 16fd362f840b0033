"""Peers hand the conversation over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from langchain.agents import AgentState, create_agent
from langchain.tools import ToolRuntime  # noqa: TC002 - LangChain reads it to inject it
from langchain_core.messages import ToolMessage
from langchain_core.tools import tool as langchain_tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command
from pydantic import BaseModel
from typing_extensions import TypedDict

import stretto
from stretto import Agent, Budget, Policy, Retry, member
from stretto.errors import (
    BudgetExceeded,
    InvalidInput,
    InvalidMember,
    ModelUnavailable,
    NobodyAvailable,
    TooManyHandoffs,
    UnknownName,
)
from stretto.members.human import ask_person
from stretto.patterns import EndsAtHandoff, hand_over_tool, handoff, sequential, swarm
from stretto.records import Decided, FellBack, Handoff
from stretto.state import HandOver
from stretto.testing import CheckedModel, Reply, ScriptedModel, tool_call

if TYPE_CHECKING:
    from stretto import Storage


class Invoice(BaseModel):
    """What billing needs."""

    number: int
    amount: float


class Own(TypedDict, total=False):
    """Fields of the user's own."""

    customer: str
    visits: int


def agent(name: str, *replies: Any, tools: Any = (), **more: Any) -> tuple[Agent, CheckedModel]:
    """An agent with a script, and its model, which checks what it is asked."""
    model = CheckedModel(ScriptedModel(list(replies)))
    return Agent(name=name, role=f"does {name}", model=model, tools=tools, **more), model


def over(to: str, reason: str = "yours", text: str = "", **payload: Any) -> Reply:
    """A reply that hands over."""
    more = {"payload": payload} if payload else {}
    return Reply(text, [tool_call(f"hand_over_to_{to}", reason=reason, **more)])


def says(name: str, *given: Any, seen: list[Any] | None = None) -> Any:
    """A function member that gives one thing after the other, the last one for ever."""
    left = list(given)

    async def speak(state: Any) -> Any:
        if seen is not None:
            seen.append(state)
        one = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(one, Exception):
            raise one
        return one

    return member(speak, name=name)


def lookup(what: str) -> str:
    """Look something up."""
    return f"{what} is 42"


async def ask(graph: Any, text: str = "go", **state: Any) -> dict[str, Any]:
    """The state at the end of a turn."""
    return await graph.compile().ainvoke({"messages": [("human", text)], **state})


def texts(model: CheckedModel, number: int = -1) -> list[str]:
    """What a model was asked."""
    return [f"{m.type}: {m.text}" for m in model.requests[number].request.messages]


async def test_the_next_one_goes_on_in_the_same_turn() -> None:
    """It is told who handed over, why and with what; the person gets its answer alone."""
    sales, _ = agent("sales", over("billing", "an invoice is wrong", number=7, amount=3.5))
    billing, asked = agent("billing", "It is mended.")
    graph = swarm([sales, handoff(billing, payload=Invoice)])
    out = await ask(graph, "my invoice is wrong")
    assert [m.text for m in out["messages"]] == ["my invoice is wrong", "It is mended."]
    assert out["active"] == "billing"
    assert out["results"] == {"billing": "It is mended."}
    (request,) = texts(asked)
    assert request == (
        "human: <request>my invoice is wrong</request>\n"
        '<handoff from="sales" to="billing">an invoice is wrong</handoff>\n'
        '<payload agent="sales">{"number": 7, "amount": 3.5}</payload>'
    )
    assert not asked.problems


async def test_the_active_one_is_remembered_between_turns_and_over_a_restart() -> None:
    """Another process on the same thread asks the one that answered last."""
    saver, conf = InMemorySaver(), {"configurable": {"thread_id": "t"}}
    team = [agent("a", over("b"))[0], agent("b", "first", "second")[0]]
    graph = swarm(team).compile(checkpointer=saver)
    await graph.ainvoke({"messages": [("human", "one")]}, conf)
    again, asked = agent("b", "third")
    other = swarm([agent("a")[0], again]).compile(checkpointer=saver)
    out = await other.ainvoke({"messages": [("human", "two")]}, conf)
    assert [m.text for m in out["messages"]] == ["one", "first", "two", "third"]
    assert texts(asked) == ["human: one", "ai: first", "human: two"]
    assert out["handed"] == []


async def test_the_active_one_is_stored(storage: Storage) -> None:
    """With what was handed over, and what tools gave, on files and on a server."""
    calls = [tool_call("lookup", what="it"), *over("b").tool_calls]
    for said in ("first", "second"):
        one, _ = agent("a", Reply("I look.", calls), tools=[lookup])
        result = await stretto.run(
            swarm([one, agent("b", said)[0]]), said, thread="t", storage=storage
        )
        assert result.text == said
        assert len(result.value["handed"]) == (said == "first")


async def test_an_active_one_that_is_gone_leaves_the_turn_to_the_first() -> None:
    """As after a deployment without it."""
    saver, conf = InMemorySaver(), {"configurable": {"thread_id": "t"}}
    old = swarm([says("a", HandOver(to="b")), says("b", "done")]).compile(checkpointer=saver)
    await old.ainvoke({"messages": [("human", "one")]}, conf)
    new = swarm([says("a", "I am here"), says("c", "no")]).compile(checkpointer=saver)
    out = await new.ainvoke({"messages": [("human", "two")]}, conf)
    assert out["messages"][-1].text == "I am here"


async def test_a_graph_is_given_the_payload_as_json() -> None:
    """A checkpoint holds what a graph is given, and knows no class of the team's own."""

    class Given(TypedDict, total=False):
        messages: list[Any]
        payload: Any

    async def work(state: Given) -> dict[str, Any]:
        return {"messages": [("ai", f"got {state['payload']}")]}

    graph = StateGraph(Given).add_node("work", work).add_edge(START, "work").compile(name="second")
    over = HandOver(to="second", payload=Invoice(number=1, amount=2.0))
    out = await ask(swarm([says("first", over), handoff(graph, payload=Invoice)]))
    assert out["messages"][-1].text == "got {'number': 1, 'amount': 2.0}"


async def test_a_function_hands_over_with_typed_payload_and_updates() -> None:
    """State other than messages survives; the payload comes as its type."""
    seen: list[Any] = []
    first = says(
        "first",
        HandOver(
            to="second",
            reason="why",
            payload=Invoice(number=1, amount=2.0),
            say="One moment.",
            result="looked",
            update={"visits": 3},
        ),
    )
    graph = swarm(
        [first, says("second", "done", seen=seen)],
        edges={"first": [handoff("second", payload=Invoice)], "second": []},
        state=Own,
    )
    out = await ask(graph, customer="ann", visits=1)
    assert seen[0]["payload"] == Invoice(number=1, amount=2.0)
    assert seen[0]["results"] == {"first": "looked"}
    assert (out["customer"], out["visits"]) == ("ann", 3)
    assert out["results"] == {"first": "looked", "second": "done"}
    assert [(m.text, m.name) for m in out["messages"][1:]] == [
        ("One moment.", "first"),
        ("done", "second"),
    ]


async def test_of_two_handoffs_the_first_counts() -> None:
    """The other is answered that it was not made; nothing of it reaches the next one's history."""
    both = Reply("", [*over("b", "the first").tool_calls, *over("c", "the second").tool_calls])
    a, own = agent("a", both)
    b, asked = agent("b", "b answers")
    graph = swarm([a, b, agent("c")[0]])
    parts = [
        m
        async for m in graph.compile().astream(
            {"messages": [("human", "go")]}, stream_mode="updates", subgraphs=True
        )
    ]
    told = [
        m.text
        for _, update in parts
        for value in update.values()
        for m in (value or {}).get("messages") or []
        if m.type == "tool"
    ]
    assert told == ["b goes on.", "Not done: the conversation goes on with b already."]
    assert "the first" in texts(asked)[0]
    assert "the second" not in texts(asked)[0]
    assert not own.problems + asked.problems


async def test_a_tool_beside_a_handoff_keeps_its_result() -> None:
    """The next one is told it; the agent that handed over is not asked again."""
    calls = [tool_call("lookup", what="it"), *over("b").tool_calls]
    a, own = agent("a", Reply("I look.", calls), tools=[lookup])
    b, asked = agent("b", "b answers")
    out = await ask(swarm([a, b]))
    assert len(own.requests) == 1
    assert (
        '<result agent="a" tool="lookup">\n{"what": "it"}\nit is 42\n</result>' in texts(asked)[0]
    )
    assert '<said agent="a">I look.</said>' in texts(asked)[0]
    assert [m.text for m in out["messages"]] == ["go", "I look.", "b answers"]
    assert not asked.problems


async def test_what_does_not_fit_the_payload_is_asked_for_again() -> None:
    """The agent is told why, and hands over with another one."""
    wrong = Reply("", [tool_call("hand_over_to_b", reason="r", payload={"number": "x"})])
    a, own = agent("a", wrong, over("b", "r", number=1, amount=1.0))
    out = await ask(swarm([a, handoff(agent("b", "done")[0], payload=Invoice)]))
    assert '<handoff from="a" to="a">The handoff was not made:' in texts(own)[0].replace("\n", "")
    assert [each.how for each in out["handed"]] == ["refused", "handed"]
    assert out["messages"][-1].text == "done"


async def test_a_tool_that_is_not_there_is_answered_within_the_agent() -> None:
    """It may hand over to those of its edges only."""
    a, own = agent("a", over("c"), "I do it myself")
    team = [a, agent("b", "no")[0], agent("c", "no")[0]]
    out = await ask(swarm(team, edges={"a": ["b"], "b": ["c"]}))
    assert out["messages"][-1].text == "I do it myself"
    assert not own.problems


@pytest.mark.parametrize(
    ("context", "sees", "misses"),
    [
        ("none", ["because", '{"number"'], ["42", "earlier", "I look"]),
        ("last", ["because", "42", "I look"], ["earlier"]),
        ("full", ["because", "42", "earlier"], []),
        (lambda state: f"made of {len(state['messages'])}", ["because", "made of 4"], ["42"]),
    ],
)
async def test_the_context_policy_says_what_the_next_one_sees(
    context: Any, sees: list[str], misses: list[str]
) -> None:
    """The reason and the payload reach it whatever the policy is."""
    handed = over("b", "because", number=1, amount=1.0).tool_calls
    calls = [tool_call("lookup", what="it"), *handed]
    a, _ = agent("a", Reply("I look.", calls), tools=[lookup])
    b, asked = agent("b", "done")
    graph = swarm([a, handoff(b, payload=Invoice, context=context)]).compile()
    before = [("human", "earlier"), ("ai", "said"), ("human", "now")]
    await graph.ainvoke({"messages": before})
    told = "\n".join(texts(asked))
    assert all(each in told for each in sees), told
    assert not [each for each in misses if each in told]
    assert not asked.problems


async def test_a_summary_is_made_once_of_all_that_came_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The run's model makes it."""
    model = ScriptedModel(["in short"])
    monkeypatch.setattr("stretto.patterns.context.chat_model", lambda _: model)
    b, asked = agent("b", "done")
    await ask(swarm([says("a", HandOver(to="b", reason="r")), b], context="summary"))
    assert "<summary>in short</summary>" in texts(asked)[0]


async def test_bookkeeping_does_not_pile_up() -> None:
    """Three handoffs add no message beside the answer, and each request is one message."""
    a, asked = agent("a", over("b"), "the answer")
    team = [a, agent("b", over("c"))[0], agent("c", over("a", "back"))[0]]
    out = await ask(swarm(team))
    assert len(out["messages"]) == 2
    assert [len(each.request.messages) for each in asked.requests] == [1, 1]


async def test_ping_pong_is_noticed_and_reported(storage: Storage) -> None:
    """Twice the same way with nothing new in between is an error where nobody has spoken."""
    team = [says("a", HandOver(to="b")), says("b", HandOver(to="a"))]
    with pytest.raises(TooManyHandoffs, match="a -> b -> a -> b") as raised:
        await stretto.run(swarm(team), "go", thread="t", storage=storage)
    assert raised.value.way == ("a", "b", "a", "b")
    told = [r for r in await storage.journal.records("t") if isinstance(r, Decided)]
    assert [(r.by, r.decision) for r in told] == [("swarm", "ping-pong")]


async def test_ping_pong_ends_with_the_last_words_there_were() -> None:
    """Who said them stays active."""
    team = [
        says("a", HandOver(to="b", say="Let me see."), HandOver(to="b", result="x")),
        says("b", HandOver(to="a", reason="no")),
    ]
    out = await ask(swarm(team))
    assert out["results"] == {"a": "x"}
    assert out["messages"][-1].text == "Let me see."
    assert out["active"] == "a"


async def test_handing_to_and_fro_with_something_new_goes_on_up_to_the_bound() -> None:
    """Each brings another payload; the bound ends it."""
    count = iter(range(100))

    async def a(_state: Any) -> HandOver:
        return HandOver(to="b", payload=next(count))

    with pytest.raises(TooManyHandoffs, match="more than 6 handoffs in one turn"):
        await ask(swarm([a, says("b", HandOver(to="a", update={"visits": 1}))], **six()))


def six() -> dict[str, Any]:
    """Options that bound a turn."""
    return {"max_handoffs": 6, "state": Own}


async def test_another_takes_the_place_of_one_that_is_not_available(storage: Storage) -> None:
    """After its policy; the journal and the next one are told, the payload reaches it."""
    down = ModelUnavailable("no answer from the provider")
    policy = Policy(retry=Retry(attempts=2, wait=0.001, jitter=0))
    broken = Agent(name="billing", model=ScriptedModel([down, down]), policy=policy)
    stand, asked = agent("sales", "I do what I can.")
    first = says("first", HandOver(to="billing", reason="an invoice", payload={"n": 1}))
    graph = swarm([first, broken, stand], stand_ins={"billing": ["sales"]})
    result = await stretto.run(graph, "go", thread="t", storage=storage)
    assert result.text == "I do what I can."
    (request,) = texts(asked)
    assert "an invoice</handoff>" in request
    assert '<payload agent="first">{"n": 1}</payload>' in request
    assert "billing is not available. Take its place</handoff>" in request
    records = await storage.journal.records("t")
    fell = [(r.name, r.to) for r in records if isinstance(r, FellBack)]
    assert fell == [("billing", "sales")]
    handed = [(r.by, r.to) for r in records if isinstance(r, Handoff)]
    assert handed == [("first", "billing"), ("billing", "sales")]


async def test_when_all_are_down_the_error_is_that_of_the_first() -> None:
    """It names those that were tried."""
    team = [says(n, ModelUnavailable(f"{n} is down")) for n in ("a", "b", "c")]
    with pytest.raises(NobodyAvailable, match="'a' is not available: a is down") as raised:
        await ask(swarm(team))
    assert raised.value.failed == {"a": "a is down", "b": "b is down", "c": "c is down"}


async def test_alone_it_fails_as_it_is() -> None:
    """Nobody could take its place."""
    with pytest.raises(ModelUnavailable, match=r"^down"):
        await ask(swarm([says("a", ModelUnavailable("down"))]))


async def test_one_whose_when_does_not_hold_leaves_its_place_to_others() -> None:
    """The reason stands in `failed`."""
    away = member(says("a", "no"), when=lambda _: "on leave")
    out = await ask(swarm([away, says("b", "I am here")]))
    assert out["messages"][-1].text == "I am here"
    assert out["failed"] == {"a": "on leave"}


async def test_nothing_stale_is_left_in_a_second_turn() -> None:
    """Results, failures and handoffs are those of this turn."""
    saver, conf = InMemorySaver(), {"configurable": {"thread_id": "t"}}
    first = says("a", HandOver(to="b", result="x"), "no")
    team = [first, says("b", ModelUnavailable("down"), "fine"), says("c", HandOver(to="b"))]
    graph = swarm(team, stand_ins={"b": ["c"]}).compile(checkpointer=saver)
    one = await graph.ainvoke({"messages": [("human", "one")]}, conf)
    assert one["results"] == {"a": "x", "b": "fine"}
    assert one["failed"] == {}  # it has worked since
    assert [each.how for each in one["handed"]] == ["handed", "stood in", "handed"]
    two = await graph.ainvoke({"messages": [("human", "one")]}, conf)
    assert (two["results"], two["failed"], two["handed"]) == ({"b": "fine"}, {}, [])


async def test_a_turn_after_one_that_failed_begins_anew() -> None:
    """What the failed one had begun is no part of it."""
    saver, conf = InMemorySaver(), {"configurable": {"thread_id": "t"}}
    team = [says("a", HandOver(to="b")), says("b", InvalidInput("broken"), "fine")]
    graph = swarm(team).compile(checkpointer=saver)
    with pytest.raises(InvalidInput, match="broken"):
        await graph.ainvoke({"messages": [("human", "one")]}, conf)
    out = await graph.ainvoke({"messages": [("human", "two")]}, conf)
    assert out["messages"][-1].text == "fine"
    assert out["handed"] == []


async def test_handoffs_are_told_once(storage: Storage) -> None:
    """With their reasons, by functions, agents and graphs of another make alike."""
    commands = create_agent(ScriptedModel([Reply("", [tool_call("go_on")])]), [go_on], name="made")
    tools = create_agent(
        ScriptedModel([over("own", "third")]), [hand_over_tool("own")], name="mine"
    )
    own, _ = agent("own", over("last", "fourth"))
    team = [says("f", HandOver(to="made", reason="first")), commands, tools, own, says("last", "x")]
    result = await stretto.run(swarm(team), "go", thread="t", storage=storage)
    assert result.text == "x"
    records = await storage.journal.records("t")
    handed = [(r.by, r.to, r.reason) for r in records if isinstance(r, Handoff)]
    assert handed == [
        ("f", "made", "first"),
        ("made", "mine", ""),
        ("mine", "own", "third"),
        ("own", "last", "fourth"),
    ]
    assert not [r for r in records if isinstance(r, Decided)]


@langchain_tool
def go_on() -> Any:
    """Hand over, as the tools of langgraph-swarm do."""
    return Command(goto="mine", graph=Command.PARENT, update={"messages": [], "active_agent": "x"})


async def test_a_foreign_agent_that_hands_over_beside_a_tool() -> None:
    """With `EndsAtHandoff` it ends; without, its model is asked once more and the handoff stands."""
    calls = [tool_call("lookup", what="it"), *over("b").tool_calls]
    for middleware, left in (([EndsAtHandoff()], 1), ([], 0)):
        model = CheckedModel(script := ScriptedModel([Reply("", calls), "bye"]))
        tools = [lookup, hand_over_tool("b")]
        one = create_agent(model, tools, name="a", middleware=middleware)
        b, asked = agent("b", "done")
        out = await ask(swarm([one, b]))
        assert script.left == left
        assert "it is 42" in texts(asked)[0]
        assert out["messages"][-1].text == "done"
        assert not model.problems + asked.problems


async def test_a_graph_that_goes_to_one_that_is_not_there_is_asked_again() -> None:
    """And once more, up to the bound."""
    calls = [Reply("", [tool_call("go_on")]), "I do it"]
    one = create_agent(ScriptedModel(calls), [go_on], name="a")
    out = await ask(swarm([one, says("b", "no")]))
    assert out["messages"][-1].text == "I do it"
    assert out["handed"][0].how == "refused"
    assert "no agent 'mine'" in out["handed"][0].reason


@pytest.mark.parametrize(
    ("given", "error", "text"),
    [
        (HandOver(to="c"), UnknownName, "'a' hands over: no agent 'c'"),
        (HandOver(to="a"), UnknownName, "no agent 'a'"),
        (HandOver(to="b", payload={"number": 1}), InvalidInput, "amount: Field required"),
        (HandOver(to="b"), InvalidInput, "Give a value of Invoice"),
        (
            HandOver(to="b", payload=Invoice(number=1, amount=1), update={"x": 1}),
            InvalidInput,
            "'x', which is no field",
        ),
    ],
)
async def test_a_function_that_hands_over_as_it_may_not(
    given: HandOver, error: type[Exception], text: str
) -> None:
    """It is told to who wrote it; nobody takes its place."""
    with pytest.raises(error, match=text):
        await ask(swarm([says("a", given), handoff(says("b", "no"), payload=Invoice)]))


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"start": "z"}, UnknownName, "swarm: start: no agent 'z'"),
        ({"edges": {"z": []}}, UnknownName, "swarm: edges: no agent 'z'"),
        ({"edges": {"a": ["z"]}}, UnknownName, r"swarm: edges\['a'\]: no agent 'z'"),
        ({"edges": {"a": ["a"]}}, InvalidInput, "hands over to itself"),
        ({"edges": {"b": ["a"]}}, InvalidInput, "nobody hands over to 'b'"),
        ({"stand_ins": {"z": []}}, UnknownName, "swarm: stand_ins: no agent 'z'"),
        ({"stand_ins": {"a": ["a"]}}, InvalidInput, "its own place"),
        ({"max_handoffs": 0}, InvalidInput, "max_handoffs is 0"),
        ({"max_handoffs": True}, InvalidInput, "max_handoffs is True"),
        ({"context": "some"}, InvalidInput, "no context policy"),
        ({"state": int}, InvalidInput, "no TypedDict"),
    ],
)
def test_what_cannot_be_is_refused_at_build(
    options: dict[str, Any], error: type[Exception], text: str
) -> None:
    """The error names the place."""
    with pytest.raises(error, match=text):
        swarm([says("a", "x"), says("b", "y")], **options)


def test_members_that_cannot_be_are_refused_at_build() -> None:
    """None, two of a name, a name where an agent is due, a payload that is no class."""
    with pytest.raises(InvalidMember, match="without members"):
        swarm([])
    with pytest.raises(InvalidMember, match="two members are called 'a'"):
        swarm([says("a", "x"), says("a", "y")])
    with pytest.raises(InvalidMember, match="names an agent"):
        swarm([says("a", "x"), handoff("b")])
    with pytest.raises(InvalidInput, match="no pydantic class"):
        handoff("b", payload=dict)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="no context policy"):
        handoff("b", context="some")  # type: ignore[arg-type]
    with pytest.raises(InvalidMember, match="tool 'hand_over_to_b'"):
        swarm([agent("a", tools=[hand_over_tool("b")])[0], says("b", "x")])
    with pytest.raises(InvalidMember, match="by the tool 'hand_over_to_a_b'"):
        swarm([says("a b", "x"), says("a_b", "y")])


def test_the_drawing_is_complete() -> None:
    """Each edge is there, agents show what is within, nothing is unreachable."""
    team = [agent("a")[0], says("b", "x"), agent("c")[0]]
    graph = swarm(team, edges={"a": ["b"], "b": ["c"]}, stand_ins={"c": ["a"]}).compile()
    edges = {(e.source, e.target) for e in graph.get_graph().edges}
    assert {("a", "b"), ("b", "c"), ("c", "a"), ("c", "__end__")} <= edges
    assert ("b", "a") not in edges
    nodes = graph.get_graph(xray=True).nodes
    assert {"a:model", "c:model"} <= set(nodes)
    assert [name for name, _ in graph.get_subgraphs()] == ["a", "c"]


async def test_it_is_a_member_of_a_chain_and_has_a_chain_as_a_member() -> None:
    """Its answer is the next one's request."""
    chain = sequential(says("c", "c said"), says("d", "d said"))
    inner = swarm([says("a", HandOver(to="chain")), member(chain, name="chain")])
    outer = sequential(member(inner, name="team"), says("end", "the end"))
    out = await ask(outer)
    assert out["results"] == {"team": "d said", "end": "the end"}


async def test_a_person_is_asked_within_a_member() -> None:
    """The resume goes on there; those before it do not work again."""
    seen: list[Any] = []

    async def asks(_state: Any) -> str:
        decision = ask_person("pay", {"sum": 1}, "Pay?")
        return f"paid: {decision.type}"

    graph = swarm([says("a", HandOver(to="asks"), seen=seen), asks])
    app, conf = graph.compile(checkpointer=InMemorySaver()), {"configurable": {"thread_id": "t"}}
    out = await app.ainvoke({"messages": [("human", "go")]}, conf)
    assert out["__interrupt__"]
    done = await app.ainvoke(Command(resume={"decisions": [{"type": "approve"}]}), conf)
    assert done["messages"][-1].text == "paid: approve"
    assert len(seen) == 1


async def test_breakpoints_and_forks_between_members() -> None:
    """Each is a node; from before one the turn may go another way."""
    seen: list[Any] = []
    graph = swarm([says("a", HandOver(to="b")), says("b", "b", seen=seen), says("c", "c")])
    app, conf = graph.compile(checkpointer=InMemorySaver()), {"configurable": {"thread_id": "t"}}
    await app.ainvoke({"messages": [("human", "go")]}, conf, interrupt_before=["b"])
    stopped = await app.aget_state(conf)
    assert stopped.next == ("b",)
    assert not seen
    assert (await app.ainvoke(None, conf))["messages"][-1].text == "b"
    other: Any = Command(goto="c", update={"active": "c"})
    forked = await app.aupdate_state(stopped.config, other, as_node="a")
    assert (await app.ainvoke(None, forked))["messages"][-1].text == "c"


async def test_a_crash_between_members_repeats_nothing(storage: Storage) -> None:
    """The run goes on with the one that had not ended."""
    seen: list[Any] = []
    late = says("b", InvalidInput("crash"), "done")
    graph = swarm([says("a", HandOver(to="b"), seen=seen), late])
    with pytest.raises(InvalidInput, match="crash"):
        await stretto.run(graph, "go", thread="t", storage=storage)
    result = await stretto.resume(graph, thread="t", storage=storage)
    assert result.text == "done"
    assert len(seen) == 1


async def test_a_typed_output_is_the_answer() -> None:
    """An agent that owes one may hand over instead."""
    a, _ = agent("a", over("b"), output=Invoice)
    b, _ = agent("b", Reply(value=Invoice(number=1, amount=2.0)), output=Invoice)
    out = await ask(swarm([a, b]))
    assert out["structured_response"] == Invoice(number=1, amount=2.0)
    assert out["results"] == {"b": Invoice(number=1, amount=2.0)}


async def test_fields_that_a_graph_has_too_survive_its_handoff() -> None:
    """A `create_agent` with a field of the team's own reads it and writes it back."""

    class Known(AgentState[Any]):
        customer: str
        visits: int

    @langchain_tool
    def visit(runtime: ToolRuntime[Any, Any]) -> Any:
        """Count a visit."""
        words = [ToolMessage(runtime.state["customer"], tool_call_id=runtime.tool_call_id)]
        return Command(update={"visits": runtime.state["visits"] + 1, "messages": words})

    script = ScriptedModel([Reply("", [tool_call("visit")]), over("b")])
    one = create_agent(script, [visit, hand_over_tool("b")], state_schema=Known, name="a")
    b, asked = agent("b", "done")
    out = await ask(swarm([one, b], state=Own), customer="ann", visits=4)
    assert (out["customer"], out["visits"]) == ("ann", 5)
    assert '<result agent="a" tool="visit">\n{}\nann\n</result>' in texts(asked)[0]


async def test_a_budget_that_is_used_up_is_nobody_elses_to_use() -> None:
    """Nobody takes the place of one that may not spend more."""
    team = [agent("a", over("b"))[0], agent("b", "done")[0]]
    with pytest.raises(BudgetExceeded, match="swarm"):
        await stretto.run(swarm(team, budget=Budget(calls=1)), "go")


async def test_a_graph_hands_over_by_its_typed_result() -> None:
    """A hand-written graph gives a `HandOver` as its `structured_response`."""

    class Inner(TypedDict, total=False):
        messages: list[Any]
        structured_response: Any

    inner: StateGraph[Any, Any, Any, Any] = StateGraph(Inner)
    inner.add_node("n", lambda _: {"structured_response": HandOver(to="b", reason="r")})
    inner.add_edge(START, "n")
    inner.add_edge("n", END)
    out = await ask(swarm([member(inner, name="a"), says("b", "done")]))
    assert out["messages"][-1].text == "done"
    assert out["handed"][0].reason == "r"


def test_the_tool_says_what_it_does() -> None:
    """A model chooses by it."""
    tool = hand_over_tool("billing", role="invoices", payload=Invoice)
    assert tool.description.endswith("goes on in your place. billing: invoices.")
    assert set(tool.args) == {"reason", "payload"}


async def test_a_large_swarm_hands_over_by_one_tool() -> None:
    """To a name that is none it is told so; of two the second is told who goes on already."""
    calls = [tool_call("hand_over_to_one_of", to="nobody", reason="yours")]
    calls += [tool_call("hand_over_to_one_of", to=f"a{n}", reason="yours") for n in (7, 8)]
    first, model = agent("first", Reply("", calls[:1]), Reply("", calls[1:]))
    seventh, _ = agent("a7", "I am the seventh.")
    others = [agent(f"a{n}", "No.")[0] for n in range(25) if n != 7]
    out = await swarm([first, seventh, *others]).compile().ainvoke({"messages": [("human", "go")]})
    assert out["messages"][-1].text == "I am the seventh."
    assert [tool for each in model.requests for tool in each.request.tool_names] == [
        "hand_over_to_one_of"
    ] * 2
    assert "nobody" in model.requests[1].request.text
    assert model.problems == []


def test_no_agent_is_called_like_the_tool_for_many() -> None:
    """The error says so."""
    with pytest.raises(InvalidMember, match="cannot be the name of an agent"):
        swarm([agent("one_of")[0], agent("b")[0]])
