"""What records name by digest, and what they tell of cost and of the run's caller."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from langchain.agents import create_agent
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import Command, interrupt

from stretto.journal import Usage
from stretto.journal.handler import Announcement, JournalHandler
from stretto.journal.payloads import value_of
from stretto.journal.requests import request_of
from stretto.policy import Limits, Price, Prices
from stretto.records import (
    AGENT_KEY,
    VERSION_KEY,
    Answered,
    ModelEnded,
    ModelStarted,
    NodeEnded,
    RunStarted,
    ToolEnded,
    ToolStarted,
)
from stretto.testing import ScriptedModel, tool_call
from stretto.testing.reply import Reply

if TYPE_CHECKING:
    from langgraph.graph.state import CompiledStateGraph

    from stretto.journal import Journal

CONFIG: Any = {"configurable": {"thread_id": "t"}}
ASKED: Any = {"messages": [HumanMessage("hi", id="h1")]}


@tool
def look(x: str) -> str:
    """Look."""
    return x * 200


def node(work: Any, saver: Any = None) -> CompiledStateGraph[Any]:
    """A graph of one node."""
    graph = StateGraph(MessagesState).add_node("work", work)
    return graph.add_edge(START, "work").compile(checkpointer=saver)


class Written:
    """What a journal holds of the thread."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal

    async def of(self, kind: Any) -> list[Any]:
        """The records of a kind."""
        await self.journal.flush()
        return [r for r in await self.journal.records("t") if isinstance(r, kind)]

    async def value(self, digest: str) -> Any:
        """What a digest names."""
        return value_of((await self.journal.payloads("t", [digest]))[digest])

    async def request(self, digest: str) -> dict[str, Any]:
        """The request that a digest names."""
        found = await self.journal.payloads("t", [digest])
        link = value_of(found[digest])["messages"]
        while link:
            found |= await self.journal.payloads("t", [link])
            link = value_of(found[link])["before"]
        return request_of(digest, found)


@pytest.fixture
def written(file_journal: Journal) -> Written:
    """The journal's thread t."""
    return Written(file_journal)


def config(written: Written, **named: Any) -> Any:
    """For a run on the thread."""
    return {**CONFIG, "callbacks": [JournalHandler(written.journal, **named)]}


async def test_every_step_names_the_whole_of_what_went_in_and_out(written: Written) -> None:
    """Unredacted and uncut, ids included where they are given back."""
    model = ScriptedModel([Reply(tool_calls=[tool_call("look", x="sk-secret")]), "done"])
    agent = create_agent(model, [look], system_prompt="Be brief.", name="clerk")
    state = await agent.ainvoke(ASKED, config(written))
    asked, called, result, answer = state["messages"]

    (start,) = await written.of(RunStarted)
    assert (await written.value(start.input))["messages"][0].id == "h1"

    first, second = [await written.request(r.input) for r in await written.of(ModelStarted)]
    assert [m["content"] for m in first["messages"]] == ["Be brief.", "hi"]
    assert [m["type"] for m in second["messages"]] == ["system", "human", "ai", "tool"]
    assert second["messages"][2]["tool_calls"][0]["args"] == {"x": "sk-secret"}
    assert first["tools"][0]["function"]["name"] == "look"

    said = [await written.value(r.output) for r in await written.of(ModelEnded)]
    assert [(m.id, m.content) for m in said] == [(called.id, ""), (answer.id, "done")]

    (began,), (ended,) = await written.of(ToolStarted), await written.of(ToolEnded)
    assert await written.value(began.input) == {"x": "sk-secret"}
    given = await written.value(ended.output)
    assert isinstance(given, ToolMessage)
    assert given.content == result.content == "sk-secret" * 200
    assert asked.content == "hi"


async def test_a_message_is_stored_once_however_long_the_conversation(written: Written) -> None:
    """Each call adds what is new."""
    before: set[str] = set()
    model = ScriptedModel(lambda messages: "ok")

    async def work(state: Any) -> Any:
        said: list[Any] = []
        for number in range(5):
            said.append(HumanMessage(f"question {number}"))
            said.append(await model.ainvoke(said))
        return {}

    await node(work).ainvoke(ASKED, config(written))
    for start in await written.of(ModelStarted):
        request = await written.request(start.input)
        assert len(request["messages"]) == start.messages
        before.add(start.input)
    assert len(before) == 5


async def test_updates_of_nodes_are_kept_up_to_a_bound(written: Written) -> None:
    """Their checkpoints hold them in any case."""

    async def small(state: Any) -> Any:
        return {"messages": [AIMessage("x", id="a1")]}

    async def big(state: Any) -> Any:
        return {"messages": [AIMessage("x" * 200_000)]}

    await node(small).ainvoke(ASKED, config(written))
    await node(big).ainvoke(ASKED, config(written))
    kept, left = await written.of(NodeEnded)
    assert (await written.value(kept.output))["messages"][0].id == "a1"
    assert left.output == ""


async def test_what_cannot_be_stored_has_no_digest(written: Written) -> None:
    """The run goes on; the preview is there."""

    @tool
    def odd(x: str) -> Any:
        """Give an object."""
        return object()

    async def work(state: Any) -> Any:
        await odd.ainvoke({"x": "1"})
        return {}

    await node(work).ainvoke(ASKED, config(written))
    (ended,) = await written.of(ToolEnded)
    assert (ended.status, ended.output) == ("done", "")
    assert "object" in ended.result


async def test_an_answer_is_kept_whole(written: Written) -> None:
    """What a resume needs again, unredacted."""

    async def work(state: Any) -> Any:
        return {"messages": [AIMessage(interrupt("sure?")["text"])]}

    graph = node(work, InMemorySaver())
    await graph.ainvoke(ASKED, config(written))
    answer = {"text": "y" * 300_000}
    by = Announcement(by="eva", fence=4, checkpoint="c1")
    await graph.ainvoke(Command(resume=answer), config(written, announcement=by))
    (answered,) = await written.of(Answered)
    assert answered.by == "eva"
    assert await written.value(answered.output) == answer
    _, again = await written.of(RunStarted)
    assert (again.input, again.resumed, again.fence, again.checkpoint) == ("", True, 4, "c1")


async def test_what_calls_cost(written: Written) -> None:
    """By the table; a model without a price has no cost, nor has a call that told no tokens."""
    used = {"input_tokens": 1_000_000, "output_tokens": 500_000, "total_tokens": 1_500_000}
    model = GenericFakeChatModel(messages=iter([AIMessage("a", usage_metadata=used), "b"]))

    async def work(state: Any) -> Any:
        await model.ainvoke("hi")
        await model.ainvoke("hi")
        return {}

    table = Prices(models={"Generic*": Price(input=0.5, output=2)})
    await node(work).ainvoke(ASKED, config(written, prices=table))
    assert [r.cost for r in await written.of(ModelEnded)] == [1.5, None]


async def test_the_version_of_an_agent_is_told_with_it(written: Written) -> None:
    """On the branch below; an agent inside it has none of that version."""
    inner = create_agent(ScriptedModel(["ok"]), [], name="other")

    async def work(state: Any) -> Any:
        told: Any = {"metadata": {AGENT_KEY: "anna", VERSION_KEY: "3"}}
        await ScriptedModel(["ok"]).ainvoke("hi", told)
        await inner.ainvoke(ASKED)
        return {}

    await node(work).ainvoke(ASKED, config(written))
    found = [(r.agent, r.version) for r in await written.of(ModelStarted)]
    assert found == [("anna", "3"), ("other", "")]


async def test_a_run_that_a_server_begins_again_goes_on(written: Written) -> None:
    """With the limits it had left: one that a process before it left, and a second attempt."""
    voice = ScriptedModel(lambda messages: "ok")

    async def work(state: Any) -> Any:
        await voice.ainvoke("hi")
        return {}

    handler = JournalHandler(
        written.journal,
        limits=Limits(model_calls=3),
        left={"01a1fafd-b911-7543-bd5a-1f189f429771": Usage(model_calls=3)},
    )
    run = {"run_id": "01a1fafd-b911-7543-bd5a-1f189f429771"}
    told: Any = {**CONFIG, "callbacks": [handler], **run}
    told["metadata"] = {"run_attempt": 1, **run}
    with pytest.raises(Exception, match="3 model calls"):
        await node(work).ainvoke(ASKED, told)
    again: Any = {**CONFIG, "callbacks": [handler], "metadata": {"run_attempt": 2, **run}}
    with pytest.raises(Exception, match="3 model calls"):
        await node(work).ainvoke(ASKED, again)
    fresh: Any = {**CONFIG, "callbacks": [handler]}
    await node(work).ainvoke(ASKED, fresh)
    assert [r.resumed for r in await written.of(RunStarted)] == [True, True, False]
