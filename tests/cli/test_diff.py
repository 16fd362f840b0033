"""`stretto diff`: what changed between two versions, and what becomes of paused threads."""

from __future__ import annotations

import textwrap

import pytest

DESK = """
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import interrupt
from stretto import Agent, sequential


class State(MessagesState):
    text: str


def draft(state: State) -> dict:
    return {"text": "a draft"}


def ask(state: State) -> dict:
    return {"text": interrupt("Send it?")}


def ask_otherwise(state: State) -> dict:
    return {"text": interrupt("Send it now?")}


def desk(asking, question):
    builder = StateGraph(State)
    builder.add_node("draft", draft)
    builder.add_node(asking, question)
    builder.add_edge(START, "draft")
    builder.add_edge("draft", asking)
    return builder.compile(name="desk")


old, renamed, worded = desk("ask", ask), desk("approve", ask), desk("ask", ask_otherwise)
plain = sequential(Agent(name="clerk", prompt="You add."), draft)
other = sequential(Agent(name="clerk", prompt="You add and count.", max_model_calls=3), draft)
"""


@pytest.fixture
def desk(stretto, tmp_path, monkeypatch):
    """The command line beside a file with versions of a desk, and a thread that waits in `old`."""
    (tmp_path / "desk.py").write_text(textwrap.dedent(DESK))
    monkeypatch.chdir(tmp_path)
    return stretto


def test_the_same_ends_with_0(desk):
    """Nothing changed is success."""
    said = desk("diff", "desk.py:old", "desk.py:old")
    assert said.code == 0
    assert "nothing changed" in said.out


def test_a_renamed_node_ends_with_3(desk):
    """A thread that waits for an answer in it would be lost."""
    said = desk("diff", "desk.py:old", "desk.py:renamed")
    assert said.code == 3
    assert "most likely what was called 'ask'" in said.out
    assert "lose the answer" in said.out


def test_a_question_in_other_words_goes_on(desk):
    """Ends with 1, and both questions are shown."""
    said = desk("diff", "desk.py:old", "desk.py:worded", "--json")
    assert said.code == 1
    (ask,) = [each for each in said.json["places"] if each["node"] == "ask"]
    assert ask["going"] == "goes on, but"
    assert "Send it now?" in ask["why"][0]


def test_stored_threads_decide(desk):
    """Those that wait are named with what becomes of them."""
    assert desk("run", "desk.py:old", "hello", "--thread", "t-1").code in {0, 3}
    said = desk("diff", "desk.py:old", "desk.py:renamed", "--stored", "--json")
    assert [(t["thread"], t["going"]) for t in said.json["threads"]] == [("t-1", "cannot")]
    assert said.code == 3
    said = desk("diff", "desk.py:old", "desk.py:worded", "--stored")
    assert "t-1" in said.out
    assert said.code == 1


def test_members_of_patterns_are_compared(desk):
    """An agent's wording and bounds are told at its node, and threads go on."""
    said = desk("diff", "desk.py:plain", "desk.py:other")
    assert said.code == 1
    assert "clerk: prompt: 1 lines added, 1 removed" in said.out
    assert "clerk: max_model_calls: 12 -> 3" in said.out


def test_what_cannot_be_read_ends_with_2(desk):
    """An error names what was meant."""
    assert desk("diff", "desk.py:old", "desk.py:nothing").code == 2


TEAM = """
version: {version}
description: {description}
agents:
  clerk: {{role: adds, prompt: {prompt}, version: {version}}}
graph: {{pattern: sequential, steps: [clerk]}}
"""


@pytest.fixture
def filed(stretto, tmp_path, monkeypatch):
    """The command line in a project whose team `t` has two versions."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "langgraph.json").write_text('{"dependencies": ["."], "graphs": {}}')
    (tmp_path / "graphs").mkdir()
    told = {
        "t@1": {"version": 1, "description": "Adds.", "prompt": "You add."},
        "t": {"version": 2, "description": "Counts.", "prompt": "You count."},
        "same": {"version": 1, "description": "Counts.", "prompt": "You count."},
    }
    for name, said in told.items():
        (tmp_path / "graphs" / f"{name}.yaml").write_text(TEAM.format(**said))
    return stretto


@pytest.mark.parametrize("form", ["t@{}", "graphs/t.yaml@{}"])
def test_versions_of_a_file_are_told_apart(filed, form):
    """Version and description stand among the wording, and what changed in the agents."""
    said = filed("diff", form.format(1), form.format(2))
    assert said.code == 1
    for line in (
        "t: version: 1 -> 2",
        "t: description: 'Adds.' -> 'Counts.'",
        "clerk: prompt: 1 lines added, 1 removed",
        "clerk: version: 1 -> 2",
    ):
        assert line in said.out
    assert "raise it" not in said.out
    assert filed("diff", form.format(2), "t").code == 0


def test_a_change_without_another_version_is_named(filed, tmp_path):
    """Paused turns of the old form would go on in the new one."""
    text = (tmp_path / "graphs/same.yaml").read_text()
    (tmp_path / "graphs/same.yaml").write_text(f"name: t{text}")
    said = filed("diff", "t@1", "graphs/same.yaml")
    assert said.code == 1
    assert "t: changed, and the version is still 1: raise it" in said.out


@pytest.mark.parametrize("missing", ["t@7", "graphs/t.yaml@7", "nobody@1"])
def test_a_version_that_is_not_there_ends_with_2(filed, missing):
    """The error names it."""
    said = filed("diff", missing, "t")
    assert said.code == 2
    assert missing.rpartition("@")[0].rpartition("/")[2].partition(".")[0] in said.err
