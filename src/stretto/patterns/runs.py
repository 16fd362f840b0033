"""How often the nodes of a pattern run in a turn at most: told in metadata, for bounds."""

from __future__ import annotations

from typing import Any

RUNS_KEY = "runs"
"""Key in a node's metadata: how often it runs, as a number or a sum of products of numbers and of
what there may be any number of, such as "1 + 2 * items"."""
TIMES_KEY = "times"
"""Key that says likewise how often one run of the node runs what is within it."""
TOGETHER_KEY = "runs_together"
"""Key that names nodes which share their runs: together they run so often, whichever it is."""


def at_most(
    runs: int | str, *, times: int | str | None = None, together: str = ""
) -> dict[str, Any]:
    """The metadata that says how often a node runs in a turn at most.

    Args:
        runs: How often.
        times: How often each run runs what is within; by default once.
        together: A name for nodes that share their runs.
    """
    told: dict[str, Any] = {RUNS_KEY: str(runs)}
    if times is not None:
        told[TIMES_KEY] = str(times)
    return {**told, TOGETHER_KEY: together} if together else told
