"""What one run of a node comes to at most, what happens within it included."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stretto.check.bounds.agents import CALLS, of_agent, of_tools, tries
from stretto.check.bounds.asking import Asked, asked_by, models_in
from stretto.check.bounds.formula import NOTHING, ONE, Formula, endless, number, symbol, total
from stretto.check.bounds.spent import Cost
from stretto.patterns.runs import RUNS_KEY, TIMES_KEY

if TYPE_CHECKING:
    from collections.abc import Callable

    from stretto.check.bounds.bounding import Bounds
    from stretto.check.facts import Graph, Node


def cost_of(node: Node, within: Callable[[Graph], Bounds]) -> Cost:
    """What one run of a node comes to at most, its retries included.

    Args:
        node: The node.
        within: Gives the bounds of a graph within it.
    """
    attempts = _attempts(node)
    once = Cost(node_runs=ONE, seconds=_seconds(node)) + _inside(node, within)
    return once.times(number(attempts))


def declared_runs(node: Node) -> Formula | None:
    """How often a node runs in a turn at most, as its pattern says."""
    return read_count(node.metadata.get(RUNS_KEY))


def read_count(told: Any) -> Formula | None:
    """A number, or what there may be any number of, such as "1 + 2 * items"."""
    if told is None:
        return None
    return total(_product(part) for part in str(told).split("+"))


def _product(text: str) -> Formula:
    product = ONE
    for part in text.split("*"):
        word = part.strip()
        product *= number(float(word)) if word[:1].isdigit() else symbol(word)
    return product


def _attempts(node: Node) -> int:
    tried = max((each.max_attempts for each in node.retry), default=1)
    if node.agent is None:
        tried *= tries(node.policy)
    return max(1, tried)


def _seconds(node: Node) -> Formula:
    timeout = getattr(node.timeout, "run_timeout", node.timeout)
    seconds = getattr(timeout, "total_seconds", None)
    value = seconds() if seconds is not None else timeout
    if isinstance(value, int | float):
        return number(float(value))
    return endless(f"{node.name!r} has no timeout")


def _inside(node: Node, within: Callable[[Graph], Bounds]) -> Cost:
    times = read_count(node.metadata.get(TIMES_KEY)) or ONE
    asked = Asked()
    if node.code is not None and node.agent is None:
        asked = asked_by(node.code, node.name, node.graph)
        times = times * asked.graph if asked.graph else times
    found = Cost()
    if node.agent is not None:
        policy = getattr(node.agent.spec, "policy", None) or node.policy
        found += of_agent(node.agent, node.graph, policy)
    elif node.graph is not None:
        inner = within(node.graph)
        found += Cost(
            inner.node_runs, inner.model_calls, inner.tool_calls, inner.supersteps, NOTHING,
            inner.unknown,
        )  # fmt: skip
    return found.times(times) + of_tools(node.tools, symbol(CALLS)) + _own(node, asked)


def _own(node: Node, asked: Asked) -> Cost:
    """What the node's own code does."""
    if node.opaque and node.graph is None and node.agent is None:
        return Cost(unknown=(f"{node.name!r}: {node.opaque}",))
    if node.code is None and node.graph is None and node.member is None:
        count = models_in(getattr(node.live, "runnable", None))
        return Cost(model_calls=number(count or 0))
    return Cost(model_calls=asked.models, unknown=asked.unknown)
