"""Loops and agents without a bound."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import (
    AgentMiddleware,
    ModelCallLimitMiddleware,
    ToolCallLimitMiddleware,
    ToolRetryMiddleware,
)
from langgraph.graph import END, START, MessagesState, StateGraph

from stretto import Agent, sequential
from stretto.check import check
from stretto.testing import ScriptedModel
from tests.check.rules.reading_code import seen, seen_in_source

if TYPE_CHECKING:
    from pathlib import Path

HEAD = """
from typing import Literal
from langchain_core.language_models.fake_chat_models import FakeListChatModel
llm = FakeListChatModel(responses=["yes"])
"""
LOOK = """
def node(state: State):
    return {"a": requests.get(state["b"]).text}
"""
ASK = """
def node(state: State):
    return {"a": llm.invoke(state["b"]).text}
"""
TAIL = """
builder = StateGraph(State)
builder.add_node("node", node)
builder.add_edge(START, "node")
builder.add_conditional_edges("node", again, ["node", END])
graph = builder.compile()"""
AGAIN = """
def again(state: State):
    return END if {} else "node"
"""
OPEN = [
    "state['a']",
    "state['a'] == 'ready'",
    "'ready' in state['a']",
    "state['a'].startswith('r')",
]
BOUND = [
    "state['n'] >= 3",
    "len(state['many']) > 7",
    "state['n'] == 3",
    "not state['items'][1:]",
    "state.get('remaining_steps')",
    "is_last(state)",
]


def _code(node: str, condition: str) -> str:
    helper = "\ndef is_last(state):\n    return state['n'] - 1 == 0\n"
    return HEAD + node + helper + AGAIN.format(condition)


@pytest.mark.parametrize("condition", OPEN)
@pytest.mark.parametrize(("node", "rule", "other"), [(LOOK, "P407", "P406"), (ASK, "P406", "P407")])
def test_a_loop_that_counts_nothing_is_found(
    node: str, rule: str, other: str, condition: str, tmp_path: Path
):
    """By one rule where it calls a model, by the other where it does not."""
    for found in (seen, seen_in_source):
        (one,) = found(_code(node, condition), tmp_path, rule, TAIL)
        assert one.certainty == "possible"
        assert found(_code(node, condition), tmp_path, other, TAIL) == []


@pytest.mark.parametrize("condition", BOUND)
@pytest.mark.parametrize(("node", "rule"), [(LOOK, "P407"), (ASK, "P406")])
def test_a_loop_that_counts_is_not(node: str, rule: str, condition: str, tmp_path: Path):
    """Nor one that works something off, or looks at what steps remain."""
    assert seen(_code(node, condition), tmp_path, rule, TAIL) == []
    assert seen_in_source(_code(node, condition), tmp_path, rule, TAIL) == []


@pytest.mark.parametrize(
    "tail",
    [
        TAIL + ".with_config(recursion_limit=30)",
        TAIL + ".with_config({'recursion_limit': 30})",
        TAIL + "\ndef main():\n    graph.invoke({}, {'recursion_limit': 30})",
        TAIL.replace("compile()", "compile(interrupt_before=['node'])"),
        TAIL.replace("builder.compile()", "builder"),
    ],
)
def test_a_loop_with_a_limit_is_not(tail: str, tmp_path: Path):
    """A limit may be given where it is compiled or run, and somebody may be asked in the loop."""
    assert seen(_code(ASK, OPEN[0]), tmp_path, "P406", tail) == []
    assert seen_in_source(_code(ASK, OPEN[0]), tmp_path, "P406", tail) == []


def test_a_loop_in_which_somebody_is_asked_is_not(tmp_path: Path):
    """Who answers can end it; a loop within that one, they cannot."""
    code = HEAD + "def node(state: State):\n    return {'a': llm.invoke(interrupt('?')).text}\n"
    code += AGAIN.format("state['a']")
    assert seen(code, tmp_path, "P406", TAIL) == []
    assert seen_in_source(code, tmp_path, "P406", TAIL) == []


def weigh(pot: str) -> str:
    """Weigh a pot."""
    return pot


class EndsAgents(AgentMiddleware):
    """Ends an agent's work when it likes."""

    def before_model(self, state: Any, runtime: Any) -> dict[str, Any] | None:
        """Look whether it is time."""
        return None


def _agent(*middleware: Any, tools: bool = True) -> Any:
    return create_agent(
        ScriptedModel(["yes"]), [weigh] if tools else [], name="clerk", middleware=middleware
    )


def _around(agent: Any) -> StateGraph[Any, Any, Any, Any]:
    builder: StateGraph[Any, Any, Any, Any] = StateGraph(MessagesState)
    builder.add_node("clerk", agent)
    builder.add_edge(START, "clerk")
    builder.add_edge("clerk", END)
    return builder


def _codes(graph: Any) -> list[str]:
    return [finding.code for finding in check(graph) if finding.code in {"P406", "P407"}]


def test_an_agent_without_a_limit_is_found():
    """By itself, and within a graph that has no limit either."""
    assert _codes(_agent()) == ["P406"]
    assert _codes(_agent(ToolRetryMiddleware())) == ["P406"]
    assert _codes(_around(_agent()).compile()) == ["P406"]


def test_an_agent_with_a_limit_is_not():
    """Its own, that of what is around it, one of tools, or one that cannot be told."""
    assert _codes(_agent(ModelCallLimitMiddleware(run_limit=3))) == []
    assert _codes(_agent(ModelCallLimitMiddleware(thread_limit=3))) == []
    assert _codes(_agent(ToolCallLimitMiddleware(run_limit=3))) == []
    assert _codes(_agent(EndsAgents())) == []
    assert _codes(_agent(tools=False)) == []
    assert _codes(_agent().with_config(recursion_limit=9)) == []
    assert _codes(_around(_agent()).compile().with_config(recursion_limit=9)) == []
    ours = Agent(name="ours", prompt="Weigh.", model=ScriptedModel(["yes"]), tools=[weigh])
    assert _codes(sequential(ours, ours.model_copy(update={"name": "theirs"})).compile()) == []
