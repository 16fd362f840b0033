"""What `stretto run` refuses to run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from stretto.check.checking import check
from stretto.check.refusing import refuse_faults
from stretto.check.rules import all_rules
from stretto.errors import UnsoundGraph
from tests.check.loading import loaded

if TYPE_CHECKING:
    from pathlib import Path


def bad(code: str, folder: Path) -> Any:
    """The graph of a rule's bad example."""
    (rule,) = [each for each in all_rules() if each.code == code]
    return loaded(rule.example("Bad"), folder, f"refused_{code.lower()}").graph


@pytest.mark.parametrize("code", ["G101", "E301", "E302"])
def test_a_graph_with_a_proved_fault_is_refused(code: str, tmp_path: Path):
    """It does something other than it says."""
    with pytest.raises(UnsoundGraph, match=code):
        refuse_faults(bad(code, tmp_path), "graph")


@pytest.mark.parametrize("code", ["E303", "E304", "E305", "E306", "E307"])
def test_a_graph_that_others_run_wrongly_is_not(code: str, tmp_path: Path):
    """We give it a checkpointer and answer by id; warnings may run."""
    graph = bad(code, tmp_path)
    assert code in {each.code for each in check(graph)}
    refuse_faults(graph, "graph")
