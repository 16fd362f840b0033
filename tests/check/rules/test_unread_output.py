"""A508: typed output that no field takes."""

from __future__ import annotations

from typing import Any

from langgraph.graph import START, MessagesState, StateGraph
from pydantic import BaseModel

from stretto import Agent, sequential
from stretto.testing import Reply, ScriptedModel, tool_call
from tests.check.rules.agents import agent, told

CODE = "A508"


class Verdict(BaseModel):
    """What a judge says."""

    good: bool


class Judged(MessagesState):
    """A state that takes it."""

    structured_response: Verdict


def _graph(node: Any, state: Any = MessagesState) -> Any:
    builder: StateGraph[Any, Any, Any, Any] = StateGraph(state)
    builder.add_node("judge", node)
    builder.add_edge(START, "judge")
    return builder.compile()


def _judge() -> Any:
    said = [Reply("", [tool_call("Verdict", good=True)])]
    return agent(model=ScriptedModel(said), response_format=Verdict)


def test_it_is_dropped():
    """The state has no field for it."""
    given: Any = {"messages": [("user", "Is it good?")]}
    assert "structured_response" not in _graph(_judge()).invoke(given)
    assert _graph(_judge(), Judged).invoke(given)["structured_response"] == Verdict(good=True)
    (finding,) = told(_graph(_judge()), CODE)
    assert (finding.node, finding.key) == ("judge", "structured_response")


def test_a_state_that_takes_it_is_sound():
    """By the name that LangChain gives it."""
    assert told(_graph(_judge(), Judged), CODE) == []


def test_a_function_may_take_it():
    """It calls the agent, and does with it what it likes."""
    judge = _judge()

    def decide(state: MessagesState) -> dict[str, Any]:
        verdict = judge.invoke(state)["structured_response"]
        return {"messages": [("ai", str(verdict.good))]}

    assert told(_graph(decide), CODE) == []


def test_an_agent_without_a_typed_output_is_sound():
    """Its messages are taken."""
    assert told(_graph(agent()), CODE) == []


def test_an_agent_alone_is_sound():
    """Whoever runs it reads it."""
    assert told(_judge(), CODE) == []


def test_members_are_sound():
    """Their output stands in `results`."""
    judge = Agent(name="judge", model=ScriptedModel(["yes"]), output=Verdict)
    assert told(sequential(judge), CODE) == []
