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
