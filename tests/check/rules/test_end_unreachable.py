"""M804: loops that wait for what no node writes, and loops that only look like it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from langgraph.errors import GraphRecursionError

from stretto.check import check
from tests.check.loading import loaded

if TYPE_CHECKING:
    from pathlib import Path

    from stretto.check import Finding

HEAD = """
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    n: int
    limit: int


class Own(State, total=False):
    status: str


builder = StateGraph(Own, input_schema=State)
"""
LOOP = """
builder.add_node("work", work)
builder.add_edge(START, "work")
builder.add_conditional_edges("work", way, ["work", END])
"""
WAITS = "def way(state: Own):\n    return END if state['status'] == 'done' else 'work'\n\n\n"

FOUND = {
    "a status that nobody gives": "def work(state: Own):\n    return {'status': 'doing'}\n\n\n"
    + WAITS,
    "a number that is passed over": "def work(state: Own):\n"
    "    return {'status': 'a' if state.get('status') == 'b' else 'b'}\n\n\n" + WAITS,
}
SOUND = {
    "a helper that fills the update": "def fill(update):\n    update['status'] = 'done'\n\n\n"
    "def work(state: Own):\n    update = {}\n    fill(update)\n    return update\n\n\n" + WAITS,
    "an update that is updated": "def work(state: Own):\n    update = {'status': 'doing'}\n"
    "    update.update(status='done')\n    return update\n\n\n" + WAITS,
    "two updates merged": "def work(state: Own):\n    update = {'status': 'doing'}\n"
    "    update |= {'status': 'done'}\n    return update\n\n\n" + WAITS,
    "a node that raises in the end": "ran = []\n\n\ndef work(state: Own):\n"
    "    if state.get('status') == 'twice':\n        raise ValueError\n"
    "    return {'status': 'twice'}\n\n\n" + WAITS,
    "a flag outside of the state": "class Box:\n    stop = False\n\n\ndef work(state: Own):\n"
    "    Box.stop = True\n    return {}\n\n\n"
    "def way(state: Own):\n    return END if Box.stop else 'work'\n\n\n",
    "a function within that sets a flag": "def work(state: Own):\n    done = False\n\n"
    "    def finish():\n        nonlocal done\n        done = True\n\n    finish()\n"
    "    return {'status': 'done' if done else 'doing'}\n\n\n" + WAITS,
    "an attempt that fails half way": "def work(state: Own):\n    status = 'doing'\n    try:\n"
    "        status = 'done'\n        int('x')\n        status = 'doing'\n"
    "    except ValueError:\n        pass\n    return {'status': status}\n\n\n" + WAITS,
    "text that is made": "def work(state: Own):\n    return {'status': f\"{'do'}ne\"}\n\n\n"
    + WAITS,
    "what is not in the input": "def work(state: Own):\n    return {'n': state.get('n', 0) + 1}\n\n\n"
    "def way(state: Own):\n    return END if state['n'] >= state['limit'] else 'work'\n\n\n",
}


def found(text: str, folder: Path, name: str) -> list[Finding]:
    """What is found of M804."""
    return [each for each in check(loaded(text, folder, name).graph) if each.code == "M804"]


@pytest.mark.parametrize("case", FOUND, ids=lambda case: case.replace(" ", "-"))
def test_a_run_that_cannot_end_is_found(case: str, tmp_path: Path):
    """LangGraph goes on until its limit; the search says so before."""
    text = HEAD + FOUND[case] + LOOP + "graph = builder.compile()\n"
    name = f"stuck_{list(FOUND).index(case)}"
    (finding,) = found(text, tmp_path, name)
    assert finding.message == "no run can ever end: nothing lets go of 'work'"
    assert finding.certainty == "proved"
    with pytest.raises(GraphRecursionError):
        loaded(text, tmp_path, name).graph.invoke({"n": 0}, {"recursion_limit": 30})


@pytest.mark.parametrize("case", SOUND, ids=lambda case: case.replace(" ", "-"))
def test_a_loop_that_ends_is_not(case: str, tmp_path: Path):
    """Where a run ends, nothing is said."""
    text = HEAD + SOUND[case] + LOOP + "graph = builder.compile()\n"
    assert found(text, tmp_path, f"ends_{list(SOUND).index(case)}") == []


def test_who_is_asked_may_end_it(tmp_path: Path):
    """A person who is stopped for may change the state."""
    text = HEAD + FOUND["a status that nobody gives"] + LOOP
    end = "graph = builder.compile(checkpointer=InMemorySaver(), interrupt_before=['work'])\n"
    assert found(text + end, tmp_path, "asked") == []


def test_what_depends_on_the_input_is_possible(tmp_path: Path):
    """A counter may begin at another number than is taken for granted."""
    work = (
        "def work(state: Own):\n    return {'n': state.get('n', 0) + 1 if state.get('n', 0) > 9 "
        "else 0}\n\n\ndef way(state: Own):\n    return END if state['n'] > 5 else 'work'\n\n\n"
    )
    text = HEAD + work + LOOP + "graph = builder.compile()\n"
    assert all(each.certainty == "possible" for each in found(text, tmp_path, "counter"))
