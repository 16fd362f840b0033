"""A manager whose scripted model delegates ten tasks, one after the other, and then answers."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage, ToolMessage
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.types import Command

from bench.overhead.ways import Work
from stretto import Agent
from stretto.patterns import supervisor
from stretto.testing import Reply, ScriptedModel, tool_call

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

WORKERS = ("ada", "bob", "cyd")
DELEGATIONS = 10


def model(prefix: str, calls: int) -> ScriptedModel:
    """One that calls so often, each time another worker for another task, and then answers."""

    def answer(messages: list[Any]) -> Reply:
        made = sum(isinstance(m, AIMessage) and bool(m.tool_calls) for m in messages)
        if made == calls:
            return Reply("all done", usage=(1, 1))
        called = tool_call(f"{prefix}{WORKERS[made % len(WORKERS)]}", task=f"task {made}")
        return Reply(tool_calls=[called], usage=(1, 1))

    return ScriptedModel(answer)


def ours() -> Any:
    """Our pattern; its workers are functions."""

    def worker(name: str) -> Any:
        async def work(state: Mapping[str, Any]) -> str:
            return f"{name} did {state['task']}"

        work.__name__ = name
        return work

    boss = Agent(
        name="boss", model=model("delegate_to_", DELEGATIONS), max_model_calls=DELEGATIONS + 1
    )
    return supervisor(boss, [worker(n) for n in WORKERS], max_delegations=DELEGATIONS).compile()


def hand() -> Any:
    """A loop of `Command(goto)` with the same model and the same tools."""
    names = {f"delegate_to_{n}": n for n in WORKERS}
    bound = model("delegate_to_", DELEGATIONS).bind_tools([_schema(name) for name in names])

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


def theirs() -> Any:
    """langgraph-supervisor; its workers have to be graphs, and each comes back by a call."""
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

        boss = model("transfer_to_", 2 * DELEGATIONS)
        return create_supervisor([graph(n) for n in WORKERS], model=boss).compile()


def turns(graph: Any) -> Callable[[], Any]:
    """A turn of it, which ends as it must."""

    async def turn() -> None:
        out = await graph.ainvoke({"messages": [("human", "go")]}, {"recursion_limit": 1000})
        assert out["messages"][-1].text == "all done"

    return turn


def delegations() -> Work:
    """The same ten tasks three ways."""
    ways = {"by hand": hand(), "stretto": ours(), "langgraph-supervisor": theirs()}
    turned = {name: turns(graph) for name, graph in ways.items()}
    return Work(f"supervisor, {DELEGATIONS} delegations", turned, {"stretto": 1.6})
