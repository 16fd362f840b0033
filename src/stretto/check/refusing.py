"""Refuses to run a graph with faults that are proved."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from stretto.check.checking import found_in
from stretto.check.reading.compiled import read_graph
from stretto.check.report import shown
from stretto.check.rules import all_rules
from stretto.errors import UnsoundGraph

if TYPE_CHECKING:
    from stretto.check.finding import Finding
    from stretto.spec.target import AnyGraph


def refuse_faults(graph: AnyGraph, name: str) -> None:
    """Refuse a graph that is proved to do something other than it says.

    Args:
        graph: A compiled graph.
        name: What the caller calls it.

    Raises:
        UnsoundGraph: It has errors that are proved; warnings and what is only possible may run.
    """
    left = (rule for rule in all_rules() if not (rule.advice or rule.served or rule.uses))
    rules = [rule for rule in left if rule.severity == "error"]
    found = found_in(read_graph(graph, name=name, served=True), rules)  # we give a checkpointer
    faults = [each for each in found if (each.severity, each.certainty) == ("error", "proved")]
    if faults:
        raise UnsoundGraph(name, [_line(each) for each in faults])


def _line(finding: Finding) -> str:
    place = finding.place
    where = f"{shown(place.file, Path.cwd())}:{place.line} " if place is not None else ""
    return f"{where}{finding.code} {finding.message}"
