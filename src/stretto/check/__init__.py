"""What is wrong with a graph, before it runs: facts, rules and bounds of any LangGraph graph."""

from __future__ import annotations

from stretto.check.checking import check, found_in
from stretto.check.finding import Certainty, Edit, Finding, Place, Severity, Unknown

__all__ = [
    "Certainty",
    "Edit",
    "Finding",
    "Place",
    "Severity",
    "Unknown",
    "check",
    "found_in",
]
