"""A rule: its code, what it looks for, and how the fault it looks for is put into a sound graph."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stretto.check.finding import Certainty, Edit, Finding, Place, Severity

if TYPE_CHECKING:
    from langgraph.graph import StateGraph
    from langgraph.pregel import Pregel

    from stretto.check.facts import Graph

Check = Callable[["Graph"], Iterable[Finding]]
Mutate = Callable[
    ["StateGraph[Any, Any, Any, Any]"],
    "StateGraph[Any, Any, Any, Any] | Pregel[Any, Any, Any, Any] | None",
]
"""Gives a copy of a sound graph with the fault in it; `None` where it cannot be put into it. It is
compiled where the fault lies in what it is compiled with."""

_BLOCK = re.compile(r"^(Bad|Good):\n+```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Rule:
    """One kind of fault.

    Its module's docstring is its page: a first line that says the fault, why it matters, and two
    examples under `Bad:` and `Good:`, each of which defines `graph` and runs.
    """

    code: str
    """A letter for its group and three digits; never used again for anything else."""
    name: str
    severity: Severity
    page: str | None
    """The docstring of its module."""
    check: Check
    """Looks at one graph; graphs within it are given by themselves."""
    mutate: Mutate | None = None
    advice: bool = False
    """Whether it must be asked for."""
    fixes: bool = False
    """Whether `--fix` mends it."""
    served: bool = False
    """Whether it is about graphs that a server serves, as langgraph.json names them."""
    uses: bool = False
    """Whether it is about code that runs a graph, so that others may run it all the same."""
    static: bool = True
    """Whether source alone is enough to find its bad example."""

    @property
    def explanation(self) -> str:
        """Its page; empty where Python was told to leave docstrings out."""
        return self.page or ""

    @property
    def summary(self) -> str:
        """The fault in a sentence."""
        return self.explanation.strip().partition("\n\n")[0].replace("\n", " ")

    @property
    def why(self) -> str:
        """What happens with it, without the examples."""
        text = self.explanation.strip().partition("\n\n")[2]
        return _BLOCK.sub("", text).strip()

    def example(self, kind: str) -> str:
        """The source of its "Bad" or "Good" example; empty when there is none."""
        blocks: dict[str, str] = dict(_BLOCK.findall(self.explanation))
        return blocks.get(kind, "")

    def finding(
        self,
        graph: Graph,
        message: str,
        remedy: str,
        *,
        certainty: Certainty = "proved",
        severity: Severity | None = None,
        node: str = "",
        key: str = "",
        place: Place | None = None,
        edits: tuple[Edit, ...] = (),
        path: tuple[str, ...] = (),
    ) -> Finding:
        """Make a finding of this rule.

        Args:
            graph: The graph it is in.
            message: One line that names the node, key or edge, without a full stop.
            remedy: One sentence that says what mends it, with a full stop.
            certainty: How sure it is.
            severity: Other than the rule's.
            node: The node it is about.
            key: The field of the state it is about.
            place: Where it stands; by default where the node is added, else the graph.
            edits: What `--fix` would change.
            path: The nodes of a counterexample.
        """
        if place is None and node in graph.nodes:
            about = graph.nodes[node]
            place = about.place or (about.code.place if about.code else None)
        return Finding(
            self.code,
            self.name,
            severity or self.severity,
            certainty,
            message,
            remedy,
            graph.title,
            node,
            key,
            place or graph.place,
            edits,
            path,
        )
