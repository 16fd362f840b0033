"""Replies as the messages that answer a call."""

from __future__ import annotations

import json

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from pydantic import BaseModel

from stretto.errors import StrettoError
from stretto.testing.call import Function, call
from stretto.testing.reply import Reply, UnexpectedCall, broken_call, message, tool_call


class Weather(BaseModel):
    """The weather of a day."""

    rain: bool
    where: str = "here"


def search(query: str) -> str:
    """Search."""
    return query


ASKED = call([HumanMessage("hi")], tools=[search])


def test_parallel_tool_calls_get_ids_that_any_run_repeats():
    """Ids differ within a reply and depend on the conversation alone."""
    reply = Reply(tool_calls=[tool_call("search", query="a"), tool_call("search", query="b")])
    ids = [c["id"] for c in message(reply, ASKED).tool_calls]
    assert len(set(ids)) == 2
    assert ids == [c["id"] for c in message(reply, ASKED).tool_calls]
    other = call([HumanMessage("ho")], tools=[search])
    assert ids != [c["id"] for c in message(reply, other).tool_calls]


def test_a_value_is_text_where_a_schema_is_asked_for():
    """The provider's own structured output."""
    asked = call([HumanMessage("hi")], response_format=Weather)
    answer = message(Reply(value=Weather(rain=True)), asked)
    assert json.loads(answer.text) == {"rain": True, "where": "here"}
    assert answer.tool_calls == []


@pytest.mark.parametrize("value", [Weather(rain=True, where="x"), {"rain": True, "where": "x"}])
def test_a_value_calls_the_tool_that_takes_it(value: BaseModel | dict[str, object]):
    """Structured output through tools: by the name of the class or by its fields."""
    asked = call([HumanMessage("hi")], tools=[search, Weather])
    (called,) = message(Reply(value=value), asked).tool_calls
    assert (called["name"], called["args"]) == ("Weather", {"rain": True, "where": "x"})


def test_a_tool_of_the_values_name_goes_before_one_whose_fields_fit():
    """A name is the surer sign."""
    fields = Weather.model_json_schema()
    tools = [
        {"type": "function", "function": Function(name=n, parameters=fields)}
        for n in ("Other", "Weather")
    ]
    asked = call([HumanMessage("hi")], tools=tools)
    assert message(Reply(value=Weather(rain=True)), asked).tool_calls[0]["name"] == "Weather"


def test_a_value_that_fits_nothing_is_an_error_with_a_remedy():
    """The script and the team do not go together, and the test should hear of it."""
    with pytest.raises(UnexpectedCall, match=r"fit none of the tools \['search'\]\. Give a value"):
        message(Reply(value={"rain": True}), ASKED)


def test_usage_is_estimated_unless_it_is_given():
    """Both kinds add up."""
    told = message("a few words", ASKED).usage_metadata
    assert told is not None
    assert told["total_tokens"] == told["input_tokens"] + told["output_tokens"] > 0
    given = message(Reply("x", usage=(3, 4)), ASKED).usage_metadata
    assert given == {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}


def test_a_broken_call_is_an_invalid_tool_call():
    """LangChain keeps calls whose arguments are not JSON apart."""
    answer = message(Reply(tool_calls=[broken_call("search", '{"que')]), ASKED)
    assert answer.tool_calls == []
    assert answer.invalid_tool_calls[0]["args"] == '{"que'


def test_a_message_of_the_tests_own_goes_as_it_is():
    """Whoever wants full control writes an AIMessage."""
    own = AIMessage("mine", id="7")
    assert message(own, ASKED) is own


def test_unexpected_call_is_ours_and_is_not_tried_again():
    """LangGraph's default retry policy does not repeat a RuntimeError."""
    assert issubclass(UnexpectedCall, StrettoError)
    assert issubclass(UnexpectedCall, RuntimeError)
