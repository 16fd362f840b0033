"""`stretto check` of teams that YAML files declare."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from stretto import check, team
from stretto.check.targets import load

if TYPE_CHECKING:
    from pathlib import Path

GOOD = "graph: {pattern: sequential, steps: [{step: desk.find}]}\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one step."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.chdir(tmp_path)
    for name, text in {
        "langgraph.json": '{"dependencies": ["."], "graphs": {}}',
        "steps/desk.py": 'def find(state) -> str:\n    """Finds."""\n    return "found"\n',
        "graphs/shop.yaml": GOOD,
        "graphs/other.yaml": "settings: {graph: 1}\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_a_teams_file_and_those_of_a_folder_are_checked(root: Path) -> None:
    """By name, and where a folder holds them; other YAML is left alone."""
    for target in ("graphs/shop.yaml", "graphs", ".", "shop", "shop@1"):
        loaded = load([target])
        assert [graph.name for graph in loaded.graphs] == ["shop"], target
        assert not loaded.problems
        assert not check(team("graphs/shop.yaml"))


def test_a_wrong_file_is_a_problem_with_its_lines(root: Path) -> None:
    """All faults; without imports those of the file itself."""
    (root / "graphs" / "shop.yaml").write_text(GOOD.replace("steps:", "stps:"))
    for static in (False, True):
        (problem,) = load(["graphs"], static=static).problems
        assert "shop.yaml:1:30: unknown key 'stps'. Did you mean 'steps'?" in problem.why
    (root / "graphs" / "shop.yaml").write_text(GOOD.replace("desk.find", "desk.fnd"))
    (problem,) = load(["graphs/shop.yaml"]).problems
    assert "Did you mean 'desk.find'?" in problem.why


def test_a_file_that_python_serves_is_checked_once(root: Path) -> None:
    """The Python file beside it stands for it."""
    (root / "graphs" / "shop.py").write_text("from stretto import team\n\ngraph = team(__file__)\n")
    assert len(load(["graphs"]).graphs) == 1


def test_teams_that_langgraph_json_does_not_name_are_checked_too(root: Path) -> None:
    """Without a target all of the project's; other versions are named alone."""
    (root / "graphs/other.yaml").unlink()
    assert [graph.name for graph in load([]).graphs] == ["shop"]
    (problem,) = load(["shop@7"]).problems
    assert "no version '7'. Known: 1." in problem.why
