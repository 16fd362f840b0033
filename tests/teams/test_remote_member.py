"""A graph on a running LangGraph server is a member like any other."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.messages import AIMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.pregel.remote import RemoteGraph
from langgraph.types import Command

from stretto.journal import open_journal
from stretto.members import member
from stretto.patterns.plan import plan
from stretto.state import ChatState, Plan, Review, Task

if TYPE_CHECKING:
    from langgraph_sdk.client import LangGraphClient

    from tests.teams.conftest import DevServer


def on_thread(name: str = "any text") -> Any:
    """The config of a thread; its id is no UUID."""
    return {"configurable": {"thread_id": f"{name} {uuid.uuid4()}"}}


def remote(client: LangGraphClient, graph: str) -> RemoteGraph:
    """A graph on the server."""
    return RemoteGraph(graph, client=client)


def reviewer(state: Any) -> Review:
    """Accepts."""
    return Review(verdict="accept", reason="fine")


def team(graph: RemoteGraph, *goals: str) -> Any:
    """A compiled team whose tasks all go to a graph on the server, at once."""
    tasks = [
        Task(id=f"t{n}", goal=goal, executor=str(graph.name)) for n, goal in enumerate(goals, 1)
    ]

    def planner(state: Any) -> Plan:
        return Plan(tasks=tasks)

    return plan(planner, [graph], reviewer).compile(checkpointer=InMemorySaver())


def alone(graph: RemoteGraph) -> Any:
    """A compiled graph of one node, which is the member."""

    def settle(state: Any, reply: Any) -> Any:
        return {"messages": [AIMessage(reply.text, additional_kwargs={"value": reply.value})]}

    one = member(graph)
    built = StateGraph(ChatState)
    built.add_node(one.name, one.node(dict, settle))
    built.add_edge(START, one.name)
    built.add_edge(one.name, END)
    return built.compile(checkpointer=InMemorySaver())


def turn(text: str = "What?") -> Any:
    """A person's message."""
    return {"messages": [("user", text)]}


async def test_alone_it_answers_each_turn_from_the_messages_it_is_given(
    client: LangGraphClient,
) -> None:
    """The server keeps no second history: what it sees is what the node's brief says."""
    graph, config = alone(remote(client, "echo")), on_thread()
    first = await graph.ainvoke(turn("one"), config)
    second = await graph.ainvoke(turn("two"), config)
    assert first["messages"][-1].text == "1: one"
    assert second["messages"][-1].text == "3: two"


async def test_without_a_thread_it_runs_once(client: LangGraphClient) -> None:
    """A graph without a checkpointer leaves nothing on the server."""
    graph = alone(remote(client, "echo")).copy({"checkpointer": None})
    out = await graph.ainvoke(turn("hello"))
    assert out["messages"][-1].text == "1: hello"


async def test_tasks_at_once_have_conversations_of_their_own(client: LangGraphClient) -> None:
    """Two tasks on one remote graph do not see each other's messages."""
    out = await team(remote(client, "echo"), "find A", "find B").ainvoke(turn(), on_thread())
    texts = {task: result.text for task, result in out["results"].items()}
    assert texts["t1"].startswith('1: <task id="t1">find A</task>')
    assert texts["t2"].startswith('1: <task id="t2">find B</task>')


async def test_its_parts_are_in_the_stream_as_messages(client: LangGraphClient) -> None:
    """What it says on the server comes as LangChain messages, under the place of its task."""
    graph = team(remote(client, "echo"), "find A")
    said = [
        part["data"][0]
        async for part in graph.astream(
            turn(),
            on_thread(),
            stream_mode=["messages", "updates"],
            subgraphs=True,
            version="v2",
        )
        if part["type"] == "messages" and part["ns"]
    ]
    assert [type(message) for message in said] == [AIMessage]
    assert said[0].text.startswith("1: <task")


async def test_what_it_asks_is_answered_where_it_waits(client: LangGraphClient) -> None:
    """A question of the server's graph is the team's, and the answer resumes it over there."""
    graph, config = team(remote(client, "doubt"), "find A", "find B"), on_thread()
    out = await graph.ainvoke(turn(), config)
    waiting = out["__interrupt__"]
    assert len(waiting) == 2
    assert '<task id="t1">find A</task>' in waiting[0].value["ask"]
    for interrupted in reversed(waiting):
        answer = {interrupted.id: interrupted.value["ask"][10:12]}
        out = await graph.ainvoke(Command(resume=answer), config)
    assert out["answer"].accepted
    assert {t: r.text for t, r in out["results"].items()} == {"t1": "told t1", "t2": "told t2"}


async def test_what_had_ended_on_the_server_is_not_run_again(client: LangGraphClient) -> None:
    """A team that fails after the call finds the call's result when it is resumed."""
    one, failures = member(remote(client, "echo")), [OSError("disk full")]

    def settle(state: Any, reply: Any) -> Any:
        if failures:
            raise failures.pop()
        return {"messages": [AIMessage(reply.text)]}

    built = StateGraph(ChatState)
    built.add_node("echo", one.node(dict, settle))
    built.add_edge(START, "echo")
    graph, config = built.compile(checkpointer=InMemorySaver()), on_thread()
    with pytest.raises(OSError, match="disk full"):
        await graph.ainvoke(turn("once"), config)
    out = await graph.ainvoke(None, config)
    assert out["messages"][-1].text == "1: once"
    (newest,) = await client.threads.search(limit=1, sort_by="created_at", sort_order="desc")
    assert len(await client.runs.list(newest["thread_id"])) == 1


async def test_a_team_on_a_server_gives_its_citations(
    client: LangGraphClient, dev_server: DevServer, garden: dict[str, Any]
) -> None:
    """A whole team over there is one member here, and its run is journaled over there."""
    there = await client.assistants.create("research", context=garden)
    graph = alone(RemoteGraph(there["assistant_id"], name="gardener", client=client))
    out = await graph.ainvoke(turn("When are leeks planted?"), on_thread())
    said = out["messages"][-1]
    assert said.text == '"Leeks are planted in June." [1]'
    finding = said.additional_kwargs["value"]
    assert finding.found
    assert [c.quote for c in finding.citations] == ["Leeks are planted in June."]
    async with open_journal(dev_server.state / "journal.sqlite") as journal:
        told = (await journal.threads())[0]
    assert (told.team, told.question) == ("research", "When are leeks planted?")


def test_drawing_it_asks_nothing_of_the_server() -> None:
    """Xray of a team with a remote member works while no server is there."""
    graph = RemoteGraph("echo", url="http://127.0.0.1:9")
    drawn = team(graph, "find A").get_graph(xray=True)
    assert "execute:echo" in drawn.nodes
