"""A chat model that checks whether strict providers would accept what it is asked."""

from __future__ import annotations

from langchain.agents import create_agent
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from stretto.testing import CheckedModel, Reply, ScriptedModel, tool_call

HI = HumanMessage("hi")


def look(at: str) -> str:
    """Look at something."""
    return f"{at} is fine"


def test_it_answers_as_the_model_and_finds_nothing_in_what_is_right():
    """An agent's requests, with its tools."""
    inner = ScriptedModel([Reply(tool_calls=[tool_call("look", at="it")]), "So."])
    model = CheckedModel(inner)
    said = create_agent(model, [look]).invoke({"messages": [HI]})
    assert said["messages"][-1].text == "So."
    assert model.problems == []
    assert [len(each.request.messages) for each in model.requests] == [1, 3]
    assert model.requests[0].request.tool_names == ("look",)


async def test_it_keeps_a_request_with_what_both_providers_would_refuse_it_for():
    """And answers all the same."""
    model = CheckedModel(ScriptedModel("So."))
    said = await model.ainvoke([HI, ToolMessage("found", tool_call_id="a")])
    assert said.text == "So."
    ((request, problems),) = model.requests
    assert len(request.messages) == 2
    assert list(problems) == model.problems
    assert [problem.partition(":")[0] for problem in problems] == ["openai", "anthropic"]


def test_it_streams_in_one_piece():
    """Checked as any other call."""
    model = CheckedModel(ScriptedModel("So it is."))
    assert [piece.text for piece in model.stream([HI, AIMessage("")]) if piece.text] == [
        "So it is."
    ]
    assert len(model.problems) == 2


def test_more_tools_than_openai_takes_are_told():
    """128 are the most."""
    tools = [{"type": "function", "function": {"name": f"t{n}"}} for n in range(129)]
    model = CheckedModel(ScriptedModel("So."))
    model.bind_tools(tools).invoke([HI])
    assert model.problems == ["openai: 129 tools are offered; at most 128 may be"]
