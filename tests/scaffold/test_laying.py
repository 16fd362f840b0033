"""A new project: whole, sound, and its own tests pass."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML

from stretto.errors import InvalidInput, StateUnavailable
from stretto.scaffold import lay_out


def test_its_tests_pass_as_they_are(tmp_path: Path) -> None:
    """`make test` in the new folder: `stretto check`, then pytest."""
    lay_out(tmp_path / "new")
    environment = {
        **{key: each for key, each in os.environ.items() if not key.startswith("PYTEST_")},
        "PYTHON": sys.executable,
    }
    done = subprocess.run(
        ["make", "test", f"PYTHON={sys.executable}"],
        cwd=tmp_path / "new",
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nothing is wrong in" in done.stdout
    assert "3 passed" in done.stdout


def test_it_carries_the_schema_that_its_team_names(tmp_path: Path) -> None:
    """The first line of the team leads an editor to it, and the team fits it."""
    written = lay_out(tmp_path / "new")
    assert Path("team.schema.json") in written
    text = (tmp_path / "new/graphs/counter.yaml").read_text()
    assert text.startswith("# yaml-language-server: $schema=../team.schema.json\n")
    schema = json.loads((tmp_path / "new/team.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(YAML(typ="safe").load(text))


def test_nothing_of_the_template_is_left_behind(tmp_path: Path) -> None:
    """All files, `.gitignore` under its own name, no leavings of Python."""
    lay_out(tmp_path / "new")
    found = {p.relative_to(tmp_path / "new").as_posix() for p in (tmp_path / "new").rglob("*.*")}
    assert {".gitignore", "AGENTS.md", "tests/test_counter.py", "prompts/clerk.md"} <= found
    assert not any("pycache" in each or each.startswith("gitignore") for each in found)


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    """Also a file, and a place that cannot be written."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/x").write_text("x")
    for name in ("mine", "mine/x"):
        with pytest.raises(InvalidInput, match=r"is there and not empty\. Name a new folder"):
            lay_out(tmp_path / name)
    with pytest.raises(StateUnavailable, match=r"cannot write .* Name a folder that can be"):
        lay_out(tmp_path / "mine/x/new")
