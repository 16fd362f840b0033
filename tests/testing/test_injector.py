"""Faults in functions, nodes, tools and models."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.tools import BaseTool, StructuredTool
from langgraph.graph import END, START, MessagesState, StateGraph

from stretto import tool
from stretto.errors import InvalidInput
from stretto.spec.tool import effect_of
from stretto.testing import (
    Clock,
    Reply,
    ScriptedModel,
    cut,
    empty,
    faulty,
    hang,
    nonsense,
    refuse_tools,
    slow,
    stall,
    status,
    tool_call,
)


@tool(effect="reads")
def weigh(pot: str) -> str:
    """Weigh a pot."""
    return f"{pot}: 800 grams"


async def aweigh(pot: str) -> str:
    """Weigh a pot."""
    return f"{pot}: 800 grams"


class Scale(BaseTool):
    """A tool class with a method of its own."""

    name: str = "scale"
    description: str = "Weigh a pot."

    def _run(self, pot: str) -> str:
        return f"{pot}: 800 grams"


@given(st.sets(st.integers(1, 12)), st.integers(1, 12))
def test_just_the_named_calls_go_wrong(broken: set[int], calls: int) -> None:
    """A function fails at the calls that are named and at no other."""
    weighs = faulty(weigh, {n: OSError("gone") for n in broken})
    wrong = set[int]()
    for number in range(1, calls + 1):
        try:
            assert weighs("bowl") == "bowl: 800 grams"
        except OSError:
            wrong.add(number)
    assert wrong == {n for n in broken if n <= calls}


def test_a_wrapped_function_is_the_same_to_whoever_looks() -> None:
    """Name, signature and effect stay, and the function itself is left alone."""
    weighs = faulty(weigh, nonsense)
    assert weighs.__name__ == "weigh"
    assert inspect.signature(weighs) == inspect.signature(weigh)
    assert effect_of(weighs) == "reads"
    assert weigh("bowl") == "bowl: 800 grams"


async def test_each_fault_of_a_function() -> None:
    """Raise, nonsense and empty, always or by a function of the number."""
    with pytest.raises(OSError, match="gone"):
        await faulty(aweigh, OSError("gone"))("bowl")
    assert await faulty(aweigh, nonsense)("bowl") == '{"id": 0, "choices": [{"mess'
    assert await faulty(aweigh, empty)("bowl") == ""
    odd = faulty(aweigh, lambda n: empty if n % 2 else None)
    assert [await odd("bowl") for _ in range(3)] == ["", "bowl: 800 grams", ""]


async def test_a_call_that_hangs_ends_when_it_is_cancelled() -> None:
    """It never answers by itself; a plain call is refused, since nothing could end it."""
    task = asyncio.create_task(faulty(aweigh, hang)("bowl"))
    done, _ = await asyncio.wait([task], timeout=0.01)
    assert not done
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(InvalidInput, match="Make it an async one"):
        faulty(weigh, hang)("bowl")


async def test_a_slow_call_waits_for_the_clock() -> None:
    """With a clock's `sleep` a test says when it goes on."""
    clock = Clock()
    task = asyncio.create_task(faulty(aweigh, slow(30), sleep=clock.sleep)("bowl"))
    await asyncio.sleep(0)
    clock.advance(29)
    await asyncio.sleep(0)
    assert not task.done()
    clock.advance(1)
    assert await task == "bowl: 800 grams"


def test_a_slow_plain_call_still_answers() -> None:
    """It is late, and says what it always says."""
    assert faulty(weigh, slow(0.001))("bowl") == "bowl: 800 grams"


@pytest.mark.parametrize(
    "made",
    [
        lambda: StructuredTool.from_function(weigh),
        lambda: StructuredTool.from_function(coroutine=aweigh, name="weigh"),
        lambda: StructuredTool.from_function(weigh, coroutine=aweigh),
        Scale,
    ],
)
async def test_a_tool_goes_wrong_at_its_second_call(made: Any) -> None:
    """Whichever way it is made; its schema stays, and the tool itself is left alone."""
    right = made()
    wrong = faulty(right, {2: OSError("gone")})
    assert (wrong.name, wrong.args) == (right.name, right.args)
    assert await wrong.ainvoke({"pot": "bowl"}) == "bowl: 800 grams"
    with pytest.raises(OSError, match="gone"):
        await wrong.ainvoke({"pot": "bowl"})
    assert await wrong.ainvoke({"pot": "bowl"}) == "bowl: 800 grams"
    assert [await right.ainvoke({"pot": "cup"}) for _ in range(2)] == ["cup: 800 grams"] * 2


async def test_each_fault_of_a_model() -> None:
    """Raise, nonsense, empty and a late reply; the model is asked when nothing is amiss."""
    model = ScriptedModel("Hello.")
    wrong = faulty(
        model, {1: TimeoutError("late"), 2: nonsense, 3: empty, 4: slow(0, "Late."), 5: slow(0)}
    )
    with pytest.raises(TimeoutError):
        await wrong.ainvoke("Hi")
    said = [(await wrong.ainvoke("Hi")).text for _ in range(4)] + [wrong.invoke("Hi").text]
    assert said == ['{"id": 0, "choices": [{"mess', "", "Late.", "Hello.", "Hello."]
    assert len(model.calls) == 2


async def test_a_faulty_model_offers_tools_and_streams() -> None:
    """The model behind it is given the tools; its answer comes in one piece."""
    model = ScriptedModel([Reply(tool_calls=[tool_call("weigh", pot="bowl")]), "Done."])
    bound = faulty(model, {}).bind_tools([weigh])
    first = await bound.ainvoke("Hi")
    assert [c["name"] for c in first.tool_calls] == ["weigh"]
    assert model.calls[0].tool_names == ("weigh",)
    assert "".join([str(part.text) async for part in bound.astream("Hi")]) == "Done."


def test_a_node_goes_wrong_in_a_graph() -> None:
    """LangGraph takes a wrapped node as it takes the node."""

    def talk(state: MessagesState) -> dict[str, Any]:
        return {"messages": ["Hello."]}

    graph = StateGraph(MessagesState)
    graph.add_node("talk", faulty(talk, {1: OSError("gone")}))
    graph.add_edge(START, "talk")
    graph.add_edge("talk", END)
    ready = graph.compile()
    with pytest.raises(OSError, match="gone"):
        ready.invoke({"messages": ["Hi"]})
    assert ready.invoke({"messages": ["Hi"]})["messages"][-1].text == "Hello."


@pytest.mark.parametrize("fault", [cut, stall, refuse_tools, status(500)])
def test_faults_of_a_connection_are_sent_to_the_server(fault: Any) -> None:
    """They mean nothing without one; always, for the nth call, or chosen by a function."""
    for given_ in (fault, {3: fault}):
        with pytest.raises(InvalidInput, match="openai_server"):
            faulty(weigh, given_)
    with pytest.raises(InvalidInput, match="openai_server"):
        faulty(weigh, lambda _: fault)("bowl")


def test_what_cannot_go_wrong_is_refused() -> None:
    """A call before the first, and a thing that nobody calls."""
    with pytest.raises(InvalidInput, match="counted from 1"):
        faulty(weigh, {0: empty})
    with pytest.raises(InvalidInput, match="Give a function"):
        faulty("bowl", empty)
