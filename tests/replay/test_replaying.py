"""Recorded runs done again, with no model and no tool."""

from __future__ import annotations

import asyncio
import operator
from typing import TYPE_CHECKING, Annotated, Any

import pytest
from langchain.agents.middleware import HumanInTheLoopMiddleware
from langchain_core.caches import InMemoryCache
from langchain_core.globals import get_llm_cache, set_llm_cache
from langchain_core.messages import AIMessage
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.types import RetryPolicy, Send, interrupt
from typing_extensions import TypedDict

from stretto import EffectsOnce, effect
from stretto.errors import InvalidInput, ThreadUnknown, Unreplayable
from stretto.replay import replay
from stretto.runs import resume, run
from stretto.runs.forking import fork_held
from stretto.runs.stream import compiled
from stretto.testing import ScriptedModel
from tests.replay.agents import agent

if TYPE_CHECKING:
    from stretto.runs import Storage
    from tests.replay.agents import Counted


async def test_the_same_graph_does_the_same_without_model_or_tool(
    storage: Storage, happened: Counted
) -> None:
    """Two turns with parallel tools: all is given back, nothing is called, nothing is stored."""
    for said in ("add", "add again"):
        await run(agent(happened), said, thread="t", storage=storage)
    before, records = len(happened), len(await storage.journal.records())
    found = await replay(agent(happened), "t", storage=storage)
    assert found.same, str(found)
    assert (found.turns, found.model_calls, found.tool_calls) == (2, 4, 4)
    assert str(found) == "does the same: 4 model calls, 4 tool calls, 0 answers, 8 nodes"
    assert len(happened) == before
    assert len(await storage.journal.records()) == records


async def test_a_changed_prompt_shows_both_sides(files: Storage, happened: Counted) -> None:
    """The first request that differs is told, with only the message that changed."""
    await run(agent(happened), "add", thread="t", storage=files)
    before = len(happened)
    found = await replay(agent(happened, prompt="You multiply."), "t", storage=files)
    assert found.difference is not None
    assert (found.difference.what, found.difference.path) == ("model", "model")
    assert str(found) == (
        "turn 1 in model: the model is asked something else.\n"
        "  message 1 (system)\n"
        "    - You add numbers.\n"
        "    + You multiply."
    )
    assert len(happened) == before


async def test_answers_of_people_are_given_again(files: Storage, happened: Counted) -> None:
    """A tool that asked within itself asks again, and has the answer it had."""
    await run(agent(happened), "ask them", thread="t", storage=files)
    await resume(agent(happened), "t", "yes", storage=files)
    before = len(happened)
    found = await replay(agent(happened), "t", storage=files)
    assert found.same, str(found)
    assert (found.tool_calls, found.answers) == (1, 1)
    assert len(happened) == before


async def test_a_thread_that_waits_is_the_same_when_it_waits_again(
    files: Storage, happened: Counted
) -> None:
    """A question nobody has answered is asked, and that is where both end."""
    await run(agent(happened), "ask them", thread="t", storage=files)
    found = await replay(agent(happened), "t", storage=files)
    assert found.same, str(found)
    assert found.answers == 0


async def test_approvals_by_middleware_are_replayed(files: Storage, happened: Counted) -> None:
    """Three answers to LangChain's own question: approve, and edit of the arguments."""
    hitl = HumanInTheLoopMiddleware(interrupt_on={"add": True})
    made = agent(happened, middleware=(EffectsOnce(), hitl))
    await run(made, "add", thread="t", storage=files)
    edited = {"type": "edit", "edited_action": {"name": "add", "args": {"a": 30, "b": 4}}}
    await resume(made, "t", {"decisions": [{"type": "approve"}, edited]}, storage=files)
    found = await replay(made, "t", storage=files)
    assert found.same, str(found)
    assert found.answers == 1
    assert ("add", 30, 4) in happened.calls


async def test_another_question_to_a_person_is_a_difference(
    files: Storage, happened: Counted
) -> None:
    """What a node asks is compared by its value."""

    def graph(question: str) -> Any:
        made = StateGraph(MessagesState)
        made.add_node("ask", lambda _: {"messages": [AIMessage(str(interrupt(question)))]})
        made.add_edge(START, "ask")
        return made

    await run(graph("really?"), "go", thread="t", storage=files)
    await resume(graph("really?"), "t", "yes", storage=files)
    assert (await replay(graph("really?"), "t", storage=files)).same
    found = await replay(graph("truly?"), "t", storage=files)
    assert found.difference is not None
    assert found.difference.what == "question"
    assert (found.difference.recorded, found.difference.now) == (
        {"question": "really?"},
        {"question": "truly?"},
    )


async def test_questions_in_a_row_are_answered_in_order(files: Storage) -> None:
    """One node asks twice: both questions have one id, and each gets its own answer."""

    def ask(_: Any) -> Any:
        return {"messages": [AIMessage(f"{interrupt('first?')} {interrupt('second?')}")]}

    def graph() -> Any:
        return StateGraph(MessagesState).add_node("ask", ask).add_edge(START, "ask")

    await run(graph(), "go", thread="t", storage=files)
    await resume(graph(), "t", "one", storage=files)
    await resume(graph(), "t", "two", storage=files)
    found = await replay(graph(), "t", storage=files)
    assert found.same, str(found)
    assert found.answers == 2


class Fan(TypedDict, total=False):
    """Work in branches of one name."""

    item: int
    said: Annotated[list[str], operator.add]


def fan(model: ScriptedModel, items: tuple[int, ...] = (1, 2, 3)) -> Any:
    """A graph that sends each item to the same node at once, which asks and then pauses."""

    async def work(state: Any) -> Any:
        said = await model.ainvoke(f"item {state['item']}")
        written = await effect("note", note, state["item"], effect="ask", key=str(state["item"]))
        answer = interrupt(f"ok {state['item']}?") if state["item"] == 2 else ""
        return {"said": [f"{said.text} {written} {answer}"]}

    async def note(item: int) -> str:
        return f"noted {item}"

    made = StateGraph(Fan)
    made.add_node("work", work)
    made.add_conditional_edges(
        START, lambda _: [Send("work", {"item": i}) for i in items], ["work"]
    )
    return made


async def test_branches_of_one_node_are_told_apart_by_what_they_ask(files: Storage) -> None:
    """Parallel branches at one path, one of which waits for a person and runs again."""
    model = ScriptedModel(lambda messages: f"<{messages[-1].text}>")
    await run(fan(model), {"said": []}, thread="t", storage=files)
    await resume(fan(model), "t", "yes", storage=files)
    made = len(model.calls)
    found = await replay(fan(model), "t", storage=files)
    assert found.same, str(found)
    assert (found.tool_calls, found.answers) == (3, 1)
    assert len(model.calls) == made
    other = await replay(fan(model, (1, 2, 4)), "t", storage=files)
    assert other.difference is not None
    assert "item 4" in str(other.difference)


async def test_what_is_not_done_any_more_is_a_difference(files: Storage) -> None:
    """A branch less: its calls are named at the end of the turn."""
    model = ScriptedModel(lambda messages: f"<{messages[-1].text}>")
    await run(fan(model, (1, 3)), {"said": []}, thread="t", storage=files)
    found = await replay(fan(model, (1,)), "t", storage=files)
    assert found.difference is not None
    assert found.difference.told == "the model is not called any more."
    assert "item 3" in str(found)
    assert found.difference.now is None


async def test_an_effect_with_other_arguments_is_a_difference(files: Storage) -> None:
    """`effect` is compared by name and arguments."""

    def graph(amount: int) -> Any:
        async def pay(_: Any) -> Any:
            said = await effect("pay", lambda sum_: f"paid {sum_}", amount, effect="ask")
            return {"messages": [AIMessage(said)]}

        return StateGraph(MessagesState).add_node("pay", pay).add_edge(START, "pay")

    await run(graph(5), "go", thread="t", storage=files)
    assert (await replay(graph(5), "t", storage=files)).same
    found = await replay(graph(6), "t", storage=files)
    assert found.difference is not None
    assert (found.difference.what, found.difference.name) == ("call", "pay")
    assert found.difference.recorded == {"name": "pay", "args": {"args": [5]}}
    assert found.difference.now == {"name": "pay", "args": {"args": [6]}}


async def test_code_between_calls_is_compared_by_the_end(files: Storage) -> None:
    """A node without any call that says something else is found by the last message."""

    def graph(said: str) -> Any:
        made = StateGraph(MessagesState)
        made.add_node("say", lambda _: {"messages": [AIMessage(said)]})
        made.add_edge(START, "say")
        return made

    await run(graph("hello"), "go", thread="t", storage=files)
    assert (await replay(graph("hello"), "t", storage=files)).same
    found = await replay(graph("goodbye"), "t", storage=files)
    assert found.difference is not None
    assert found.difference.what == "end"
    assert "- hello" in str(found)
    assert "+ goodbye" in str(found)


async def test_a_tool_outside_the_ledger_stops_the_replay(
    files: Storage, happened: Counted
) -> None:
    """It is not called; the text says what to add."""
    bare = agent(happened, middleware=())
    await run(bare, "add", thread="t", storage=files)
    before = len(happened)
    found = await replay(bare, "t", storage=files)
    assert not found.same
    assert found.difference is None
    assert "EffectsOnce" in found.stopped
    assert len(happened) == before


async def test_streams_and_models_without_cache_are_not_called(
    files: Storage, happened: Counted
) -> None:
    """What does not ask LangChain's cache by itself has its recorded answer too."""

    def reply(messages: Any) -> Any:
        happened("model")
        return f"<{messages[-1].text}>"

    def graph() -> Any:
        bare = ScriptedModel(reply, cache=False)
        own = ScriptedModel(reply, cache=InMemoryCache())

        async def talk(_: Any) -> Any:
            parts = [chunk.text async for chunk in bare.astream("a")]
            told = await asyncio.to_thread(lambda: [c.text for c in bare.stream("b")])
            whole = (await bare.ainvoke("c")).text + (await own.ainvoke("d")).text
            return {"messages": [AIMessage("".join([*parts, *told, whole]))]}

        return StateGraph(MessagesState).add_node("talk", talk).add_edge(START, "talk")

    result = await run(graph(), "go", thread="t", storage=files)
    assert result.text == "<a><b><c><d>"
    before = len(happened)
    found = await replay(graph(), "t", storage=files)
    assert found.same, str(found)
    assert found.model_calls == 4
    assert len(happened) == before


async def test_the_cache_of_others_is_left_alone(files: Storage, happened: Counted) -> None:
    """A replay puts back the cache that was there, and runs beside it call their own models."""
    mine = InMemoryCache()
    set_llm_cache(mine)
    try:
        await run(agent(happened), "add", thread="t", storage=files)
        beside = ScriptedModel(lambda _: "beside", cache=False)
        found, said = await asyncio.gather(
            replay(agent(happened), "t", storage=files), beside.ainvoke("hello")
        )
        assert found.same, str(found)
        assert said.text == "beside"
        assert get_llm_cache() is mine
    finally:
        set_llm_cache(None)


async def test_recorded_errors_are_raised_again(files: Storage) -> None:
    """A model that failed once and was tried again does both again."""
    replies: list[Any] = [ValueError("too busy"), "fine"]

    def graph(model: ScriptedModel) -> Any:
        async def talk(_: Any) -> Any:
            try:
                said = await model.ainvoke("hello")
            except ValueError as error:
                said = await model.ainvoke(f"hello again, after {error}")
            return {"messages": [said]}

        return StateGraph(MessagesState).add_node("talk", talk).add_edge(START, "talk")

    await run(graph(ScriptedModel(replies)), "go", thread="t", storage=files)
    found = await replay(graph(ScriptedModel([])), "t", storage=files)
    assert found.same, str(found)
    assert found.model_calls == 2


class OverloadedError(Exception):
    """A provider's error, which needs more than a text."""

    def __init__(self, code: int, *, told: str) -> None:
        super().__init__(told)
        self.code = code


async def test_retries_are_replayed_with_errors_of_their_type(files: Storage) -> None:
    """A policy that tries again after one type of error does so in the replay."""
    failed: list[int] = []

    def graph() -> Any:
        async def send() -> str:
            if not failed:
                failed.append(1)
                raise OverloadedError(529, told="too many")
            return "sent"

        async def work(_: Any) -> Any:
            return {"messages": [AIMessage(await effect("send", send, effect="idempotent"))]}

        policy = RetryPolicy(retry_on=OverloadedError, initial_interval=0.0, jitter=False)
        made = StateGraph(MessagesState).add_node("work", work, retry_policy=policy)
        return made.add_edge(START, "work")

    await run(graph(), "go", thread="t", storage=files)
    found = await replay(graph(), "t", storage=files)
    assert found.same, str(found)
    assert failed == [1]


async def test_a_failed_turn_that_went_on_is_replayed_in_one_go(
    files: Storage, happened: Counted
) -> None:
    """What a run did before it failed and its resume did again counts once."""
    broken = [True]

    def graph() -> Any:
        model = ScriptedModel(lambda messages: f"<{messages[-1].text}>")

        async def work(_: Any) -> Any:
            said = await model.ainvoke("think")
            done = await effect("write", lambda: happened("write") or "written", effect="ask")
            if broken[0]:
                raise ConnectionError("the network is down")
            return {"messages": [AIMessage(f"{said.text} {done}")]}

        return StateGraph(MessagesState).add_node("work", work).add_edge(START, "work")

    with pytest.raises(ConnectionError):
        await run(graph(), "go", thread="t", storage=files)
    broken[0] = False
    await resume(graph(), "t", storage=files)
    found = await replay(graph(), "t", storage=files)
    assert found.same, str(found)
    assert (found.model_calls, found.tool_calls, len(happened)) == (1, 1, 1)


async def test_a_new_error_is_a_difference(files: Storage, happened: Counted) -> None:
    """Today's code raises where the recorded run did not."""
    await run(agent(happened), "add", thread="t", storage=files)

    def graph() -> Any:
        def work(_: Any) -> Any:
            raise KeyError("gone")

        return StateGraph(MessagesState).add_node("model", work).add_edge(START, "model")

    found = await replay(graph(), "t", storage=files)
    assert found.difference is not None
    assert (found.difference.what, found.difference.name) == ("error", "KeyError")


async def test_no_handler_in_the_graph_can_hide_a_difference(
    files: Storage, happened: Counted
) -> None:
    """A node that catches everything does not turn a divergence into an answer."""

    def graph(question: str) -> Any:
        model = ScriptedModel("fine")

        async def talk(_: Any) -> Any:
            try:
                said = await model.ainvoke(question)
            except Exception:  # noqa: BLE001 - as careless code does
                said = AIMessage("fine")
            return {"messages": [said]}

        made = StateGraph(MessagesState).add_node("talk", talk)
        return made.add_edge(START, "talk").add_edge("talk", END)

    await run(graph("one"), "go", thread="t", storage=files)
    found = await replay(graph("two"), "t", storage=files)
    assert found.difference is not None
    assert found.difference.what == "model"


async def test_a_team_of_ours_is_replayed(files: Storage) -> None:
    """Plan, parallel tasks, review and decisions: the whole pattern, on plain functions."""
    from stretto import plan
    from stretto.state import Finding, Plan, Review, Task

    def team(goal: str) -> Any:
        def planner(state: Any) -> Plan:
            """Plan."""
            tasks = [Task(id=f"t{n}", goal=f"{goal} {n}", executor="worker") for n in (1, 2)]
            return Plan(tasks=tasks)

        async def worker(state: Any) -> Finding:
            """Work."""
            said = await ScriptedModel("found it").ainvoke(state["task"].goal)
            return Finding(found=True, answer=said.text, citations=[])

        def reviewer(state: Any) -> Review:
            """Judge."""
            return Review(verdict="accept", reason="good")

        return plan(planner, [worker], reviewer)

    await run(team("count"), "How many?", thread="t", storage=files)
    found = await replay(team("count"), "t", storage=files)
    assert found.same, str(found)
    assert found.model_calls == 2
    other = await replay(team("weigh"), "t", storage=files)
    assert other.difference is not None
    assert other.difference.what == "decision"
    assert "count 1" in str(other)


async def test_pruned_and_forgotten_threads_say_why(files: Storage, happened: Counted) -> None:
    """Neither is half replayed."""
    for said in ("add", "add again"):
        await run(agent(happened), said, thread="pruned", storage=files)
    await run(agent(happened), "add", thread="forgotten", storage=files)
    await files.journal.prune(keep=1)
    await files.journal.forget("forgotten")
    with pytest.raises(Unreplayable, match="pruned"):
        await replay(agent(happened), "pruned", storage=files)
    with pytest.raises(Unreplayable, match="forgotten"):
        await replay(agent(happened), "forgotten", storage=files)
    with pytest.raises(ThreadUnknown):
        await replay(agent(happened), "nothing", storage=files)


async def test_what_is_no_graph_is_refused(files: Storage, happened: Counted) -> None:
    """The error says what to give."""
    await run(agent(happened), "add", thread="t", storage=files)
    with pytest.raises(InvalidInput, match="StateGraph"):
        await replay("research", "t", storage=files)  # type: ignore[arg-type]


class _Line(TypedDict, total=False):
    out: str
    more: str


def _line(first: str = "one", *, turned: bool = False) -> Any:
    names = ("b", "a") if turned else ("a", "b")
    graph: Any = StateGraph(_Line)
    graph.add_node("a", lambda _: {"out": first})
    graph.add_node("b", lambda _: {"more": "x"})
    return graph.add_edge(START, names[0]).add_edge(names[0], names[1])


async def test_updates_and_the_order_of_nodes_are_compared(files: Storage) -> None:
    """Also where a graph has neither messages nor an answer."""
    await run(_line(), {}, thread="t", storage=files)
    found = await replay(_line(), "t", storage=files)
    assert str(found) == "does the same: 0 model calls, 0 tool calls, 0 answers, 2 nodes"
    found = await replay(_line("two"), "t", storage=files)
    assert found.difference is not None
    assert (found.difference.what, found.difference.path) == ("node", "a")
    assert found.difference.recorded == {"node": "a", "update": {"out": "one"}}
    assert found.difference.now == {"node": "a", "update": {"out": "two"}}
    found = await replay(_line(turned=True), "t", storage=files)
    assert str(found).startswith("turn 1: the node b runs where a did.")


async def test_nodes_beside_each_other_may_end_in_any_order(files: Storage) -> None:
    """A step of the graph has no order."""

    def beside(slow: str) -> Any:
        def node(name: str) -> Any:
            async def work(_: Any) -> Any:
                await asyncio.sleep(0.05 if name == slow else 0)
                return {"out" if name == "a" else "more": name}

            return work

        graph = StateGraph(_Line).add_node("a", node("a")).add_node("b", node("b"))
        return graph.add_edge(START, "a").add_edge(START, "b")

    await run(beside("a"), {}, thread="t", storage=files)
    found = await replay(beside("b"), "t", storage=files)
    assert (found.same, found.nodes) == (True, 2), str(found)


async def test_a_fork_within_a_turn_ends_the_replay_without_a_difference(
    files: Storage, happened: Counted
) -> None:
    """What came before it is replayed; the text says why no more is."""
    await run(agent(happened), "ask them", thread="t", storage=files)
    ready = compiled(agent(happened), files)
    checkpoint: Any = (await ready.aget_state({"configurable": {"thread_id": "t"}})).config
    at = checkpoint["configurable"]["checkpoint_id"]
    await fork_held(ready, files, "t", at)
    await resume(agent(happened), "t", storage=files)
    await resume(agent(happened), "t", "yes", storage=files)
    found = await replay(agent(happened), "t", storage=files)
    assert found.difference is None
    assert "starts from an older checkpoint (it was forked)" in found.stopped
