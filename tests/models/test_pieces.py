"""The pieces of an answer."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage

from stretto.models.pieces import argument_text, calls_of, pieces
from stretto.testing.reply import broken_call, tool_call


@given(st.text(), st.integers(1, 60))
def test_pieces_always_make_the_text_again(text: str, size: int):
    """Nothing is lost, added or longer than a piece."""
    assert "".join(pieces(text, size)) == text
    assert all(0 < len(piece) <= size for piece in pieces(text, size))


def test_arguments_go_as_json_and_broken_ones_as_they_are():
    """What a model sends is text in any case."""
    assert argument_text(tool_call("search", query="a")) == '{"query": "a"}'
    assert argument_text(broken_call("search", '{"que')) == '{"que'


def test_broken_calls_are_calls_too():
    """A stream sends both kinds."""
    both = AIMessage("", tool_calls=[tool_call("a")], invalid_tool_calls=[broken_call("b", "{")])
    assert [c["name"] for c in calls_of(both)] == ["a", "b"]
