from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("langgraph", "langchain", "langchain_core", "pydantic", "langsmith", "openai")


def test_help_groups_the_commands(stretto):
    """Help groups the commands."""
    said = stretto("--help")
    assert said.code == 0
    places = [said.out.index(f" {group} ─") for group in ("build", "run", "look")]
    assert places == sorted(places)


def test_help_and_version_load_no_graph_library():
    """Help and version load no graph library."""
    for option in ("--help", "--version"):
        code = (
            "import sys\nfrom stretto.cli import main\n"
            f"try:\n    main([{option!r}])\nexcept SystemExit as end:\n    assert not end.code\n"
            f"print([m for m in {HEAVY!r} if m in sys.modules])"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        assert done.stdout.splitlines()[-1] == "[]"


def test_no_command_shows_the_help(stretto):
    """No command shows the help."""
    assert "Usage: stretto" in stretto().err + stretto().out


@pytest.mark.parametrize(
    "arguments",
    [
        ["nope"],
        ["run"],
        ["run", "team"],
        ["run", "team", "x", "--max-model-calls", "many"],
        ["show", "--nope"],
    ],
)
def test_a_wrong_usage_ends_with_2(stretto, arguments):
    """A wrong usage ends with 2."""
    said = stretto(*arguments)
    assert said.code == 2
    assert "Traceback" not in said.err


def test_debug_may_stand_anywhere(stretto):
    """Debug may stand anywhere."""
    said = stretto("run", "breaks", "x", "--debug")
    assert said.code == 1
    assert "Traceback" in said.err
    assert "an int is no str" in said.err


def test_a_question_after_two_dashes_is_left_alone(stretto):
    """A question after two dashes is left alone."""
    assert stretto("run", "--json", "talk", "--", "--debug").json["answer"] == "You said: --debug."


def test_it_runs_as_a_module(project):
    """It runs as a module."""
    done = subprocess.run(
        [sys.executable, "-m", "stretto.cli", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("stretto ")
