"""What a swarm costs against one that is written by hand, and against langgraph-swarm.

    python -m bench.swarm [--repeats 9] [--runs 10]

One turn with 20 handoffs between two peers, then an answer; CPU time, no checkpointer, no journal.
All ways alternate in one process, after a round that does not count; the median of the ratios in
the rounds counts.

`functions`: peers that are functions; by hand each gives a `Command(goto)`. `models`: the same,
where each asks a scripted model with the conversation and goes by its tool call. `agents`: both
sides have `create_agent` with a scripted model and nothing else, and a tool that hands over; by
hand it gives a `Command` to the graph above that carries no messages but the handoff's.
langgraph-swarm runs the same agents with its own tool, where it is installed; it is compared with
the agents by hand, and with the models by hand.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import importlib
import json
import statistics
import time
from typing import TYPE_CHECKING, Annotated, Any

from langchain.agents import create_agent
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import InjectedToolCallId, tool
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.types import Command
from rich.console import Console
from rich.table import Table
from typing_extensions import TypedDict

from stretto import member
from stretto.patterns import hand_over_tool, swarm
from stretto.state import HandOver
from stretto.testing import Reply, ScriptedModel, tool_call

if TYPE_CHECKING:
    from collections.abc import Callable

HANDOFFS = 20
OTHER = {"a": "b", "b": "a"}


class Peers(MessagesState):
    """The state of a swarm by hand."""

    active: str
    left: int


class Left(TypedDict, total=False):
    """The same field, as the user's own."""

    left: int


def by_hand(node: Callable[[str], Any]) -> Any:
    """Two peers, wired by hand."""
    graph = StateGraph(Peers)
    for name, other in OTHER.items():
        graph.add_node(name, node(name), destinations=(other, END))

    def begins(state: Peers) -> str:
        return state.get("active") or "a"

    graph.add_conditional_edges(START, begins, ["a", "b"])
    return graph.compile()


def function_by_hand(name: str) -> Any:
    """A peer that is a function."""
    other = OTHER[name]

    async def node(state: Peers) -> Command[Any]:
        left = state["left"]
        if not left:
            words = [AIMessage("done", name=name)]
            return Command(goto=END, update={"messages": words, "active": name})
        return Command(goto=other, update={"active": other, "left": left - 1})

    return node


def function_of_ours(name: str) -> Any:
    """The same as a member."""

    async def node(state: Any) -> Any:
        left = state["left"]
        return HandOver(to=OTHER[name], update={"left": left - 1}) if left else "done"

    return member(node, name=name)


def model_by_hand(script: Script) -> Callable[[str], Any]:
    """A peer that asks a model and reads its tool call."""

    def peer(name: str) -> Any:
        model, other = script.model(name), OTHER[name]

        async def node(state: Peers) -> Command[Any]:
            said = await model.ainvoke(state["messages"])
            if not said.tool_calls:
                return Command(goto=END, update={"messages": [said], "active": name})
            return Command(goto=other, update={"active": other})

        return node

    return peer


def model_of_ours(script: Script) -> Callable[[str], Any]:
    """The same as a member."""

    def peer(name: str) -> Any:
        model = script.model(name)

        async def node(state: Any) -> Any:
            said = await model.ainvoke(state["messages"])
            if not said.tool_calls:
                return said.text
            args = said.tool_calls[0]["args"]
            return HandOver(to=OTHER[name], reason=args["reason"], payload=args["payload"])

        return member(node, name=name)

    return peer


class Script:
    """What the models of two agents say: so many handoffs, then an answer."""

    def __init__(self, prefix: str, **args: Any) -> None:
        self.left, self.prefix, self.args = HANDOFFS, prefix, args

    def model(self, name: str) -> ScriptedModel:
        """The model of one of them."""

        def say(_messages: Any) -> Reply:
            if not self.left:
                self.left = HANDOFFS
                return Reply("done", usage=(1, 1))
            self.left -= 1
            args = {key: f"{value} {self.left}" for key, value in self.args.items()}
            call = tool_call(f"{self.prefix}{OTHER[name]}", **args)
            return Reply("", [call], usage=(1, 1))

        return ScriptedModel(say)


def hand_tool(to: str) -> Any:
    """A tool that hands over, as one writes it."""

    @tool(f"hand_to_{to}")
    def hand(reason: str, call: Annotated[str, InjectedToolCallId]) -> Any:
        """Hand over."""
        words = [ToolMessage(reason, tool_call_id=call)]
        message = AIMessage("", tool_calls=[{"name": f"hand_to_{to}", "args": {}, "id": call}])
        update = {"active": to, "messages": [message, *words]}
        return Command(goto=to, graph=Command.PARENT, update=update)

    return hand


def agents_by_hand() -> Any:
    """Two peers of `create_agent`, wired by hand."""
    script = Script("hand_to_", reason="yours")
    return by_hand(
        lambda name: create_agent(script.model(name), [hand_tool(OTHER[name])], name=name)
    )


def agents_of_ours(context: Any) -> Any:
    """The same as members; they hand over in a circle, so each must bring something new."""
    script = Script("hand_over_to_", reason="yours", payload="number")
    team = [
        create_agent(script.model(n), [hand_over_tool(OTHER[n], payload=None)], name=n)
        for n in OTHER
    ]
    return swarm(team, max_handoffs=HANDOFFS, context=context).compile()


def langgraph_swarm() -> Any | None:
    """The same as a swarm of langgraph-swarm; `None` where it is not installed."""
    try:
        theirs: Any = importlib.import_module("langgraph_swarm")
    except ModuleNotFoundError:
        return None
    script = Script("transfer_to_")
    team = [
        create_agent(script.model(n), [theirs.create_handoff_tool(agent_name=OTHER[n])], name=n)
        for n in OTHER
    ]
    return theirs.create_swarm(team, default_active_agent="a").compile()


async def cpu(graph: Any, runs: int) -> float:
    """CPU milliseconds of a turn."""
    gc.collect()
    began = time.process_time()
    for _ in range(runs):
        out = await graph.ainvoke({"messages": [HumanMessage("hi")], "left": HANDOFFS})
        assert out["messages"][-1].text == "done"
    return (time.process_time() - began) / runs * 1000


async def measure(ways: dict[str, Any], repeats: int, runs: int) -> dict[str, list[float]]:
    """The CPU of each way, round by round."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(repeats + 1):
        for name, graph in ways.items():
            spent = await cpu(graph, runs)
            if number:
                found[name].append(spent)
    return found


def against(mine: list[float], base: list[float]) -> float:
    """The median of the ratios, round by round."""
    return statistics.median(one / other for one, other in zip(mine, base, strict=True))


def main() -> None:
    """Measure, print a table and the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--runs", type=int, default=10)
    asked = parser.parse_args()
    ours = [function_of_ours(name) for name in OTHER]
    models = map(model_of_ours(Script("go_to_", reason="yours", payload="number")), OTHER)
    ways = {
        "functions by hand": by_hand(function_by_hand),
        "functions": swarm(ours, max_handoffs=HANDOFFS, state=Left).compile(),
        "models by hand": by_hand(
            model_by_hand(Script("go_to_", reason="yours", payload="number"))
        ),
        "models": swarm([*models], max_handoffs=HANDOFFS).compile(),
        "agents by hand": agents_by_hand(),
        "agents": agents_of_ours("last"),
        "agents, full context": agents_of_ours("full"),
    }
    if (theirs := langgraph_swarm()) is not None:
        ways["langgraph-swarm"] = theirs
    found = asyncio.run(measure(ways, asked.repeats, asked.runs))
    table = Table(title=f"a turn with {HANDOFFS} handoffs")
    for heading in ("way", "CPU ms", "ratio"):
        table.add_column(heading, justify="left" if heading == "way" else "right")
    told: dict[str, float] = {}
    for name, spent in found.items():
        kind = name.partition(" ")[0].partition(",")[0]
        ratio = against(spent, found.get(f"{kind} by hand", found["agents by hand"]))
        table.add_row(name, f"{statistics.median(spent):.2f}", f"{ratio:.2f}")
        told[name.replace(", ", "_").replace(" ", "_").replace("-", "_")] = round(ratio, 3)
    if theirs is not None:
        told["langgraph_swarm_to_models"] = round(
            against(found["langgraph-swarm"], found["models by hand"]), 3
        )
    Console().print(table)
    print(json.dumps(told))


if __name__ == "__main__":
    main()
