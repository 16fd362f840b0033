"""Policies that stand outside of what hides every failure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import openai
import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import (
    ModelFallbackMiddleware,
    ModelRetryMiddleware,
    ToolErrorMiddleware,
    ToolRetryMiddleware,
)
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langgraph.types import RetryPolicy
from typing_extensions import TypedDict

from stretto.check import check
from stretto.testing import Reply, ScriptedModel, tool_call
from tests.check.rules.chains import chain
from tests.check.rules.reading_code import seen, seen_in_source

if TYPE_CHECKING:
    from pathlib import Path

TAIL = """
from langgraph.types import RetryPolicy
builder = StateGraph(State)
builder.add_node("node", node, {policy})
builder.add_edge(START, "node")
builder.add_edge("node", END)
graph = builder.compile()
"""
RETRY = "retry_policy=RetryPolicy(retry_on=ConnectionError)"
HIDES = """
def node(state: State):
    try:
        return {"a": requests.get(state["b"]).text}
    except Exception as error:
        logging.warning(error)
        return {"a": "unknown"}
"""
GOOD = [
    (HIDES.replace("except Exception", "except ValueError"), RETRY),
    (HIDES.replace('return {"a": "unknown"}', "raise"), RETRY),
    (
        HIDES.replace("    logging", "    if not state['b']:\n            raise\n        logging"),
        RETRY,
    ),
    (HIDES.replace("    try:", "    requests.get('https://up.example')\n    try:"), RETRY),
    (HIDES, "retry_policy=RetryPolicy(max_attempts=1)"),
    (HIDES, "metadata={'role': 'reader'}"),
    ("def node(state: State):\n    return {'a': 'b'}\n", RETRY),
]


@pytest.mark.parametrize("policy", [RETRY, "error_handler=lambda state: {'a': 'failed'}"])
def test_a_policy_of_a_node_that_catches_everything_is_found(policy: str, tmp_path: Path):
    """No failure leaves its code."""
    tail = TAIL.format(policy=policy)
    for found in (seen, seen_in_source):
        assert len(found(HIDES, tmp_path, "P408", tail)) == 1


@pytest.mark.parametrize(("code", "policy"), GOOD)
def test_a_policy_that_may_see_a_failure_is_not(code: str, policy: str, tmp_path: Path):
    """Something is not caught, or raised again, or there is no policy."""
    tail = TAIL.format(policy=policy)
    assert seen(code, tmp_path, "P408", tail) == []
    assert seen_in_source(code, tmp_path, "P408", tail) == []


class Down(FakeListChatModel):
    """A model whose provider is down, or refuses."""

    status: int = 503
    asked: list[int] = []  # noqa: RUF012 - a pydantic field

    def _call(self, *_: Any, **__: Any) -> str:
        self.asked.append(1)
        response = httpx.Response(self.status, request=httpx.Request("POST", "https://api.example"))
        raise openai.APIStatusError("no", response=response, body=None)


def _words(error: Exception, request: Any) -> str:
    return f"{request.tool_call['name']} failed: {type(error).__name__}"


def _agent(*middleware: Any, model: Any = None, tools: Any = ()) -> Any:
    return create_agent(model or Down(responses=["x"]), list(tools), middleware=list(middleware))


def _codes(agent: Any) -> list[str]:
    return [finding.code for finding in check(agent) if finding.code == "P408"]


def test_a_fallback_outside_of_a_retry_that_goes_on_is_never_asked():
    """LangChain makes an answer of the last failure; the other model is not called."""
    quick = {"max_retries": 1, "initial_delay": 0.0}
    spare = FakeListChatModel(responses=["spare"])
    hidden = _agent(ModelFallbackMiddleware(spare), ModelRetryMiddleware(**quick))
    said = hidden.invoke({"messages": [("user", "Hello")]})["messages"][-1].text
    assert said.startswith("Model call failed after 2 attempts")
    assert _codes(hidden) == ["P408"]
    open_ = _agent(
        ModelFallbackMiddleware(spare), ModelRetryMiddleware(**quick, on_failure="error")
    )
    assert open_.invoke({"messages": [("user", "Hello")]})["messages"][-1].text == "spare"
    assert _codes(open_) == []
    assert _codes(_agent(ModelRetryMiddleware(**quick), ModelFallbackMiddleware(spare))) == []


def test_a_retry_outside_of_worded_errors_tries_nothing_again():
    """A tool's failure has become a message before the retry could see it."""
    tried: list[int] = []

    def weigh(pot: str) -> str:
        """Weigh a pot."""
        tried.append(1)
        raise ConnectionError(pot)

    def script() -> Any:
        tried.clear()
        return ScriptedModel([Reply(tool_calls=[tool_call("weigh", pot="bowl")]), "So be it."])

    retry = ToolRetryMiddleware(max_retries=2, initial_delay=0.0, on_failure="error")
    asked = {"messages": [("user", "How heavy?")]}
    hidden = _agent(retry, ToolErrorMiddleware(_words), model=script(), tools=[weigh])
    hidden.invoke(asked)
    assert len(tried) == 1
    assert _codes(hidden) == ["P408"]
    seen_ = _agent(ToolErrorMiddleware(_words), retry, model=script(), tools=[weigh])
    seen_.invoke(asked)
    assert len(tried) == 3
    assert _codes(seen_) == []
    goes_on = ToolRetryMiddleware(max_retries=1, initial_delay=0.0)
    assert _codes(_agent(ToolErrorMiddleware(_words), goes_on, tools=[weigh])) == ["P408"]


class State(TypedDict):
    """A text."""

    a: str


@pytest.mark.parametrize("status", [401, 404, 503])
def test_the_default_retry_repeats_what_is_refused(status: int):
    """A wrong key is tried as often as a provider that is down, and P401 says so."""
    llm = Down(responses=["x"], status=status, asked=[])

    def ask(state: State) -> dict[str, Any]:
        return {"a": llm.invoke(state["a"]).text}

    builder = chain(State, ask)
    policy = RetryPolicy(initial_interval=0.001, jitter=False)
    builder.nodes["ask"].retry_policy = policy
    graph = builder.compile()
    with pytest.raises(openai.APIStatusError):
        graph.invoke({"a": "Hello"})
    assert len(llm.asked) == 3
    assert "P401" in [finding.code for finding in check(graph)]
