"""YAML definitions and the lines of what is wrong with them."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from stretto.errors import BadDefinition, BadDefinitions
from stretto.spec.definition import Definition


class Model(BaseModel):
    """Something with every kind of field."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str
    count: int = 1
    words: list[str] = []
    either: str | dict[str, int] = ""


def faults(text: str) -> list[str]:
    """What pydantic and `Definition` make of a text."""
    definition = Definition.parse(text, "f.yaml")
    with pytest.raises(ValidationError) as caught:
        Model.model_validate(definition.data)
    return [str(fault) for fault in definition.faults(caught.value, Model)]


def test_every_value_has_its_line() -> None:
    """Keys, nested keys and items are found; what is missing has the line of what holds it."""
    definition = Definition.parse("a: 1\nb:\n  - x\n  -\n    c: 2\n", "f.yaml")
    assert definition.data == {"a": 1, "b": ["x", {"c": 2}]}
    assert [definition.mark(*p) for p in [(), ("a",), ("b",), ("b", 0), ("b", 1, "c")]] == [
        (1, 1),
        (1, 1),
        (2, 1),
        (3, 5),
        (5, 5),
    ]
    assert definition.mark("b", 7, "z") == (2, 1)


def test_a_part_of_a_definition_keeps_its_places() -> None:
    """The mapping within is a definition of the same file."""
    inner = Definition.parse("a: 1\nb:\n  - c:\n      d: 2\n", "f.yaml").within("b", 0, "c")
    assert inner.data == {"d": 2}
    assert inner.mark("d") == (4, 7)
    assert str(inner.bad(("d",), "odd", "Change it")) == "f.yaml:4:7: odd. Change it"


def test_lines_are_counted_from_the_first_line_given() -> None:
    """A header begins at the second line of its file."""
    assert Definition.parse("\na: 1", "f.md", first_line=2).mark("a").line == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "f.yaml:1:1: no keys here"),
        ("# only a comment\n", "f.yaml:1:1: no keys here"),
        ("- a\n", "f.yaml:1:1: not a mapping"),
        ("word", "f.yaml:1:1: not a mapping"),
        ("a: 1\n\tb: 2\n", "f.yaml:2:1: a tab. Indent with spaces"),
        ("a: b: c\n", "f.yaml:1:5: this is not YAML: mapping values are not allowed here"),
        ("a: 1\nb: [1\nc: 2\n", "f.yaml:3:2: this is not YAML"),
        ("a: 1\nb: 'x\n", "f.yaml:"),
        ("a: !!python/name:os.system x\n", "f.yaml:1:4: this is not YAML"),
        ("a: *b\n", "f.yaml:1:4: this is not YAML: found undefined alias"),
        ("a: 1\n---\nb: 2\n", "f.yaml:2:1: this is not YAML"),
        ("b: 1\na: \x00\n", "f.yaml:2:4: a character that YAML does not allow"),
        ("a: 1\nb: 2\na: 3\n", "f.yaml:3:1: the key 'a' stands here and in line 1"),
        ("a: &x\n  b: *x\n", "f.yaml:1:4: an alias within what it stands for"),
        ("a: 1999-99-99\n", "f.yaml:1:1: this is not YAML"),
    ],
)
def test_text_that_is_no_mapping_is_refused_with_its_line(text: str, said: str) -> None:
    """Whatever YAML says of it, the reader learns the line."""
    with pytest.raises(BadDefinition) as caught:
        Definition.parse(text, "f.yaml")
    assert str(caught.value).startswith(said)


def test_all_keys_that_stand_twice_are_told() -> None:
    """Nested ones too, and in one error."""
    with pytest.raises(BadDefinitions) as caught:
        Definition.parse("a: 1\na: 2\nb:\n  c: 1\n  c: 2\n", "f.yaml")
    assert [error.line for error in caught.value.errors if isinstance(error, BadDefinition)] == [
        2,
        5,
    ]


def test_an_alias_may_be_used_twice() -> None:
    """Only one within itself has no end."""
    assert Definition.parse("a: &x [1]\nb: *x\n", "f.yaml").data == {"a": [1], "b": [1]}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nme: x\nname: y", ["f.yaml:1:1: unknown key 'nme'. Did you mean 'name'?"]),
        ("name: x\nzzz: y", ["f.yaml:2:1: unknown key 'zzz'. Known: count, either, name, words."]),
        ("count: 2", ["f.yaml:1:1: the key 'name' is missing. Add `name:`"]),
        ("name: 3", ["f.yaml:1:1: 'name' must be text, not 3. Put it in quotes"]),
        ("name: 1.10", ["f.yaml:1:1: 'name' must be text, not 1.1. Put it in quotes"]),
        ("name:", ["f.yaml:1:1: 'name' must be text, not empty. Write text"]),
        ("name: [x]", ["f.yaml:1:1: 'name' must be text, not a list. Write text"]),
        (
            "name: x\nwords:\n  - a\n  - 3",
            ["f.yaml:4:5: 'words' must be text, not 3. Put it in quotes"],
        ),
        (
            "name: x\nwords: a",
            ["f.yaml:2:1: 'words' must be a list, not a. Write a list"],
        ),
        (
            "name: x\ncount: many",
            ["f.yaml:2:1: 'count' must be a whole number, not many. Write a whole number"],
        ),
        ("name: x\neither: 3", ["f.yaml:2:1: 'either' must be text, not 3. Put it in quotes"]),
        (
            "nme: 1\ncount: x\nwords: 3",
            [
                "f.yaml:1:1: the key 'name' is missing. Add `name:`",
                "f.yaml:2:1: 'count' must be a whole number, not x. Write a whole number",
                "f.yaml:3:1: 'words' must be a list, not 3. Write a list",
                "f.yaml:1:1: unknown key 'nme'. Did you mean 'name'?",
            ],
        ),
    ],
)
def test_faults_name_line_key_and_remedy(text: str, said: list[str]) -> None:
    """All of a text are told, each once."""
    assert faults(text) == said


def test_a_key_that_is_no_text_is_told() -> None:
    """YAML allows numbers as keys; a definition does not."""
    assert faults("name: x\n1: y")[0].startswith("f.yaml:")
