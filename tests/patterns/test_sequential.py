"""One step after the other."""

from __future__ import annotations

import asyncio
import operator
import threading
from typing import TYPE_CHECKING, Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.types import Command
from pydantic import BaseModel
from typing_extensions import TypedDict

import stretto
from stretto import Agent, Budget, Policy, Retry, member
from stretto.errors import (
    BudgetExceeded,
    InvalidInput,
    InvalidMember,
    MemberFailed,
    ResultUnfit,
)
from stretto.members.human import ask_person
from stretto.patterns import sequential
from stretto.records import Decided
from stretto.testing import CheckedModel, Reply, ScriptedModel, tool_call

if TYPE_CHECKING:
    from stretto import Storage


class Order(BaseModel):
    """A typed result."""

    what: str
    count: int


class Own(TypedDict, total=False):
    """Fields of the user's own."""

    total: float
    limit: float


class Log(TypedDict, total=False):
    """A field that merges."""

    log: Annotated[list[str], operator.add]


SEEN = (
    '<request>go</request>\n<result agent="a">a did it</result>\n'
    '<result agent="b">b did it</result>'
)


async def parse(_state: Any) -> Order:
    """Reads the order."""
    return Order(what="plate", count=3)


async def price(state: Any) -> dict[str, Any]:
    """Prices it."""
    return {"total": state["results"]["parse"].count * 2.5}


def says(name: str, text: str = "") -> Any:
    """A function member that says something."""

    async def speak(_state: Any) -> str:
        return text or f"{name} did it"

    return member(speak, name=name)


def echo(name: str, asked: list[list[str]]) -> Agent:
    """An agent that keeps what it was given."""

    def think(messages: Any) -> Reply:
        asked.append([m.text for m in messages])
        return Reply(f"{name} spoke")

    return Agent(name=name, model=ScriptedModel(think))


async def ask(graph: Any, text: str = "go", **state: Any) -> dict[str, Any]:
    """The state at the end of a turn."""
    return await graph.compile().ainvoke({"messages": [("human", text)], **state})


async def test_each_result_stands_under_its_name_as_it_is_typed(storage: Storage) -> None:
    """The last one's is the answer; a value keeps its type through the checkpoints."""
    graph = sequential(parse, price, says("clerk", "Three plates."), state=Own)
    result = await stretto.run(graph, "three plates", thread="t", storage=storage)
    assert result.text == "Three plates."
    stored = await graph.compile(checkpointer=storage.checkpointer).aget_state(
        {"configurable": {"thread_id": "t"}}
    )
    assert stored.values["results"] == {"parse": Order(what="plate", count=3), "clerk": result.text}
    assert stored.values["total"] == 7.5


async def test_a_typed_last_result_is_the_structured_response() -> None:
    """Its words are the message."""
    out = await ask(sequential(says("first"), parse))
    assert out["structured_response"] == Order(what="plate", count=3)
    assert out["messages"][-1].text == '{"what": "plate", "count": 3}'


@pytest.mark.parametrize(
    ("context", "seen"),
    [
        ("none", ["go"]),
        ("last", ['<request>go</request>\n<result agent="b">b did it</result>']),
        (
            "full",
            [
                SEEN,
            ],
        ),
        (lambda state: f"so far {len(state['results'])}", None),
        (lambda _state: [("human", "only this")], None),
    ],
)
async def test_what_an_agent_sees_is_a_choice(context: Any, seen: list[str] | None) -> None:
    """Of words, or of a function."""
    asked: list[list[str]] = []
    await ask(sequential(says("a"), says("b"), echo("c", asked), context=context))
    if seen is None:
        assert asked[0] in (
            ["<request>go</request>\n<context>so far 2</context>"],
            ["only this"],
        )
    else:
        assert asked == [seen]


async def test_a_summary_is_written_once_by_a_model(storage: Storage) -> None:
    """A resume does not ask for it again."""
    asked: list[list[str]] = []
    graph = sequential(says("a"), echo("b", asked), context="summary")
    await stretto.run(graph, "go", thread="t", storage=storage, model="offline")
    assert "<summary>" in asked[0][-1]


async def test_the_conversation_goes_on_over_turns(storage: Storage) -> None:
    """`full` shows it; each turn adds a question and one answer."""
    asked: list[list[str]] = []
    graph = sequential(says("a"), echo("b", asked), context="full")
    await stretto.run(graph, "one", thread="t", storage=storage)
    result = await stretto.run(graph, "two", thread="t", storage=storage)
    assert asked[1][:2] == ["one", "b spoke"]
    assert [m.text for m in result.value["messages"]] == ["one", "b spoke", "two", "b spoke"]


async def test_a_step_whose_when_does_not_hold_is_skipped(storage: Storage) -> None:
    """With the reason in the journal; what an earlier turn left of it is gone."""
    dear = member(says("dear"), when=lambda s: s["total"] > s["limit"] or "it is cheap")
    graph = sequential(parse, price, dear, state=Own)
    given = {"messages": [("human", "go")]}
    first = await stretto.run(graph, {**given, "limit": 1.0}, thread="t", storage=storage)
    second = await stretto.run(graph, {**given, "limit": 99.0}, thread="t", storage=storage)
    assert "dear" in first.value["results"]
    assert list(second.value["results"]) == ["parse"]
    assert second.text == '{"what": "plate", "count": 3}'
    (told,) = [r for r in await storage.journal.records("t") if isinstance(r, Decided)]
    assert (told.by, told.decision, told.reason) == ("dear", "skipped", "it is cheap")


@pytest.mark.parametrize("said", [False, ""])
async def test_a_when_may_say_no_without_a_reason(said: Any) -> None:
    """Whatever is not `True` skips; it may be async, too."""

    async def when(_state: Any) -> Any:
        return said

    out = await ask(sequential(says("a"), member(says("b"), when=when)))
    assert out["results"] == {"a": "a did it"}


async def test_a_run_that_failed_goes_on_at_the_step_that_failed(storage: Storage) -> None:
    """Nothing that was done is done again."""
    ran: list[str] = []

    def step(name: str) -> Any:
        async def work(_state: Any) -> str:
            ran.append(name)
            if name == "b" and ran.count("b") == 1:
                raise RuntimeError("broken")
            return name

        return member(work, name=name)

    graph = sequential(step("a"), step("b"), step("c"))
    with pytest.raises(RuntimeError, match="broken"):
        await stretto.run(graph, "go", thread="t", storage=storage)
    result = await stretto.resume(graph, "t", storage=storage)
    assert result.text == "c"
    assert ran == ["a", "b", "b", "c"]


async def test_a_question_inside_a_step_waits_for_its_answer() -> None:
    """Three deep, too."""

    async def asks(_state: Any) -> str:
        return ask_person("go", {"text": "on?"}, "Go on?").type

    inner = sequential(says("x"), member(asks)).compile(name="inner")
    middle = sequential(inner, says("y")).compile(name="middle")
    graph = sequential(middle, says("z")).compile(checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "t"}}
    out = await graph.ainvoke({"messages": [("human", "go")]}, config)
    assert len(out["__interrupt__"]) == 1
    out = await graph.ainvoke(Command(resume={"decisions": [{"type": "approve"}]}), config)
    assert out["results"] == {"middle": "y did it", "z": "z did it"}


async def test_breakpoints_forks_and_edits_are_as_in_a_graph_by_hand() -> None:
    """Every step is a node that really runs."""
    ran: list[str] = []

    def step(name: str) -> Any:
        async def work(state: Any) -> str:
            ran.append(name)
            return f"{name}({','.join(state['results'].values()) if state.get('results') else ''})"

        return member(work, name=name)

    graph = sequential(step("a"), step("b"), step("c")).compile(
        checkpointer=InMemorySaver(), interrupt_before=["b"]
    )
    config: Any = {"configurable": {"thread_id": "t"}}
    await graph.ainvoke({"messages": [("human", "go")]}, config)
    assert (ran, (await graph.aget_state(config)).next) == (["a"], ("b",))
    await graph.aupdate_state(config, {"results": {"a": "edited"}}, as_node="a")
    out = await graph.ainvoke(None, config)
    assert out["results"]["b"] == "b(edited)"
    history = [s async for s in graph.aget_state_history(config)]
    before_c = next(s for s in history if s.next == ("c",))
    again = await graph.ainvoke(None, before_c.config)
    assert ran == ["a", "b", "c", "c"]
    assert again["results"] == out["results"]


async def test_tools_of_a_step_leave_no_trace_in_the_next_ones_history() -> None:
    """Its calls and their results stay its own."""
    asked: list[list[str]] = []

    def look(words: str) -> str:
        """Look words up."""
        return f"found {words}"

    def think(messages: Any) -> Reply:
        if messages[-1].type == "tool":
            return Reply("looked")
        return Reply(tool_calls=[tool_call("look", words="x")])

    finder = Agent(name="finder", model=ScriptedModel(think), tools=[look])
    out = await ask(sequential(finder, echo("b", asked)))
    assert asked == [['<request>go</request>\n<result agent="finder">looked</result>']]
    assert [m.type for m in out["messages"]] == ["human", "ai"]


async def test_policies_and_budgets_hold_for_steps(storage: Storage) -> None:
    """A retry of one; what all may spend together."""
    tries: list[int] = []

    async def flaky(_state: Any) -> str:
        tries.append(1)
        if len(tries) < 3:
            raise ConnectionError("down")
        return "up"

    careful = member(flaky, policy=Policy(retry=Retry(wait=0.001, jitter=0)))
    assert (await ask(sequential(careful, says("b"))))["results"]["flaky"] == "up"
    asked: list[list[str]] = []
    graph = sequential(echo("a", asked), echo("b", asked), budget=Budget(calls=1))
    with pytest.raises(BudgetExceeded, match="'sequential'"):
        await stretto.run(graph, "go", thread="t", storage=storage)
    assert len(asked) == 1


async def test_a_plain_function_runs_beside_the_event_loop() -> None:
    """It may block."""
    places: list[bool] = []

    def work(_state: Any) -> str:
        places.append(threading.current_thread() is threading.main_thread())
        return "done"

    assert (await ask(sequential(work)))["results"] == {"work": "done"}
    assert places == [False]


async def test_a_graph_by_hand_reads_and_writes_the_fields_it_shares() -> None:
    """By name, as LangGraph's own subgraphs do."""
    builder = StateGraph(Own)
    builder.add_node("double", lambda s: {"total": s["total"] * 2})
    builder.add_edge(START, "double")
    graph = sequential(builder.compile(name="doubling"), says("b"), state=Own)
    out = await ask(graph, total=2.0)
    assert (out["total"], out["results"]) == (4.0, {"b": "b did it"})


async def test_what_says_nothing_is_an_error() -> None:
    """That names the step."""

    async def mute(_state: Any) -> None:
        return None

    with pytest.raises(MemberFailed, match="'mute' returned None"):
        await ask(sequential(mute))


async def test_an_empty_question_is_refused() -> None:
    """Where an agent would have nothing to work on."""
    with pytest.raises(InvalidInput, match="the question is empty"):
        await sequential(echo("a", [])).compile().ainvoke({"messages": []})


def test_every_step_is_in_the_drawing() -> None:
    """With its place in the chain, and what is in it."""
    inner = sequential(says("x"), says("y")).compile(name="inner")
    drawing = sequential(says("a"), inner, echo("c", [])).compile().get_graph(xray=True)
    assert {"a", "inner:x", "inner:y", "c:model"} <= set(drawing.nodes)
    assert drawing.nodes["a"].metadata["step"] == "1 of 3"


@given(st.lists(st.booleans(), min_size=1, max_size=5), st.integers(0, 4))
def test_no_step_that_ended_is_ever_run_again(works: list[bool], fails: int) -> None:
    """Whichever are skipped, and wherever it breaks."""
    ran: list[int] = []

    def step(number: int) -> Any:
        async def work(_state: Any) -> str:
            ran.append(number)
            if number == fails and ran.count(number) == 1:
                raise RuntimeError("broken")
            return str(number)

        return member(work, name=f"s{number}", when=lambda _: works[number])

    graph = sequential(*map(step, range(len(works)))).compile(checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "t"}}
    broken = fails < len(works) and works[fails]

    async def run() -> dict[str, Any]:
        try:
            return await graph.ainvoke({"messages": [("human", "go")]}, config)
        except RuntimeError:
            return await graph.ainvoke(None, config)

    out = asyncio.run(run())
    assert sorted(set(ran)) == [n for n, on in enumerate(works) if on]
    assert len(ran) == sum(works) + broken
    assert out["results"] == {f"s{n}": str(n) for n, on in enumerate(works) if on}


@pytest.mark.parametrize(
    ("build", "told"),
    [
        (sequential, "without members"),
        (lambda: sequential(3), "3 is no member"),
        (lambda: sequential(says("a"), says("a")), "two members are called 'a'"),
        (lambda: sequential(says("__start__")), "a node of the pattern itself"),
        (lambda: sequential(lambda _: "x"), "a lambda has no name"),
    ],
)
def test_who_is_no_step_is_refused(build: Any, told: str) -> None:
    """At build."""
    with pytest.raises(InvalidMember, match=told):
        build()


class Clash(TypedDict, total=False):
    """A field that the pattern keeps."""

    results: str


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"state": Clash}, "the field 'results' of 'Clash' is one that the pattern keeps"),
        ({"state": Order}, "is no TypedDict"),
        ({"context": "some"}, "'some' is no context policy"),
    ],
)
def test_what_cannot_be_a_chain_is_refused(given: dict[str, Any], told: str) -> None:
    """At build, with the remedy."""
    with pytest.raises(InvalidInput, match=told):
        sequential(says("a"), **given)


def test_a_graph_that_shares_a_field_with_a_reducer_is_refused() -> None:
    """What it held would be merged twice."""
    builder = StateGraph(Log)
    builder.add_node("note", lambda _: {"log": ["x"]})
    builder.add_edge(START, "note")
    with pytest.raises(InvalidInput, match=r"'noting' has a field 'log' too.*merged twice"):
        sequential(builder.compile(name="noting"), state=Log)


class Priced(BaseModel):
    """What a later step takes."""

    what: str
    price: float


async def test_what_a_step_declares_to_give_is_read_as_that(storage: Storage) -> None:
    """JSON becomes the type."""

    async def quote(_state: Any) -> dict[str, Any]:
        return {"what": "plate", "price": 2}

    graph = sequential(member(quote, gives=Priced), member(says("b"), takes=Priced))
    result = await stretto.run(graph, "go", thread="t", storage=storage)
    assert result.value["results"]["quote"] == Priced(what="plate", price=2.0)


async def test_a_step_that_gives_something_else_stops_the_chain() -> None:
    """Before the next one sees it."""
    with pytest.raises(ResultUnfit, match=r"'a' \(1 of 2\) is to give Priced"):
        await ask(sequential(member(says("a"), gives=Priced), says("b")))


async def test_a_gate_is_checked_again_when_what_is_stored_was_mended() -> None:
    """The step before does not run again."""
    ran: list[str] = []

    async def quote(_state: Any) -> dict[str, Any]:
        ran.append("quote")
        return {"what": "plate"}

    graph = sequential(quote, member(says("b"), takes=Priced)).compile(checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "t"}}
    with pytest.raises(ResultUnfit, match=r"'b' \(2 of 2\) takes Priced.*price"):
        await graph.ainvoke({"messages": [("human", "go")]}, config)
    mended = {"results": {"quote": {"what": "plate", "price": 2}}}
    await graph.aupdate_state(config, mended, as_node="quote")
    out = await graph.ainvoke(None, config)
    assert (out["results"]["b"], ran) == ("b did it", ["quote"])


async def test_a_step_that_takes_something_needs_a_step_before_it() -> None:
    """One that gave a result."""
    with pytest.raises(ResultUnfit, match="no step before it gave anything"):
        await ask(sequential(member(says("a"), takes=Priced)))


async def test_a_last_step_that_only_writes_fields_leaves_the_answer_to_the_one_before() -> None:
    """Its result of an earlier turn is gone."""
    out = await ask(sequential(parse, price, state=Own))
    assert out["results"] == {"parse": Order(what="plate", count=3)}
    assert out["messages"][-1].text == '{"what": "plate", "count": 3}'


def test_steps_that_can_never_fit_are_refused() -> None:
    """At build, naming the field that is never given."""
    with pytest.raises(InvalidInput, match=r"needs 'price', and 'parse' gives Order"):
        sequential(parse, member(says("b"), takes=Priced))
    with pytest.raises(InvalidInput, match="no type that can be checked"):
        sequential(member(says("a"), gives=3))


async def test_a_context_that_ends_without_words_gets_the_request() -> None:
    """A picture alone asks nothing of an agent, or of a team."""
    model = CheckedModel(ScriptedModel("A cat."))
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}
    inner = sequential(Agent(name="looks", model=model), context="full")
    graph = sequential(member(inner, name="team"), context=lambda _: [HumanMessage([image])])
    out = await graph.compile().ainvoke({"messages": [("human", "What is this?")]})
    assert out["messages"][-1].text == "A cat."
    assert "What is this?" in model.requests[0].request.text
    assert model.problems == []
