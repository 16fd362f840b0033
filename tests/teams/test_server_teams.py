"""Every shipped team under `langgraph dev`: what Studio draws and asks for, and runs over the SDK."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.teams.git_made import commit
from tests.teams.loans_made import GOOD, asked, past, written
from tests.teams.shipped import ROOT, YES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from langgraph_sdk.client import LangGraphClient

    from tests.teams.conftest import DevServer

TEAMS: list[str] = sorted(json.loads((ROOT / "langgraph.json").read_text())["graphs"])
BANK = ROOT / "examples" / "bank"
SCHEMAS = ("input_schema", "output_schema", "state_schema", "context_schema")
TYPED = {"type", "$ref", "anyOf", "oneOf", "allOf", "enum", "const"}
WITHOUT_CONTEXT = {"intake", "scrapers"}
"""Teams that are told nothing beside the request."""
OF_ANY_TYPE = {"structured_response", "accumulated"}
"""Fields that hold whatever a member gives, as in LangChain's own agents."""
pytestmark = pytest.mark.slow


async def assistant(client: LangGraphClient, team: str) -> str:
    """The assistant that the server made of a graph."""
    (found,) = await client.assistants.search(graph_id=team, metadata={"created_by": "system"})
    return found["assistant_id"]


@pytest.mark.parametrize("xray", [False, True], ids=["closed", "xray"])
@pytest.mark.parametrize("team", TEAMS)
async def test_every_node_is_drawn_between_start_and_end(
    client: LangGraphClient, team: str, *, xray: bool
):
    """A run can come to each node, and from each to the end; no edge leads to nowhere."""
    graph = await client.assistants.get_graph(await assistant(client, team), xray=xray)
    nodes = {str(node["id"]) for node in graph["nodes"]}
    edges = {(str(edge["source"]), str(edge["target"])) for edge in graph["edges"]}
    assert {end for edge in edges for end in edge} == nodes
    assert reached(edges, "__start__") == nodes
    assert reached({(to, start) for start, to in edges}, "__end__") == nodes


def reached(edges: set[tuple[str, str]], start: str) -> set[str]:
    """All that edges lead to."""
    seen, todo = {start}, [start]
    while todo:
        here = todo.pop()
        new = {to for source, to in edges if source == here} - seen
        seen |= new
        todo += new
    return seen


@pytest.mark.parametrize("team", TEAMS)
async def test_every_node_tells_its_role(client: LangGraphClient, team: str):
    """What a node is for can be read off the drawing."""
    graph = await client.assistants.get_graph(await assistant(client, team))
    nodes = {str(node["id"]): node.get("metadata") or {} for node in graph["nodes"]}
    without = {n for n, about in nodes.items() if not n.startswith("__") and not about.get("role")}
    assert not without


@pytest.mark.parametrize("team", TEAMS)
async def test_every_schema_is_typed(client: LangGraphClient, team: str):
    """Studio can show a form for the input and the context, and the state by its fields."""
    schemas: Any = await client.assistants.get_schemas(await assistant(client, team))
    for name in SCHEMAS:
        if name == "context_schema" and team in WITHOUT_CONTEXT:
            continue
        assert schemas[name], name
        assert schemas[name]["properties"], name
        for field, schema in schemas[name]["properties"].items():
            assert field in OF_ANY_TYPE or TYPED & set(schema), f"{name}.{field}: {schema}"
    assert "messages" in schemas["input_schema"]["properties"]


Job = tuple[str, dict[str, Any], str]
"""What is asked, the context, and what the answer has in it."""


def research(folder: Path) -> Job:
    """Two sections of a page."""
    return "When are tomatoes sown?", {"sources": [str(folder / "documents")]}, "March"


def code_review(folder: Path) -> Job:
    """Two commits, the second with a fault."""
    repo = folder / "repo"
    commit(repo, {"calc.py": "def add(a, b):\n    return a + b\n"})
    commit(repo, {"calc.py": "def add(a, b=[]):\n    return eval(a)\n"})
    given = {"repository": str(repo), "test": "none", "output": str(folder / "review")}
    return "Review HEAD~1..HEAD.", given, "calc.py"


def loans(folder: Path) -> Job:
    """One application, judged by loans of the past."""
    history = written(folder / "past.csv", past())
    given = {"history": str(history), "output": str(folder / "loans")}
    return asked(GOOD), given, "Granted"


def intake(folder: Path) -> Job:
    """A folder of one document."""
    return str(folder / "documents"), {}, "stored"


RUNS: dict[str, Callable[[Path], Job]] = {
    "research": research,
    "code_review": code_review,
    "loans": loans,
    "intake": intake,
}


async def turn(client: LangGraphClient, thread: str, team: str, **given: Any) -> dict[str, Any]:
    """Run once, and give the state after it."""
    await client.runs.wait(thread, team, **given)
    return await client.threads.get_state(thread, subgraphs=True)  # type: ignore[return-value]


@pytest.mark.parametrize("team", RUNS)
async def test_a_run_finishes(client: LangGraphClient, dev_server: DevServer, team: str):
    """On small real input, with nothing that holds up the server's event loop."""
    question, context, answer = RUNS[team](dev_server.folder)
    thread = (await client.threads.create())["thread_id"]
    given = {"messages": [{"role": "user", "content": question}]}
    after = await turn(client, thread, team, input=given, context=context)
    assert (after["next"], after["interrupts"]) == ([], [])
    assert answer in after["values"]["messages"][-1]["content"]
    assert "BlockingError" not in dev_server.output()


async def test_a_question_is_json_and_its_answer_goes_on(
    client: LangGraphClient, dev_server: DevServer
):
    """A refund waits, is paid on a yes, and the turn can be forked from where it began."""
    context = {"sources": [str(BANK)], "charges": str(BANK / "charges.csv"), "customer": "ben"}
    thread = (await client.threads.create())["thread_id"]
    given = {"messages": [{"role": "user", "content": "Please refund C-2002"}]}
    waits = await turn(client, thread, "support", input=given, context=context)
    (asked_for,) = waits["interrupts"]
    assert json.loads(json.dumps(asked_for["value"])) == asked_for["value"]
    assert asked_for["value"]["action_requests"]
    done = await turn(client, thread, "support", command={"resume": YES}, context=context)
    assert done["interrupts"] == []
    assert "receipt is R-" in done["values"]["messages"][-1]["content"]
    assert "BlockingError" not in dev_server.output()


@pytest.mark.parametrize("team", ["research", "loans"])
async def test_a_fork_from_a_checkpoint_comes_to_the_same(
    client: LangGraphClient, dev_server: DevServer, team: str
):
    """From the state in the middle of a turn."""
    question, context, answer = RUNS[team](dev_server.folder)
    thread = (await client.threads.create())["thread_id"]
    given = {"messages": [{"role": "user", "content": question}]}
    first = await turn(client, thread, team, input=given, context=context)
    history = await client.threads.get_history(thread, limit=100)
    middle = history[len(history) // 2]
    assert middle["next"]
    at = {"checkpoint_id": middle["checkpoint"]["checkpoint_id"]}
    again = await turn(client, thread, team, input=None, context=context, checkpoint=at)
    assert again["next"] == []
    assert answer in again["values"]["messages"][-1]["content"]
    assert again["checkpoint"]["checkpoint_id"] != first["checkpoint"]["checkpoint_id"]
