"""The end of branches: the node where they come together, and who makes one of what they gave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langgraph.graph import END

from stretto.members.reply import text_of
from stretto.patterns.brief import tag
from stretto.patterns.context import seen
from stretto.patterns.gather import GATHER, gather_node, is_enough, joined, to_repeat
from stretto.patterns.results import answer_of, latest, result_of, result_update
from stretto.patterns.runs import at_most
from stretto.patterns.writers import about, quiet

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from langgraph.graph import StateGraph
    from langgraph.types import Send

    from stretto.members import Member, Reply, Update
    from stretto.patterns.branch import Fork
    from stretto.patterns.context import Context
    from stretto.patterns.fields import Shape
    from stretto.patterns.gather import Names

    Back = Callable[[Any, list[str]], Sequence[str | Send]]
    Together = Callable[[Any, Mapping[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class Join:
    """How branches come together."""

    names: Names
    """What they are called, of the state."""
    back: Back
    """Where those go on that work again, of the state and what they are called."""
    together: Together
    """The turn's typed result, of the state and the results, where nobody joins."""
    joiner: Member | None
    """Who joins; `None` where the results together are the turn's."""
    context: Context

    def add_to(self, graph: StateGraph[Any, Any, Any, Any], fork: Fork, fields: Shape) -> None:
        """Add the nodes and their edges to a graph that has the branches."""
        one, require = self.joiner, fork.require
        after = END if one is None else one.name
        gather = gather_node(fork.pattern, self.names, require, self._ends(fork.pattern))
        told = {"role": "joins the branches", **quiet(fields), **at_most(1)}
        graph.add_node(GATHER, gather, metadata=told)

        def where(state: Any) -> Any:
            names = self.names(state)
            if is_enough(state, names, require):
                return [after]
            return self.back(state, to_repeat(state, names))

        graph.add_conditional_edges(GATHER, where, [*sorted(fork.nodes), after])
        if one is not None:
            node = one.node(self._brief, self._settle, fields=fields.own, skip=self._skip)
            graph.add_node(one.name, node, metadata=about(one, fields))
            graph.add_edge(one.name, END)

    def _ends(self, pattern: str) -> Callable[[Any, Any, Any], Update]:
        if self.joiner is not None:
            return lambda _state, _results, _failed: {}

        def ends(state: Any, results: Mapping[str, Any], failed: Mapping[str, str]) -> Update:
            return joined(pattern, self.together(state, results), results, failed)

        return ends

    async def _brief(self, state: Any) -> dict[str, Any]:
        """What the one who joins is given: the state itself, or all results in words."""
        if self.joiner is not None and self.joiner.function is not None:
            return dict(state)
        results, failed = self._ended(state)
        told = [tag("result", text_of(value), agent=name) for name, value in results.items()]
        told += [tag("failed", why, agent=name) for name, why in failed.items()]
        return {**state, "messages": await seen(self.context, state, {}, extra=told)}

    def _settle(self, _state: Any, said: Reply) -> Update:
        """Its result is the turn's."""
        name = self.joiner.name if self.joiner is not None else ""
        update = {"results": {name: None}, **result_update(name, said)}
        return {**update, **answer_of(name, None if said.silent else result_of(said))}

    def _skip(self, state: Any, _why: str) -> Update:
        """Where the one who joins is left out: the results together."""
        name = self.joiner.name if self.joiner is not None else ""
        results, failed = self._ended(state)
        update = joined(name, self.together(state, results), results, failed)
        return {"results": {name: None}, **update}

    def _ended(self, state: Any) -> tuple[dict[str, Any], dict[str, str]]:
        names = self.names(state)
        return (
            latest(state.get("results") or {}, names),
            latest(state.get("failed") or {}, names),
        )
