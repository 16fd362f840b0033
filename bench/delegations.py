"""What a supervisor costs beside a loop that is written by hand, and beside langgraph-supervisor.

    python -m bench.delegations [--repeats 15] [--delegations 10]

The same work thrice: a manager whose scripted model delegates to three function workers, one after
the other, and then answers. By hand it is a `Command(goto)` loop with the same model. CPU time of
this process, medians of alternating runs; nothing is stored.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import statistics
import time
import warnings
from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage, ToolMessage
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import Command
from rich.console import Console
from rich.table import Table

from stretto import Agent
from stretto.patterns import supervisor
from stretto.testing import Reply, ScriptedModel, tool_call

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

WORKERS = ("ada", "bob", "cyd")
END = "__end__"


def model(delegations: int, prefix: str) -> ScriptedModel:
    """One that delegates so often, each time something else, and then answers."""

    def answer(messages: list[Any]) -> Reply:
        made = sum(isinstance(m, AIMessage) and bool(m.tool_calls) for m in messages)
        if made == delegations:
            return Reply("all done", usage=(1, 1))
        called = tool_call(f"{prefix}{WORKERS[made % len(WORKERS)]}", task=f"task {made}")
        return Reply(tool_calls=[called], usage=(1, 1))

    return ScriptedModel(answer)


def worker(name: str) -> Any:
    """A worker of ours: a function."""

    async def work(state: Mapping[str, Any]) -> str:
        return f"{name} did {state['task']}"

    work.__name__ = name
    return work


def ours(delegations: int) -> Any:
    """Our pattern."""
    agent = Agent(
        name="boss", model=model(delegations, "delegate_to_"), max_model_calls=delegations + 1
    )
    return supervisor(agent, [worker(n) for n in WORKERS], max_delegations=delegations).compile()


def by_hand(delegations: int) -> Any:
    """A loop of `Command(goto)`."""
    names = {f"delegate_to_{n}": n for n in WORKERS}
    tools = [_schema(name) for name in names]
    bound = model(delegations, "delegate_to_").bind_tools(tools)

    async def boss(state: MessagesState) -> Command[Any]:
        said = await bound.ainvoke(state["messages"])
        to = names[said.tool_calls[0]["name"]] if said.tool_calls else END
        return Command(goto=to, update={"messages": [said]})

    def node(name: str) -> Any:
        async def work(state: MessagesState) -> Command[Any]:
            call = state["messages"][-1].tool_calls[0]
            said = ToolMessage(f"{name} did {call['args']['task']}", tool_call_id=call["id"])
            return Command(goto="boss", update={"messages": [said]})

        return work

    graph = StateGraph(MessagesState)
    graph.add_node("boss", boss, destinations=(*WORKERS, END))
    graph.add_edge(START, "boss")
    for name in WORKERS:
        graph.add_node(name, node(name), destinations=("boss",))
    return graph.compile()


def _schema(name: str) -> dict[str, Any]:
    task = {"type": "string", "description": "What to do."}
    parameters = {"type": "object", "properties": {"task": task}, "required": ["task"]}
    function = {"name": name, "description": "Give a task.", "parameters": parameters}
    return {"type": "function", "function": function}


def theirs(delegations: int) -> Any:
    """langgraph-supervisor; its workers have to be graphs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from langgraph_supervisor import create_supervisor

        def graph(name: str) -> Any:
            async def work(state: MessagesState) -> dict[str, Any]:
                return {"messages": [AIMessage(f"{name} did it", name=name)]}

            made = StateGraph(MessagesState)
            made.add_node("work", work)
            made.add_edge(START, "work")
            return made.compile(name=name)

        agents = [graph(n) for n in WORKERS]
        return create_supervisor(agents, model=model(2 * delegations, "transfer_to_")).compile()


async def turn(graph: Any) -> float:
    """CPU seconds of a turn."""
    gc.collect()
    began = time.process_time()
    out = await graph.ainvoke({"messages": [("human", "go")]}, {"recursion_limit": 1000})
    spent = time.process_time() - began
    assert out["messages"][-1].text == "all done"
    return spent


async def measure(ways: Mapping[str, Callable[[], Any]], repeats: int) -> dict[str, float]:
    """Median CPU seconds by way, the ways alternating; the first round is not counted."""
    graphs = {name: make() for name, make in ways.items()}
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(repeats + 1):
        for name, graph in graphs.items():
            taken = await turn(graph)
            if number:
                spent[name].append(taken)
    return {name: statistics.median(taken) for name, taken in spent.items()}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--delegations", type=int, default=10)
    args = parser.parse_args()
    many = args.delegations
    ways = {"by hand": lambda: by_hand(many), "stretto": lambda: ours(many)}
    ways["langgraph-supervisor"] = lambda: theirs(many)
    found = asyncio.run(measure(ways, args.repeats))
    table = Table("way", "CPU a turn, ms", "ratio")
    for name, seconds in found.items():
        table.add_row(name, f"{seconds * 1000:.1f}", f"{seconds / found['by hand']:.2f}")
    Console().print(table)
    ratio = {name: round(seconds / found["by hand"], 2) for name, seconds in found.items()}
    print(
        json.dumps(
            {
                "supervisor": ratio["stretto"],
                "langgraph_supervisor": ratio["langgraph-supervisor"],
                "delegations": many,
            }
        )
    )


if __name__ == "__main__":
    main()
