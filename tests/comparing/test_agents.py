"""Agents side by side: what callers see, told apart from wording and bounds."""

from __future__ import annotations

import pytest

from stretto import Agent, Policy
from stretto.comparing import compare_agents
from stretto.policy import Budget
from stretto.spec.tool import tool


@tool(effect="reads")
def look(words: str) -> str:
    """Look."""
    return words


def _look_more(words: str, limit: int) -> str:
    """Look."""
    return words * limit


OUTPUT = {
    "title": "Price",
    "type": "object",
    "properties": {"amount": {"type": "integer"}, "note": {"type": "string"}},
    "required": ["amount"],
}
BASE = Agent(name="clerk", prompt="You calculate.", tools=[look], output=OUTPUT)


def _output(**properties):
    return {**OUTPUT, "properties": {**OUTPUT["properties"], **properties}}


def _changed(**update):
    given = {name: getattr(BASE, name) for name in type(BASE).model_fields}
    return Agent(**{**given, "version": "2", **update})


def _said(new):
    return [
        (c.kind, c.breaking, c.text) for c in compare_agents(BASE, new) if "version" not in c.text
    ]


def test_the_same_agent_has_no_changes():
    """Nothing is said of what is equal."""
    assert compare_agents(BASE, BASE.model_copy()) == []


def test_wording_breaks_nobody():
    """A prompt, a role and a model are what models are told."""
    said = _said(_changed(prompt="You add.", role="adds", model="offline"))
    assert [(kind, breaking) for kind, breaking, _ in said] == [("wording", False)] * 3


def test_bounds_are_told_by_their_names():
    """What a policy holds is told part by part."""
    said = _said(_changed(max_model_calls=3, policy=Policy(budget=Budget(money=2))))
    assert {kind for kind, _, _ in said} == {"bounds"}
    assert "max_model_calls: 12 -> 3" in [text for _, _, text in said]


@pytest.mark.parametrize(
    ("output", "breaks"),
    [
        (_output(amount={"type": "number"}), True),
        (_output(amount={"type": "integer", "minimum": 0}), False),
        (_output(more={"type": "string"}), False),
        ({**OUTPUT, "required": []}, True),
        ({**OUTPUT, "required": ["amount", "note"]}, False),
        ({**OUTPUT, "properties": {"amount": {"type": "integer"}}}, True),
        (None, True),
    ],
)
def test_callers_read_outputs(output, breaks):
    """What is promised less breaks who reads it; what is promised more does not."""
    said = _said(_changed(output=output))
    assert any(breaking for _, breaking, _ in said) is breaks
    assert {kind for kind, _, _ in said} == {"interface"}


def test_tools_are_part_of_the_interface():
    """Tools that are gone break, new ones do not, and effects and arguments are compared."""
    assert ("interface", True, "tool 'look' is gone") in _said(_changed(tools=[]))
    said = _said(_changed(tools=[look, _look_more]))
    assert said == [("interface", False, "tool '_look_more' is new, effect not declared")]
    more = tool(effect="ask")(_renamed(_look_more))
    texts = [text for kind, _, text in _said(_changed(tools=[more])) if kind == "interface"]
    assert "tool 'look': effect reads -> ask" in texts
    assert any("argument 'limit' is new, and must be given" in text for text in texts)


def _renamed(function):
    from types import FunctionType

    made = FunctionType(function.__code__, function.__globals__, "look")
    made.__doc__, made.__annotations__ = function.__doc__, function.__annotations__
    return made


def test_an_interface_that_changed_under_one_version_is_said():
    """The version is to tell of it."""
    said = compare_agents(BASE, _changed(version="1", tools=[]))
    assert any("its version is still '1'" in each.text for each in said)
