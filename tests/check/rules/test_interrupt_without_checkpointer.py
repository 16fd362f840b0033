"""Interrupts without a checkpointer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.check.rules.reading_code import seen, seen_in_source

if TYPE_CHECKING:
    from pathlib import Path

ASKS = """
def node(state: State):
    return {"a": interrupt("?")}

def other(state: State):
    return {"b": interrupt("?")}

def works(state: State):
    return {"b": "x"}

builder = StateGraph(State)
builder.add_node("node", node)
builder.add_edge(START, "node")
"""
RUN = [
    "graph = builder.compile()\nif __name__ == '__main__':\n    graph.invoke({})",
    (
        "graph = builder.compile()\ndef main():\n    graph.invoke({})\n"
        "if __name__ == '__main__':\n    main()"
    ),
    (
        "graph = builder.compile()\nasync def main():\n    await graph.ainvoke({})\n"
        "if __name__ == '__main__':\n    asyncio.run(main())"
    ),
    (
        "builder.add_node('works', works)\nbuilder.add_edge('node', 'works')\n"
        "graph = builder.compile(interrupt_before=['works'])\n"
        "if __name__ == '__main__':\n    graph.invoke({})"
    ),
    "graph = builder.compile(checkpointer=False)",
]
NOT_RUN = [
    "graph = builder.compile()",
    (
        "graph = builder.compile(checkpointer=InMemorySaver())\nif __name__ == '__main__':\n"
        "    graph.invoke({}, {'configurable': {'thread_id': '1'}})"
    ),
    "graph = builder.compile()\ndef handle(state):\n    return graph.invoke(state)",
    (
        "graph = builder.compile()\nsaved = builder.compile(checkpointer=InMemorySaver())\n"
        "if __name__ == '__main__':\n    saved.invoke({}, {'configurable': {'thread_id': '1'}})"
    ),
    (
        "graph = builder.compile()\ngraph.checkpointer = InMemorySaver()\n"
        "if __name__ == '__main__':\n    graph.invoke({}, {'configurable': {'thread_id': '1'}})"
    ),
]
PARENT = """
part = builder.compile(checkpointer=False)
above = StateGraph(State)
above.add_node("part", part)
above.add_edge(START, "part")
graph = above.compile(checkpointer=InMemorySaver())
"""


@pytest.mark.parametrize("tail", RUN)
def test_a_graph_that_asks_and_cannot_be_answered_is_found(tail: str, tmp_path: Path):
    """Its own module runs it without a checkpointer, or it is told to have none."""
    assert [f.certainty for f in seen(ASKS, tmp_path, "E304", tail)] == ["proved"]
    assert [f.certainty for f in seen_in_source(ASKS, tmp_path, "E304", tail)] == ["proved"]


@pytest.mark.parametrize("tail", NOT_RUN)
def test_nothing_is_said_of_a_graph_that_others_run(tail: str, tmp_path: Path):
    """Whoever runs it may give a checkpointer."""
    assert seen(ASKS, tmp_path, "E304", tail) == []
    assert seen_in_source(ASKS, tmp_path, "E304", tail) == []


@pytest.mark.parametrize(
    ("more", "count"),
    [
        ("", 0),
        ("builder.add_node('works', works)\nbuilder.add_edge('node', 'works')", 1),
        ("builder.add_node('other', other)\nbuilder.add_edge('node', 'other')", 1),
    ],
)
def test_a_graph_within_that_starts_over_is_found(more: str, count: int, tmp_path: Path):
    """With one node it starts over as any node does."""
    tail = more + PARENT
    assert len(seen(ASKS, tmp_path, "E304", tail)) == count
    assert len(seen_in_source(ASKS, tmp_path, "E304", tail)) == count


def test_an_agent_that_asks_for_its_tools_is_found(tmp_path: Path):
    """Approval of tools is an interrupt, too."""
    code = """
    from langchain.agents import create_agent
    from langchain.agents.middleware import HumanInTheLoopMiddleware
    from stretto.testing import ScriptedModel

    @tool
    def order(item: str) -> str:
        '''Order.'''
        return item

    asks = HumanInTheLoopMiddleware(interrupt_on={"order": True})
    """
    tail = """
    graph = create_agent(ScriptedModel(["x"]), [order], middleware=[asks]{saver})
    if __name__ == "__main__":
        graph.invoke({"messages": []})
    """
    (found,) = seen(code, tmp_path, "E304", tail.replace("{saver}", ""))
    assert (found.certainty, found.severity) == ("possible", "warning")
    saved = tail.replace("{saver}", ", checkpointer=InMemorySaver()")
    assert seen(code, tmp_path, "E304", saved) == []
