from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, Generation, LLMResult
from langgraph.types import Command

from stretto.journal.capture import UPDATE, message, update, whole
from stretto.journal.payloads import value_of

SAID = {"messages": [AIMessage("hi", id="a1")]}


@pytest.mark.parametrize(
    ("outputs", "kept"),
    [
        (SAID, SAID),
        ([Command(update=SAID)], SAID),
        ([Command(update=None)], None),
        (None, None),
    ],
)
def test_a_node_s_update_is_kept(outputs: Any, kept: Any) -> None:
    """Also as `create_agent` gives it: in a list of one command."""
    payload = update(outputs)
    assert (None if payload is None else value_of(payload)) == kept


def test_a_command_that_goes_somewhere_is_kept_as_one() -> None:
    """Where it goes is part of it."""
    payload = update([Command(goto="b", update=SAID)])
    assert payload is None or value_of(payload) != SAID


def test_what_is_too_large_or_cannot_be_stored_is_not_kept() -> None:
    """A bound on what is said twice; objects of unknown kinds."""
    assert update({"text": "x" * (UPDATE + 1)}) is None
    assert whole({"text": "x" * (UPDATE + 1)}) is not None
    assert whole(object()) is None


@pytest.mark.parametrize(
    ("generation", "said"),
    [
        (ChatGeneration(message=AIMessage("hi", id="a1")), "hi"),
        (ChatGenerationChunk(message=AIMessageChunk("hi", id="a1")), "hi"),
        (Generation(text="hi"), "hi"),
    ],
)
def test_a_model_s_message_is_kept_with_its_id(generation: Any, said: str) -> None:
    """A streamed one as the message that it became; a text where a model gives no messages."""
    payload = message(LLMResult(generations=[[generation]]))
    assert payload is not None
    value = value_of(payload)
    if isinstance(generation, ChatGeneration):
        assert type(value) is AIMessage
        assert (value.content, value.id) == (said, "a1")
    else:
        assert value == said
