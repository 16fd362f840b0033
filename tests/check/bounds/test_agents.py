"""What an agent and its middleware come to: never more than the bound, and just that at worst."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import (
    AgentMiddleware,
    ModelCallLimitMiddleware,
    ModelFallbackMiddleware,
    ModelRetryMiddleware,
    SummarizationMiddleware,
    TodoListMiddleware,
    ToolCallLimitMiddleware,
    ToolRetryMiddleware,
)
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, HumanMessage
from typing_extensions import override

from stretto.check.bounds import bounds

if TYPE_CHECKING:
    from collections.abc import Iterator


class Model(GenericFakeChatModel):
    """Asks for tools for ever, and fails two times of three where it is told to."""

    fails: bool = False
    asked: int = 0

    @override
    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self

    @override
    def _generate(self, *args: Any, **kwargs: Any) -> Any:
        self.asked += 1
        if self.fails and self.asked % 3:
            raise TimeoutError("busy")
        return super()._generate(*args, **kwargs)


def asking(calls: int, *, fails: bool = False) -> Model:
    """A model that asks for so many tool calls in each answer."""

    def answers() -> Iterator[AIMessage]:
        for number in itertools.count():
            told = [
                {"name": "look", "args": {"q": "x"}, "id": f"{number}-{each}"}
                for each in range(calls)
            ]
            yield AIMessage("", tool_calls=told)

    return Model(messages=answers(), fails=fails)


def look(q: str) -> str:
    """Look something up."""
    return f"found {q}"


@dataclass(eq=False)
class Counts(BaseCallbackHandler):
    """Counts what happens."""

    models: int = 0
    tools: int = 0
    nodes: list[int] = field(default_factory=list[int])

    @override
    def on_chat_model_start(self, *args: Any, **kwargs: Any) -> None:
        self.models += 1

    @override
    def on_tool_start(self, *args: Any, **kwargs: Any) -> None:
        self.tools += 1


class Hooks(AgentMiddleware[Any, Any, Any]):
    """A node before and after all there is."""

    @override
    def before_agent(self, state: Any, runtime: Any) -> None:
        return None

    @override
    def after_agent(self, state: Any, runtime: Any) -> None:
        return None

    @override
    def before_model(self, state: Any, runtime: Any) -> None:
        return None

    @override
    def after_model(self, state: Any, runtime: Any) -> None:
        return None


def summaries() -> Any:
    """Summarises before each answer."""
    writer = Model(messages=itertools.repeat(AIMessage("short")))
    return SummarizationMiddleware(writer, trigger=("messages", 2), keep=("messages", 1))


QUICK: Any = {"initial_delay": 0.0, "jitter": False}
EXACT = {"limit alone", "a limit of tools"}
AROUND: dict[str, list[Any]] = {
    "limit alone": [],
    "a list of things to do": [TodoListMiddleware()],
    "attempts": [ModelRetryMiddleware(max_retries=2, **QUICK)],
    "another model": [ModelFallbackMiddleware(asking(1))],
    "attempts of tools": [ToolRetryMiddleware(max_retries=2)],
    "a limit of tools": [ToolCallLimitMiddleware(run_limit=2)],
    "summaries": [summaries()],
    "all hooks": [Hooks()],
}


@pytest.mark.parametrize("calls", [1, 3])
@pytest.mark.parametrize("case", AROUND, ids=lambda case: case.replace(" ", "-"))
def test_an_agent_comes_to_no_more(case: str, calls: int):
    """Model calls, tool calls, node runs and supersteps are within the bounds."""
    limit: Any = ModelCallLimitMiddleware(run_limit=4)
    fails = case in {"attempts", "another model"}
    model = asking(calls, fails=fails)
    agent: Any = create_agent(model, [look], middleware=[limit, *AROUND[case]])
    found, counts = bounds(agent), Counts()
    config: Any = {"callbacks": [counts], "recursion_limit": 200}
    given = {"messages": [HumanMessage("x")]}
    for part in agent.stream(given, config, stream_mode="debug"):
        if part["type"] == "task":
            counts.nodes.append(part["step"])
    inputs = {"calls": calls}
    seen = (counts.models, counts.tools, len(counts.nodes), counts.nodes[-1])
    most = [
        each.value(inputs)
        for each in (found.model_calls, found.tool_calls, found.node_runs, found.supersteps)
    ]
    assert all(m is not None and s <= m for s, m in zip(seen, most, strict=True)), (seen, most)
    if case in EXACT and calls == 3:
        assert list(seen[:3]) == most[:3]


def test_middleware_of_the_users_own_is_told(tmp_path: Any):
    """What stands around a model may call it any number of times."""

    class Twice(AgentMiddleware[Any, Any, Any]):
        @override
        def wrap_model_call(self, request: Any, handler: Any) -> Any:
            handler(request)
            return handler(request)

    limit: Any = ModelCallLimitMiddleware(run_limit=4)
    own: Any = Twice()
    agent: Any = create_agent(asking(1), [look], middleware=[limit, own], name="writer")
    assert bounds(agent).unknown == ("'writer': how often Twice calls what it stands around",)
