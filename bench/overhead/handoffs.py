"""Peers that hand a conversation over twenty times; the last of them answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.types import Command

from bench.overhead.delegations import turns
from bench.overhead.ways import Work
from stretto.patterns import swarm
from stretto.state import HandOver

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NAMES = ("ada", "bob", "cyd")
HANDOFFS = 20


def said_before(state: Mapping[str, Any]) -> int:
    """How many have spoken in this turn."""
    return sum(message.type == "ai" for message in state["messages"])


def after(name: str) -> str:
    return NAMES[(NAMES.index(name) + 1) % len(NAMES)]


class Active(MessagesState):
    """What is kept by hand."""

    active: str


def hand() -> Any:
    """`Command(goto)`, with the active one in the state."""

    def peer(name: str) -> Any:
        async def speak(state: Active) -> Command[Any]:
            made = said_before(state)
            if made == HANDOFFS:
                update = {"messages": [AIMessage("all done", name=name)], "active": name}
                return Command(goto=END, update=update)
            to = after(name)
            update = {"messages": [AIMessage(f"part {made}", name=name)], "active": to}
            return Command(goto=to, update=update)

        return speak

    async def begins(state: Active) -> str:
        return state.get("active") or NAMES[0]

    graph = StateGraph(Active)
    for name in NAMES:
        graph.add_node(name, peer(name), destinations=(*NAMES, END))
    graph.add_conditional_edges(START, begins, list(NAMES))
    return graph.compile()


def ours() -> Any:
    """Our pattern, of functions."""

    def peer(name: str) -> Callable[[Any], Any]:
        async def speak(state: Mapping[str, Any]) -> HandOver | str:
            made = said_before(state)
            if made == HANDOFFS:
                return "all done"
            return HandOver(to=after(name), say=f"part {made}")

        speak.__name__ = name
        return speak

    return swarm([peer(name) for name in NAMES], max_handoffs=HANDOFFS).compile()


def theirs() -> Any:
    """langgraph-swarm; its peers have to be graphs."""
    from langgraph_swarm import create_swarm

    def peer(name: str) -> Any:
        async def speak(state: MessagesState) -> Any:
            made = said_before(state)
            if made == HANDOFFS:
                return {"messages": [AIMessage("all done", name=name)]}
            to = after(name)
            said = [*state["messages"], AIMessage(f"part {made}", name=name)]
            update = {"messages": said, "active_agent": to}
            return Command(goto=to, graph=Command.PARENT, update=update)

        graph = StateGraph(MessagesState)
        graph.add_node("speak", speak, destinations=())
        graph.add_edge(START, "speak")
        return graph.compile(name=name)

    return create_swarm([peer(n) for n in NAMES], default_active_agent=NAMES[0]).compile()


def handoffs() -> Work:
    """The same twenty handoffs three ways."""
    ways = {"by hand": hand(), "stretto": ours(), "langgraph-swarm": theirs()}
    turned = {name: turns(graph) for name, graph in ways.items()}
    return Work(f"swarm, {HANDOFFS} handoffs", turned, {"stretto": 1.2}, times=2)
