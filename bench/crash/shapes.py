"""The shapes of graph that are killed; each acts on the world, and asks a person up to twice."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from langgraph.errors import GraphInterrupt
from langgraph.func import task
from langgraph.graph import END, START, StateGraph
from langgraph.types import interrupt
from typing_extensions import TypedDict

import stretto
from bench.crash.world import EFFECTS
from stretto import Agent, Plan, Review, Task, effect
from stretto.members import agent_graph
from stretto.testing import Reply, ScriptedModel, tool_call

if TYPE_CHECKING:
    from bench.crash.world import World

ROUNDS = 3


def merged(old: list[str], new: list[str]) -> list[str]:
    """Both, each once: a subgraph gives back what it was given."""
    return [*old, *(item for item in new if item not in old)]


class Diary(TypedDict):
    """What the nodes of a graph have done."""

    done: Annotated[list[str], merged]


async def act(world: World, name: str, who: str) -> str:
    """Do something to the world by the ledger."""
    return str(await effect(name, getattr(world, name), who, effect=EFFECTS[name]))


async def people(who: str, asks: int) -> list[str]:
    """Ask a person `asks` questions at once."""
    if asks < 2:
        return [str(interrupt({"question": f"{who} {n}"})) for n in range(asks)]

    @task
    async def ask(n: int) -> str:
        return str(interrupt({"question": f"{who} {n}"}))

    answers = await asyncio.gather(*(ask(n) for n in range(asks)), return_exceptions=True)
    if waiting := [one for one in answers if isinstance(one, GraphInterrupt)]:
        raise GraphInterrupt([i for one in waiting for i in one.args[0]])
    return [str(answer) for answer in answers]


def steps(world: World, who: str, *names: str, asks: int = 0, at: int = 1) -> Any:
    """A node that does these things in turn, and after `at` of them asks `asks` questions."""

    async def step(state: Any) -> dict[str, list[str]]:
        done = [await act(world, name, f"{who} {n}") for n, name in enumerate(names[:at])]
        done += await people(who, asks)
        done += [await act(world, name, f"{who} {n}") for n, name in enumerate(names[at:], at)]
        return {"done": done}

    return step


def model_step(who: str) -> Any:
    """A node that asks a model."""
    model = ScriptedModel(f"A word on {who}.")

    async def step(state: Any) -> dict[str, list[str]]:
        said = await model.ainvoke(" ".join(state["done"]))
        return {"done": [said.text]}

    return step


def chain(world: World, asks: int) -> Any:
    """One node after the other."""
    graph = StateGraph(Diary)
    graph.add_sequence(
        [
            ("first", steps(world, "first", "look", "book")),
            ("second", steps(world, "second", "pay", "book", asks=asks)),
            ("model", model_step("chains")),
            ("last", steps(world, "last", "book", "pay")),
        ]
    )
    graph.add_edge(START, "first")
    return graph


def parallel(world: World, asks: int) -> Any:
    """Branches at once, then one node; each question in a branch of its own."""
    graph = StateGraph(Diary)
    graph.add_node("left", steps(world, "left", "book", "pay", asks=min(asks, 1)))
    graph.add_node("right", steps(world, "right", "pay", "book", asks=max(asks - 1, 0)))
    graph.add_node("middle", steps(world, "middle", "look", "book"))
    graph.add_node("model", model_step("branches"))
    graph.add_node("join", steps(world, "join", "book", "pay"))
    for branch in ("left", "right", "middle", "model"):
        graph.add_edge(START, branch)
    graph.add_edge(["left", "right", "middle", "model"], "join")
    return graph


class Rounds(Diary):
    """What was done, and how often."""

    round: int


def loop(world: World, asks: int) -> Any:
    """One node several times; the questions in the middle."""

    async def again(state: Rounds) -> dict[str, Any]:
        number = state.get("round", 0)
        asked = asks if number == 1 else 0
        step = steps(world, f"round {number}", "book", "look", "pay", asks=asked, at=2)
        return {**await step(state), "round": number + 1}

    graph = StateGraph(Rounds)
    graph.add_node("again", again)
    graph.add_node("model", model_step("loops"))
    graph.add_edge(START, "again")
    graph.add_edge("again", "model")
    graph.add_conditional_edges(
        "model", lambda state: "again" if state["round"] < ROUNDS else END, ["again", END]
    )
    return graph


def nested(world: World, asks: int) -> Any:
    """A graph in a graph in a graph."""
    inner = StateGraph(Diary)
    inner.add_node("work", steps(world, "work", "look", "book", "pay", asks=asks, at=2))
    inner.add_node("model", model_step("nests"))
    inner.add_edge(START, "work")
    inner.add_edge("work", "model")
    middle = StateGraph(Diary)
    middle.add_sequence(
        [
            ("enter", steps(world, "enter", "pay", "book")),
            ("inner", inner.compile()),
            ("leave", steps(world, "leave", "book")),
        ]
    )
    middle.add_edge(START, "enter")
    outer = StateGraph(Diary)
    outer.add_sequence(
        [
            ("begin", steps(world, "begin", "book")),
            ("middle", middle.compile()),
            ("finish", steps(world, "finish", "pay", "book")),
        ]
    )
    outer.add_edge(START, "begin")
    return outer


def tasks(world: World, asks: int) -> Any:
    """A plan whose tasks need each other; each question in a task of its own."""
    planned = Plan(
        tasks=[
            Task(id="a", goal="A", executor="worker"),
            Task(id="b", goal="B", executor="worker"),
            Task(id="c", goal="C", executor="worker", needs=["a"]),
            Task(id="d", goal="D", executor="worker", needs=["b", "c"]),
        ]
    )

    async def worker(state: Any) -> str:
        """Do one task."""
        it = state["task"].id
        asked = asks > "ab".index(it) if it in "ab" else False
        return " ".join((await steps(world, it, "book", "pay", asks=int(asked))(state))["done"])

    planner = Agent(name="planner", model=ScriptedModel(Reply(value=planned)))
    verdict = Review(verdict="accept", reason="all is done")
    reviewer = Agent(name="reviewer", model=ScriptedModel(Reply(value=verdict)))
    return stretto.plan(planner, [worker], reviewer)


def agent(world: World, asks: int) -> Any:
    """An agent that calls tools, several at once; the questions in tools."""

    @stretto.tool(effect="reads")
    def look(who: str) -> str:
        """Look something up."""
        return world.look(who)

    def book(who: str) -> str:
        """Book a seat."""
        return world.book(who)

    @stretto.tool(effect="idempotent")
    def pay(who: str) -> str:
        """Pay a bill."""
        return world.pay(who)

    @stretto.tool(effect="reads")
    def confirm(who: str) -> str:
        """Ask a person."""
        return str(interrupt({"question": who}))

    calls = [
        [tool_call("look", who="first"), tool_call("book", who="first"), tool_call("pay", who="1")],
        [
            *(tool_call("confirm", who=f"agent {n}") for n in range(asks)),
            tool_call("book", who="2"),
        ],
        [tool_call("pay", who="last")],
    ]
    model = ScriptedModel(partial(_next, calls))
    return agent_graph(Agent(name="clerk", model=model, tools=[look, book, pay, confirm]))


def _next(calls: list[Any], messages: list[Any]) -> Reply:
    """The reply to a conversation by how far it is: a new process goes on where one died."""
    turn = sum(message.type == "ai" for message in messages)
    return Reply(tool_calls=calls[turn]) if turn < len(calls) else Reply("All is done.")


SHAPES = {
    "chain": chain,
    "parallel": parallel,
    "loop": loop,
    "nested": nested,
    "tasks": tasks,
    "agent": agent,
}
QUESTION: dict[str, Any] = {"tasks": "go", "agent": "go"}
"""What starts a shape; an empty diary otherwise."""


def question(shape: str) -> Any:
    """The input that starts a shape."""
    return QUESTION.get(shape, {"done": ["go"]})
