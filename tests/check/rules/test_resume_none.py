"""Resuming with nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.check.rules.reading_code import ONE, seen, seen_in_source

if TYPE_CHECKING:
    from pathlib import Path

ASKS = 'def node(state: State):\n    return {"a": interrupt("?")}\n'
CONFIG = "{'configurable': {'thread_id': '1'}}"
ANOTHER = """
def other(state: State):
    return {"a": interrupt("?")}

second = StateGraph(State)
second.add_node("other", other)
second.add_edge(START, "other")
other_graph = second.compile(checkpointer=InMemorySaver())

def go_on():
    return other_graph.invoke(Command(resume=None))
"""


@pytest.mark.parametrize(
    "use",
    [
        f"def go_on():\n    return graph.invoke(Command(resume=None), {CONFIG})",
        f"def go_on():\n    for part in graph.stream(Command(resume=None), {CONFIG}):\n        print(part)",
        f"def go_on():\n    command = Command(resume=None)\n    return graph.invoke(command, {CONFIG})",
    ],
)
def test_an_answer_of_none_is_found(use: str, tmp_path: Path):
    """However the command comes to the graph."""
    assert len(seen(ASKS, tmp_path, "E307", ONE + use)) == 1
    assert len(seen_in_source(ASKS, tmp_path, "E307", ONE + use)) == 1


@pytest.mark.parametrize(
    "use",
    [
        f"def go_on():\n    return graph.invoke(Command(resume='yes'), {CONFIG})",
        f"def go_on(answer=None):\n    return graph.invoke(Command(resume=answer), {CONFIG})",
        f"def go_on():\n    return graph.invoke(None, {CONFIG})",
        ANOTHER,
    ],
)
def test_nothing_is_said_of_other_answers(use: str, tmp_path: Path):
    """Another value, one that is not known, or another graph's."""
    assert seen(ASKS, tmp_path, "E307", ONE + use) == []
    assert not [f for f in seen_in_source(ASKS, tmp_path, "E307", ONE + use) if f.graph == "graph"]


def test_a_graph_that_asks_nothing_is_left_alone(tmp_path: Path):
    """The command is for something else then."""
    use = f"def go_on():\n    return graph.invoke(Command(resume=None), {CONFIG})"
    node = "def node(state: State):\n    return {}\n"
    assert seen(node, tmp_path, "E307", ONE + use) == []
