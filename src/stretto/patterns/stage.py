"""A place in the order of a saga: one step, or several side by side, and what follows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langgraph.config import get_config
from langgraph.graph import END

from stretto.errors import Rejected
from stretto.members.compensation import goes_on
from stretto.patterns.branch import why_failed
from stretto.patterns.context import seen
from stretto.patterns.gate import pass_in, pass_out
from stretto.patterns.gather import joined
from stretto.patterns.results import answer_of, latest, result_update
from stretto.patterns.rollback import STEPS, UNDO, Errors, broken, refuse_undone
from stretto.patterns.writers import about, quiet
from stretto.state import SagaStep

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from langgraph.graph import StateGraph

    from stretto.members import Brief, ConfigNode, Member, Node, Reply, Update
    from stretto.members.node import Rescue
    from stretto.patterns.context import Context
    from stretto.patterns.fields import Shape

JOIN = "join_{}"
"""The node where steps that work side by side come together, by the number of their place."""


@dataclass(frozen=True, slots=True)
class Stage:
    """The steps at one place of the order."""

    members: Mapping[str, Member]
    number: int
    """From 1."""
    of: int
    names: Sequence[str]
    """Those of all steps of the saga, in their order."""
    context: Context
    errors: Errors

    @property
    def earlier(self) -> tuple[str, ...]:
        """The steps before it."""
        return tuple(self.names[: self.names.index(next(iter(self.members)))])

    @property
    def last(self) -> bool:
        """Whether nothing follows it."""
        return self.number == self.of

    @property
    def end(self) -> str:
        """The node where it ends."""
        return next(iter(self.members)) if len(self.members) == 1 else JOIN.format(self.number)

    def add_to(
        self, graph: StateGraph[Any, Any, Any, Any], fields: Shape, after: Stage | None
    ) -> None:
        """Add its nodes, and the edges to what follows it: the next one, or the undoing."""
        place = f"{self.number} of {self.of}"
        for name, one in self.members.items():
            graph.add_node(
                name, self._node(one, fields), metadata={**about(one, fields), "step": place}
            )
        if self.end not in self.members:
            told = {"role": "joins the steps", "step": place, **quiet(fields)}
            graph.add_node(self.end, self._join(), metadata=told)
            for name in self.members:
                graph.add_edge(name, self.end)
        then = [END] if after is None else list(after.members)

        def where(state: Any) -> list[str]:
            return [UNDO] if broken(state, list(self.members)) else then

        graph.add_conditional_edges(self.end, where, [*then, UNDO])

    def _node(self, one: Member, fields: Shape) -> ConfigNode:
        name = one.name

        def settle(state: Mapping[str, Any], said: Reply) -> Update:
            if said.answer is not None and said.answer.verdict == "rejected":
                why = said.answer.reason or "its answer was rejected"
                return self._broken(state, name, Rejected(why), why)
            if said.silent:
                return {**self._ended(state, name, "done"), **said.update}
            fit = pass_out(one, said, f"{self.number} of {self.of}")
            update = result_update(name, fit)
            ended = self._ended(state, name, "done", update.pop("results")[name])
            return {**ended, **update}

        def skip(state: Mapping[str, Any], _why: str) -> Update:
            return self._ended(state, name, "skipped")

        return one.node(
            self._brief(one), settle, fields=fields.own, skip=skip, rescue=self._rescue(name)
        )

    def _brief(self, one: Member) -> Brief:
        async def brief(state: Mapping[str, Any]) -> dict[str, Any]:
            await refuse_undone(state, self.earlier, get_config())
            results = latest(state.get("results") or {}, self.earlier)
            pass_in(one, results, f"{self.number} of {self.of}")
            shown = {k: v for k, v in state.items() if k not in {STEPS, "failed"}}
            if one.function is not None:
                return {**shown, "results": results}
            messages = await seen(self.context, state, results)
            return {**shown, "results": results, "messages": messages}

        return brief

    def _rescue(self, name: str) -> Rescue:
        async def rescue(state: Mapping[str, Any], error: Exception) -> Update:
            if goes_on(error):
                raise error
            return self._broken(state, name, error, why_failed(error))

        return rescue

    def _broken(self, state: Mapping[str, Any], name: str, error: Exception, why: str) -> Update:
        """The update of a step that came to nothing."""
        no = isinstance(error, Rejected)
        mark = self.errors.keep(error)
        step = SagaStep(status="rejected" if no else "failed", why=why, mark=mark)
        update = self._fresh(state)
        update["results"][name], update["failed"][name], update[STEPS][name] = None, why, step
        return update

    def _ended(
        self, state: Mapping[str, Any], name: str, status: Any, result: Any = None
    ) -> Update:
        """The update of a step that ended well; of the last one the turn's answer too."""
        update = self._fresh(state)
        update["results"][name], update["failed"][name] = result, None
        update[STEPS][name] = SagaStep(status=status)
        if not self.last or self.end != name:
            return update
        return {
            **update,
            **self._answer({**latest(state.get("results") or {}, self.earlier), name: result}),
        }

    def _answer(self, results: Mapping[str, Any]) -> Update:
        """What the last one gave that gave something is the answer."""
        given = [(name, result) for name, result in results.items() if result is not None]
        return answer_of(*given[-1]) if given else {"structured_response": None}

    def _join(self) -> Node:
        names = tuple(self.members)

        async def join(state: Any) -> Update:
            if not self.last or broken(state, names):
                return {}
            results = latest(state.get("results") or {}, names)
            if not results:
                return self._answer(latest(state.get("results") or {}, self.earlier))
            return joined("saga", dict(results), results, {})

        return join

    def _fresh(self, state: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        """The beginning of an update: in the first steps, without what an earlier turn left."""
        fields = ("results", "failed", STEPS)
        if self.number > 1:
            return {field: {} for field in fields}
        others = [other for other in self.names if other not in self.members]
        return {
            field: {other: None for other in others if other in (state.get(field) or {})}
            for field in fields
        }
