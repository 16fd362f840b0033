from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from pydantic import BaseModel, SecretStr

from stretto.journal.values import clean, cut, jsonable, preview


class Colour(Enum):
    """An enum."""

    RED = "red"


class Spiteful:
    """Raises at every look."""

    def __repr__(self) -> str:
        raise RuntimeError("do not look")

    def __getattribute__(self, name: str) -> Any:
        raise ValueError(name)


class Model(BaseModel):
    """With a secret."""

    name: str
    secret: SecretStr = SecretStr("s3cret")


@dataclass
class Data:
    """A dataclass."""

    numbers: list[int]


odd = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=2_000)
    | st.text(st.characters(categories=["Cs"]), max_size=3)
    | st.binary()
    | st.builds(Spiteful)
    | st.builds(object)
    | st.dates()
    | st.complex_numbers()
    | st.builds(Model, name=st.text())
    | st.sampled_from([Colour.RED, Model, Path("/x"), len, ...]),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.text() | st.integers() | st.none(), inner)
        | st.tuples(inner, inner)
        | st.builds(Data, inner)
    ),
    max_leaves=40,
)


@given(odd)
def test_any_value_becomes_json_of_bounded_size(value: Any) -> None:
    """Whatever the object is or does: no error, valid JSON, about the size that was asked for."""
    text = json.dumps(jsonable(value, text=100, total=1_000), allow_nan=False, ensure_ascii=False)
    assert len(text) < 8_000
    text.encode()


@given(odd, st.integers(1, 200))
def test_a_preview_is_text_no_longer_than_asked(value: Any, size: int) -> None:
    """Whatever the object is or does."""
    shown = preview(value, size)
    assert len(shown) <= max(size, 60)
    shown.encode()


@given(st.text(st.characters()))
def test_clean_text_can_be_encoded(text: str) -> None:
    """NUL and lone surrogates, as a command line can hold them, are replaced; the rest stays."""
    assert clean(text).encode().decode() == clean(text)
    if text.isascii() and "\0" not in text:
        assert clean(text) == text


def test_a_cycle_ends() -> None:
    """A list that holds itself is followed a few steps."""
    loop: list[Any] = []
    loop.append(loop)
    assert json.dumps(jsonable(loop))


def test_wide_and_deep_values_stay_small() -> None:
    """The whole is bounded, not only each level."""
    value: Any = "x" * 1_000
    for _ in range(6):
        value = {str(i): value for i in range(50)}
    assert len(json.dumps(jsonable(value))) < 20_000


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Colour.RED, "red"),
        (Data([1, 2]), {"numbers": [1, 2]}),
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00+00:00"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (b"abc", "<3 bytes>"),
        ({1: {2}}, {"1": [2]}),
        (10**30, hex(10**30)),
        (float("nan"), "nan"),
        ("x" * 600, "x" * 499 + "…"),
    ],
)
def test_values_read_as_one_expects(value: object, expected: object) -> None:
    """Each kind in its plain form."""
    assert jsonable(value) == expected


def test_a_secret_stays_secret() -> None:
    """A pydantic secret is shown as pydantic shows it."""
    assert "s3cret" not in json.dumps(jsonable(Model(name="a")))


def test_a_message_is_previewed_by_its_content() -> None:
    """Text as it is, blocks by their words, data as JSON."""
    assert preview(HumanMessage("hello")) == "hello"
    assert preview(AIMessage([{"type": "text", "text": "a"}, {"type": "image", "url": "b"}])) == "a"
    assert preview(ToolMessage([{"a": 1}], tool_call_id="1")) == '[{"a": 1}]'
    assert preview({"a": 1}) == '{"a": 1}'


def test_cutting_shows_that_there_was_more() -> None:
    """By an ellipsis within the size."""
    assert cut("abcdef", 4) == "abc…"
    assert cut("abcd", 4) == "abcd"
