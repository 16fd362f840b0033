"""Policies in agent files: read with the line of each fault, and written again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stretto import Agent, Project
from stretto.errors import BadDefinition, StrettoError
from stretto.policy import Breaker, Budget, Constant, Fallback, Policy, Retry, Timeout
from stretto.spec.yaml import dump_agent, parse_agent

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = """
role: writes
policy:
  retry: {attempts: 4, on: timeout}
  timeout:
    call: 20
    total: 90
  breaker: {name: shop, failures: 3}
  budget: {calls: 5, tokens: 9000}
  fallback:
    to: [offline, {model: "openai:small"}, {constant: {answer: none}}]
    on: [unavailable, budget]
"""


def test_a_file_says_the_same_as_python() -> None:
    """And is written as it was read."""
    agent = parse_agent(WHOLE, "agents/writer.yaml")
    assert agent.policy == Policy(
        retry=Retry(attempts=4, on=("timeout",)),
        timeout=Timeout(call=20, total=90),
        breaker=Breaker(name="shop", failures=3),
        budget=Budget(calls=5, tokens=9000),
        fallback=Fallback(
            to=["offline", "openai:small", Constant(value={"answer": "none"})],
            on=("unavailable", "budget"),
        ),
    )
    assert parse_agent(dump_agent(agent), "agents/writer.yaml") == agent


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("policy:\n  retri: {}", "agents/a.yaml:2:3: unknown key 'retri'. Did you mean 'retry'?"),
        ("policy:\n  retry:\n    tries: 3", "agents/a.yaml:3:5: unknown key 'tries'"),
        ("policy:\n  retry:\n    wait: soon", "agents/a.yaml:3:5: 'wait'"),
        ("policy:\n  timeout: {call: 9, total: 5}", "Raise `total`"),
        ("policy:\n  fallback:\n    to: [{agent: nobody}]", "a.yaml:3:10: no agent 'nobody'"),
        ("policy:\n  fallback:\n    to: [{agnt: nobody}]", "model: offline"),
        ("policy:\n  undo: nothing", "a.yaml:2:3: no tool 'nothing'"),
        ("policy: 3", "agents/a.yaml:1:1: 'policy' must be a mapping, not 3"),
    ],
)
def test_a_fault_is_told_with_its_line(said: str, told: str) -> None:
    """And with what to do."""
    with pytest.raises(StrettoError) as caught:
        parse_agent(said, "agents/a.yaml")
    assert told in str(caught.value)


def test_a_model_object_cannot_be_written() -> None:
    """A file names models and agents."""
    agent = Agent(name="a", policy=Policy(fallback=Fallback(to=print)))
    with pytest.raises(StrettoError, match="Name a model or an agent"):
        dump_agent(agent)


def project(folder: Path, **agents: str) -> Project:
    """A project with these agents."""
    (folder / "agents").mkdir()
    (folder / "langgraph.json").write_text('{"dependencies": ["."], "graphs": {}}')
    for name, text in agents.items():
        (folder / "agents" / f"{name}.yaml").write_text(text)
    return Project.find(folder)


def test_a_fallback_names_another_agent_of_the_project(tmp_path: Path) -> None:
    """It is looked up, with its own policy."""
    found = project(
        tmp_path,
        first="policy: {fallback: {to: {agent: second}}}",
        second="role: helps out\npolicy: {retry: {}}",
    ).agent("first")
    assert found.policy is not None
    assert found.policy.fallback is not None
    (second,) = found.policy.fallback.to
    assert (second.name, second.policy) == ("second", Policy(retry=Retry()))
    assert "agent: second" in dump_agent(found)


def test_a_fallback_that_leads_back_to_itself_is_refused(tmp_path: Path) -> None:
    """The text tells the way."""
    there = project(
        tmp_path,
        a="policy: {fallback: {to: {agent: b}}}",
        b="policy: {fallback: {to: {agent: a}}}",
    )
    with pytest.raises(BadDefinition, match="leads back to itself: a -> b -> a"):
        there.agent("a")
