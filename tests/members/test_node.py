"""Every kind of member works alone and in a plan."""

from __future__ import annotations

from operator import add
from typing import Annotated, Any

import pytest
from deepagents import create_deep_agent
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, AnyMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.config import get_stream_writer
from langgraph.graph import END, START, MessagesState, StateGraph
from typing_extensions import TypedDict

from stretto.errors import (
    InvalidMember,
    MemberFailed,
    SourceUnusable,
    StateUnavailable,
    StateUnreadable,
)
from stretto.members import Member, member, members
from stretto.models.marks import unmarked
from stretto.patterns.plan import plan
from stretto.spec.agent import Agent
from stretto.state import Plan, Review, Task
from stretto.testing import Reply, ScriptedModel, tool_call

THREAD: Any = {"configurable": {"thread_id": "t"}}


def speaker(text: str = "forty-two") -> ScriptedModel:
    """A model that always says the same."""
    return ScriptedModel(lambda messages: text)


def our_agent() -> Any:
    """An `Agent`."""
    return Agent(name="worker", prompt="Answer.", model=speaker())


def langchain_agent() -> Any:
    """What `create_agent` makes."""
    return create_agent(speaker(), name="worker")


def deep_agent() -> Any:
    """What `create_deep_agent` makes."""
    return create_deep_agent(model=speaker(), name="worker")


def hand_written() -> Any:
    """A compiled graph over messages."""

    def answer(state: MessagesState) -> Any:
        return {"messages": [("ai", "forty-two")]}

    graph = StateGraph(MessagesState)
    graph.add_node("answer", answer)
    graph.add_edge(START, "answer")
    graph.add_edge("answer", END)
    return graph.compile(name="worker")


class OwnState(TypedDict, total=False):
    """A graph's own state, without messages."""

    question: str
    notes: Annotated[list[str], add]
    answer: str


def without_messages() -> Any:
    """A compiled graph over a state of its own."""

    def think(state: OwnState) -> Any:
        assert state["question"] == "What?"
        return {"notes": ["n"], "answer": "forty-two"}

    graph = StateGraph(OwnState)
    graph.add_node("think", think)
    graph.add_edge(START, "think")
    graph.add_edge("think", END)
    return graph.compile(name="worker")


def plain_function() -> Any:
    """A synchronous function."""

    def worker(state: Any) -> str:
        assert state["task"].goal == "find it"
        return "forty-two"

    return worker


def async_function() -> Any:
    """An asynchronous function that also wants the config and the runtime."""

    async def worker(state: Any, config: Any, runtime: Any) -> dict[str, str]:
        assert config["configurable"]["thread_id"] == "t"
        assert runtime.context == {"sources": ["x"]}
        get_stream_writer()("working")
        return {"answer": "forty-two"}

    return worker


def runnable() -> Any:
    """A chain of prompt, model and parser."""
    prompt = ChatPromptTemplate.from_messages([("human", "{question}")])
    return (prompt | speaker() | StrOutputParser()).with_config(run_name="worker")


def chat_model_itself() -> Any:
    """A bare model, named."""
    return member(speaker(), name="worker")


class AsyncObject:
    """An object whose call is asynchronous."""

    __name__ = "worker"

    async def __call__(self, state: Any) -> str:
        return "forty-two"


def beside_messages() -> Any:
    """A compiled graph with messages that writes its result elsewhere."""

    class Beside(MessagesState):
        outcome: str

    graph = StateGraph(Beside)
    graph.add_node("think", lambda state: {"outcome": "forty-two"})
    graph.add_edge(START, "think")
    return graph.compile(name="worker")


KINDS = [
    our_agent,
    langchain_agent,
    deep_agent,
    hand_written,
    without_messages,
    plain_function,
    async_function,
    AsyncObject,
    beside_messages,
    runnable,
    chat_model_itself,
]


def given() -> dict[str, Any]:
    """What a plan gives a member."""
    task = Task(id="a", goal="find it", executor="worker")
    return {"messages": [("human", "find it")], "task": task, "question": "What?", "results": {}}


def taken(kind: Any) -> Member:
    """The kind as a member called `worker`."""
    thing = kind()
    return thing if isinstance(thing, Member) else member(thing, name="worker")


@pytest.mark.parametrize("kind", KINDS)
async def test_each_kind_works_alone(kind: Any) -> None:
    """As the only node of a graph it gives its words."""

    class Said(TypedDict, total=False):
        said: str

    node = taken(kind).node(lambda s: given(), lambda s, reply: {"said": reply.text})
    graph = StateGraph(Said)
    graph.add_node("worker", node)
    graph.add_edge(START, "worker")
    context: Any = {"sources": ["x"]}
    out = await graph.compile(checkpointer=InMemorySaver()).ainvoke({}, THREAD, context=context)
    assert out["said"] == "forty-two"


@pytest.mark.parametrize("kind", KINDS)
async def test_each_kind_works_in_a_plan(kind: Any) -> None:
    """As an executor its words become the answer."""

    def planner(state: Any) -> Plan:
        return Plan(tasks=[Task(id="a", goal="find it", executor="worker")])

    def reviewer(state: Any) -> Review:
        return Review(verdict="accept", reason="fine")

    graph = plan(planner, [taken(kind)], reviewer).compile(checkpointer=InMemorySaver())
    turn: Any = {"messages": [("user", "What?")]}
    out = await graph.ainvoke(turn, THREAD, context={"sources": ["x"]}, durability="sync")
    assert out["answer"].text == "forty-two"
    assert out["results"]["a"].agent == "worker"


@pytest.mark.parametrize("kind", [our_agent, langchain_agent, deep_agent, hand_written])
def test_graphs_are_drawn_inside_the_node(kind: Any) -> None:
    """LangGraph finds the one graph a node closes over."""
    node = taken(kind).node(dict, lambda s, reply: {})
    graph = StateGraph(MessagesState)
    graph.add_node("it", node)
    graph.add_edge(START, "it")
    drawn = graph.compile().get_graph(xray=True)
    assert any(name.startswith("it:") for name in drawn.nodes)


class Messages(TypedDict, total=False):
    """Any state with messages."""

    messages: list[AnyMessage]


def test_a_graph_or_lambda_without_a_name_is_refused() -> None:
    """The error says how to name it."""
    graph = StateGraph(Messages)
    graph.add_node("n", lambda state: {})
    graph.add_edge(START, "n")
    with pytest.raises(InvalidMember, match="name="):
        member(graph.compile())
    with pytest.raises(InvalidMember, match="a lambda has no name"):
        member(lambda state: "x")
    assert member(graph, name="it").name == "it"


def test_a_role_may_be_given_and_is_kept() -> None:
    """By it a planner chooses; an agent's own stands unless another is given."""
    agent = Agent(name="worker", role="works", prompt="p", model=speaker())
    assert member(agent).role == "works"
    assert member(agent, role="rests").role == "rests"
    assert member(langchain_agent(), role="sums").role == "sums"
    assert member(member(agent), name="other").name == "other"


def test_nothing_and_twins_are_refused() -> None:
    """A team needs members with names of their own."""
    with pytest.raises(InvalidMember, match="without members"):
        members([])
    with pytest.raises(InvalidMember, match="two members are called 'worker'"):
        members([plain_function(), async_function()])


@pytest.mark.parametrize(
    "nothing", [None, object(), "", " \n", AIMessage(""), {}, {"messages": []}]
)
async def test_a_member_that_says_nothing_fails_clearly(nothing: Any) -> None:
    """The error names the member and what it returned."""

    def silent(state: Any) -> Any:
        return nothing

    node = member(silent).node(lambda s: given(), lambda s, reply: {})
    graph = StateGraph(Messages)
    graph.add_node("silent", node)
    graph.add_edge(START, "silent")
    with pytest.raises(MemberFailed, match="'silent' returned"):
        await graph.compile().ainvoke({})


async def test_a_tool_that_raises_is_told_to_the_model() -> None:
    """The agent goes on with the error as the tool's result."""
    seen: list[str] = []

    def broken(query: str) -> str:
        """Look something up."""
        raise RuntimeError("no such index")

    def answer(messages: Any) -> Any:
        if messages[-1].type == "tool":
            seen.append(unmarked(messages[-1]).text)
            return "could not look it up"
        return Reply(tool_calls=[tool_call("broken", query="x")])

    agent = Agent(name="worker", prompt="p", model=ScriptedModel(answer), tools=(broken,))
    out = await member(agent).runnable.ainvoke({"messages": [("user", "x")]})
    assert out["messages"][-1].text == "could not look it up"
    assert seen == ["broken failed: RuntimeError: no such index"]


@pytest.mark.parametrize("kind", [SourceUnusable, StateUnreadable, StateUnavailable])
async def test_what_no_model_can_mend_ends_the_run(kind: type[Exception]) -> None:
    """Sources or state that cannot be read are not "not found"."""

    def look(query: str) -> str:
        """Look something up."""
        raise kind("the index is damaged")

    model = ScriptedModel([Reply(tool_calls=[tool_call("look", query="x")])])
    agent = Agent(name="worker", prompt="p", model=model, tools=(look,))
    with pytest.raises(kind, match="the index is damaged"):
        await member(agent).runnable.ainvoke({"messages": [("user", "x")]})


async def test_an_agent_calls_its_model_a_bounded_number_of_times() -> None:
    """One that never ends is ended after `max_model_calls`."""

    def again(query: str) -> str:
        """Look something up."""
        return "nothing"

    def answer(messages: Any) -> Any:
        return Reply(tool_calls=[tool_call("again", query="x")])

    model = ScriptedModel(answer)
    agent = Agent(name="w", prompt="p", model=model, tools=(again,), max_model_calls=3)
    await member(agent).runnable.ainvoke({"messages": [("user", "x")]})
    assert len(model.calls) == 3
