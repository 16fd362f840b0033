"""Effects side by side with what may fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.check.rules.reading_code import seen, seen_in_source

if TYPE_CHECKING:
    from pathlib import Path

NODES = """
from langchain_core.language_models.fake_chat_models import FakeListChatModel
model = FakeListChatModel(responses=["x"])

def order(state: State):
    requests.post("https://shop.example/orders")
    return {"many": ["ordered"]}

def keyed(state: State):
    requests.post("https://shop.example/orders", headers={"Idempotency-Key": "1"})
    return {"many": ["ordered"]}

@task
def order_once():
    requests.post("https://shop.example/orders")

def by_task(state: State):
    order_once().result()
    return {"many": ["ordered"]}

def reads(state: State):
    return {"many": [requests.get("https://shop.example/prices").text]}

def thinks(state: State):
    return {"many": [model.invoke("x").content]}

def careful(state: State):
    try:
        return {"many": [requests.get("https://shop.example/prices").text]}
    except requests.RequestException:
        return {"many": []}

def counts(state: State):
    return {"many": [state.get("a", "") + "x"]}

def fan(state: State):
    return [Send("order", {"a": each}) for each in state["items"]]

def choose(state: State):
    return "order" if state.get("a") else "reads"

builder = StateGraph(State)
"""
SAVED = "\ngraph = builder.compile(checkpointer=InMemorySaver())\n"


def shape(*names: str) -> str:
    """Nodes side by side."""
    added = [f"builder.add_node('{n}', {n})\nbuilder.add_edge(START, '{n}')" for n in names]
    return "\n".join(added) + SAVED


@pytest.mark.parametrize(
    "tail",
    [
        shape("order", "reads"),
        shape("order", "thinks"),
        "builder.add_node('order', order)\n"
        "builder.add_conditional_edges(START, fan, ['order'])" + SAVED,
    ],
)
def test_an_effect_beside_what_may_fail_is_found(tail: str, tmp_path: Path):
    """A sibling that fails takes it down, and it runs again."""
    assert [f.certainty for f in seen(NODES, tmp_path, "E306", tail)] == ["possible"]
    assert [f.certainty for f in seen_in_source(NODES, tmp_path, "E306", tail)] == ["possible"]


@pytest.mark.parametrize(
    "tail",
    [
        shape("order", "counts"),
        shape("order", "careful"),
        shape("keyed", "reads"),
        shape("by_task", "reads"),
        shape("reads", "thinks"),
        "builder.add_node('order', order)\nbuilder.add_node('reads', reads)\n"
        "builder.add_edge(START, 'reads')\nbuilder.add_edge('reads', 'order')" + SAVED,
        "builder.add_node('order', order)\nbuilder.add_node('reads', reads)\n"
        "builder.add_conditional_edges(START, choose, ['order', 'reads'])" + SAVED,
    ],
)
def test_nothing_is_said_of_what_is_done_once(tail: str, tmp_path: Path):
    """Alone in its step, by a task, with a key, or beside what cannot fail."""
    assert seen(NODES, tmp_path, "E306", tail) == []
    assert seen_in_source(NODES, tmp_path, "E306", tail) == []
