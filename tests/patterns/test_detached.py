"""Members that nobody waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command, interrupt
from typing_extensions import TypedDict

import stretto
from stretto import Agent, member
from stretto.errors import InvalidInput, RunStopped
from stretto.journal.letters import open_letters
from stretto.patterns import parallel, publish, sequential
from stretto.runs.letters import retry_letter
from stretto.testing import ScriptedModel

if TYPE_CHECKING:
    from stretto import Storage

CONFIG: Any = {"configurable": {"thread_id": "t"}}
GO: Any = {"messages": [("user", "go")]}


class Own(TypedDict, total=False):
    """A field of the user's own."""

    note: str


@pytest.fixture
def seen() -> list[str]:
    """Who worked, in order."""
    return []


def says(name: str, seen: list[str]) -> Any:
    """A member that tells when it works."""

    async def work(state: Any) -> str:
        seen.append(name)
        return f"{name} did it"

    work.__name__ = name
    return work


async def fails(state: Any) -> str:
    """Never works."""
    raise RuntimeError("broke")


async def test_a_detached_step_works_when_the_chain_has_ended(seen: list[str]) -> None:
    """The next step neither waits for it nor sees it; the chain's answer stays the answer."""
    log = member(says("log", seen), detach=True)
    out = await sequential(says("a", seen), log, says("b", seen)).compile().ainvoke(GO)
    assert seen == ["a", "b", "log"]
    assert out["messages"][-1].text == "b did it"
    assert out["results"] == {"a": "a did it", "b": "b did it", "log": "log did it"}


async def test_one_at_either_end_of_a_chain(seen: list[str]) -> None:
    """Detached first or last, the others make the chain."""
    first, last = (member(says(n, seen), detach=True) for n in ("first", "last"))
    out = await sequential(first, says("a", seen), last).compile().ainvoke(GO)
    assert seen[0] == "a"
    assert sorted(seen) == ["a", "first", "last"]
    assert out["messages"][-1].text == "a did it"


async def test_publish_tells_several_and_nobody_waits(seen: list[str]) -> None:
    """As a step it stands beside the chain; alone it tells whom it told."""
    told = publish(says("x", seen), says("y", seen))
    out = await told.compile().ainvoke(GO)
    assert out["messages"][-1].text == "Published to x, y."
    seen.clear()
    again = publish(says("x", seen), says("y", seen)).compile(name="news")
    out = await sequential(says("a", seen), again, says("b", seen)).compile().ainvoke(GO)
    assert seen[:2] == ["a", "b"]
    assert sorted(seen[2:]) == ["x", "y"]
    assert out["messages"][-1].text == "b did it"


async def test_a_failure_becomes_a_dead_letter_and_not_a_failed_run(storage: Storage) -> None:
    """It has what the member was given; a later turn's failure is a letter of its own."""
    graph = sequential(member(fails, detach=True), says("a", []), state=Own)
    given: Any = {"messages": [("user", "please")], "note": "n1"}
    result = await stretto.run(graph, given, thread="t", storage=storage)
    assert result.status == "done"
    assert result.value["failed"] == {"fails": "RuntimeError: broke"}
    (letter,) = await open_letters(storage.journal, "t")
    assert (letter.kind, letter.name, letter.error) == ("branch", "fails", "RuntimeError: broke")
    assert letter.args["note"] == "n1"
    assert letter.args["request"] == "please"
    with pytest.raises(InvalidInput, match=r"'branch'.*drop it"):
        await retry_letter(letter, storage=storage)
    await stretto.run(graph, given, thread="t", storage=storage)
    assert len(await open_letters(storage.journal, "t")) == 2


async def test_an_agent_sees_the_request_and_not_the_answer_of_the_chain() -> None:
    """Though it works when the chain has answered."""
    model = ScriptedModel("noted")
    clerk = member(Agent(name="clerk", prompt="p", model=model), detach=True)
    await sequential(says("a", []), clerk, says("b", [])).compile().ainvoke(GO)
    assert model.calls[0].messages[-1].text == (
        '<request>go</request>\n<result agent="a">a did it</result>'
    )


async def test_a_published_failure_is_told_in_the_answer() -> None:
    """The other is told all the same."""
    out = await publish(fails, says("x", [])).compile().ainvoke(GO)
    assert out["messages"][-1].text == (
        "Published to fails, x.\nfails failed, and is a dead letter: RuntimeError: broke"
    )


async def test_beside_branches_it_counts_for_nothing(seen: list[str]) -> None:
    """Neither the quorum nor the join knows of it."""
    graph = parallel(says("a", seen), says("b", seen), member(fails, detach=True))
    out = await graph.compile().ainvoke(GO)
    assert out["structured_response"] == {"a": "a did it", "b": "b did it"}
    assert out["failed"] == {"fails": "RuntimeError: broke"}


async def test_it_may_ask_and_the_run_waits_at_its_end(seen: list[str]) -> None:
    """The chain has ended by then."""

    async def asks(state: Any) -> str:
        return str(interrupt("may I?"))

    graph = sequential(member(asks, detach=True), says("a", seen)).compile(
        checkpointer=InMemorySaver()
    )
    out = await graph.ainvoke(GO, CONFIG)
    assert seen == ["a"]
    assert out["messages"][-1].text == "a did it"
    (asked,) = out["__interrupt__"]
    out = await graph.ainvoke(Command(resume={asked.id: "yes"}), CONFIG)
    assert out["results"]["asks"] == "yes"
    assert seen == ["a"]


async def test_it_may_be_left_out_by_when(seen: list[str]) -> None:
    """As any member."""
    log = member(says("log", seen), detach=True, when=lambda _: "quiet today")
    await sequential(says("a", seen), log).compile().ainvoke(GO)
    assert seen == ["a"]


async def test_what_stops_the_run_stops_it_here_too() -> None:
    """That is no letter."""

    async def stops(state: Any) -> str:
        raise RunStopped("asked to stop. Resume it.")

    with pytest.raises(RunStopped):
        await publish(stops).compile().ainvoke(GO)


async def test_published_within_published_is_drawn_and_works(seen: list[str]) -> None:
    """Every node is reachable."""
    inner = publish(says("x", seen)).compile(name="inner")
    graph = publish(inner, says("y", seen)).compile()
    drawn = graph.get_graph(xray=True)
    assert set(drawn.nodes) - {edge.target for edge in drawn.edges} == {"__start__"}
    await graph.ainvoke(GO)
    assert sorted(seen) == ["x", "y"]


def test_what_cannot_be_is_refused_at_build(seen: list[str]) -> None:
    """Nobody to wait for; two that write one field in the last step."""

    async def one(state: Any) -> dict[str, Any]:
        return {"note": "1"}

    async def two(state: Any) -> dict[str, Any]:
        return {"note": "2"}

    with pytest.raises(InvalidInput, match="sequential: nobody waits"):
        sequential(member(one, detach=True))
    with pytest.raises(InvalidInput, match="publish: 'one' and 'two' may both write 'note'"):
        publish(one, two, state=Own)
    aside = [member(each, detach=True) for each in (one, two)]
    with pytest.raises(InvalidInput, match="sequential: 'one' and 'two'"):
        sequential(*aside, says("a", seen), state=Own)
