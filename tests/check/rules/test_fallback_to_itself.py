"""Fallbacks to the same thing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import ModelFallbackMiddleware
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_openai import ChatOpenAI
from langgraph.errors import GraphRecursionError

from stretto.check import check
from tests.check.loading import loaded
from tests.check.rules.reading_code import seen, seen_in_source, source_of

if TYPE_CHECKING:
    from pathlib import Path

HEAD = """
from langchain_core.language_models.fake_chat_models import FakeListChatModel
model = FakeListChatModel(responses=["yes"])
other = FakeListChatModel(responses=["no"])
"""
NODE = """
def node(state: State):
    return {"a": careful.invoke(state["a"]).text}
"""
GOOD = [
    "careful = model.with_fallbacks([other])",
    "careful = model.with_retry()",
    "careful = model.bind(stop=['a']).with_fallbacks([model.bind(stop=['b'])])",
]


@pytest.mark.parametrize(
    "made", ["model.with_fallbacks([model])", "model.with_fallbacks([other, model])"]
)
def test_a_model_that_falls_back_to_itself_is_found(made: str, tmp_path: Path):
    """Made at the top of the file, or where it is used."""
    for found in (seen, seen_in_source):
        assert len(found(f"{HEAD}careful = {made}{NODE}", tmp_path, "P409")) == 1
        within = HEAD + NODE.replace("careful", made)
        assert len(found(within, tmp_path, "P409")) == 1


@pytest.mark.parametrize("line", GOOD)
def test_a_model_that_falls_back_to_another_is_not(line: str, tmp_path: Path):
    """Another model, or other settings of the same."""
    assert seen(f"{HEAD}{line}{NODE}", tmp_path, "P409") == []
    assert seen_in_source(f"{HEAD}{line}{NODE}", tmp_path, "P409") == []


BACK = """
def node(state: State):
    raise ConnectionError("the line is dead")
def handler(state: State):
    return Command(goto="node")
"""
COUNTED = """
def node(state: State):
    raise ConnectionError("the line is dead")
def handler(state: State):
    if len(state["many"]) > 3:
        return Command(goto=END)
    return Command(update={"many": ["failed"]}, goto="node")
"""
TAIL = """
builder = StateGraph(State)
builder.add_node("node", node, error_handler=handler)
builder.add_edge(START, "node")
builder.add_edge("node", END)
graph = builder.compile()
"""


def test_a_handler_that_goes_back_for_ever_is_found(tmp_path: Path):
    """LangGraph runs the node until the recursion limit; counted failures end it."""
    module = loaded(source_of(BACK, TAIL), tmp_path, "goes_back")
    with pytest.raises(GraphRecursionError):
        module.graph.invoke({"a": ""}, {"recursion_limit": 50})
    counted = loaded(source_of(COUNTED, TAIL), tmp_path, "goes_back_and_counts")
    assert len(counted.graph.invoke({"a": ""})["many"]) == 4
    for found in (seen, seen_in_source):
        assert len(found(BACK, tmp_path, "P409", TAIL)) == 1
        assert found(COUNTED, tmp_path, "P409", TAIL) == []


def _codes(model: Any, *others: Any) -> list[str]:
    first, *more = others
    agent = create_agent(model, [], middleware=[ModelFallbackMiddleware(first, *more)])
    return [finding.code for finding in check(agent) if finding.code == "P409"]


def test_an_agent_that_falls_back_to_its_own_model_is_found():
    """The same name at another address is another model."""
    mini = ChatOpenAI(model="gpt-4.1-mini", api_key="none")
    again = ChatOpenAI(model="gpt-4.1-mini", api_key="none")
    elsewhere = ChatOpenAI(model="gpt-4.1-mini", api_key="none", base_url="https://other.example")
    large = ChatOpenAI(model="gpt-4.1", api_key="none")
    assert _codes(mini, large, again) == ["P409"]
    assert _codes(mini, mini) == ["P409"]
    assert _codes(mini, elsewhere) == []
    assert _codes(mini, large) == []
    assert _codes(FakeListChatModel(responses=["a"]), FakeListChatModel(responses=["b"])) == []
