"""Patterns under `langgraph dev`: their members behave as nodes of a graph wired by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.teams.conftest import PATTERNS
from tests.teams.test_server import APPROVE, assistant, drawn, question, reached

if TYPE_CHECKING:
    from langgraph_sdk.client import LangGraphClient

GO = question("go")
CHAIN = {"first": "first", "second": "first second", "third": "first second third"}
UNTYPED = {"accumulated", "best", "item", "structured_response"}
"""Fields that hold what any member gave, of any type."""


async def begun(client: LangGraphClient, graph: str, **options: Any) -> tuple[str, Any]:
    """A new thread, and what its first run came to."""
    thread = (await client.threads.create(graph_id=graph))["thread_id"]
    return thread, await client.runs.wait(thread, graph, input=GO, **options)


async def next_of(client: LangGraphClient, thread: str) -> list[str]:
    """The nodes that a thread waits before."""
    state: Any = await client.threads.get_state(thread)
    return sorted(state["next"])


async def before(client: LangGraphClient, thread: str, *nodes: str) -> Any:
    """The newest checkpoint at which these nodes come next."""
    history = await client.threads.get_history(thread, limit=50)
    return next(h for h in history if sorted(h["next"]) == sorted(nodes))


@pytest.mark.parametrize("graph", PATTERNS)
async def test_a_patterns_drawing_is_whole(client: LangGraphClient, graph: str) -> None:
    """Every node can be reached and tells its role; xray shows what is in members."""
    nodes, edges = await drawn(client, graph)
    assert reached(edges) == set(nodes)
    for name, node in nodes.items():
        assert name.startswith("__") or (node.get("metadata") or {}).get("role"), name
    inside, deep = await drawn(client, graph, xray=True)
    assert reached(deep) == set(inside)
    if graph not in {"chain", "boss"}:
        assert any(name.endswith((":one", ":w")) for name in inside), set(inside)


@pytest.mark.parametrize("graph", PATTERNS)
async def test_a_patterns_schemas_are_typed(client: LangGraphClient, graph: str) -> None:
    """Input, output and state are no nulls, and each field has a type."""
    schemas: Any = await client.assistants.get_schemas(await assistant(client, graph))
    assert "messages" in schemas["input_schema"]["properties"]
    assert {"messages", "results"} <= set(schemas["state_schema"]["properties"])
    untyped = set[str]()
    for name in ("input_schema", "output_schema", "state_schema"):
        for field, schema in schemas[name]["properties"].items():
            if not {"type", "$ref", "anyOf", "oneOf", "allOf"} & set(schema):
                untyped.add(field)
    assert untyped <= UNTYPED, untyped


@pytest.mark.parametrize("graph", PATTERNS)
async def test_a_pattern_runs_and_is_resumed(client: LangGraphClient, graph: str) -> None:
    """A turn ends with words; a question on the way is answered as Studio does."""
    thread, out = await begun(client, graph)
    if graph == "approve":
        out = await client.runs.wait(thread, graph, command={"resume": APPROVE})
    assert "__error__" not in out
    assert await next_of(client, thread) == []
    assert graph == "publish" or out["messages"][-1]["type"] == "ai"


@pytest.mark.parametrize("when", ["interrupt_before", "interrupt_after"])
async def test_a_breakpoint_at_a_member(client: LangGraphClient, when: str) -> None:
    """The run stops before it or after it, and goes on from there."""
    thread, out = await begun(client, "chain", **{when: ["second"]})
    after = when == "interrupt_after"
    assert list(out["results"]) == (["first", "second"] if after else ["first"])
    assert await next_of(client, thread) == (["third"] if after else ["second"])
    out = await client.runs.wait(thread, "chain", input=None)
    assert (out["results"], out["visits"]) == (CHAIN, 1)


@pytest.mark.parametrize(
    ("graph", "stops", "waits"),
    [
        ("boss", {"interrupt_before": ["left"]}, ["left", "right"]),
        ("boss", {"interrupt_after": ["right"]}, ["manager"]),
        ("fan", {"interrupt_before": ["left"]}, ["left", "right", "three"]),
        ("fan", {"interrupt_after": ["three"]}, ["gather"]),
    ],
)
async def test_a_breakpoint_at_members_side_by_side(
    client: LangGraphClient, graph: str, stops: dict[str, list[str]], waits: list[str]
) -> None:
    """It holds for the step in which they are, as LangGraph has it."""
    _, whole = await begun(client, graph)
    thread, _ = await begun(client, graph, **stops)
    assert await next_of(client, thread) == waits
    out = await client.runs.wait(thread, graph, input=None)
    assert out["results"] == whole["results"]
    assert out["messages"][-1]["content"] == whole["messages"][-1]["content"]


async def test_a_fork_between_two_members(client: LangGraphClient) -> None:
    """What the first gave is changed at its checkpoint; those after it work with that."""
    thread, out = await begun(client, "chain")
    assert (out["results"], out["visits"]) == (CHAIN, 1)
    at: Any = await before(client, thread, "second")
    edited = await client.threads.update_state(
        thread, {"results": {"first": "1st"}}, checkpoint=at["checkpoint"]
    )
    out = await client.runs.wait(thread, "chain", input=None, checkpoint=edited["checkpoint"])
    assert out["results"] == {name: text.replace("first", "1st") for name, text in CHAIN.items()}


@pytest.mark.parametrize(("graph", "nodes"), [("boss", ["left", "right"]), ("fan", ["gather"])])
async def test_a_fork_between_members_side_by_side(
    client: LangGraphClient, graph: str, nodes: list[str]
) -> None:
    """The turn goes on from there, and ends as before."""
    thread, first = await begun(client, graph)
    at: Any = await before(client, thread, *nodes)
    out: Any = await client.runs.wait(thread, graph, input=None, checkpoint=at["checkpoint"])
    assert out["results"] == first["results"]
    assert [m["content"] for m in out["messages"]] == [m["content"] for m in first["messages"]]


async def test_a_person_stands_in_for_a_member(client: LangGraphClient) -> None:
    """`update_state(as_node=)` gives a member's result in its place; the next one goes on."""
    thread, _ = await begun(client, "chain", interrupt_before=["second"])
    await client.threads.update_state(
        thread, {"results": {"second": "by hand"}, "visits": 7}, as_node="second"
    )
    assert await next_of(client, thread) == ["third"]
    out: Any = await client.runs.wait(thread, "chain", input=None)
    assert out["results"] == {"first": "first", "second": "by hand", "third": "by hand third"}
    assert out["visits"] == 7


async def test_a_person_stands_in_for_a_branch(client: LangGraphClient) -> None:
    """The join has it, and what the other branches gave."""
    thread, _ = await begun(client, "fan", interrupt_before=["gather"])
    await client.threads.update_state(thread, {"results": {"left": "by hand"}}, as_node="left")
    out: Any = await client.runs.wait(thread, "fan", input=None)
    assert out["results"] == {"left": "by hand", "right": "right", "three": "one two"}


async def test_a_person_stands_in_for_a_manager(client: LangGraphClient) -> None:
    """It is asked again after what its workers gave, or a person answers for it."""
    thread, _ = await begun(client, "boss", interrupt_after=["left"])
    said = {"messages": [{"role": "assistant", "content": "by hand"}]}
    await client.threads.update_state(thread, said, as_node="manager")
    assert await next_of(client, thread) == []
    state: Any = await client.threads.get_state(thread)
    assert state["values"]["messages"][-1]["content"] == "by hand"
