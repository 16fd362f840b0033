"""What one run of an agent comes to at most: its loop of model and tools, and what is around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stretto.check.bounds.asking import asked_by
from stretto.check.bounds.formula import NOTHING, ONE, Formula, endless, number, symbol
from stretto.check.bounds.spent import Cost

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Agent, Graph, Tool

CALLS = "calls"
"""The free input that stands for the tool calls that a model asks for in one answer."""
_QUIET = ("ModelCallLimitMiddleware", "ToolCallLimitMiddleware", "TodoListMiddleware",
          "HumanInTheLoopMiddleware", "PIIMiddleware", "ContextEditingMiddleware",
          "ToolErrorMiddleware", "ShellToolMiddleware", "FilesystemFileSearchMiddleware",
          "ModelRetryMiddleware", "ModelFallbackMiddleware", "ToolRetryMiddleware",
          "SummarizationMiddleware", "LLMToolSelectorMiddleware",
          "LLMToolEmulator")  # fmt: skip
"""Middleware of LangChain whose calls of a model are known."""
_WRAPS = ("wrap_model_call", "awrap_model_call", "wrap_tool_call", "awrap_tool_call")


def of_agent(agent: Agent, graph: Graph | None, policy: Any = None) -> Cost:
    """A loop of model and tools: as many answers as its limit allows, then an end.

    Args:
        agent: The agent.
        graph: Its graph, where there is one.
        policy: The Stretto policy around its calls.
    """
    if agent.max_calls is None:
        why = f"nothing bounds the model calls of {agent.name!r}"
        return Cost(endless(why), endless(why), endless(why), endless(why), NOTHING)
    rounds = number(agent.max_calls)
    tools = rounds * symbol(CALLS) if agent.tools else NOTHING
    if agent.max_tool_calls is not None and agent.tools:
        tools = number(agent.max_tool_calls)
    hooks = _hooks(agent, graph)
    steps = hooks + rounds * (number(2) if agent.tools else ONE) + _last(agent)
    runs = hooks + rounds + tools + _last(agent)
    models = _capped(rounds * number(_per_answer(agent, policy)) + _beside(agent, tools), policy)
    made = of_tools(agent.tools, tools * number(_retried(agent))) if tools else Cost()
    return Cost(runs, models, NOTHING, steps, NOTHING, tuple(_unknown(agent))) + made


def of_tools(tools: tuple[Tool, ...], calls: Formula) -> Cost:
    """So many calls of any of several tools, and what the dearest of them does within."""
    if not tools:
        return Cost()
    asked = [asked_by(each.code, each.name) for each in tools if each.code is not None]
    dearest = NOTHING
    for each in asked:
        dearest = dearest.most(each.models)
    unknown = tuple(dict.fromkeys(why for each in asked for why in each.unknown))
    return Cost(model_calls=calls * dearest, tool_calls=calls, unknown=unknown)


def _hooks(agent: Agent, graph: Graph | None) -> Formula:
    """Runs of the nodes that middleware adds, the last one, that ends the loop, included."""
    rounds = agent.max_calls or 0
    if graph is None or not graph.nodes:
        known = len(agent.middleware)
        return number(2 * known + known * (2 * rounds + 1))
    ends = [name.rpartition(".")[2] for name in graph.nodes]
    count = sum(name in {"before_agent", "after_agent"} for name in ends)
    count += (rounds + 1) * ends.count("before_model") + rounds * ends.count("after_model")
    return number(count)


def _last(agent: Agent) -> Formula:
    """Stretto's own limit ends the loop by an answer of its own, in one more run of the model."""
    ours = any(type(each).__name__ == "CallLimit" for each in agent.middleware)
    return ONE if ours else NOTHING


def _per_answer(agent: Agent, policy: Any) -> int:
    """How many calls of a model one answer takes at most."""
    count = 1
    for each in agent.middleware:
        match type(each).__name__:
            case "ModelRetryMiddleware":
                count *= 1 + int(getattr(each, "max_retries", 0))
            case "ModelFallbackMiddleware":
                count *= 1 + len(getattr(each, "models", ()))
            case _:
                pass
    return count * tries(policy, models=True)


def tries(policy: Any, *, models: bool = False) -> int:
    """How often a policy of Stretto makes one call at most.

    Args:
        policy: The policy; `None` for none.
        models: Whether the calls are those of a model, for which others may take over.
    """
    retry, hedge = getattr(policy, "retry", None), getattr(policy, "hedge", None)
    fallback = getattr(policy, "fallback", None)
    count = getattr(retry, "attempts", 1) * (1 + getattr(hedge, "most", 0))
    return count * (1 + len(fallback.to)) if models and fallback is not None else count


def _beside(agent: Agent, tools: Formula) -> Formula:
    """Calls of a model that middleware makes for itself."""
    answers = number((agent.max_calls or 0) + 1)
    found = NOTHING
    for each in agent.middleware:
        match type(each).__name__:
            case "SummarizationMiddleware" | "LLMToolSelectorMiddleware":
                found += answers
            case "LLMToolEmulator":
                found += tools
            case _:
                pass
    return found


def _capped(models: Formula, policy: Any) -> Formula:
    most = getattr(getattr(policy, "budget", None), "calls", None)
    if most is None or (value := models.value()) is None or value <= most:
        return models
    return number(most)


def _retried(agent: Agent) -> int:
    """How often one tool call is made at most."""
    count = 1
    for each in agent.middleware:
        if type(each).__name__ == "ToolRetryMiddleware":
            count *= 1 + int(getattr(each, "max_retries", 0))
    return count


def _unknown(agent: Agent) -> Iterator[str]:
    for each in agent.middleware:
        kind: type[Any] = type(each)
        ours = kind.__module__.partition(".")[0] in {"stretto", "builtins"}
        if ours or kind.__name__ in _QUIET:
            continue
        if any(name in vars(base) for base in kind.__mro__[:-1] for name in _WRAPS
               if base.__name__ != "AgentMiddleware"):  # fmt: skip
            yield f"{agent.name!r}: how often {kind.__name__} calls what it stands around"
