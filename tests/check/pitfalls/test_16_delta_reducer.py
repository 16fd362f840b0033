"""FACTS 2.16: `DeltaChannel` needs a batch reducer; `add_messages` does not fit."""

from __future__ import annotations

import operator
from typing import Annotated, Any, cast

import pytest
from langchain_core.messages import AIMessage, AnyMessage
from langgraph.channels import DeltaChannel
from langgraph.graph import add_messages
from typing_extensions import TypedDict

from tests.check.rules.chains import chain, found


class Chat(TypedDict):
    """Messages."""

    messages: Annotated[list[AnyMessage], DeltaChannel(cast("Any", add_messages))]


class Notes(TypedDict):
    """Notes."""

    notes: Annotated[list[str], DeltaChannel(operator.add)]


def say(state: Chat) -> dict[str, Any]:
    """Say something."""
    return {"messages": [AIMessage("hello")]}


def note(state: Notes) -> dict[str, Any]:
    """Note something."""
    return {"notes": ["noted"]}


def test_messages_are_refused_and_check_says_so():
    """Each turn raises; the check proves it."""
    graph = chain(Chat, say).compile()
    with pytest.raises(NotImplementedError):
        graph.invoke({"messages": []})
    (finding,) = found(graph, "S210")
    assert (finding.key, finding.certainty) == ("messages", "proved")


def test_notes_are_nested_and_check_says_so():
    """The run succeeds with lists in the list; the check proves it."""
    graph = chain(Notes, note).compile()
    assert graph.invoke({})["notes"] == [["noted"]]
    (finding,) = found(graph, "S210")
    assert (finding.key, finding.certainty) == ("notes", "proved")
