"""`stretto add`: a team of a YAML file is served."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

TEAM = "graph: {pattern: sequential, steps: [{step: desk.find}]}\n"


@pytest.fixture
def shop(project: Path) -> Path:
    """A team's file in the project, and the function that it names."""
    (project / "steps").mkdir()
    (project / "steps/desk.py").write_text(
        'def find(state) -> str:\n    """Finds."""\n    return "found"\n'
    )
    (project / "graphs/shop.yaml").write_text(TEAM)
    return project


def graphs() -> dict[str, str]:
    """What langgraph.json names."""
    return json.loads(Path("langgraph.json").read_text())["graphs"]


def test_a_team_is_added_once(stretto, shop):
    """The second time nothing changes; the others stay."""
    before = graphs()
    said = stretto("add", "graphs/shop.yaml")
    assert (said.code, said.out) == (0, "")
    assert 'shop is in langgraph.json. Next: stretto run shop "..."' in said.err
    assert graphs() == {**before, "shop": "./graphs/shop.py:graph"}
    held = Path("langgraph.json").read_text(), Path("graphs/shop.py").read_text()
    assert "shop was in langgraph.json already" in stretto("add", "graphs/shop.yaml").err
    assert held == (Path("langgraph.json").read_text(), Path("graphs/shop.py").read_text())
    assert "found" in stretto("run", "shop", "Go.").out
    assert "found" in stretto("run", "graphs/shop.py:graph", "Go.").out


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        ("graphs/nope.yaml", "", "graphs/nope.yaml: there is no such file. Did you mean"),
        ("graphs/shop.yaml", TEAM.replace("desk.find", "desk.fnd"), "Did you mean 'desk.find'?"),
        ("graphs/shop.yaml", TEAM.replace("steps:", "stps:"), ":1:30: unknown key 'stps'."),
        ("graphs/shop.yaml", f"name: talk\n{TEAM}", "names another graph 'talk': ./graphs/talk.py"),
        ("graphs/talk.yaml", TEAM, "talk.py is there and says something else. Rename"),
        ("graphs/shop@1.yaml", TEAM, "is an older version, which needs no line"),
        ("agents/echo.yaml", "", "echo.yaml:1:1: unknown key 'role'"),
    ],
)
def test_what_is_wrong_is_not_added(stretto, shop, file, text, says):
    """Neither a line nor a file is written."""
    if text:
        Path(file).write_text(text)
    before = graphs(), sorted(Path("graphs").iterdir())
    said = stretto("add", file)
    assert said.code == 2
    assert says in said.err.replace("\n", " ") or says in said.err
    assert "Traceback" not in said.err
    assert before == (graphs(), sorted(Path("graphs").iterdir()))
