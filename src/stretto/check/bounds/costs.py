"""What one run of a node comes to at most, what happens within it included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stretto.check.bounds.formula import NOTHING, ONE, Formula, endless, number, symbol, total
from stretto.check.model_calls import model_calls
from stretto.patterns.runs import RUNS_KEY, TIMES_KEY

if TYPE_CHECKING:
    from collections.abc import Callable

    from stretto.check.bounds.bounding import Bounds
    from stretto.check.facts import Agent, Graph, Node

CALLS = "calls"
"""The free input that stands for the tool calls that a model asks for in one answer."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What something comes to at most."""

    node_runs: Formula = NOTHING
    model_calls: Formula = NOTHING
    tool_calls: Formula = NOTHING
    supersteps: Formula = NOTHING
    """Those of graphs within."""
    seconds: Formula = NOTHING
    unknown: tuple[str, ...] = ()

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.node_runs + other.node_runs,
            self.model_calls + other.model_calls,
            self.tool_calls + other.tool_calls,
            self.supersteps + other.supersteps,
            self.seconds + other.seconds,
            (*self.unknown, *other.unknown),
        )

    def most(self, other: Cost) -> Cost:
        """At least as much as both."""
        return Cost(
            self.node_runs.most(other.node_runs),
            self.model_calls.most(other.model_calls),
            self.tool_calls.most(other.tool_calls),
            self.supersteps.most(other.supersteps),
            self.seconds.most(other.seconds),
            (*self.unknown, *other.unknown),
        )

    def times(self, count: Formula) -> Cost:
        """As often as that."""
        return Cost(
            self.node_runs * count,
            self.model_calls * count,
            self.tool_calls * count,
            self.supersteps * count,
            self.seconds * count,
            self.unknown,
        )


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
    policy = node.policy
    retry = getattr(policy, "retry", None)
    if retry is not None and node.agent is None:
        tried *= retry.attempts
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
    found = Cost()
    if node.agent is not None:
        found += of_agent(node.agent, node.graph)
    elif node.graph is not None:
        inner = within(node.graph)
        found += Cost(
            inner.node_runs, inner.model_calls, inner.tool_calls, inner.supersteps, NOTHING,
            inner.unknown,
        )  # fmt: skip
    if node.tools:
        found += Cost(tool_calls=symbol(CALLS))
    return found.times(times) + _own(node)


def _own(node: Node) -> Cost:
    """What the node's own code does."""
    if node.opaque and node.graph is None and node.agent is None:
        return Cost(unknown=(f"{node.name!r}: {node.opaque}",))
    found = [symbol(f"rounds in {node.name}") if c.looped else ONE for c in model_calls(node)]
    return Cost(model_calls=total(found))


def of_agent(agent: Agent, graph: Graph | None) -> Cost:
    """A loop of model and tools: as many answers as its limit allows, then an end."""
    if agent.max_calls is None:
        why = f"nothing bounds the model calls of {agent.name!r}"
        return Cost(endless(why), endless(why), endless(why), endless(why), NOTHING)
    calls = number(agent.max_calls)
    tools = calls * symbol(CALLS) if agent.tools else NOTHING
    if agent.max_tool_calls is not None and agent.tools:
        tools = number(agent.max_tool_calls)
    around = len(graph.nodes) - 2 if graph is not None else 0
    steps = calls * number(max(1, around) + 1) + (calls if agent.tools else NOTHING)
    runs = calls * number(1 + max(0, around)) + tools
    return Cost(runs, calls, tools, steps)
