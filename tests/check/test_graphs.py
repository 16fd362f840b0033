"""Sound graphs by hand: they run to their end, and nothing is found in them."""

from __future__ import annotations

import pytest

from stretto.check import check, found_in
from stretto.check.reading.source import graphs_in_source
from stretto.check.rules import all_rules
from tests.check.handwritten import FOLDER, NAMES, finished, handwritten


@pytest.mark.parametrize("name", NAMES)
async def test_a_sound_graph_runs_to_its_end(name: str):
    """What is called sound is: it runs, and no question stays open."""
    said = await finished(handwritten(name))
    assert said
    assert "__interrupt__" not in said


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_found_in_a_sound_graph(name: str):
    """No rule has anything to say."""
    module = handwritten(name)
    assert check(module.graph) == []
    assert check(module.builder) == []


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_found_in_a_sound_graph_s_source(name: str):
    """No rule has anything to say when nothing is imported, either."""
    rules = [rule for rule in all_rules() if not rule.advice]
    graphs = graphs_in_source(FOLDER / f"{name}.py")
    assert graphs or name == "agent_alone"
    assert [finding for graph in graphs for finding in found_in(graph, rules)] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_sound_graph_never_heard_of_us(name: str):
    """They are the graphs of strangers."""
    assert "import stretto" not in (text := (FOLDER / f"{name}.py").read_text())
    assert "from stretto" not in text
