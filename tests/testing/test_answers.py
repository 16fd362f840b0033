"""Where the server's answers come from."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from pydantic import BaseModel

from stretto.testing.answers import FILLER, Answers, ask
from stretto.testing.call import Call, call
from stretto.testing.faults import cut, hang, refuse_tools, slow
from stretto.testing.reply import Reply, UnexpectedCall
from stretto.testing.scripted import ScriptedModel


class Weather(BaseModel):
    """The weather of a day."""

    rain: bool


def search(query: str) -> str:
    """Search."""
    return query


PLAIN = Call((HumanMessage("hi"),))
WITH_TOOLS = call([HumanMessage("hi")], tools=[search])


def text(item: Any) -> str:
    """What an answer says."""
    assert isinstance(item, AIMessage)
    return str(item.text)


def test_a_list_gives_replies_and_faults_in_order():
    """One item a request."""
    answers = Answers(["one", hang, Reply("two")])
    assert text(answers.take(PLAIN, {})) == "one"
    assert answers.take(PLAIN, {}) is hang
    assert text(answers.take(PLAIN, {})) == "two"
    with pytest.raises(UnexpectedCall, match="run out"):
        answers.take(PLAIN, {})


def test_a_function_is_given_the_requests_body():
    """It may look at anything the client sent; `None` means not expected."""
    answers = Answers(lambda body: body.get("model"))
    assert text(answers.take(PLAIN, {"model": "m"})) == "m"
    with pytest.raises(UnexpectedCall, match="Return a reply for such requests"):
        answers.take(PLAIN, {})


def test_refused_tools_concern_requests_with_tools_only():
    """In a list the next item answers a request that brings none."""
    answers = Answers([refuse_tools, refuse_tools, "fine"])
    assert answers.take(WITH_TOOLS, {}) is refuse_tools
    assert text(answers.take(PLAIN, {})) == "fine"
    assert text(Answers(refuse_tools).take(PLAIN, {})) == FILLER.text


def test_what_a_fault_spoils_is_its_own_reply_or_the_next_or_a_filler():
    """Its own goes first; a fault that came from the list itself has none to follow it."""
    answers = Answers(["next"])
    assert text(answers.spoiled(slow(1, "own"), PLAIN, {}, instead=False)) == "own"
    assert text(answers.spoiled(cut, PLAIN, {}, instead=True)) == FILLER.text
    assert text(answers.spoiled(cut, PLAIN, {}, instead=False)) == "next"
    assert text(Answers(hang).spoiled(cut, PLAIN, {}, instead=False)) == FILLER.text


def test_a_model_is_asked_with_the_requests_tools_and_choice():
    """Any LangChain chat model can stand behind the server."""
    model = ScriptedModel("fine")
    assert ask(model, PLAIN).text == "fine"
    ask(model, call([HumanMessage("hi")], tools=[search], tool_choice="required"))
    ask(model, call([HumanMessage("hi")], tools=[search], tool_choice="none"))
    assert [c.tool_names for c in model.calls] == [(), ("search",), ()]
    assert [c.choice for c in model.calls] == ["auto", "required", "auto"]


def test_a_schema_is_offered_to_a_model_as_one_more_tool():
    """So that a model which knows only tools can answer it; its call becomes the text."""
    model = ScriptedModel(Reply(value=Weather(rain=True)))
    asked = call([HumanMessage("hi")], tools=[search], response_format=Weather)
    answer = ask(model, asked)
    assert json.loads(answer.text) == {"rain": True}
    assert (answer.tool_calls, answer.usage_metadata is None) == ([], False)
    assert model.calls[0].tool_names == ("search", "Weather")
    ask(model, call([HumanMessage("hi")], response_format=Weather))
    assert model.calls[1].choice == "Weather"


def test_a_model_may_call_a_tool_before_it_answers_a_schema():
    """Both are open to it as long as tools are offered."""

    def search_first(messages: list[BaseMessage]) -> Reply:
        return Reply(value={"query": "rain"})

    asked = call([HumanMessage("hi")], tools=[search], response_format=Weather)
    assert ask(ScriptedModel(search_first), asked).tool_calls[0]["name"] == "search"


def test_a_tool_that_is_a_typed_output_in_truth_is_offered_as_its_schema():
    """The wire does not tell the two apart, but models that work by rule must know."""
    told: list[Any] = []

    class Noting(ScriptedModel):
        """Notes what it is offered before it is turned into tools."""

        def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
            """Note and offer the tools."""
            told.append([("title" in tool) for tool in tools])
            return super().bind_tools(tools, **kwargs)

    model = Noting("fine")
    ask(model, call([HumanMessage("hi")], tools=[search, Weather], tool_choice="any"))
    ask(model, call([HumanMessage("hi")], tools=[search]))
    ask(model, call([HumanMessage("hi")], tools=[search], tool_choice="any"))
    assert told == [[False, True], [False], [True]]
    assert model.calls[0].tools[1].get("parameters", {})["required"] == ["rain"]
