"""A504: prompts with variables that nobody fills in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from langchain.agents.middleware import TodoListMiddleware, dynamic_prompt

from tests.check.rules.agents import HEAD, agent, told
from tests.check.rules.reading_code import seen_in_source

if TYPE_CHECKING:
    from pathlib import Path

CODE = "A504"
SOUND = [
    "Help Ann politely.",
    'Answer as JSON: {"name": "Ann"}',
    "Answer {{name}} as it stands.",
    r"Write \frac{a}{b} and x^{n}.",
    "Call /users/{id} of the API.",
    "Leave `{name}` and '{name}' in templates alone.",
    "Use ${name} in the shell.",
    "The empty set is {}.",
]


@dynamic_prompt
def filled_in(request: Any) -> str:
    """Fill the prompt in."""
    return str(request.system_prompt).format(name="Ann")


@pytest.mark.parametrize(
    "prompt", ["Help {name} politely.", "{name} is a customer.", "For {name}:"]
)
def test_a_variable_is_found(prompt: str, tmp_path: Path):
    """It is sent to the model with its braces."""
    (finding,) = told(agent(system_prompt=prompt), CODE)
    assert finding.certainty == "possible"
    tail = f"\ngraph = create_agent(model, [], middleware=[limit], system_prompt={prompt!r})"
    assert seen_in_source(HEAD, tmp_path, CODE, tail)


@pytest.mark.parametrize("prompt", SOUND)
def test_other_braces_are_left_alone(prompt: str, tmp_path: Path):
    """Of formulas, paths, code and JSON."""
    assert told(agent(system_prompt=prompt), CODE) == []
    tail = f"\ngraph = create_agent(model, [], middleware=[limit], system_prompt={prompt!r})"
    assert seen_in_source(HEAD, tmp_path, CODE, tail) == []


def test_middleware_may_fill_it_in():
    """What others do to the prompt is not known."""
    prompt = "Help {name} politely."
    assert told(agent(system_prompt=prompt, middleware=(filled_in,)), CODE) == []
    assert told(agent(system_prompt=prompt, middleware=(TodoListMiddleware(),)), CODE)


@pytest.mark.parametrize("call", ["PROMPT.format(name='Ann')", "f'Help {name}.'", "ask(PROMPT)"])
def test_a_prompt_that_is_made_is_left_alone(call: str, tmp_path: Path):
    """What is filled in is no template."""
    code = HEAD + "\nname = 'Ann'\nPROMPT = 'Help {name}.'"
    tail = f"\ngraph = create_agent(model, [], middleware=[limit], system_prompt={call})"
    assert seen_in_source(code, tmp_path, CODE, tail) == []
