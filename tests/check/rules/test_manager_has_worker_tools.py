"""A503: managers that have the tools of their workers."""

from __future__ import annotations

from typing import Any

from langchain_core.tools import tool
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.types import Command

from tests.check.rules.agents import agent, told

CODE = "A503"


def look_up(words: str) -> str:
    """Look words up."""
    return words


def add(first: int, second: int) -> int:
    """Add two numbers."""
    return first + second


def handoff(to: str) -> Any:
    """A tool that hands over to a node."""

    @tool(f"to_{to}")
    def hands_over() -> Command[Any]:
        """Hand over."""
        return Command(goto=to, graph=Command.PARENT)

    return hands_over


def _team(manager: Any, worker: Any, back: str = "manager") -> Any:
    builder: StateGraph[Any, Any, Any, Any] = StateGraph(MessagesState)
    builder.add_node("manager", manager)
    builder.add_node("worker", worker)
    builder.add_edge(START, "manager")
    builder.add_edge("worker", back)
    return builder.compile()


def test_a_manager_with_its_worker_s_tool_is_found():
    """It hands over by a tool, and the worker leads back, as langgraph-supervisor has it."""
    manager = agent(handoff("worker"), look_up)
    (finding,) = told(_team(manager, agent(look_up, add)), CODE)
    assert finding.node == "manager"
    assert "'look_up'" in finding.message


def test_other_tools_are_its_own():
    """And a manager may have none."""
    assert told(_team(agent(handoff("worker"), add), agent(look_up)), CODE) == []
    assert told(_team(agent(handoff("worker")), agent(look_up)), CODE) == []


def test_who_is_not_led_back_to_is_no_manager():
    """It passes the work on."""
    assert told(_team(agent(handoff("worker"), look_up), agent(look_up), END), CODE) == []


def test_two_peers_may_have_the_same_tools():
    """Each hands over to the other."""
    builder: StateGraph[Any, Any, Any, Any] = StateGraph(MessagesState)
    builder.add_node("a", agent(look_up, handoff("b"), name="a"))
    builder.add_node("b", agent(look_up, handoff("a"), name="b"))
    builder.add_edge(START, "a")
    assert told(builder.compile(), CODE) == []


def test_peers_may_have_the_same_tools():
    """In a swarm each hands over to the others."""
    builder: StateGraph[Any, Any, Any, Any] = StateGraph(MessagesState)
    for name, others in {"a": "bc", "b": "ac", "c": "ab"}.items():
        builder.add_node(name, agent(look_up, *map(handoff, others), name=name))
    builder.add_edge(START, "a")
    assert told(builder.compile(), CODE) == []


def test_a_manager_that_asks_by_a_tool_is_found():
    """Its worker is in the tool's function."""
    worker = agent(look_up, name="worker")

    def ask_worker(words: str) -> str:
        """Ask the worker."""
        return str(worker.invoke({"messages": [("user", words)]}))

    (finding,) = told(agent(ask_worker, look_up, name="boss"), CODE)
    assert "'worker'" in finding.message
    assert told(agent(ask_worker, add, name="boss"), CODE) == []


def test_an_agent_that_asks_itself_has_its_own_tools():
    """There is no worker."""
    made: list[Any] = []

    def ask_again(words: str) -> str:
        """Ask again."""
        return str(made[0].invoke({"messages": [("user", words)]}))

    made.append(agent(ask_again, look_up, name="boss"))
    assert told(made[0], CODE) == []


def test_a_worker_in_a_function_is_a_worker():
    """It goes back by a command."""
    worker = agent(look_up, name="worker")

    def works(state: MessagesState) -> Command[Any]:
        said = worker.invoke(state)
        return Command(goto="manager", update={"messages": said["messages"][-1:]})

    builder: StateGraph[Any, Any, Any, Any] = StateGraph(MessagesState)
    builder.add_node("manager", agent(handoff("worker"), look_up))
    builder.add_node("worker", works)
    builder.add_edge(START, "manager")
    (finding,) = told(builder.compile(), CODE)
    assert finding.node == "manager"
