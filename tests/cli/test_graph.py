from __future__ import annotations

import xml.etree.ElementTree as ET


def test_a_graph_is_printed_as_mermaid(stretto):
    """A graph is printed as mermaid."""
    said = stretto("graph", "team").out
    assert "graph TD" in said
    assert "planner" in said
    assert "subgraph execute" in stretto("graph", "team", "--xray").out


def test_a_graph_is_drawn_without_the_network(stretto, project):
    """A graph is drawn without the network."""
    said = stretto("graph", "team", "--xray", "--svg", "team.svg")
    assert (said.code, said.out) == (0, "")
    root = ET.parse(project / "team.svg").getroot()
    assert "worker" in {t.text for t in root.iter("{http://www.w3.org/2000/svg}text")}


def test_a_file_that_cannot_be_written_is_named(stretto):
    """A file that cannot be written is named."""
    assert stretto("graph", "team", "--svg", "graphs").code == 2
    said = stretto("graph", "team", "--svg", "nowhere/team.svg")
    assert (said.code, "cannot write nowhere/team.svg" in said.err) == (3, True)


CARDED = """\
version: 4
description: Adds up, and asks.
graph:
  pattern: approve
  member: {pattern: sequential, name: sums, steps: [echo, {step: desk.read}], budget: {tokens: 500}}
  ask: Is it right?
  to: ann
"""


def test_a_card_tells_who_what_and_how_much(stretto, project):
    """Agents, tools with their effects, functions, people, budgets, bounds, a picture."""
    (project / "steps").mkdir()
    (project / "steps/desk.py").write_text(
        'def read(state) -> str:\n    """Reads it."""\n    return "x"\n'
    )
    (project / "graphs/adds_up.yaml").write_text(CARDED)
    said = stretto("graph", "adds_up", "--card")
    assert said.code == 0
    for line in (
        "# adds_up",
        "Adds up, and asks.",
        "Version 4, made by `approve`.",
        "| echo | 3 | says something | the run's | add | - |",
        "| add | ask | Add two numbers. |",
        "| desk.read | Reads it. |",
        "- sums: spends at most tokens 500",
        "- ann is asked before the result of sums counts: Is it right?",
        "## Bounds",
        "```mermaid",
    ):
        assert line in said.out, line
    told = stretto("graph", "team", "--card").out  # functions that no file of steps/ has
    assert "# team" in told
    assert "## Agents" not in told


def test_yaml_is_printed_of_both_forms(stretto, project):
    """A file's team, and what can be told of Python; what cannot is refused with a remedy."""
    (project / "graphs/adds_up.yaml").write_text(
        "graph: {pattern: sequential, steps: [echo], context: none}\n"
    )
    (project / "graphs/made.py").write_text(
        "from stretto import Project, sequential\n"
        "project = Project.at(__file__)\n"
        'graph = sequential(project.agent("echo"), context="none").compile(name="adds_up")\n'
    )
    one, other = (
        stretto("graph", "adds_up", "--yaml"),
        stretto("graph", "graphs/made.py:graph", "--yaml"),
    )
    assert (one.code, one.out) == (0, other.out)
    assert "steps:\n    - echo\n" in one.out
    said = stretto("graph", "breaks", "--yaml")
    assert (said.code, "Make it of patterns, or take it into a team" in said.err) == (2, True)
    said = stretto("graph", "adds_up", "--yaml", "--card")
    assert (said.code, "are several forms. Give one." in said.err) == (2, True)
