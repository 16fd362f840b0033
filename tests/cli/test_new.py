"""`stretto new`: a project, and shipped teams copied into it."""

from __future__ import annotations

from pathlib import Path

import pytest

from stretto.scaffold import copying


@pytest.fixture
def shelf(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that ships one team."""
    root = project / "shelf"
    for name, text in {
        "graphs/pair.yaml": "graph: {pattern: sequential, steps: [pair_writer, {step: pairs.end}]}\n",
        "agents/pair_writer.yaml": "role: writes\nprompt: Write it down.\n",
        "steps/pairs.py": 'def end(state) -> str:\n    """Ends."""\n    return "the end"\n',
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    monkeypatch.setattr(copying, "shipped", lambda: root)
    return root


def test_a_project_is_laid_out_and_says_what_next(stretto):
    """What next is a command that works there."""
    said = stretto("new", "shop")
    assert (said.code, said.out) == (0, "")
    assert "shop: 14 files" in said.err
    assert "Next: cd shop && make test && stretto graph counter --card" in said.err
    assert Path("shop/AGENTS.md").is_file()


def test_a_shipped_team_comes_along_and_runs(stretto, shelf, monkeypatch):
    """Its files are told; in the new project it is checked, and answers."""
    said = stretto("new", "shop", "--team", "pair")
    assert said.code == 0
    for line in ("pair: 3 files", "  agents/pair_writer.yaml", "stretto graph pair --card"):
        assert line in said.err
    monkeypatch.chdir("shop")
    assert stretto("check", "pair").code == 0
    assert "the end" in stretto("run", "pair", "Go.").out


def test_a_team_comes_into_a_project_that_is_there(stretto, shelf):
    """Files of one's own stay, and are told."""
    Path("agents/pair_writer.yaml").write_text("role: mine\n")
    said = stretto("new", ".", "--team", "pair")
    assert said.code == 0
    assert "agents/pair_writer.yaml was there and says something else; it is kept" in said.err
    assert Path("agents/pair_writer.yaml").read_text() == "role: mine\n"
    assert not Path("AGENTS.md").exists()


def test_nothing_is_written_where_something_is_wrong(stretto, shelf):
    """A misspelt team, a folder that holds something, a file."""
    said = stretto("new", "shop", "--team", "pear")
    assert (said.code, "no shipped team 'pear'. Did you mean 'pair'?" in said.err) == (2, True)
    assert not Path("shop").exists()
    for folder in ("graphs", "langgraph.json"):
        said = stretto("new", folder)
        assert (said.code, "is there and not empty. Name a new folder." in said.err) == (2, True)
