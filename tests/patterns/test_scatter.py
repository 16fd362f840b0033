"""One member on each element of a list."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command, interrupt
from typing_extensions import TypedDict

from stretto import Agent, member
from stretto.errors import BranchesFailed, InvalidInput, InvalidMember
from stretto.patterns import scatter, sequential
from stretto.testing import ScriptedModel


class Own(TypedDict, total=False):
    """Fields of the user's own."""

    words: list[str]
    last: str


CONFIG: Any = {"configurable": {"thread_id": "t"}}


def go(*words: str) -> Any:
    """The input of a turn."""
    return {"messages": [("user", "go")], "words": list(words)}


async def shout(state: Any) -> str:
    """Makes it loud."""
    return str(state["item"]).upper()


async def test_each_element_is_worked_on_and_results_keep_their_order() -> None:
    """By place in `results`; the turn's result is the list."""
    graph = scatter(shout, each="words", state=Own).compile()
    out = await graph.ainvoke(go("a", "b", "c"))
    assert out["structured_response"] == ["A", "B", "C"]
    assert out["results"] == {"0": "A", "1": "B", "2": "C"}
    assert out["messages"][-1].text == "0: A\n\n1: B\n\n2: C"


async def test_a_function_gives_the_list_and_an_agent_sees_its_element() -> None:
    """In a tag, beside the request."""
    model = ScriptedModel(lambda messages: messages[-1].text)
    graph = scatter(Agent(name="one", prompt="p", model=model), each=lambda _: ("x", {"y": 1}))
    out = await graph.compile().ainvoke(go())
    assert out["structured_response"] == [
        "<request>go</request>\n<item>x</item>",
        "<request>go</request>\n<item>1</item>",
    ]


async def test_only_elements_that_failed_are_done_again() -> None:
    """Under any limit; the error names them by place."""
    for limit in (None, 1, 2):
        done: Counter[str] = Counter()
        bad = {"b", "c"}

        async def work(state: Any) -> str:
            done[state["item"]] += 1  # noqa: B023 - called within its round
            if state["item"] in bad:  # noqa: B023 - as above
                raise RuntimeError("broke")
            return "ok"

        graph = scatter(work, each="words", state=Own).compile(checkpointer=InMemorySaver())
        config = {**CONFIG, "max_concurrency": limit}
        with pytest.raises(BranchesFailed) as raised:
            await graph.ainvoke(go("a", "b", "c", "d"), config)
        assert set(raised.value.failed) == {"1", "2"}
        bad.clear()
        out = await graph.ainvoke(None, config)
        assert out["structured_response"] == ["ok"] * 4
        assert out["failed"] == {}
        assert done == {"a": 1, "b": 2, "c": 2, "d": 1}


async def test_a_quorum_of_elements_leaves_gaps_in_the_list() -> None:
    """`None` where there is no result; the failure stands under the place."""

    async def work(state: Any) -> str:
        if state["item"] == "bad":
            raise RuntimeError("broke")
        return "ok"

    graph = scatter(work, each="words", state=Own, require=1)
    out = await graph.compile().ainvoke(go("bad", "good"))
    assert out["structured_response"] == [None, "ok"]
    assert out["failed"]["0"].endswith(("RuntimeError: broke", "not needed: 1 had succeeded"))


async def test_questions_about_elements_are_answered_in_any_order() -> None:
    """Each by its id."""

    async def work(state: Any) -> str:
        return str(interrupt(state["item"]))

    graph = scatter(work, each="words", state=Own).compile(checkpointer=InMemorySaver())
    asked = (await graph.ainvoke(go("a", "b", "c"), CONFIG))["__interrupt__"]
    for each in reversed(asked):
        out = await graph.ainvoke(Command(resume={each.id: each.value * 2}), CONFIG)
    assert out["structured_response"] == ["aa", "bb", "cc"]


async def test_a_second_turn_forgets_the_first() -> None:
    """A shorter list leaves nothing of a longer one; an empty one is an empty result."""
    graph = scatter(shout, each="words", state=Own).compile(checkpointer=InMemorySaver())
    await graph.ainvoke(go("a", "b"), CONFIG)
    out = await graph.ainvoke(go("c"), CONFIG)
    assert out["results"] == {"0": "C"}
    out = await graph.ainvoke(go(), CONFIG)
    assert (out["results"], out["structured_response"]) == ({}, [])


async def test_somebody_may_join_and_it_nests() -> None:
    """The join is given all results; a chain goes on with what it made."""

    async def count(state: Any) -> str:
        return f"{len(state['results'])} words"

    inner = scatter(shout, each=lambda _: ["a", "b"], join=count).compile(name="inner")
    out = (
        await sequential(inner, member(shout, name="end", when=lambda _: "no"))
        .compile()
        .ainvoke(go())
    )
    assert out["messages"][-1].text == "2 words"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"each": "nothing", "state": Own}, "'nothing', which is no field of `state`"),
        ({"each": 3}, "`each` is 3"),
        ({"each": "words", "state": Own, "most": 0}, "`most` is 0"),
        ({"each": "words", "state": Own, "require": 0}, "`require` is 0"),
        ({"each": "words", "state": Own, "deadline": -1}, "`deadline` is -1"),
        ({"each": "words", "state": Own, "join": None}, "has to wait"),
    ],
)
def test_what_cannot_be_is_refused_at_build(options: Any, said: str) -> None:
    """With the remedy."""
    with pytest.raises(InvalidInput, match=said):
        scatter(shout, **options)


def test_a_member_that_writes_a_field_which_does_not_merge_is_refused() -> None:
    """Each of its calls would write it."""

    async def writes(state: Any) -> dict[str, Any]:
        return {"last": state["item"]}

    with pytest.raises(InvalidInput, match="'writes' and 'writes of another element'"):
        scatter(writes, each="words", state=Own)
    with pytest.raises(InvalidMember, match="a node of the pattern itself"):
        scatter(member(shout, name="split"), each="words", state=Own)


async def test_what_is_no_list_or_too_long_is_refused_at_run() -> None:
    """With the remedy."""
    graph = scatter(shout, each="words", state=Own, most=2).compile()
    with pytest.raises(InvalidInput, match="no list"):
        await graph.ainvoke({**go(), "words": "abc"})
    with pytest.raises(InvalidInput, match=r"3 elements, and at most 2.*`map_reduce`"):
        await graph.ainvoke(go("a", "b", "c"))


def test_every_node_is_drawn() -> None:
    """The list, the member, the join."""
    drawn = scatter(shout, each="words", state=Own).compile().get_graph(xray=True)
    assert set(drawn.nodes) == {"__start__", "split", "shout", "gather", "__end__"}
    assert {edge.target for edge in drawn.edges} == set(drawn.nodes) - {"__start__"}
