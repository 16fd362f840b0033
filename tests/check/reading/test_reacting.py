"""What is known of agents that `create_react_agent` made."""

from __future__ import annotations

import importlib
import warnings
from typing import Any

from langgraph.graph import START, MessagesState, StateGraph
from pydantic import BaseModel

from stretto.check.reading.compiled import read_graph
from stretto.testing import ScriptedModel

PREBUILT: Any = importlib.import_module("langgraph.prebuilt")
"""Type checkers are told that its agent is deprecated."""


class Verdict(BaseModel):
    """What a judge says."""

    good: bool


def look_up(words: str) -> str:
    """Look words up."""
    return words


def nothing(state: Any) -> dict[str, Any]:
    """Do nothing."""
    return {}


def last(state: Any) -> Any:
    """Say the last message alone."""
    return state["messages"][-1:]


def _agent(*tools: Any, **options: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return PREBUILT.create_react_agent(
            ScriptedModel(["yes"]), list(tools), name="judge", **options
        )


def test_its_tools_prompt_and_output_are_read():
    """As those of `create_agent`."""
    agent = read_graph(_agent(look_up, prompt="Be kind.", response_format=Verdict)).agent
    assert agent is not None
    assert (agent.name, agent.prompt, agent.output) == ("judge", "Be kind.", Verdict)
    assert [tool.name for tool in agent.tools] == ["look_up"]
    assert agent.model == "ScriptedModel"


def test_what_a_hook_does_is_not_known():
    """It may end the agent's work."""
    agent = read_graph(_agent(look_up, pre_model_hook=nothing)).agent
    assert agent is not None
    assert agent.middleware == ("",)


def test_a_prompt_that_is_made_is_not_known():
    """Nor is there a text in it."""
    agent = read_graph(_agent(prompt=last)).agent
    assert agent is not None
    assert agent.prompt == ""


def test_a_graph_with_a_node_of_that_name_is_no_agent():
    """Many call a node so."""
    builder: StateGraph[Any, Any, Any, Any] = StateGraph(MessagesState)
    builder.add_node("agent", nothing)
    builder.add_edge(START, "agent")
    assert read_graph(builder.compile()).agent is None
