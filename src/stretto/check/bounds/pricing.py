"""What a model call of a graph costs at most."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Graph


def price_of_call(graph: Graph, tokens: tuple[int, int] | None) -> float | None:
    """The price of the dearest model call that a graph may make, in the currency of the prices.

    Prices are those of `STRETTO_PRICES`; see `docs/budgets.md`.

    Args:
        graph: The graph.
        tokens: The most tokens that a call is given, and that it writes.

    Returns:
        `None` where tokens are not limited, or a model has no name or no price.
    """
    if tokens is None:
        return None
    from stretto.policy import prices_from_environment

    prices = prices_from_environment()
    costs = [prices.cost(name, *tokens) if name else None for name in models(graph)]
    known = [cost for cost in costs if cost is not None]
    return max(known, default=0.0) if len(known) == len(costs) else None


def models(graph: Graph) -> Iterator[str]:
    """The names of the models of all agents of a graph; empty for one that has none."""
    for each in graph.below():
        if each.agent is not None:
            yield each.agent.model
