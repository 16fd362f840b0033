"""Public calls and the types they give; only type-checked, never run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, assert_type

from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import HumanMessage
from langchain_core.tools import tool as langchain_tool
from langgraph.graph.state import StateGraph
from langgraph.pregel import Pregel
from pydantic import BaseModel
from typing_extensions import TypedDict

import stretto
from stretto import (
    Agent,
    ChatState,
    Finding,
    Limits,
    Plan,
    Project,
    ResearchContext,
    Result,
    Resume,
    Review,
    Rule,
    Task,
    TaskResult,
    TeamState,
    answered,
    cited,
    member,
    open_storage,
    plan,
    quoted,
    resume,
    stream,
    tool,
)
from stretto.members import Member

if TYPE_CHECKING:
    from langgraph.runtime import Runtime


class Weather(BaseModel):
    """A typed output of the user's own."""

    degrees: float


class Context(TypedDict):
    """A run's context of the user's own."""

    city: str


@tool(effect="reads")
async def search(query: str, limit: int = 3) -> list[str]:
    """Search."""
    return [query] * limit


@langchain_tool
def read(path: str) -> str:
    """Read."""
    return path


@tool(effect="ask")
def send(text: str) -> bool:
    """Send."""
    return bool(text)


async def a_marked_function_keeps_its_type() -> None:
    """The decorator gives back what it was given."""
    assert_type(await search("x", limit=2), list[str])
    assert_type(send("x"), bool)


def agents_take_what_the_documents_show() -> None:
    """Tools as a list or a tuple, models by name or as they are, outputs of three kinds."""
    agent = Agent(name="a", role="r", prompt="p", tools=[search, read], output=Plan)
    Agent(name="a", tools=(search,), model="openai:some-model", output=Weather, version="2")
    Agent(name="a", model=FakeListChatModel(responses=["x"]), max_model_calls=3)
    Agent(name="a", output={"type": "object", "properties": {}})
    assert_type(agent.name, str)
    assert_type(agent.description, str)
    assert_type(agent.max_model_calls, int)


def function(state: ChatState) -> str:
    """Do something plain."""
    return str(state.get("messages"))


async def coroutine(state: TeamState, runtime: Runtime[Context]) -> dict[str, Any]:
    """Do something plain, with the run's context."""
    return {"text": state.get("question", runtime.context["city"])}


async def polite(task: Task, result: TaskResult) -> str:
    """Ask for thanks."""
    return "" if task.id in result.text else "say so"


def teams_are_uncompiled_graphs() -> None:
    """Members of every kind; compiled, they are what LangGraph makes of them."""
    agent = Agent(name="a")
    team = plan(
        agent,
        [agent, function, member(coroutine, name="c")],
        agent,
        rules=[answered, cited, quoted, Rule("polite", "it thanks", polite, binding=False)],
        approve=["plan", "answer"],
        max_rounds=2,
        width=4,
        context=ResearchContext,
    )
    assert_type(team, StateGraph[TeamState, Any, ChatState, TeamState])
    plan(agent, [team], agent, approve="tasks", context=Context)
    plan(agent, [team.compile(name="inner")], agent)
    assert_type(member(function), Member)


async def runs_give_results() -> None:
    """A text, messages, a state or an answer start a turn."""
    graph = plan(Agent(name="a"), [function], Agent(name="r"))
    result = await stretto.run(graph, "why?", thread="t", limits=Limits(model_calls=10))
    assert_type(result, Result)
    await stretto.run(graph.compile(), [HumanMessage("why?")], context={"sources": ["docs"]})
    await stretto.run(graph, {"messages": [("human", "why?")]}, wait=2.5, team="mine")
    assert_type(await resume(graph, "t", {"decisions": [{"type": "approve"}]}, by="me"), Result)
    async with open_storage() as storage:
        async for part in stream(graph, Resume(answer="yes"), thread="t", storage=storage):
            assert_type(part["ns"], tuple[str, ...])
    assert_type(result.thread, str)


def synchronous_callers_have_one_door() -> None:
    """It needs no event loop."""
    assert_type(stretto.invoke(plan(function, [function], function), "why?"), Result)


def projects_give_what_they_hold() -> None:
    """By name."""
    project = Project.at(__file__)
    assert_type(project.graphs(), dict[str, str])
    assert_type(project.graph("research"), Pregel[Any, Any, Any, Any])
    assert_type(project.agent("planner"), Agent)
    assert_type(project.prompt("planner", language="English", most=3), str)
    assert_type(project.tools(), list[str])
    Agent(name="a", tools=[project.tool("documents.search"), *project.tools_named("mcp:x")])


def typed_values_have_their_fields(finding: Finding, review: Review) -> None:
    """The records of work are typed."""
    assert_type(finding.citations[0].line, int)
    assert_type(review.verdict, Literal["accept", "revise", "replan", "ask"])
