"""The pre-commit hook and the GitHub Action call the command as it is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from typer.main import get_command

from stretto.cli.app import app

ROOT = Path(__file__).parents[1]


def parsed(words: list[str]) -> None:
    """Read a command line as ours."""
    assert words[0] == "stretto"
    group: Any = get_command(app)
    group.commands[words[1]].make_context(words[1], words[2:]).close()


def read(name: str) -> Any:
    """A YAML file at the top of the repository."""
    return YAML(typ="safe").load(ROOT / name)  # pyright: ignore[reportUnknownMemberType]


def test_the_hook_reads_the_source_of_all_files():
    """A graph lies in several files, so it is not given those that changed."""
    (hook,) = read(".pre-commit-hooks.yaml")
    assert hook["pass_filenames"] is False
    parsed([*hook["entry"].split(), *hook["args"]])


def test_the_action_annotates():
    """It gives its inputs to the command, each by the environment, so that none is a script."""
    action = read("action.yml")
    *_, last = action["runs"]["steps"]
    assert "${{" not in last["run"]
    words = re.sub(r"\$(OPTIONS|TARGETS)", "--static app.py", last["run"]).split()
    parsed(words)
    assert set(last["env"]) == {"TARGETS", "OPTIONS"}
    assert {"targets", "options", "install", "python-version"} == set(action["inputs"])
