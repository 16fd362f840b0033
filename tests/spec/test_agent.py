"""An agent as a value."""

from __future__ import annotations

import subprocess
import sys

import pytest
from langchain_core.tools import tool as langchain_tool
from pydantic import ValidationError

from stretto.spec.agent import Agent, tool_name
from stretto.state import Plan


def search(query: str) -> str:
    """Search the sources."""
    return query


@langchain_tool
def read(path: str) -> str:
    """Read a file."""
    return path


def test_agents_with_the_same_content_are_equal() -> None:
    """Equality and hash go by content; a list of tools is as good as a tuple."""
    one = Agent(name="a", prompt="p", tools=[search, read], output=Plan)
    other = Agent(name="a", prompt="p", tools=(search, read), output=Plan)
    assert one == other
    assert len({one, other}) == 1
    assert one != Agent(name="a", prompt="q", tools=[search, read], output=Plan)


def test_an_agent_with_a_schema_can_be_hashed() -> None:
    """A JSON Schema is a dictionary, and yet the agent is a key."""
    schema = {"type": "object", "properties": {"x": {"type": "string"}}}
    agent = Agent(name="a", output=schema)
    assert {agent: 1}[Agent(name="a", output=dict(schema))] == 1


def test_an_agent_keeps_its_own_copy_of_a_schema() -> None:
    """What the caller does to his dictionary later does not reach the agent."""
    schema = {"type": "object", "properties": {"x": {"type": "string"}}}
    agent = Agent(name="a", output=schema)
    schema["properties"] = {}
    assert agent.output == {
        "title": "Output",
        "type": "object",
        "properties": {"x": {"type": "string"}},
    }


def test_an_agent_cannot_be_changed() -> None:
    """It is a value."""
    agent = Agent(name="a")
    with pytest.raises(ValidationError, match="frozen"):
        agent.name = "b"  # type: ignore[misc]


def test_the_role_describes_it() -> None:
    """Planners are told the role."""
    assert Agent(name="a", role="finds things").description == "finds things"


def test_a_model_object_is_taken_as_it_is() -> None:
    """A chat model need not have a name."""
    from langchain_core.language_models import FakeListChatModel

    model = FakeListChatModel(responses=["hello"])
    assert Agent(name="a", model=model).model is model


@pytest.mark.parametrize("name", ["a", "planner", "a-b_c9", "Z" * 64])
def test_names_that_fit_nodes_and_tools_are_taken(name: str) -> None:
    """Letters, digits, underscore and hyphen are safe everywhere."""
    assert Agent(name=name).name == name


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "a:b"}, "cannot name an agent. Use a letter"),
        ({"name": "__start__"}, "cannot name an agent. Use a letter"),
        ({"name": ""}, "cannot name an agent. Use a letter"),
        ({"name": "a b"}, "cannot name an agent. Use a letter"),
        ({"name": "a" * 65}, "cannot name an agent. Use a letter"),
        ({"tools": [search, search]}, "two tools are called 'search'"),
        ({"tools": "search"}, "Give a list of tools"),
        ({"tools": [3]}, "3 is not a tool. Give a function"),
        ({"tools": [lambda x: x]}, "a tool cannot be called '<lambda>'"),
        ({"tools": [Plan]}, "is not a tool"),
        ({"model": 3}, "3 is not a model. Give a name"),
        ({"model": " "}, "the model's name is empty"),
        ({"output": int}, "is not an output. Give a pydantic class"),
        ({"output": {"type": "string"}}, "does not describe an object"),
        ({"output": {"type": "object", "properties": {}, "required": ["x"]}}, "names x"),
        ({"output": {"title": "a b", "type": "object", "properties": {}}}, "title is 'a b'"),
        ({"output": {"title": 3, "type": "object", "properties": {}}}, "does not describe"),
        ({"max_model_calls": 0}, "greater than or equal to 1"),
        ({"max_model_calls": True}, "valid integer"),
        ({"rol": "x"}, "Extra inputs"),
    ],
)
def test_what_cannot_be_is_refused_with_the_remedy(fields: dict[str, object], said: str) -> None:
    """Each text says what to do."""
    with pytest.raises(ValidationError) as caught:
        Agent.model_validate({"name": "a", **fields})
    assert said in str(caught.value)


def test_a_tool_needs_a_docstring() -> None:
    """A model chooses tools by what they say of themselves."""

    def silent(x: int) -> int:
        return x

    with pytest.raises(ValidationError, match="'silent' has no docstring"):
        Agent(name="a", tools=[silent])


def test_tools_are_called_by_the_name_a_model_sees() -> None:
    """A LangChain tool has a name of its own."""
    assert (tool_name(search), tool_name(read)) == ("search", "read")


def test_an_agent_is_imported_without_langchain() -> None:
    """Describing an agent costs no heavy import."""
    code = "import sys, stretto.spec.agent; print([m for m in sys.modules if m.startswith('lang')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
