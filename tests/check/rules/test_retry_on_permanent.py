"""Retries on what cannot heal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stretto import Agent, Policy, Retry, sequential
from stretto.check import check
from stretto.testing import ScriptedModel
from tests.check.rules.reading_code import seen, seen_in_source

if TYPE_CHECKING:
    from pathlib import Path

TAIL = """
from langgraph.types import RetryPolicy
builder = StateGraph(State)
builder.add_node("node", node, retry_policy={})
builder.add_edge(START, "node")
builder.add_edge("node", END)
graph = builder.compile()
"""
PLAIN = """
def node(state: State):
    return {"a": state["b"].strip()}
"""
ASKS = """
import json
def node(state: State):
    return {"a": json.loads(requests.get(state["b"]).text)["a"]}
"""
MODEL = """
from langchain_core.language_models.fake_chat_models import FakeListChatModel
llm = FakeListChatModel(responses=["yes"])
def node(state: State):
    return {"a": llm.invoke(state["b"]).text}
"""
BAD = [
    (PLAIN, "RetryPolicy(retry_on=(KeyError, ConnectionError))", "proved"),
    (PLAIN, "[RetryPolicy(retry_on=ConnectionError), RetryPolicy(retry_on=TypeError)]", "proved"),
    (ASKS, "RetryPolicy(retry_on=ImportError)", "proved"),
    (ASKS, "RetryPolicy(max_attempts=5, retry_on=Exception)", "possible"),
    (ASKS, "RetryPolicy(retry_on=[PermissionError])", "possible"),
    (MODEL, "RetryPolicy()", "possible"),
]
GOOD = [
    (PLAIN, "RetryPolicy(max_attempts=1, retry_on=KeyError)"),
    (PLAIN, "RetryPolicy(retry_on=(ConnectionError, TimeoutError))"),
    (PLAIN, "RetryPolicy()"),
    (ASKS, "RetryPolicy(retry_on=(ValueError, KeyError))"),
    (ASKS, "RetryPolicy(retry_on=lambda error: isinstance(error, OSError))"),
    (MODEL, "RetryPolicy(retry_on=ValueError)"),
    (MODEL, "RetryPolicy(retry_on=lambda error: 'busy' in str(error))"),
    (MODEL, "None"),
]


@pytest.mark.parametrize(("code", "policy", "certainty"), BAD)
def test_a_retry_that_cannot_help_is_found(code: str, policy: str, certainty: str, tmp_path: Path):
    """It is found in the graph and in its source."""
    tail = TAIL.format(policy)
    for found in (seen, seen_in_source):
        (one,) = found(code, tmp_path, "P401", tail)
        assert one.certainty == certainty


@pytest.mark.parametrize(("code", "policy"), GOOD)
def test_a_retry_that_may_help_is_not(code: str, policy: str, tmp_path: Path):
    """What may be another the next time may be tried again."""
    tail = TAIL.format(policy)
    assert seen(code, tmp_path, "P401", tail) == []
    assert seen_in_source(code, tmp_path, "P401", tail) == []


def test_a_provider_s_refusal_is_found(tmp_path: Path):
    """One's own error of the same name may heal."""
    own = "class NotFoundError(Exception): pass\n"
    tail = TAIL.format("RetryPolicy(retry_on=NotFoundError)")
    assert seen(own + ASKS, tmp_path, "P401", tail) == []
    assert seen_in_source(own + ASKS, tmp_path, "P401", tail) == []
    tail = TAIL.format("RetryPolicy(retry_on=openai.NotFoundError)")
    assert len(seen("import openai\n" + ASKS, tmp_path, "P401", tail)) == 1
    assert len(seen_in_source("import openai\n" + ASKS, tmp_path, "P401", tail)) == 1


def test_a_policy_of_ours_that_repeats_refusals_is_found():
    """So it is with our own retries, whose default is sound."""
    for on, count in ((("refused", "timeout"), 1), (("unavailable",), 0)):
        policy = Policy(retry=Retry(on=on))
        one = Agent(name="one", prompt="Read.", model=ScriptedModel(["yes"]), policy=policy)
        graph = sequential(one, Agent(name="two", prompt="Write.", model=ScriptedModel(["yes"])))
        codes = [finding.code for finding in check(graph)]
        assert codes.count("P401") == count
