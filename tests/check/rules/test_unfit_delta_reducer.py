"""Reducers of DeltaChannels."""

from __future__ import annotations

import operator
from typing import Annotated, Any

from langgraph.channels import DeltaChannel
from typing_extensions import TypedDict

from tests.check.rules.chains import chain, keys


def extend(notes: list[str], writes: Any) -> list[str]:
    """Add all of all writes."""
    return [*notes, *(note for write in writes for note in write)]


class Fit(TypedDict):
    """A channel with a reducer of many writes."""

    notes: Annotated[list[str], DeltaChannel(extend)]


class Single(TypedDict):
    """A channel that adds each write as an item."""

    notes: Annotated[list[str], DeltaChannel(operator.add)]


class Lambda(TypedDict):
    """A channel whose reducer is written in place."""

    notes: Annotated[list[str], DeltaChannel(lambda a, b: a + b)]


class Plain(TypedDict):
    """No DeltaChannel."""

    notes: Annotated[list[str], operator.add]


def lists(state: Any) -> dict[str, Any]:
    """Write a list."""
    return {"notes": ["noted"]}


def items(state: Any) -> dict[str, Any]:
    """Write an item."""
    return {"notes": "noted"}


def test_a_reducer_that_adds_nests_lists():
    """Also one that is written in place."""
    assert chain(Lambda, lists).compile().invoke({})["notes"] == [["noted"]]
    assert keys(chain(Lambda, lists), "S210") == ["notes"]


def test_a_reducer_of_many_writes_fits():
    """It goes through the writes."""
    assert chain(Fit, lists).compile().invoke({})["notes"] == ["noted"]
    assert keys(chain(Fit, lists), "S210") == []


def test_items_may_be_added_as_a_list_of_writes():
    """Where each write is one item, the list of writes is what is added."""
    assert chain(Single, items).compile().invoke({})["notes"] == ["noted"]
    assert keys(chain(Single, items), "S210") == []


def test_other_channels_give_one_write():
    """A plain reducer is called once a write."""
    assert keys(chain(Plain, lists), "S210") == []
