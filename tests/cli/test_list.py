from __future__ import annotations


def test_everything_is_listed_with_versions_effects_and_a_line(stretto):
    """Everything is listed with versions effects and a line."""
    said = stretto("list").out
    for words in ("A team of plain functions.", "echo", "version 3", "says something", "sums.add"):
        assert words in said
    told = stretto("list", "--json").json
    assert set(told) == {"teams", "agents", "tools", "prompts"}
    assert told["tools"][0]["effect"] == "ask"
    assert told["prompts"][0]["version"] == "2"


def test_what_is_broken_is_told_beside_its_name(stretto, project):
    """What is broken is told beside its name."""
    (project / "agents" / "bad.yaml").write_text("role: x\ntools: [nope]\n")
    (project / "graphs" / "team.py").write_text("def (")
    said = stretto("list")
    assert said.code == 0
    assert "nope" in said.out
    assert "graphs/team.py:graph" in said.out
