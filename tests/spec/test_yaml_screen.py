"""Screens in agent files: read with the line of each fault, and written again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from stretto import Agent
from stretto.errors import StrettoError
from stretto.policy import Pattern, Screen
from stretto.spec.yaml import agent_schema, dump_agent, parse_agent

WHOLE = r"""
role: writes
screen:
  email: redact
  credit_card: mask
  patterns:
    order: {pattern: '\bA-\d{4}\b', strategy: hash}
    name: {pattern: "(?i)ann"}
"""

STRATEGIES = st.sampled_from(["redact", "mask", "hash", "block"])
KINDS = st.sampled_from(["email", "credit_card", "ip", "mac_address", "url"])
PATTERNS = st.builds(
    Pattern, pattern=st.sampled_from([r"\d+", "[a-z]'\"", "ü#: -", "a\tb"]), strategy=STRATEGIES
)


def test_a_file_says_the_same_as_python() -> None:
    """And is written as it was read."""
    agent = parse_agent(WHOLE, "agents/writer.yaml")
    assert agent.screen == Screen(
        email="redact",
        credit_card="mask",
        patterns={
            "order": Pattern(pattern=r"\bA-\d{4}\b", strategy="hash"),
            "name": Pattern(pattern="(?i)ann"),
        },
    )
    assert parse_agent(dump_agent(agent), "agents/writer.yaml") == agent


@given(
    st.dictionaries(KINDS, STRATEGIES, min_size=1),
    st.dictionaries(st.sampled_from(["order", "x1"]), PATTERNS),
)
def test_any_screen_comes_back(kinds: dict[str, str], patterns: dict[str, Pattern]) -> None:
    """As it was written."""
    screen = Screen.model_validate({**kinds, "patterns": patterns})
    agent = Agent(name="a", screen=screen)
    assert parse_agent(dump_agent(agent), "agents/a.yaml") == agent


def test_no_screen_is_not_written() -> None:
    """Most agents have none."""
    assert "screen" not in dump_agent(Agent(name="a"))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "screen:\n  emial: redact",
            "agents/a.yaml:2:3: unknown key 'emial'. Did you mean 'email'",
        ),
        ("screen:\n  email: hide", "agents/a.yaml:2:3: 'email'"),
        ("screen: {}", "Name a kind, such as `email: redact`"),
        (
            "screen:\n  patterns:\n    x: {pattern: '['}",
            "a.yaml:3:9: pattern: '[' is no regular expression",
        ),
        ("screen:\n  patterns:\n    x: {pattern: 'a*'}", "matches where there is nothing"),
        ("screen:\n  patterns:\n    A b: {pattern: a}", "names no kind"),
        ("screen:\n  patterns:\n    url: {pattern: a}", "is there already"),
        ("screen: redact", "agents/a.yaml:1:1: 'screen' must be a mapping"),
    ],
)
def test_a_fault_is_told_with_its_place(said: str, told: str) -> None:
    """And with what to do."""
    with pytest.raises(StrettoError) as caught:
        parse_agent(said, "agents/a.yaml")
    assert told in str(caught.value)


def test_editors_are_told_of_it() -> None:
    """In the JSON Schema of an agent file."""
    assert "screen" in agent_schema()["properties"]
    assert "credit_card" in agent_schema()["$defs"]["Screen"]["properties"]


def test_a_screen_is_frozen() -> None:
    """As all values that an agent carries."""
    with pytest.raises(ValidationError):
        Screen(email="redact").email = "mask"  # type: ignore[misc]
