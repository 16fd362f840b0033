"""G109: stored threads that wait in nodes which are not there any more."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import Command, Send, interrupt

from stretto.check.reading.compiled import read_graph
from stretto.check.rules.lost_node import check as lost
from stretto.check.stored import stored_threads
from tests.check.rules.chains import found
from tests.check.rules.wired import Log, wired

if TYPE_CHECKING:
    from pathlib import Path


def _asks(state: Log) -> dict[str, Any]:
    return {"log": [interrupt("?")]}


def _sends(state: Log) -> list[Send]:
    return [Send("ask", state), Send("ask", state)]


def _config(thread: str) -> Any:
    return {"configurable": {"thread_id": thread}}


def _one(name: str) -> StateGraph[Any, Any, Any, Any]:
    return wired((START, "draft"), ("draft", name), **{name: _asks})


def _sent(name: str) -> StateGraph[Any, Any, Any, Any]:
    builder = wired((START, "draft"), **{name: _asks})
    builder.add_conditional_edges("draft", _sends, [name])
    return builder


def _joined(name: str) -> StateGraph[Any, Any, Any, Any]:
    return wired((START, "a"), (START, "draft"), (["a", "draft"], name), **{name: _asks})


def _nested(name: str) -> StateGraph[Any, Any, Any, Any]:
    inner = wired((START, name), **{name: _asks}).compile()
    return wired((START, "draft"), ("draft", "team"), team=inner)


KINDS = [_one, _sent, _joined, _nested]


@pytest.mark.parametrize("kind", KINDS)
def test_a_renamed_node_is_found(kind: Any):
    """However the thread came to it, and in a graph within the graph, too."""
    saver = InMemorySaver()
    kind("ask").compile(checkpointer=saver).invoke({"log": []}, _config("1"))
    (finding,) = found(kind("approve").compile(checkpointer=saver), "G109")
    assert (finding.node, finding.certainty) == ("ask", "proved")
    assert "'1'" in finding.message


@pytest.mark.parametrize("kind", KINDS)
def test_a_node_that_is_there_is_sound(kind: Any):
    """The threads can go on."""
    saver = InMemorySaver()
    kind("ask").compile(checkpointer=saver).invoke({"log": []}, _config("1"))
    assert found(kind("ask").compile(checkpointer=saver), "G109") == []


def test_a_thread_that_has_ended_is_sound():
    """It waits for nothing."""
    saver = InMemorySaver()
    old = _one("ask").compile(checkpointer=saver)
    old.invoke({"log": []}, _config("1"))
    old.invoke(Command(resume="yes"), _config("1"))
    assert found(_one("approve").compile(checkpointer=saver), "G109") == []


def test_a_thread_of_another_graph_is_left_alone():
    """Several graphs may use one checkpointer."""
    saver = InMemorySaver()
    _one("ask").compile(checkpointer=saver).invoke({"log": []}, _config("1"))
    other = wired((START, "write")).compile(checkpointer=saver)
    assert found(other, "G109") == []
    chat = StateGraph(MessagesState).add_node("draft", lambda _: {}).add_edge(START, "draft")
    assert found(chat.compile(checkpointer=saver), "G109") == []


def test_many_threads_are_one_finding():
    """It names some of them."""
    saver = InMemorySaver()
    old = _one("ask").compile(checkpointer=saver)
    for number in range(5):
        old.invoke({"log": []}, _config(str(number)))
    (finding,) = found(_one("approve").compile(checkpointer=saver), "G109")
    assert "and 2 more" in finding.message


async def test_any_checkpointer_is_read(tmp_path: Path):
    """What is stored is handed to the facts."""
    async with AsyncSqliteSaver.from_conn_string(str(tmp_path / "threads.db")) as saver:
        old = _one("ask").compile(checkpointer=saver)
        await old.ainvoke({"log": []}, _config("1"))
        graph = read_graph(_one("approve").compile(checkpointer=saver))
        assert list(lost(graph)) == []
        stored = await stored_threads(graph, saver)
    (finding,) = lost(replace(graph, stored=stored))
    assert finding.node == "ask"
