"""The limit that is none, and that each level has for itself: LangGraph, then what is found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from langchain.agents import create_agent
from langgraph.errors import GraphRecursionError
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict

from stretto.check import check
from stretto.testing import Reply, ScriptedModel, tool_call
from tests.check.loading import loaded

if TYPE_CHECKING:
    from pathlib import Path


SOURCE = """
from typing import Literal

from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict

model = FakeListChatModel(responses=["not yet"] * 299 + ["done"])
calls = []


class State(TypedDict):
    said: str


def ask(state: State):
    calls.append(1)
    return {"said": model.invoke("Is it done?").text}


def again(state: State) -> Literal["ask", "__end__"]:
    return END if state["said"] == "done" else "ask"


builder = StateGraph(State)
builder.add_node("ask", ask)
builder.add_edge(START, "ask")
builder.add_conditional_edges("ask", again)
graph = builder.compile()
"""


def _codes(graph: Any) -> list[str]:
    return [finding.code for finding in check(graph)]


def test_a_loop_calls_a_model_hundreds_of_times(tmp_path: Path):
    """The default limit does not stop it; one that is set does, and nothing is found there."""
    module = loaded(SOURCE, tmp_path, "asks_and_asks")
    module.graph.invoke({"said": ""})
    assert len(module.calls) == 300
    assert _codes(module.graph) == ["P406"]
    with pytest.raises(GraphRecursionError):
        (bound := module.graph.with_config(recursion_limit=25)).invoke({"said": ""})
    assert _codes(bound) == []


def test_each_level_counts_anew(tmp_path: Path):
    """Two runs of a loop that takes 300 rounds each, under a limit of 310."""
    module = loaded(SOURCE, tmp_path, "asks_within")

    class Rounds(TypedDict):
        """What was said, and how often the loop was gone through."""

        said: str
        rounds: int

    outer: StateGraph[Any, Any, Any, Any] = StateGraph(Rounds)
    outer.add_node("inner", module.graph)
    outer.add_node("count", lambda state: {"rounds": state["rounds"] + 1})
    outer.add_edge(START, "inner")
    outer.add_edge("inner", "count")
    outer.add_conditional_edges("count", lambda s: END if s["rounds"] >= 2 else "inner")
    outer.compile().with_config(recursion_limit=310).invoke({"said": "", "rounds": 0})
    assert len(module.calls) == 600


def test_an_agent_calls_its_model_as_often_as_that_asks_for_tools():
    """Its limit is 9999 supersteps: here it is stopped at a hundred calls by the script's end."""

    def weigh(pot: str) -> str:
        """Weigh a pot."""
        return pot

    replies = [Reply(tool_calls=[tool_call("weigh", pot="bowl")])] * 100
    agent = create_agent(ScriptedModel([*replies, "It is heavy."]), [weigh])
    assert agent.config is not None
    assert agent.config["recursion_limit"] == 9999
    said = agent.invoke({"messages": [("user", "How heavy?")]})
    assert sum(message.type == "ai" for message in said["messages"]) == 101
    assert "P406" in _codes(agent)
