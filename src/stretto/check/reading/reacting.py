"""Agents that `langgraph.prebuilt.create_react_agent` made; langgraph-supervisor takes it, too."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from langchain_core.messages import SystemMessage
from langchain_core.runnables import RunnableSequence
from langchain_core.runnables.base import RunnableBindingBase

from stretto.check.facts import Agent
from stretto.check.reading.live import plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from stretto.check.facts import Graph

_MODULE = "langgraph.prebuilt."
_HOOKS = frozenset({"pre_model_hook", "post_model_hook"})
MODEL = "agent"
"""The node that calls the model."""


def react_agent_in(graph: Graph, named: Callable[[Any], str]) -> Agent | None:
    """The agent that a graph of `create_react_agent` is; `None` for other graphs.

    Args:
        graph: The graph.
        named: Tells the name of a model.
    """
    function = _function(graph)
    if function is None or not (function.__module__ or "").startswith(_MODULE):
        return None
    closed = inspect.getclosurevars(function).nonlocals
    prompt, model = _parts(closed.get("static_model"))
    name = getattr(graph.live, "name", "") or graph.name
    return Agent(
        name=str(name if name != "LangGraph" else graph.name),
        tools=graph.nodes["tools"].tools if "tools" in graph.nodes else (),
        model=named(model),
        middleware=("",) if _HOOKS & set(graph.nodes) else (),  # what a hook does is not known
        prompt=_text(prompt),
        output=_output(graph),
    )


def _function(graph: Graph) -> Any:
    runnable = getattr(getattr(graph.nodes.get(MODEL), "live", None), "runnable", None)
    return plain(getattr(runnable, "afunc", None) or getattr(runnable, "func", None))


def _parts(sequence: Any) -> tuple[Any, Any]:
    """What makes the prompt, and the model that is asked with it."""
    if not isinstance(sequence, RunnableSequence):
        return None, None
    model: Any = sequence.last
    while isinstance(model, RunnableBindingBase):
        model = model.bound
    return sequence.first, model


def _text(prompt: Any) -> str:
    """The text of a prompt that is a plain text."""
    function = plain(getattr(prompt, "func", None))
    if function is None or not (function.__module__ or "").startswith(_MODULE):
        return ""
    closed = inspect.getclosurevars(function).nonlocals.values()
    return next((str(each.text) for each in closed if isinstance(each, SystemMessage)), "")


def _output(graph: Graph) -> Any:
    function = getattr(graph.nodes.get("generate_structured_response"), "live", None)
    runnable = getattr(function, "runnable", None)
    found = plain(getattr(runnable, "func", None))
    closed = inspect.getclosurevars(found).nonlocals if found is not None else {}
    return closed.get("response_format")
