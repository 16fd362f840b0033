"""The pieces and events of a stream."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage

from stretto.testing.reply import broken_call, tool_call
from stretto.testing.streams import SIZE, argument_text, calls_of, event, pieces


@given(st.text())
def test_pieces_always_make_the_text_again(text: str):
    """Nothing is lost, added or longer than a piece."""
    assert "".join(pieces(text)) == text
    assert all(0 < len(piece) <= SIZE for piece in pieces(text))


@given(st.dictionaries(st.text(), st.text()))
def test_an_event_is_always_one_line_of_json(data: dict[str, str]):
    """A line break inside would end the event."""
    lines = event(data, name="told").decode().split("\n")
    assert lines[0] == "event: told"
    assert json.loads(lines[1].removeprefix("data: ")) == data
    assert lines[2:] == ["", ""]


def test_arguments_go_as_json_and_broken_ones_as_they_are():
    """What a model sends is text in any case."""
    assert argument_text(tool_call("search", query="a")) == '{"query": "a"}'
    assert argument_text(broken_call("search", '{"que')) == '{"que'


def test_broken_calls_are_calls_too():
    """A stream sends both kinds."""
    both = AIMessage("", tool_calls=[tool_call("a")], invalid_tool_calls=[broken_call("b", "{")])
    assert [c["name"] for c in calls_of(both)] == ["a", "b"]
