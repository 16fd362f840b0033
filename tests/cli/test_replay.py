"""`stretto replay`, from recording to test."""

from __future__ import annotations

import subprocess
import sys

import pytest


def change(project, name, old, new):
    """Change a file of the project."""
    path = project / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_thread_does_the_same_on_the_same_code(stretto):
    """A thread does the same on the same code: exit code 0, the counts in a line."""
    stretto("run", "talk", "hello", "--thread", "t-1")
    said = stretto("replay", "t-1")
    assert (said.code, said.out.strip()) == (
        0,
        "does the same: 1 model call, 0 tool calls, 0 answers, 1 node",
    )


def test_another_question_to_the_model_is_shown_beside_the_recorded_one(stretto, project):
    """Today's code asks its model something else: exit code 1, both sides, as JSON too."""
    stretto("run", "agent:echo", "hello", "--thread", "t-1")
    change(project, "prompts/echo.md", "You say something.", "You say nothing.")
    said = stretto("replay", "t-1")
    assert said.code == 1
    assert "turn 1 in model: the model is asked something else." in said.out
    assert "  - You say something." in said.out
    assert "  + You say nothing." in said.out
    told = stretto("replay", "last", "--json")
    assert told.code == 1
    assert told.json["same"] is False
    assert told.json["difference"]["what"] == "model"
    assert told.json["difference"]["now"]["messages"][0]["content"] == "You say nothing.\n" or (
        told.json["difference"]["now"]["messages"][0]["content"] == "You say nothing."
    )


def test_a_wide_terminal_sets_the_sides_beside_each_other(stretto, project, monkeypatch):
    """On one line, recorded to the left."""
    stretto("run", "agent:echo", "hello", "--thread", "t-1")
    change(project, "prompts/echo.md", "You say something.", "You say nothing.")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "120")
    lines = [line for line in stretto("replay", "t-1").out.splitlines() if "nothing" in line]
    assert len(lines) == 1
    assert lines[0].index("something") < lines[0].index("nothing")


def test_a_saved_run_is_a_test_that_fails_when_the_team_changes(stretto, project):
    """`--save` writes the run and a test; pytest tells what changed."""
    stretto("run", "agent:echo", "hello", "--thread", "t-1")
    said = stretto("replay", "t-1", "--save", "tests/replay_hello")
    assert said.code == 0, said.err
    assert (project / "tests" / "replay_hello.jsonl").is_file()
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    passed = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert passed.returncode == 0, passed.stdout
    change(project, "prompts/echo.md", "You say something.", "You say nothing.")
    failed = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert failed.returncode == 1
    assert "- You say something." in failed.stdout
    assert "+ You say nothing." in failed.stdout


def test_a_name_that_no_test_can_have_is_refused(stretto):
    """The error says which letters."""
    stretto("run", "talk", "hello", "--thread", "t-1")
    said = stretto("replay", "t-1", "--save", "tests/my run")
    assert said.code == 2
    assert "letters, digits and underscores" in said.err


def test_a_thread_can_be_replayed_on_another_team(stretto):
    """`--team` sets another graph against the records."""
    stretto("run", "talk", "hello", "--thread", "t-1")
    said = stretto("replay", "t-1", "--team", "asks")
    assert said.code == 1
    assert "the turn ends with something else" in said.out
    assert "+ asks" in said.out


@pytest.mark.parametrize("thread", ["nothing", "last"])
def test_an_unknown_thread_is_refused(stretto, thread):
    """As everywhere."""
    assert stretto("replay", thread).code == 2


def test_a_saved_test_names_files_from_its_folder_and_is_not_overwritten(stretto, project):
    """So that it runs elsewhere; --force replaces it."""
    (project / "own.py").write_text(
        "from langgraph.graph import START, MessagesState, StateGraph\n"
        "graph = StateGraph(MessagesState).add_node('n', lambda s: {}).add_edge(START, 'n')\n"
        "graph = graph.compile()\n"
    )
    assert stretto("run", "own.py:graph", "hello", "--thread", "t-1").code == 0
    assert stretto("replay", "t-1", "--save", "tests/own").code == 0
    assert 'build("../own.py:graph", start' in (project / "tests" / "test_own.py").read_text()
    said = stretto("replay", "t-1", "--save", "tests/own")
    assert (said.code, "--force" in said.err) == (2, True)
    assert stretto("replay", "t-1", "--save", "tests/own", "--force").code == 0
