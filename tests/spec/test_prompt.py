"""Prompts: Markdown with a header and variables."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stretto.errors import BadDefinition, BadDefinitions, UnknownName
from stretto.spec.prompt import Prompt, escape, fill, used

if TYPE_CHECKING:
    from pathlib import Path

GREETING = """---
version: 2
variables:
  language: English
  name:
---

# Greet
Say hello to {name} in {language}.
"""


def test_a_prompt_has_version_variables_and_text() -> None:
    """The header is read, the text is what remains."""
    prompt = Prompt.parse(GREETING, "p.md", name="greeting")
    assert (prompt.name, prompt.version) == ("greeting", "2")
    assert prompt.variables == {"language": "English", "name": None}
    assert prompt.text == "# Greet\nSay hello to {name} in {language}."


def test_values_replace_variables_and_defaults_serve_for_the_rest() -> None:
    """Numbers may be given as they are."""
    prompt = Prompt.parse(GREETING, "p.md", name="greeting")
    assert prompt.render(name="Ada") == "# Greet\nSay hello to Ada in English."
    assert prompt.render(name=3, language="German") == "# Greet\nSay hello to 3 in German."


def test_a_prompt_needs_no_header() -> None:
    """Plain Markdown is a prompt."""
    assert Prompt.parse("Hello.\n", "p.md", name="p").render() == "Hello."


def test_variables_may_be_a_list() -> None:
    """Names without defaults."""
    prompt = Prompt.parse("---\nvariables: [a, b]\n---\n{a}{b}", "p.md", name="p")
    assert prompt.render(a=1, b=2) == "12"


def test_windows_files_are_read(tmp_path: Path) -> None:
    """A byte order mark and carriage returns do not matter."""
    path = tmp_path / "p.md"
    path.write_bytes(b"\xef\xbb\xbf---\r\nversion: 3\r\n---\r\nHello.\r\n")
    assert Prompt.load(path) == Prompt("p", "Hello.", "3", {}, str(path), 4)


def test_json_in_a_prompt_stays_as_it_is() -> None:
    """Only a plain name between braces is a variable."""
    text = 'Answer as {"found": true, "x": {"y": {}}, "z": [{}]} or { } or {1} or {a b}.'
    assert used(text) == []
    assert fill(text, {}) == text


def test_doubled_braces_show_the_braces() -> None:
    """`{{x}}` shows `{x}`, and is no variable."""
    assert used("{{x}} {y}") == ["y"]
    assert fill("{{x}} {y}", {"y": 1}) == "{x} 1"


def test_a_variable_in_json_is_filled() -> None:
    """Uneven braces belong to the text around."""
    assert fill('{"a":{x}}', {"x": 1}) == '{"a":1}'


def test_values_are_not_searched_for_variables() -> None:
    """What a value says cannot pull in another."""
    assert fill("{a} {b}", {"a": "{b}", "b": 1}) == "{b} 1"


braced = st.lists(st.sampled_from(["{", "}", "x", "{x}", "{{y}}", '"', " ", "\n", "1", "é"])).map(
    "".join
)


@given(braced | st.text())
def test_escaped_text_always_comes_back(text: str) -> None:
    """`fill` undoes `escape`, whatever the braces."""
    assert used(escape(text)) == []
    assert fill(escape(text), {}) == text


words = st.text(st.characters(exclude_characters="{}"))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | words,
    lambda inner: st.lists(inner) | st.dictionaries(words, inner),
)


@given(values, st.sampled_from([None, 2]))
def test_json_always_survives(value: object, indent: int | None) -> None:
    """Examples in a prompt need no escaping."""
    text = json.dumps(value, indent=indent)
    assert used(text) == []
    assert fill(text, {}) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("---\nversion: 1\nHello", "p.md:1: the header does not end. Close it with a line of"),
        ("---\nversion: 1\n---\n\n", "p.md:4: the prompt has no text"),
        ("", "p.md:1: the prompt has no text"),
        ("---\nverson: 1\n---\nx", "p.md:2:1: unknown key 'verson'. Did you mean 'version'?"),
        ("---\nversion: 1.5\n---\nx", "p.md:2:1: 'version' must be text, not 1.5. Put it in quotes"),
        ("---\nvariables: x\n---\nx", "p.md:2:1: 'variables' must be a mapping"),
        ("---\n\tversion: 1\n---\nx", "p.md:2:1: a tab. Indent with spaces"),
        ("---\n- x\n---\nx", "p.md:2:1: not a mapping"),
        ("---\nvariables: [name]\n---\n\nHello\n{names}, {name}", "p.md:6: the variable 'names' is not declared. Did you mean 'name'? Declare it"),
        ("Hello {name}", "p.md:1: the variable 'name' is not declared. Declare it under `variables:` in the header, or write {{name}}"),
        ("---\nversion: 1\nvariables:\n  name: x\n---\nHello", "p.md:4:3: the variable 'name' is declared but not used. Use {name}"),
    ],
)  # fmt: skip
def test_faults_of_a_prompt_name_file_and_line(text: str, said: str) -> None:
    """And the nearest right name, and what to do."""
    with pytest.raises(BadDefinition) as caught:
        Prompt.parse(text, "p.md", name="p")
    assert str(caught.value).startswith(said)


def test_all_faults_are_told_at_once() -> None:
    """One look at the file mends it."""
    text = "---\nvariables: {a: 1, b: 2}\n---\n{c}\n{d}"
    with pytest.raises(BadDefinitions) as caught:
        Prompt.parse(text, "p.md", name="p")
    assert len(caught.value.errors) == 4


def test_a_missing_value_is_told_with_the_line_of_its_use() -> None:
    """All missing ones together."""
    with pytest.raises(BadDefinition, match=r"p\.md:9: the variable 'name' has no value"):
        Prompt.parse(GREETING, "p.md", name="p").render()


def test_a_value_for_nothing_is_refused_with_the_nearest_name() -> None:
    """A misspelt variable does not pass silently."""
    with pytest.raises(UnknownName, match=r"no variable 'names'\. Did you mean 'name'"):
        Prompt.parse(GREETING, "p.md", name="p").render(names="Ada")


def test_files_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    """Not there, not text, or a folder."""
    with pytest.raises(BadDefinition, match="there is no such file"):
        Prompt.load(tmp_path / "p.md")
    (tmp_path / "p.md").write_bytes(b"abc\n\xff")
    with pytest.raises(BadDefinition, match=r"p\.md:2: this is not UTF-8"):
        Prompt.load(tmp_path / "p.md")
    with pytest.raises(BadDefinition, match="cannot be read"):
        Prompt.load(tmp_path)
