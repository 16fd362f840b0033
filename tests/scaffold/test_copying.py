"""Shipped teams copied into projects: all that they need, and nothing else."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

import stretto
from stretto import Project
from stretto.errors import BadDefinition, InvalidInput, UnknownName
from stretto.scaffold import copy_team, lay_out, shipped_teams

NEEDED = {
    *("agents/old_clerk.yaml", "agents/spare.yaml", "agents/study_reader.yaml"),
    *("graphs/inner.yaml", "graphs/old.py", "graphs/study.yaml", "prompts/study.md"),
    *("steps/clerks.py", "steps/known.txt", "steps/study.py", "steps/study_words.py"),
    *("tools/eyes.py", "tools/shelf.py"),
}


def test_a_team_is_copied_with_all_that_it_names_and_nothing_else(shipped: Path) -> None:
    """Through teams, agents, fallbacks, prompts, tools by either name, steps, types, data."""
    lay_out(Path("new"))
    copied = copy_team("study", Path("new"))
    assert {path.as_posix() for path in copied.files} == NEEDED
    assert copied.kept == []
    graphs = json.loads(Path("new/langgraph.json").read_text())["graphs"]
    assert set(graphs) == {"counter", "study", "inner", "old"}
    assert graphs["study"] == "./graphs/study.py:graph"


def test_the_copied_team_is_sound_and_runs_in_its_new_project(shipped: Path) -> None:
    """`stretto check` finds nothing, and it answers with the offline model."""
    lay_out(Path("new"))
    copy_team("study", Path("new"))
    graph = Project.at(Path("new")).graph("study")
    assert stretto.check(graph) == []
    result = stretto.invoke(graph, "clay and glaze", thread="t")
    assert result.text == "stamped"
    assert result.value["results"]["count"] == "2 known words"


def test_what_is_there_stays_and_is_told(shipped: Path) -> None:
    """A file that says something else is kept; a second copy writes nothing."""
    lay_out(Path("new"))
    Path("new/prompts/study.md").write_text("Mine.\n")
    copied = copy_team("study", Path("new"))
    assert copied.kept == [Path("prompts/study.md")]
    assert Path("new/prompts/study.md").read_text() == "Mine.\n"
    again = copy_team("study", Path("new"))
    assert (again.files, again.kept) == ([], copied.kept)


def test_what_cannot_be_copied_is_refused(shipped: Path) -> None:
    """No such team, no project, a graph of that name, a broken langgraph.json."""
    assert shipped_teams() == ["inner", "study", "unrelated"]
    with pytest.raises(UnknownName, match=r"no shipped team 'studdy'\. Did you mean 'study'"):
        copy_team("studdy", Path("new"))
    with pytest.raises(InvalidInput, match=r"is no project\. Make one: stretto new .*--team study"):
        copy_team("study", Path("nowhere"))
    lay_out(Path("new"))
    config = Path("new/langgraph.json")
    config.write_text('{"dependencies": ["."], "graphs": {"inner": "./mine.py:graph"}}')
    with pytest.raises(InvalidInput, match="names another graph 'inner'"):
        copy_team("study", Path("new"))
    config.write_text("{")
    with pytest.raises(BadDefinition):
        copy_team("study", Path("new"))


@pytest.mark.parametrize("name", shipped_teams() or [None])
def test_each_shipped_team_is_built_where_it_is_copied_to(
    name: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing that it names was left behind."""
    if name is None:
        pytest.skip("no team ships as YAML")
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("STRETTO_HOME", str(tmp_path / "home"))
    folder = tmp_path / "new"
    lay_out(folder)
    copy_team(name, folder)
    assert Project.at(folder).graph(name).name == name
