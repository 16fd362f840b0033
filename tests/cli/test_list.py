from __future__ import annotations

from stretto import Project

STEPS = '''
"""What teams go by."""
from json import dumps

LIMIT = 5

class Order:
    """What somebody wants."""

async def price(state):
    """Prices it.

    In euros.
    """

def _rounded(euros):
    """Nobody's business."""
'''


def test_everything_is_listed_with_versions_effects_and_a_line(stretto, project):
    """Everything is listed with versions effects and a line."""
    (project / "steps").mkdir()
    (project / "steps" / "shop.py").write_text(STEPS)
    (project / "steps" / "_within.py").write_text("def hidden(): ...\n")
    said = stretto("list").out
    for words in ("A team of plain functions.", "echo", "version 3", "says something", "sums.add"):
        assert words in said
    told = stretto("list", "--json").json
    assert set(told) == {"teams", "agents", "tools", "prompts", "steps"}
    assert told["tools"][0]["effect"] == "ask"
    assert told["prompts"][0]["version"] == "2"
    steps = [(step["name"], step["about"]) for step in told["steps"]]
    assert steps == [("shop.Order", "What somebody wants."), ("shop.price", "Prices it.")]
    assert {name for name, _ in steps} == set(Project.at(project / "langgraph.json").steps())


def test_what_is_broken_is_told_beside_its_name(stretto, project):
    """What is broken is told beside its name."""
    (project / "agents" / "bad.yaml").write_text("role: x\ntools: [nope]\n")
    (project / "graphs" / "team.py").write_text("def (")
    (project / "steps").mkdir()
    (project / "steps" / "bad.py").write_text("def (")
    (project / "steps" / "good.py").write_text("def go(): 'Goes.'\n")
    said = stretto("list")
    assert said.code == 0
    assert "nope" in said.out
    assert "graphs/team.py:graph" in said.out
    assert "steps/bad.py" in said.out
    assert "good.go" in said.out
