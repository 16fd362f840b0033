"""One member asks another, from within its work."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from pydantic import BaseModel

import stretto
from stretto import Agent, member
from stretto.errors import Deadlock, InvalidInput, InvalidMember, MemberFailed
from stretto.members.human import ask_person
from stretto.models.marks import unmarked
from stretto.patterns import ask_member, sequential
from stretto.records import Handoff, ModelEnded
from stretto.testing import CheckedModel, Reply, ScriptedModel, tool_call

if TYPE_CHECKING:
    from stretto import Storage


class Price(BaseModel):
    """A typed reply."""

    amount: float


class Order(BaseModel):
    """A typed request."""

    item: str


async def go(graph: Any) -> dict[str, Any]:
    """The state at the end of a turn."""
    return await graph.compile().ainvoke({"messages": [("human", "go")]})


def clerk(*replies: Any) -> tuple[Any, ScriptedModel]:
    """An agent that gives prices, made once, and its model."""
    model = ScriptedModel(list(replies))
    return member(Agent(name="clerk", model=CheckedModel(model), output=Price)), model


async def test_a_node_asks_and_gets_the_typed_reply(storage: Storage) -> None:
    """The journal has the handoff there and back, once, though the node runs again."""
    asked, model = clerk(Reply(value=Price(amount=2.5)))
    broken = [True]

    async def seller(_state: Any) -> str:
        said = await ask_member(asked, "what does it cost?")
        assert said.value == Price(amount=2.5)
        if broken.pop():
            broken.append(False)
            raise InvalidInput("crash")
        return f"It costs {said.value.amount}."

    graph = sequential(seller)
    with pytest.raises(InvalidInput, match="crash"):
        await stretto.run(graph, "go", thread="t", storage=storage)
    result = await stretto.resume(graph, thread="t", storage=storage)
    assert result.text == "It costs 2.5."
    assert model.left == 0
    records = await storage.journal.records("t")
    assert [(r.by, r.to, r.reason) for r in records if isinstance(r, Handoff)] == [
        ("seller", "clerk", "what does it cost?"),
        ("clerk", "seller", "the reply"),
    ]
    assert [r.agent for r in records if isinstance(r, ModelEnded)] == ["clerk"]


async def test_an_agent_asks_another_by_a_tool() -> None:
    """The tool's result is the reply."""
    asked, _ = clerk(Reply(value=Price(amount=1)), Reply(value=Price(amount=2)))

    @stretto.tool(effect="idempotent")
    async def price(item: str) -> float:
        """The price of an item."""
        return float((await ask_member(asked, Order(item=item))).value.amount)

    calls = [tool_call("price", item="cup"), tool_call("price", item="plate")]
    model = CheckedModel(ScriptedModel([Reply("", calls), "They cost 1 and 2."]))
    out = await go(sequential(Agent(name="seller", model=model, tools=[price])))
    assert out["messages"][-1].text == "They cost 1 and 2."
    results = [unmarked(m).text for m in model.requests[1].request.messages if m.type == "tool"]
    assert sorted(results) == ["1.0", "2.0"]


async def test_functions_and_graphs_are_asked_too() -> None:
    """A function gets the request beside its words; several at once get each its own."""

    async def double(state: Any) -> Price:
        return Price(amount=2 * len(state["request"]))

    async def length(state: Any) -> str:
        return str(len(state["messages"][-1].text))

    chain = member(sequential(length), name="chain")

    async def seller(_state: Any) -> str:
        one, two = await asyncio.gather(ask_member(double, "abc"), ask_member(chain, "x"))
        messages = [HumanMessage("a"), AIMessage("b"), HumanMessage("four")]
        three = await ask_member(double, messages)
        return f"{one.value.amount} {two.text} {three.value.amount}"

    assert (await go(sequential(seller)))["messages"][-1].text == "6.0 1 8.0"


async def test_a_history_that_is_passed_on_is_mended() -> None:
    """An agent of other make is asked with one that strict providers accept."""
    model = CheckedModel(ScriptedModel("Well."))
    asked = member(create_agent(model), name="asked")
    call: Any = {"name": "look", "args": {}, "id": "c", "type": "tool_call"}

    async def seller(_state: Any) -> str:
        messages = [AIMessage("", tool_calls=[call]), HumanMessage(" "), HumanMessage("so?")]
        return (await ask_member(asked, messages)).text

    assert (await go(sequential(seller)))["messages"][-1].text == "Well."
    assert model.problems == []
    assert [m.text for m in model.requests[0].request.messages] == ["so?"]


async def test_asking_in_a_circle_is_refused_at_once() -> None:
    """The error names the cycle."""

    async def a(_state: Any) -> str:
        return (await ask_member(member(b), "you?")).text

    async def b(_state: Any) -> str:
        return (await ask_member(member(a), "no, you?")).text

    with pytest.raises(Deadlock, match="agent 'a' asks agent 'b' asks agent 'a'"):
        await go(sequential(a))


async def test_a_person_is_asked_within_the_one_that_is_asked() -> None:
    """The resume goes on there."""

    async def boss(_state: Any) -> str:
        return ask_person("pay", {"sum": 1}, "Pay?").type

    async def seller(_state: Any) -> str:
        return f"the boss says {(await ask_member(boss, 'may I?')).text}"

    app = sequential(seller).compile(checkpointer=InMemorySaver())
    conf = {"configurable": {"thread_id": "t"}}
    assert (await app.ainvoke({"messages": [("human", "go")]}, conf))["__interrupt__"]
    out = await app.ainvoke(Command(resume={"decisions": [{"type": "approve"}]}), conf)
    assert out["messages"][-1].text == "the boss says approve"


async def test_its_policy_and_its_failure_are_its_own() -> None:
    """What it raises reaches the one that asks."""

    async def silent(_state: Any) -> None:
        return None

    async def seller(_state: Any) -> str:
        try:
            await ask_member(silent, "well?")
        except MemberFailed:
            return "no reply"
        return "a reply"

    assert (await go(sequential(seller)))["messages"][-1].text == "no reply"


@pytest.mark.parametrize("request_", ["", " ", [], [AIMessage("x")], 3, None])
async def test_a_request_that_asks_nothing_is_refused(request_: Any) -> None:
    """With what may be given."""

    async def other(_state: Any) -> str:
        return "x"

    with pytest.raises(InvalidInput, match="asks nothing"):
        await ask_member(other, request_, by="me")


async def test_outside_a_graph_nobody_asks() -> None:
    """And what is no member cannot be asked."""

    async def other(_state: Any) -> str:
        return "x"

    with pytest.raises(InvalidInput, match="nobody is at work here"):
        await ask_member(other, "well?")
    with pytest.raises(InvalidMember, match="3 is no member"):
        await ask_member(3, "well?", by="me")
