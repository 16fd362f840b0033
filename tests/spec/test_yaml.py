"""Agents as YAML files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from stretto import state
from stretto.errors import BadDefinition, BadDefinitions, InvalidInput, UnknownName
from stretto.spec.agent import Agent
from stretto.spec.definition import Definition
from stretto.spec.prompt import Prompt
from stretto.spec.yaml import RECORDS, agent_schema, dump_agent, load_agent, parse_agent

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def search(query: str) -> str:
    """Search the sources."""
    return query


def read(path: str) -> str:
    """Read a file."""
    return path


TOOLS = {"search": search, "read": read}
GREET = Prompt(
    "greet", "Greet {who} in {language}.", variables={"who": None, "language": "English"}
)
PROMPTS = {"plain": Prompt("plain", "You are plain."), "greet": GREET}


class Here:
    """Two tools and two prompts."""

    def prompts(self) -> list[str]:
        """Names of the prompts."""
        return list(PROMPTS)

    def prompt_file(self, name: str) -> Prompt:
        """One of them."""
        return PROMPTS[name]

    def tools_named(self, name: str) -> Sequence[Any]:
        """One tool, or all of the server `all`."""
        if name == "mcp:all":
            return list(TOOLS.values())
        if name == "both":
            raise InvalidInput("'both' may be a.both or b.both. Say which")
        if name not in TOOLS:
            raise UnknownName("tool", name, TOOLS)
        return [TOOLS[name]]


def parsed(text: str) -> Agent:
    """Read with the names of `Here`."""
    return parse_agent(text, "agents/finder.yaml", names=Here())


def test_a_file_gives_the_agent_that_python_gives() -> None:
    """Every key has its counterpart."""
    text = """
name: finder
role: finds things
model: openai:some-model
prompt: greet
variables:
  who: 7
tools:
  - search
  - read
output: Plan
version: 3
max_model_calls: 4
"""
    assert parsed(text) == Agent(
        name="finder",
        role="finds things",
        model="openai:some-model",
        prompt="Greet 7 in English.",
        tools=[search, read],
        output=state.Plan,
        version="3",
        max_model_calls=4,
    )


def test_the_name_is_the_file_name_unless_it_is_said() -> None:
    """Everything else has a default too."""
    assert parsed("role: finds") == Agent(name="finder", role="finds")


@pytest.mark.parametrize(
    ("said", "prompt"),
    [
        ("plain", "You are plain."),
        ("Find it.", "Find it."),
        ("|\n  Find it.\n  Now.\n", "Find it.\nNow.\n"),
        ("{text: Hello}", "Hello"),
        ("{text: plain}", "plain"),
        ("''", ""),
        ("Answer as {{x}} or [{}].", "Answer as {x} or [{}]."),
    ],
)
def test_a_prompt_is_named_or_written(said: str, prompt: str) -> None:
    """A word that names a prompt is that prompt; text with spaces is the text."""
    assert parsed(f"prompt: {said}").prompt == prompt


def test_a_written_prompt_may_have_variables() -> None:
    """They are filled like those of a prompt file."""
    text = "prompt: Answer in {language}, {language}!\nvariables: {language: German}"
    assert parsed(text).prompt == "Answer in German, German!"


def test_a_server_stands_for_all_of_its_tools() -> None:
    """One name, several tools."""
    assert parsed("tools: ['mcp:all']").tools == (search, read)


def test_an_output_may_be_a_schema() -> None:
    """It stays a dictionary."""
    text = "output:\n  title: Word\n  type: object\n  properties:\n    x: {type: string}\n"
    assert parsed(text).output == {
        "title": "Word",
        "type": "object",
        "properties": {"x": {"type": "string"}},
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("prompts: plain", ":1:1: unknown key 'prompts'. Did you mean 'prompt'?"),
        ("role: x\nprompt: plains", ":2:1: no prompt 'plains'. Did you mean 'plain'?"),
        ("tools:\n  - search\n  - reads", ":3:5: no tool 'reads'. Did you mean 'read'?"),
        ("output: Plans", ":1:1: no output class 'Plans'. Did you mean 'Plan'?"),
        ("tools: [both]", ":1:9: 'both' may be a.both or b.both. Say which"),
        ("tools: [search, search]", ":1:1: tools: two tools are called 'search'."),
        ("tools: [search, mcp:all]", ":1:1: tools: two tools are called 'search'."),
        ("tools: search", ":1:1: 'tools' must be a list, not search. Write a list"),
        ("name: 'a b'", ":1:1: name: 'a b' cannot name an agent. Use a letter"),
        ("role: x\nmax_model_calls: 0", ":2:1: 'max_model_calls': Input should be greater"),
        ("version: 1.10", ":1:1: 'version' must be text, not 1.1. Put it in quotes"),
        ("prompt: greet", ":1:1: the prompt needs the variable 'who'. Add it under"),
        ("prompt: Hello {who}", ":1:1: the prompt needs the variable 'who'. Add it under"),
        (
            "prompt: greet\nvariables:\n  who: x\n  languages: y",
            ":4:3: no variable 'languages'. Did you mean 'language'?",
        ),
        (
            "prompt: plain\nvariables: {who: [x]}",
            ":2:13: 'who' must be text, not a list. Write text",
        ),
        ("output:\n  type: string", ":1:1: output: the output's JSON Schema does not describe"),
        ("", ":1:1: no keys here"),
        ("role: a\nrole: b", ":2:1: the key 'role' stands here and in line 1"),
        ("\trole: a", ":1:1: a tab. Indent with spaces"),
    ],
)
def test_a_fault_names_file_line_and_the_nearest_right_name(text: str, said: str) -> None:
    """One fault is one error that says what to do."""
    with pytest.raises((BadDefinition, UnknownName)) as caught:
        parsed(text)
    assert not isinstance(caught.value, BadDefinitions), str(caught.value)
    assert str(caught.value).startswith(f"agents/finder.yaml{said}")


NEEDS_WHO = (
    "agents/finder.yaml:2:1: the prompt needs the variable 'who'. Add it under `variables:`, or "
    "show the braces with {{who}}"
)


def test_all_faults_of_a_file_are_told_at_once() -> None:
    """Structure, names and variables together, and none because of another."""
    text = "rol: x\nprompt: greet\nvariables:\n  whom: y\ntools: [searches, read]\noutput: 3\n"
    with pytest.raises(BadDefinitions) as caught:
        parsed(text)
    assert str(caught.value).splitlines() == [
        "agents/finder.yaml:6:1: 'output' must be text, not 3. Put it in quotes",
        "agents/finder.yaml:1:1: unknown key 'rol'. Did you mean 'role'?",
        "agents/finder.yaml:4:3: no variable 'whom'. Did you mean 'who'?",
        NEEDS_WHO,
        "agents/finder.yaml:5:9: no tool 'searches'. Did you mean 'search'?",
    ]


def test_a_file_name_that_cannot_name_an_agent_is_refused(tmp_path: Path) -> None:
    """The default has to be right too."""
    path = tmp_path / "my agent.yaml"
    path.write_text("role: x\n")
    with pytest.raises(BadDefinition, match="'my agent' cannot name an agent"):
        load_agent(path)


def test_a_file_alone_can_refer_to_nothing(tmp_path: Path) -> None:
    """Without a project there are no prompts and no tools."""
    path = tmp_path / "finder.yaml"
    path.write_text("prompt: plain\ntools: [search]\n")
    with pytest.raises(BadDefinitions, match="none yet; add a tool first"):
        load_agent(path)
    path.write_text("prompt: Be plain.\n")
    assert load_agent(path) == Agent(name="finder", prompt="Be plain.")


def test_every_record_can_be_an_output() -> None:
    """The list names classes that are there."""
    for name in RECORDS:
        assert issubclass(getattr(state, name), BaseModel)


def test_a_written_agent_reads_well() -> None:
    """Defaults are left out, and prompts keep their lines."""
    agent = Agent(
        name="finder", prompt="Find it.\n\n- now\n", tools=[search], output=state.Plan, version="2"
    )
    assert dump_agent(agent) == (
        "name: finder\nprompt: |\n  Find it.\n\n  - now\n"
        "tools:\n  - search\noutput: Plan\nversion: '2'\n"
    )


def test_what_only_python_can_say_cannot_be_written() -> None:
    """The error says what to write instead."""
    from langchain_core.language_models import FakeListChatModel

    class Mine(BaseModel):
        x: int

    with pytest.raises(InvalidInput, match="Name the model"):
        dump_agent(Agent(name="a", model=FakeListChatModel(responses=[])))
    with pytest.raises(InvalidInput, match=r"Use Mine\.model_json_schema\(\)"):
        dump_agent(Agent(name="a", output=Mine))
    with pytest.raises(InvalidInput, match="Use JSON values"):
        dump_agent(Agent(name="a", output={"type": "object", "properties": {"x": object()}}))


pieces = st.lists(
    st.sampled_from([*"{}x:#-'\"|>&*!%@`,[]?~\t\n\r \x85\u2028\ufeff\x00é😀", "plain", "{x}", "\n\n", "\n  "])
).map("".join)  # fmt: skip
texts = st.text() | pieces
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
schemas = st.builds(
    lambda properties: {"type": "object", "properties": properties},
    st.dictionaries(texts, json_values, max_size=3),
)
agents = st.builds(
    Agent,
    name=st.from_regex(r"\A[A-Za-z][A-Za-z0-9_-]{0,20}\Z"),
    role=texts,
    model=st.none() | texts.filter(str.strip),
    prompt=texts,
    tools=st.sampled_from([(), (search,), (read, search)]),
    output=st.none() | st.sampled_from([getattr(state, name) for name in RECORDS]) | schemas,
    version=texts,
    max_model_calls=st.integers(min_value=1),
)


@given(agents)
def test_an_agent_always_comes_back_from_its_file(agent: Agent) -> None:
    """Whatever its texts hold: quotes, colons, braces, control characters, line ends."""
    assert parse_agent(dump_agent(agent), "x.yaml", names=Here()) == agent


@given(agents)
def test_what_is_written_always_fits_the_schema(agent: Agent) -> None:
    """The schema that editors use agrees with the reader."""
    jsonschema.validate(Definition.parse(dump_agent(agent), "x.yaml").data, agent_schema())


def test_an_agent_comes_back_from_a_real_file(tmp_path: Path) -> None:
    """Line ends survive the disk."""
    agent = Agent(name="finder", prompt="a\r\nb\rc\n", role="é")
    path = tmp_path / "finder.yaml"
    path.write_text(dump_agent(agent), encoding="utf-8")
    assert load_agent(path) == agent


def test_the_schema_refuses_what_the_reader_refuses() -> None:
    """Unknown keys and wrong types are marked in the editor."""
    schema = agent_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    for wrong in ({"prompts": "x"}, {"tools": "x"}, {"max_model_calls": 0}, {"version": 1.5}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)
    assert "default" not in schema["properties"]["name"]
