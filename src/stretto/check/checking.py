"""Runs the rules over a graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stretto.check.reading.compiled import read_graph
from stretto.check.rules import all_rules

if TYPE_CHECKING:
    from collections.abc import Iterable

    from langgraph.graph import StateGraph
    from langgraph.pregel import Pregel

    from stretto.check.facts import Graph
    from stretto.check.finding import Finding
    from stretto.check.rule import Rule

_ORDER = {"error": 0, "warning": 1, "info": 2}


def check(
    graph: StateGraph[Any, Any, Any, Any] | Pregel[Any, Any, Any, Any],
    *,
    name: str = "",
    advice: bool = False,
) -> list[Finding]:
    """Find what is wrong with a graph, without running it.

    Args:
        graph: A `StateGraph` or what it was compiled to; graphs within it are checked, too.
        name: What to call it in findings; by default its own name.
        advice: Whether to say, too, what could be better.

    Returns:
        What was found, the worst first; an empty list when nothing was.
    """
    rules = [rule for rule in all_rules() if advice or not rule.advice]
    return found_in(read_graph(graph, name=name), rules)


def found_in(graph: Graph, rules: Iterable[Rule]) -> list[Finding]:
    """Find what rules have to say of a graph whose facts are known, and of those within it."""
    chosen = list(rules)
    found = {
        finding: None
        for each in graph.below()
        for rule in chosen
        if each.served or not rule.served
        for finding in rule.check(each)
    }
    return sorted(_once(found, graph), key=_rank)


def _once(found: Iterable[Finding], graph: Graph) -> list[Finding]:
    """Each stretch of source once, though several nodes may share a function."""
    wholes = {each.place for each in graph.below()}
    seen: dict[tuple[Any, ...], Finding] = {}
    for each in found:
        shared = each.place is not None and each.place not in wholes
        seen.setdefault((each.code, each.place, each.key) if shared else (each,), each)
    return list(seen.values())


def _rank(finding: Finding) -> tuple[Any, ...]:
    return (_ORDER[finding.severity], finding.code, finding.graph, finding.node, finding.message)
