from __future__ import annotations

import xml.etree.ElementTree as ET

from stretto.cli.drawing import svg
from stretto.cli.layout import arrange
from stretto.cli.picture import Link, Node

SVG = "{http://www.w3.org/2000/svg}"


def test_nodes_edges_labels_and_groups_are_well_formed_svg():
    """Nodes edges labels and groups are well formed SVG."""
    nodes = [Node("__start__", "__start__"), Node("a<b", "a<b", "does & undoes"), Node("g:x", "x")]
    links = [
        Link("__start__", "a<b"),
        Link("a<b", "g:x", "if > 1", conditional=True),
        Link("g:x", "g:x"),
    ]
    root = ET.fromstring(svg(arrange(nodes, links), title="a & b"))
    texts = {t.text for t in root.iter(f"{SVG}text")}
    assert {"a<b", "does & undoes", "if > 1", "g", "x"} <= texts
    edges = [p for p in root.iter(f"{SVG}path") if p.get("class", "").startswith("edge")]
    assert len(edges) == 3
    assert sum("conditional" in p.get("class") for p in edges) == 1
    assert root.find(f"{SVG}title").text == "a & b"
