"""A509: models whose names are misspelt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from tests.check.rules.agents import HEAD, agent, told
from tests.check.rules.reading_code import seen_in_source

if TYPE_CHECKING:
    from pathlib import Path

CODE = "A509"
KEY = SecretStr("none")
SLIPS = ["gtp-4o", "gpt5-mini", "cluade-sonnet-4"]
FINE = [
    "gpt-5-mini",
    "gpt-9o",
    "o5-mini",
    "claude-opus-9",
    "qwen3-32b",
    "my-model",
    "openai/gpt-5",
]


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_is_found(name: str):
    """It is a letter or two away from a known one."""
    (finding,) = told(agent(model=ChatOpenAI(model=name, api_key=KEY)), CODE)
    assert finding.certainty == "possible"
    assert repr(name) in finding.message


@pytest.mark.parametrize("name", FINE)
def test_other_names_are_left_alone(name: str):
    """There are new ones every week."""
    assert told(agent(model=ChatOpenAI(model=name, api_key=KEY)), CODE) == []


def test_a_server_of_its_own_calls_them_what_it_likes():
    """As a proxy may."""
    url = "http://localhost:1/v1"
    assert told(agent(model=ChatOpenAI(model="gpt5-mini", api_key=KEY, base_url=url)), CODE) == []


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("opnai:gpt-5", "openai:gpt-5"),
        ("antropic:claude-opus-4", "anthropic:claude-opus-4"),
        ("openai:gtp-5", "gpt-5"),
        ("openai:gpt-5", ""),
        ("ollama:llama3:8b", ""),
        ("llama3:8b", ""),
        ("ours:gpt-5", ""),
    ],
)
def test_a_name_with_a_provider_is_read(name: str, near: str, tmp_path: Path):
    """From source, as LangChain fails on a wrong one at once."""
    tail = f"\ngraph = create_agent({name!r}, [], middleware=[limit])"
    found = seen_in_source(HEAD, tmp_path, CODE, tail)
    assert [repr(near) in each.remedy for each in found] == [True] * bool(near)


@pytest.mark.parametrize(
    ("made", "found"),
    [
        ("init_chat_model('gpt5-mini')", True),
        ("init_chat_model('gpt5-mini', model_provider='openai')", True),
        ("init_chat_model('gpt5-mini', model_provider='azure_openai')", False),
        ("init_chat_model('azure_openai:gpt5-mini')", False),
        ("ChatOpenAI(model='gpt5-mini')", True),
        ("ChatOpenAI(model='gpt5-mini', base_url='http://localhost:1')", False),
        ("AzureChatOpenAI(model='gpt5-mini')", False),
    ],
)
def test_a_model_is_read_where_it_is_made(made: str, tmp_path: Path, *, found: bool):
    """With what is said of its provider."""
    code = HEAD + "from langchain.chat_models import init_chat_model\n"
    code += f"from langchain_openai import AzureChatOpenAI, ChatOpenAI\nllm = {made}\n"
    tail = "\ngraph = create_agent(llm, [], middleware=[limit])"
    assert bool(seen_in_source(code, tmp_path, CODE, tail)) == found
