"""The research team under `langgraph dev`: all that Studio needs, over the SDK."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest
from langgraph_sdk import get_client

import stretto
from stretto.journal import open_journal
from stretto.project import Project
from stretto.runs import open_storage

if TYPE_CHECKING:
    from langgraph_sdk.client import LangGraphClient

    from stretto.journal import Journal, ThreadSummary
    from tests.teams.conftest import DevServer

DEMO = (
    "After an interrupt, does a node start again from its top? "
    "Why can a timeout not stop blocking code? "
    "When does each durability mode write a checkpoint?"
)
GARDEN = "When are tomatoes sown? When are leeks planted?"
APPROVE = {"decisions": [{"type": "approve"}]}
EDGES = {
    ("__start__", "prepare"),
    ("prepare", "planner"),
    ("planner", "planner"),
    ("planner", "execute"),
    ("planner", "answer"),
    ("execute", "check"),
    ("check", "reviewer"),
    ("reviewer", "execute"),
    ("reviewer", "planner"),
    ("reviewer", "reviewer"),
    ("reviewer", "ask"),
    ("reviewer", "answer"),
    ("ask", "planner"),
    ("ask", "answer"),
    ("answer", "__end__"),
}
"""Every way a turn can take."""
WITH_APPROVAL = EDGES | {("reviewer", "approve"), ("approve", "execute"), ("approve", "answer")}


def question(text: str) -> dict[str, Any]:
    """A person's message as the SDK sends it."""
    return {"messages": [{"role": "user", "content": text}]}


async def drawn(
    client: LangGraphClient, team: str, *, xray: bool = False
) -> tuple[dict[str, Any], set[tuple[str, str]]]:
    """A team's nodes by id and its edges, as Studio gets them."""
    graph = await client.assistants.get_graph(await assistant(client, team), xray=xray)
    edges = {(str(e["source"]), str(e["target"])) for e in graph["edges"]}
    return {str(n["id"]): n for n in graph["nodes"]}, edges


async def assistant(client: LangGraphClient, team: str) -> str:
    """The assistant that the server made of a graph."""
    (found,) = await client.assistants.search(graph_id=team, metadata={"created_by": "system"})
    return found["assistant_id"]


def reached(edges: set[tuple[str, str]], start: str = "__start__") -> set[str]:
    """All nodes that a run can come to."""
    seen, todo = {start}, [start]
    while todo:
        here = todo.pop()
        following = {target for source, target in edges if source == here} - seen
        seen |= following
        todo += following
    return seen


@pytest.mark.parametrize(("team", "edges"), [("research", EDGES), ("asking", WITH_APPROVAL)])
async def test_every_node_is_reachable_and_no_edge_is_missing(
    client: LangGraphClient, team: str, edges: set[tuple[str, str]]
) -> None:
    """The drawing has every way of a turn, and nothing stands apart."""
    nodes, found = await drawn(client, team)
    assert found == edges
    assert reached(found) == set(nodes)


async def test_node_metadata_tells_the_role(client: LangGraphClient) -> None:
    """Who works where can be read off the drawing."""
    nodes, _ = await drawn(client, "asking")
    about = {name: node.get("metadata") or {} for name, node in nodes.items()}
    assert all(about[n].get("role") for n in nodes if not n.startswith("__"))
    assert about["planner"]["role"].startswith("splits a request")
    assert about["planner"]["agent"] == "planner"
    assert about["reviewer"]["agent"] == "reviewer"
    assert about["execute"]["agents"] == "researcher"
    assert about["approve"]["role"] == about["ask"]["role"] == "person"


async def test_xray_expands_planner_executors_and_reviewer(client: LangGraphClient) -> None:
    """Each agent's model and tools are drawn inside its node, all of them reachable."""
    nodes, edges = await drawn(client, "research", xray=True)
    for inside in ("planner", "execute:researcher", "reviewer"):
        assert {f"{inside}:model", f"{inside}:tools"} <= set(nodes)
    assert reached(edges) == set(nodes)
    subgraphs = await client.assistants.get_subgraphs(
        await assistant(client, "research"), recurse=True
    )
    assert {"planner", "execute", "execute|researcher", "reviewer"} <= set(subgraphs)


async def test_all_schemas_are_typed(client: LangGraphClient) -> None:
    """Input, output, state and context are no nulls, and each field has a type."""
    schemas: Any = await client.assistants.get_schemas(await assistant(client, "research"))
    assert set(schemas["input_schema"]["properties"]) == {"messages"}
    assert {"plan", "results", "review", "answer"} <= set(schemas["state_schema"]["properties"])
    assert set(schemas["context_schema"]["properties"]) == {"sources"}
    for name in ("input_schema", "output_schema", "state_schema", "context_schema"):
        for field, schema in schemas[name]["properties"].items():
            assert {"type", "$ref", "anyOf", "oneOf"} & set(schema), f"{name}.{field}: {schema}"


async def test_the_demo_question_streams_what_agents_do_inside_their_tasks(
    client: LangGraphClient,
) -> None:
    """Updates come step by step, also from inside the three tasks, and the answer is accepted."""
    thread = await client.threads.create(graph_id="research")
    steps: list[str] = []
    inside: set[tuple[str, str]] = set()
    async for part in client.runs.stream(
        thread["thread_id"],
        "research",
        input=question(DEMO),
        stream_mode=["updates", "messages-tuple"],
        stream_subgraphs=True,
    ):
        kind, *places = part.event.split("|")
        assert kind != "error", part.data
        if kind == "updates" and not places:
            assert all(part.data.values()), part.data
            steps += part.data
        if kind == "updates" and len(places) == 3:
            task, agent = (place.split(":")[0] for place in places[1:])
            inside |= {(task, f"{agent}:{node}") for node in part.data}
    assert [s for s in steps if not s.startswith("t")] == [
        *("prepare", "planner", "execute", "check", "reviewer", "answer")
    ]
    assert inside == {
        (f"t{n}", f"researcher:{node}") for n in (1, 2, 3) for node in ("model", "tools")
    }
    state: Any = await client.threads.get_state(thread["thread_id"])
    answer = state["values"]["answer"]
    assert answer["accepted"]
    assert {c["symbol"] for c in answer["citations"]} >= {"interrupt", "TimeoutPolicy"}


@pytest.mark.parametrize("order", list(permutations([0, 1])))
async def test_several_interrupts_are_json_and_answered_by_id_in_any_order(
    client: LangGraphClient, garden: dict[str, Any], order: tuple[int, ...]
) -> None:
    """Two results wait at once in LangChain's words; whoever answers first, the rest waits on."""
    thread = (await client.threads.create(graph_id="asking"))["thread_id"]
    await client.runs.wait(thread, "asking", input=question(GARDEN), context=garden)
    state: Any = await client.threads.get_state(thread)
    waiting = state["interrupts"]
    requests = [i["value"]["action_requests"][0] for i in waiting]
    assert [r["args"]["task"] for r in requests] == ["t1", "t2"]
    assert state["values"]["plan"]["tasks"][0]["goal"] == "When are tomatoes sown?"
    assert json.loads(json.dumps(state["values"])) == state["values"]
    for index in order:
        answer = {"resume": {waiting[index]["id"]: APPROVE}}
        out: Any = await client.runs.wait(thread, "asking", command=answer, context=garden)
    (last,) = out["__interrupt__"]
    assert last["value"]["action_requests"][0]["name"] == "answer"
    out = await client.runs.wait(thread, "asking", command={"resume": APPROVE}, context=garden)
    assert out["answer"]["accepted"]
    assert [c["quote"] for c in out["answer"]["citations"]] == [
        "Tomatoes are sown in March.",
        "Leeks are planted in June.",
    ]


@pytest.mark.slow
async def test_a_follow_up_and_a_fork_from_every_checkpoint(
    client: LangGraphClient, garden: dict[str, Any]
) -> None:
    """A second question stays on the thread, and from each earlier step the turn can go on anew."""
    thread = (await client.threads.create(graph_id="research"))["thread_id"]
    run: Any = {"assistant_id": "research", "context": garden}
    first: Any = await client.runs.wait(thread, input=question(GARDEN), **run)
    history = await client.threads.get_history(thread, limit=50)
    again: Any = await client.runs.wait(
        thread, input=question("And do leeks tolerate frost?"), **run
    )
    assert [m["type"] for m in again["messages"]] == ["human", "ai", "human", "ai"]
    assert [a["question"] for a in again["answers"]] == [GARDEN, "And do leeks tolerate frost?"]
    assert "Leeks tolerate frost." in again["answer"]["text"]
    assert [h["next"] for h in history] == [
        [],
        *([n] for n in ("answer", "reviewer", "check", "execute", "planner", "prepare")),
        ["__start__"],
    ]
    for step in history:
        given = None if step["next"] else question("When are leeks planted?")
        out: Any = await client.runs.wait(thread, input=given, checkpoint=step["checkpoint"], **run)
        if step["next"]:
            assert out["answer"] == first["answer"]
            assert len(out["answers"]) == 1
        else:
            assert len(out["answers"]) == 2
            assert out["answer"]["text"].startswith('"Leeks are planted in June."')


async def test_state_can_be_edited_at_a_checkpoint(
    client: LangGraphClient, garden: dict[str, Any]
) -> None:
    """Studio's edit: the plan is changed where it was made, and the turn goes on with it."""
    thread = (await client.threads.create(graph_id="research"))["thread_id"]
    run: Any = {"assistant_id": "research", "context": garden}
    await client.runs.wait(thread, input=question(GARDEN), **run)
    history = await client.threads.get_history(thread, limit=50)
    (planned,) = [h for h in history if h["next"] == ["execute"]]
    values: Any = planned["values"]
    plan = {**values["plan"], "tasks": values["plan"]["tasks"][:1]}
    edited = await client.threads.update_state(
        thread, {"plan": plan}, as_node="planner", checkpoint=planned["checkpoint"]
    )
    out: Any = await client.runs.wait(thread, input=None, checkpoint=edited["checkpoint"], **run)
    assert list(out["results"]) == ["t1"]
    assert out["answer"]["text"] == '"Tomatoes are sown in March." [1]'


async def test_a_copied_thread_goes_on_alone(
    client: LangGraphClient, garden: dict[str, Any]
) -> None:
    """A copy has the whole conversation, and what it says later is its own."""
    thread = (await client.threads.create(graph_id="research"))["thread_id"]
    run: Any = {"assistant_id": "research", "context": garden}
    await client.runs.wait(thread, input=question(GARDEN), **run)
    copied: Any = await client.threads.copy(thread)
    out: Any = await client.runs.wait(
        copied["thread_id"], input=question("And do leeks tolerate frost?"), **run
    )
    assert len(out["answers"]) == 2
    state: Any = await client.threads.get_state(thread)
    assert len(state["values"]["answers"]) == 1


async def test_state_survives_a_kill_and_finished_tasks_are_not_run_again(
    dev_server: DevServer, garden: dict[str, Any]
) -> None:
    """After kill -9 and a new start the interrupts still wait, and only the answers are new."""
    async with get_client(url=dev_server.url) as client:
        thread = (await client.threads.create(graph_id="asking"))["thread_id"]
        await client.runs.wait(thread, "asking", input=question(GARDEN), context=garden)
        before: Any = await client.threads.get_state(thread)
    dev_server.end(signal.SIGKILL)
    dev_server.start()
    async with get_client(url=dev_server.url) as client:
        await client.threads.create(thread_id=thread, if_exists="do_nothing", graph_id="asking")
        after: Any = await client.threads.get_state(thread)
        assert after["values"] == before["values"]
        assert after["interrupts"] == before["interrupts"]
        answers = {i["id"]: APPROVE for i in after["interrupts"]}
        await client.runs.wait(thread, "asking", command={"resume": answers}, context=garden)
        out: Any = await client.runs.wait(
            thread, "asking", command={"resume": APPROVE}, context=garden
        )
    assert out["answer"]["accepted"]
    async with open_journal(dev_server.state / "journal.sqlite") as journal:
        worked = [
            r.task
            for r in await journal.records(thread, types=["model_started"])
            if r.agent == "researcher"
        ]
    assert sorted(worked) == ["t1", "t1", "t2", "t2"]


async def ended(journal: Journal, thread: str) -> ThreadSummary:
    """The thread in a line, once its end is stored: the server answers a little before that."""
    while True:
        (told,) = [t for t in await journal.threads() if t.thread == thread]
        if told.status != "running":
            return told
        await asyncio.sleep(0.02)


async def test_the_projects_journal_knows_the_threads_of_the_server(
    client: LangGraphClient, dev_server: DevServer, garden: dict[str, Any]
) -> None:
    """What Studio ran is journaled as a run of the terminal is: thread, team, question, work."""
    thread = (await client.threads.create(graph_id="research"))["thread_id"]
    await client.runs.wait(thread, "research", input=question(GARDEN), context=garden)
    async with open_journal(dev_server.state / "journal.sqlite") as journal:
        told = await ended(journal, thread)
        records = await journal.records(thread)
    assert (told.team, told.question, told.status, told.runs) == ("research", GARDEN, "done", 1)
    done = {(r.type, r.agent, r.task) for r in records}
    assert {
        ("model_started", "planner", ""),
        ("tool_ended", "researcher", "t1"),
        ("tool_ended", "researcher", "t2"),
        ("model_ended", "reviewer", ""),
    } <= done
    assert [r.decision for r in records if r.type == "decided"] == ["plan", "accept", "accepted"]


async def test_the_terminal_lists_and_shows_the_threads_of_studio(
    client: LangGraphClient, dev_server: DevServer, garden: dict[str, Any]
) -> None:
    """`stretto threads` and `stretto show` in the project know what the server ran."""
    thread = (await client.threads.create(graph_id="research"))["thread_id"]
    await client.runs.wait(thread, "research", input=question(GARDEN), context=garden)
    async with open_journal(dev_server.state / "journal.sqlite") as journal:
        await ended(journal, thread)
    listed = json.loads(await in_terminal(dev_server, "threads", "--json"))
    (told,) = [t for t in listed if t["thread"] == thread]
    assert (told["team"], told["question"], told["status"]) == ("research", GARDEN, "done")
    shown = await in_terminal(dev_server, "show", thread)
    assert "Tomatoes are sown in March." in shown
    assert "researcher" in shown


async def in_terminal(dev_server: DevServer, *arguments: str) -> str:
    """What the command line prints in the project's folder."""
    kept = {k: v for k, v in os.environ.items() if k != "STRETTO_HOME"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "stretto.cli", *arguments),
        cwd=dev_server.folder,
        env=kept,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, error = await process.communicate()
    assert (process.returncode, error.decode()) == (0, "")
    return out.decode()


async def test_the_terminal_goes_on_with_a_thread_of_studio(
    client: LangGraphClient,
    dev_server: DevServer,
    garden: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Server and terminal share one state: an approval asked for here can be given there."""
    monkeypatch.chdir(dev_server.folder)
    thread = (await client.threads.create(graph_id="asking"))["thread_id"]
    await client.runs.wait(thread, "asking", input=question(GARDEN), context=garden)
    graph = Project.at(dev_server.folder).graph("asking")
    async with open_storage(home=dev_server.state) as storage:
        options: Any = {"context": garden, "storage": storage}
        state: Any = await client.threads.get_state(thread)
        answers = {i["id"]: APPROVE for i in state["interrupts"]}
        waits = await stretto.resume(graph, thread, answers=answers, **options)
        assert waits.status == "interrupted"
        done = await stretto.resume(graph, thread, APPROVE, **options)
    assert done.answer is not None
    assert done.answer.accepted
    seen: Any = await client.threads.get_state(thread)
    assert seen["values"]["answer"]["accepted"]
    assert seen["next"] == []


def test_nothing_blocked_the_servers_event_loop(dev_server: DevServer) -> None:
    """No run touched SQLite or a file on the loop, and nothing failed."""
    output = dev_server.output()
    assert "BlockingError" not in output
    assert "Traceback" not in output, output[output.index("Traceback") - 1000 :]
