"""What a model was asked, read from all the ways there are to ask."""

from __future__ import annotations

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from pydantic import BaseModel

from stretto.testing.call import Call, call, choice


class Weather(BaseModel):
    """The weather of a day."""

    rain: bool


def test_tools_and_schemas_are_read_from_types_and_from_openais_form():
    """A type, an OpenAI tool and an OpenAI response format come to the same."""
    told = {"name": "Weather", "schema": Weather.model_json_schema(), "strict": True}
    asked = call(
        [HumanMessage("hi")],
        tools=[Weather],
        response_format={"type": "json_schema", "json_schema": told},
    )
    assert asked.tool_names == ("Weather",)
    assert asked.tools[0].get("parameters", {})["required"] == ["rain"]
    assert asked.output is not None
    assert asked.output.get("parameters", {})["properties"].keys() == {"rain"}
    assert call([], response_format=Weather).output == asked.tools[0]


def test_json_mode_and_text_ask_for_no_schema():
    """Formats without a schema leave the text free."""
    assert call([], response_format={"type": "json_object"}).output is None
    assert call([], response_format={"type": "text"}).output is None


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (None, "auto"),
        ("auto", "auto"),
        ("any", "required"),
        (True, "required"),
        ("none", "none"),
        ("search", "search"),
        ({"type": "function", "function": {"name": "search"}}, "search"),
        ({"type": "function", "name": "search"}, "search"),
    ],
)
def test_a_tool_choice_is_read_in_every_spelling(given: object, read: str):
    """LangChain, Chat Completions and Responses spell it differently."""
    assert choice(given) == read


def test_the_digest_depends_on_what_was_said_and_not_on_message_ids():
    """Two runs that say the same get the same digest."""
    one = Call((HumanMessage("hi", id="1"), AIMessage("yes")))
    assert one.digest == Call((HumanMessage("hi", id="2"), AIMessage("yes"))).digest
    assert one.digest != Call((HumanMessage("hi"), AIMessage("no"))).digest


def test_text_is_what_the_last_message_says():
    """It is what most scripts look at."""
    assert Call((SystemMessage("rules"), HumanMessage("do it"))).text == "do it"
    assert Call(()).text == ""
