"""Agents of strangers: `create_agent` with each middleware of LangChain has no fault."""

from __future__ import annotations

import importlib
import inspect
import warnings
from typing import TYPE_CHECKING, Any

import pytest
from langchain.agents import create_agent, middleware
from langchain_core.tools import tool
from langgraph.graph import START, MessagesState, StateGraph

from stretto.check import check
from stretto.check.reading.compiled import read_graph
from stretto.testing import ScriptedModel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MODEL = ScriptedModel(["yes"])
MADE: dict[str, Callable[[Path], Any]] = {
    "FilesystemFileSearchMiddleware": lambda folder: middleware.FilesystemFileSearchMiddleware(
        root_path=str(folder)
    ),
    "HumanInTheLoopMiddleware": lambda _: middleware.HumanInTheLoopMiddleware({"search": True}),
    "LLMToolEmulator": lambda _: middleware.LLMToolEmulator(model=MODEL),
    "LLMToolSelectorMiddleware": lambda _: middleware.LLMToolSelectorMiddleware(model=MODEL),
    "ModelCallLimitMiddleware": lambda _: middleware.ModelCallLimitMiddleware(run_limit=5),
    "ModelFallbackMiddleware": lambda _: middleware.ModelFallbackMiddleware(ScriptedModel(["no"])),
    "PIIMiddleware": lambda _: middleware.PIIMiddleware("email"),
    "SummarizationMiddleware": lambda _: middleware.SummarizationMiddleware(model=MODEL),
    "ToolCallLimitMiddleware": lambda _: middleware.ToolCallLimitMiddleware(run_limit=5),
    "ToolErrorMiddleware": lambda _: middleware.ToolErrorMiddleware(lambda error, _: str(error)),
}
"""How those are made that cannot be made of nothing."""
NAMES = sorted(
    name
    for name in middleware.__all__
    if inspect.isclass(kind := getattr(middleware, name))
    and issubclass(kind, middleware.AgentMiddleware)
    and kind is not middleware.AgentMiddleware
)


@tool
def search(query: str) -> str:
    """Look something up."""
    return query


@tool
def add(first: int, second: int) -> int:
    """Add two numbers."""
    return first + second


def _agent(name: str, folder: Path) -> Any:
    """An agent with a middleware, and a limit of its calls beside it."""
    one = MADE[name](folder) if name in MADE else getattr(middleware, name)()
    limit: Any = middleware.ModelCallLimitMiddleware(run_limit=7)
    around = [one] if isinstance(one, middleware.ModelCallLimitMiddleware) else [one, limit]
    return create_agent(MODEL, [search, add], middleware=around, name="clerk")


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_found_in_an_agent(name: str, tmp_path: Path):
    """Alone, nor as a node of a graph."""
    agent = _agent(name, tmp_path)
    assert check(agent) == []
    builder: StateGraph[Any, Any, Any, Any] = StateGraph(MessagesState)
    builder.add_node("clerk", agent)
    builder.add_edge(START, "clerk")
    assert check(builder.compile()) == []


@pytest.mark.parametrize("name", NAMES)
def test_its_middleware_is_known(name: str, tmp_path: Path):
    """Whatever it does: in a node, or around calls of the model or of tools."""
    agent = read_graph(_agent(name, tmp_path)).agent
    assert agent is not None
    assert name in {type(each).__name__ for each in agent.middleware}
    assert agent.max_calls in {5, 7}
    assert {"search", "add"} <= {each.name for each in agent.tools}
    assert agent.model == "ScriptedModel"


def test_middleware_is_told_outermost_first():
    """As it stands around the calls of the model."""
    retry, fallback = middleware.ModelRetryMiddleware(), MADE["ModelFallbackMiddleware"]
    fallen: Any = fallback(None)  # type: ignore[arg-type] - it needs no folder
    for order in ([retry, fallen], [fallen, retry]):
        agent = read_graph(create_agent(MODEL, [], middleware=order)).agent
        assert agent is not None
        assert list(agent.middleware) == order


def test_an_agent_without_a_limit_is_told_of():
    """The one thing that is wrong with the plainest of agents: its limit is 9999 steps."""
    (finding,) = check(create_agent(MODEL, [search, add], name="clerk"))
    assert (finding.code, finding.certainty) == ("P406", "possible")


def test_the_agent_of_langgraph_s_own_is_read_as_well():
    """Its tools, and that nothing limits it."""
    prebuilt: Any = importlib.import_module("langgraph.prebuilt")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is deprecated, and used all the same
        made = prebuilt.create_react_agent(MODEL, [search, add], name="clerk")
    (finding,) = check(made)
    assert (finding.code, finding.node) == ("P406", "agent")
    assert check(made.with_config(recursion_limit=25)) == []
