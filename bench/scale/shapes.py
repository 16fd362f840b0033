"""Teams of any size, whose models follow a script: each agent does its part, once."""

from __future__ import annotations

import math
import operator
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from langchain_core.messages import AIMessage
from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict, override

from stretto import Agent, member
from stretto.models.answering import AnsweringModel
from stretto.patterns import parallel, sequential, supervisor, swarm
from stretto.patterns.handing_over import ONE_TOOL
from stretto.patterns.hierarchy import hierarchy, level
from stretto.testing.call import call

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from langchain_core.messages import BaseMessage

Graph: TypeAlias = "StateGraph[Any, Any, Any, Any]"
FEW = 5
"""Delegations and handoffs of the tasks that do not involve everybody."""
DONE = "My part is done: nothing was amiss."


class Scripted(AnsweringModel):
    """Answers by a function of what it is asked, tools included, that gives names of tools."""

    disable_streaming: bool = True

    @property
    @override
    def _llm_type(self) -> str:
        return "scripted"

    @override
    def _answer(
        self, messages: list[BaseMessage], stop: list[str] | None, kwargs: Mapping[str, Any]
    ) -> AIMessage:
        asked = call(messages, tools=kwargs.get("tools") or ())
        calls = [
            {"name": name, "args": args, "id": f"c{len(messages)}_{n}", "type": "tool_call"}
            for n, (name, args) in enumerate(self._calls(messages, asked.tool_names))
        ]
        return AIMessage("" if calls else DONE, tool_calls=calls)

    def _calls(
        self, _messages: list[BaseMessage], _tools: tuple[str, ...]
    ) -> list[tuple[str, dict[str, Any]]]:
        return []


class Boss(Scripted):
    """Delegates to all of its workers at once, or to the first few one after the other."""

    workers: list[str]
    at_once: bool = True

    @override
    def _calls(
        self, messages: list[BaseMessage], tools: tuple[str, ...]
    ) -> list[tuple[str, dict[str, Any]]]:
        done = sum(message.type == "tool" for message in messages)
        names = self.workers[done:] if self.at_once else self.workers[done : min(done + 1, FEW)]
        task = "See to your part of it."
        if "delegate" in tools:
            return [("delegate", {"worker": name, "task": task}) for name in names]
        return [(f"delegate_to_{name}", {"task": task}) for name in names]


class Peer(Scripted):
    """Hands over to the next one, so often."""

    follows: str
    """The next one; "" to answer."""

    @override
    def _calls(
        self, messages: list[BaseMessage], tools: tuple[str, ...]
    ) -> list[tuple[str, dict[str, Any]]]:
        if not self.follows:
            return []
        if ONE_TOOL in tools:
            return [(ONE_TOOL, {"to": self.follows, "reason": "go on"})]
        return [(f"hand_over_to_{self.follows}", {"reason": "go on"})]


def workers(many: int, model: Any = None, prefix: str = "w") -> list[Agent]:
    """So many agents that answer at once."""
    model = model or Scripted()
    return [Agent(name=f"{prefix}{n}", role="does its part", model=model) for n in range(many)]


def _boss(name: str, under: list[str], *, at_once: bool) -> Agent:
    model = Boss(workers=under, at_once=at_once)
    return Agent(name=name, model=model, max_model_calls=max(12, FEW + 1))


def _tree(agents: int, levels: int, name: str, lead: Callable[..., Any]) -> Any:
    """A manager with all others under it, in so many levels; `lead` puts them together."""
    if levels == 1 or agents <= 3:
        return lead(name, workers(agents - 1, prefix=f"{name}_"))
    groups = math.ceil((agents - 1) ** (1 / levels))
    size, more = divmod(agents - 1, groups)
    sizes = [size + (n < more) for n in range(groups)]
    under = [
        _tree(each, levels - 1, f"{name}_{n}", lead)
        if each > 1
        else workers(1, prefix=f"{name}_{n}_")[0]
        for n, each in enumerate(sizes)
    ]
    return lead(name, under)


def _names(under: list[Any]) -> list[str]:
    return [each.name for each in under]


def supervised(agents: int, levels: int = 1, *, at_once: bool = True) -> Graph:
    """Supervisors of supervisors; everybody works, or a few one after the other."""

    def lead(name: str, under: list[Any]) -> Any:
        head = _boss(name, _names(under), at_once=at_once)
        return member(supervisor(head, under, max_delegations=len(under)), name=name)

    made: Any = _tree(agents, levels, "m", lead).source
    return made


def ranked(agents: int, levels: int = 1) -> Graph:
    """The same as a hierarchy: each level under the authority of the one above."""

    def lead(name: str, under: list[Any]) -> Any:
        many, head = len(under), _boss(name, _names(under), at_once=True)
        if name == "m":
            return hierarchy(head, under, max_delegations=many)
        return level(head, under, max_delegations=many)

    made: Graph = _tree(agents, levels, "m", lead)
    return made


def swarmed(agents: int, *, all_speak: bool = False) -> Graph:
    """Peers, each of whom may hand over to all; a few of them do, or all, to the next."""
    speak = agents if all_speak else FEW
    names = [f"w{n}" for n in range(agents)]
    peers = [
        Agent(name=name, role="does its part", model=Peer(follows=after))
        for name, after in zip(names, [*names[1:speak], *[""] * (agents - speak + 1)], strict=True)
    ]
    edges = {name: [after] for name, after in pairwise(names)}
    if not all_speak:
        return swarm(peers)
    return swarm(peers, edges=edges, context="last", max_handoffs=agents)


class Kept(TypedDict):
    """What a chain by hand keeps."""

    results: Annotated[dict[str, str], operator.or_]


def by_hand(agents: int) -> Graph:
    """A chain in LangGraph alone, of functions: what checkpoints cost without us."""

    def step(name: str) -> Any:
        async def work(_state: Any) -> dict[str, Any]:
            return {"results": {name: DONE}}

        return work

    graph: Graph = StateGraph(Kept)
    names = [f"w{n}" for n in range(agents)]
    for name in names:
        graph.add_node(name, step(name))
    for one, after in pairwise([START, *names]):
        graph.add_edge(one, after)
    return graph


BY_HAND = "chain of functions by hand"
SHAPES: dict[str, Callable[[int], Graph]] = {
    "supervisor, all at once": supervised,
    "supervisors in two levels": lambda n: supervised(n, 2),
    "supervisors in three levels": lambda n: supervised(n, 3),
    "hierarchy in two levels": lambda n: ranked(n, 2),
    "hierarchy in three levels": lambda n: ranked(n, 3),
    "supervisor, five one by one": lambda n: supervised(n, at_once=False),
    "swarm, five of all": swarmed,
    "swarm, each to the next": lambda n: swarmed(n, all_speak=True),
    "parallel": lambda n: parallel(*workers(n)),
    "sequential": lambda n: sequential(*workers(n)),
    BY_HAND: by_hand,
}
