"""A decision sends each turn to one member."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from typing_extensions import TypedDict

import stretto
from stretto import Agent, Policy, Retry, member
from stretto.errors import InvalidInput, InvalidMember, Unrouted
from stretto.members.human import ask_person
from stretto.patterns import parallel, route, sequential
from stretto.records import Decided
from stretto.routing import Choice, rule
from stretto.testing import Reply, ScriptedModel

if TYPE_CHECKING:
    from stretto import Storage


class Order(TypedDict, total=False):
    """The fields of these tests."""

    total: float
    log: list[str]


def says(name: str, text: str = "") -> Any:
    """A function member that says something."""

    async def speak(_state: Any) -> str:
        return text or f"{name} did it"

    return member(speak, name=name, role=f"does {name}")


def by_word(state: Any) -> tuple[str, str]:
    """The last message's first word."""
    word = state["messages"][-1].text.split()[0]
    return word, f"it begins with {word!r}"


def team(**given: Any) -> Any:
    """Two members, chosen by the first word."""
    return route(by_word, {"buy": says("sales"), "bill": says("billing")}, **given)


async def ask(graph: Any, text: str, **state: Any) -> dict[str, Any]:
    """The state at the end of a turn."""
    return await graph.compile().ainvoke({"messages": [("human", text)], **state})


async def test_the_chosen_member_does_the_turn() -> None:
    """Its result is the answer, and only its own stands in the results."""
    out = await ask(team(), "bill me")
    assert out["messages"][-1].text == "billing did it"
    assert out["results"] == {"billing": "billing did it"}
    assert (out["route"].label, out["route"].by) == ("bill", "by_word")
    assert out["route"].reason == "it begins with 'bill'"


async def test_a_turn_keeps_nothing_of_the_one_before(storage: Storage) -> None:
    """On one thread another member may be chosen."""
    graph = team()
    first = await stretto.run(graph, "buy it", thread="t", storage=storage)
    second = await stretto.run(graph, "bill it", thread="t", storage=storage)
    assert list(first.value["results"]) == ["sales"]
    assert second.value["results"] == {"billing": "billing did it"}
    assert [m.text for m in second.value["messages"]] == [
        "buy it",
        "sales did it",
        "bill it",
        "billing did it",
    ]


async def test_the_reason_is_journaled(storage: Storage) -> None:
    """With the alternatives."""
    await stretto.run(team(), "buy it", thread="t", storage=storage)
    (told,) = [r for r in await storage.journal.records("t") if isinstance(r, Decided)]
    assert (told.by, told.decision) == ("by_word", "buy")
    assert told.reason == "it begins with 'buy'"
    assert told.alternatives == ("bill",)


async def test_what_fits_no_label_goes_to_the_rest() -> None:
    """A member, or a text."""
    out = await ask(team(otherwise="Ask a person."), "sing")
    assert out["messages"][-1].text == "Ask a person."
    assert out["route"].label == "sing"
    out = await ask(team(otherwise=says("clerk")), "sing")
    assert out["results"] == {"clerk": "clerk did it"}


async def test_without_a_rest_it_is_an_error() -> None:
    """That says who said what, and the remedy."""
    with pytest.raises(Unrouted, match=r"'by_word' says 'sing'.*otherwise="):
        await ask(team(), "sing")


async def test_an_agent_chooses_by_typed_output() -> None:
    """It is told the labels and what their members are good for."""
    asked: list[Any] = []

    def think(messages: Any) -> Reply:
        asked.append(messages)
        return Reply('{"label": "bill", "reason": "an invoice", "confidence": 0.9}')

    clerk = Agent(name="clerk", model=ScriptedModel(think))
    out = await ask(route(clerk, {"buy": says("sales"), "bill": says("billing")}), "my invoice")
    assert out["results"] == {"billing": "billing did it"}
    assert (out["route"].by, out["route"].confidence) == ("clerk", 0.9)
    assert "buy: does sales" in asked[0][-1].text


@pytest.mark.parametrize(
    ("said", "label"), [("Bill.", "bill"), (" 'buy' ", "buy"), ("neither", "")]
)
async def test_a_choice_in_words_is_read_if_it_is_a_label(said: str, label: str) -> None:
    """Anything else fits nothing."""
    speaker = says("decider", said)
    graph = route(speaker, {"buy": says("sales"), "bill": says("billing")}, otherwise=says("rest"))
    out = await ask(graph, "x")
    assert out["route"].label == label


async def test_a_cascade_asks_the_dear_one_only_when_the_cheap_one_is_unsure() -> None:
    """The cheap ones share a node; each choice is told."""
    calls: list[str] = []

    def cheap(state: Any) -> Choice:
        sure = 0.9 if "clear" in state["messages"][-1].text else 0.3
        return Choice("buy", "a guess", sure)

    def think(messages: Any) -> Reply:
        calls.append(messages[-1].text)
        return Reply('{"label": "bill", "reason": "thought about"}')

    dear = Agent(name="dear", model=ScriptedModel(think))
    graph = route([cheap, dear], {"buy": says("sales"), "bill": says("billing")})
    out = await ask(graph, "clear")
    assert (list(out["results"]), calls) == (["sales"], [])
    out = await ask(graph, "muddy")
    assert (list(out["results"]), len(calls)) == (["billing"], 1)
    assert out["route"].by == "dear"


async def test_the_last_of_a_cascade_decides_however_unsure() -> None:
    """There is nobody left to ask."""
    first = rule(lambda _: Choice("buy", "a guess", 0.1), name="first")
    last = rule(lambda _: Choice("bill", "another", 0.2), name="last")
    out = await ask(route([first, last], {"buy": says("a"), "bill": says("b")}), "x")
    assert list(out["results"]) == ["b"]


async def test_fields_of_your_own_decide_and_are_written() -> None:
    """A function may give an update of them beside its result."""

    async def dear(_state: Any) -> dict[str, Any]:
        return {"log": ["asked"], "text": "a manager looks at it"}

    graph = route(_sized, {"small": says("clerk"), "large": member(dear)}, state=Order)
    out = await ask(graph, "x", total=500.0)
    assert out["log"] == ["asked"]
    assert out["results"] == {"dear": {"text": "a manager looks at it"}}
    assert out["messages"][-1].text == "a manager looks at it"


def _sized(state: Any) -> Literal["small", "large"]:
    return "large" if state["total"] > 100 else "small"


async def test_one_member_may_stand_under_several_labels() -> None:
    """It is one node."""
    one = says("clerk")
    graph = route(by_word, {"buy": one, "bill": one, "sell": says("other")})
    assert set(graph.nodes) == {"route", "clerk", "other"}
    for word in ("buy", "bill"):
        assert list((await ask(graph, word))["results"]) == ["clerk"]


async def test_a_member_with_a_policy_is_tried_again() -> None:
    """As everywhere."""
    calls: list[int] = []

    async def flaky(_state: Any) -> str:
        calls.append(1)
        if len(calls) == 1:
            raise ConnectionError("down")
        return "up"

    careful = member(flaky, policy=Policy(retry=Retry(wait=0.001, jitter=0)))
    out = await ask(route(by_word, {"buy": careful, "bill": says("b")}), "buy")
    assert (out["results"], len(calls)) == ({"flaky": "up"}, 2)


async def test_a_member_whose_when_does_not_hold_is_left_out() -> None:
    """There is no result then, and why is told."""
    shut = member(says("sales"), when=lambda _: "the shop is shut")
    out = await ask(route(by_word, {"buy": shut, "bill": says("billing")}), "buy")
    assert out["results"] == {}
    assert [m.type for m in out["messages"]] == ["human"]


async def test_a_question_in_the_chosen_member_waits_for_its_answer() -> None:
    """The decision is not taken again."""
    decided: list[str] = []

    def once(state: Any) -> str:
        decided.append("x")
        return by_word(state)[0]

    async def asks(_state: Any) -> str:
        return ask_person("sale", {"text": "sell?"}, "Sell?").type

    graph = route(once, {"buy": member(asks), "bill": says("b")}).compile(
        checkpointer=InMemorySaver()
    )
    config: Any = {"configurable": {"thread_id": "t"}}
    await graph.ainvoke({"messages": [("human", "buy it")]}, config)
    out = await graph.ainvoke(Command(resume={"decisions": [{"type": "approve"}]}), config)
    assert out["results"] == {"asks": "approve"}
    assert decided == ["x"]


async def test_it_nests_in_a_chain_and_holds_one() -> None:
    """The inner ones see the request, and give their answers on."""
    inner = sequential(says("first"), says("second", "inner end")).compile(name="chain")
    graph = route(by_word, {"buy": inner, "bill": says("billing")})
    outer = sequential(
        says("before"), graph.compile(name="choose"), says("after", "the end"), context="none"
    )
    out = await ask(outer, "buy it")
    assert out["results"]["choose"] == "inner end"
    assert out["messages"][-1].text == "the end"


def test_every_node_is_in_the_drawing() -> None:
    """Edges lead to each label's member."""
    clerk = Agent(name="clerk", model=ScriptedModel(lambda _: Reply("buy")))
    graph = route([by_word, clerk], {"buy": says("a"), "bill": says("b")}, otherwise="no")
    drawing = graph.compile().get_graph()
    edges = {(e.source, e.target) for e in drawing.edges}
    assert {("route", "clerk"), ("route", "a"), ("clerk", "otherwise")} <= edges
    reached = {target for _, target in edges}
    assert set(drawing.nodes) - {"__start__"} <= reached


@given(st.lists(st.sampled_from(["buy", "bill", "sing", "x"]), min_size=1, max_size=4))
def test_exactly_one_member_always_works(words: list[str]) -> None:
    """Whatever is asked, turn after turn."""
    worked: list[str] = []

    def counts(name: str) -> Any:
        async def work(_state: Any) -> str:
            worked.append(name)
            return name

        return member(work, name=name)

    graph = route(
        by_word, {"buy": counts("sales"), "bill": counts("billing")}, otherwise=counts("rest")
    ).compile(checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "t"}}
    places = {"buy": "sales", "bill": "billing"}

    async def turns() -> None:
        for word in words:
            out = await graph.ainvoke({"messages": [("human", word)]}, config)
            assert list(out["results"]) == [places.get(word, "rest")]

    asyncio.run(turns())
    assert worked == [places.get(word, "rest") for word in words]


@pytest.mark.parametrize(
    ("build", "told"),
    [
        (lambda: route(by_word, {}), "no label to go to"),
        (lambda: route(by_word, {" ": says("a")}), "is no label"),
        (lambda: route([], {"a": says("a")}), "nothing decides"),
        (lambda: route(by_word, {"a": says("a")}, unsure=2), "`unsure` is 2"),
        (lambda: route(_sized, {"small": says("a")}), "'large', which leads nowhere"),
        (
            lambda: route(_sized, {"small": says("a"), "large": says("b"), "huge": says("c")}),
            "can say 'huge', so its member would never work",
        ),
        (lambda: route(by_word, {"a": says("a")}, state=dict), "is no TypedDict"),
        (lambda: route(by_word, {"a": says("a")}, context="all"), "is no context policy"),
    ],
)
def test_what_cannot_be_routed_is_refused(build: Any, told: str) -> None:
    """At build, with the remedy."""
    with pytest.raises(InvalidInput, match=told):
        build()


@pytest.mark.parametrize(
    ("build", "told"),
    [
        (lambda: route(by_word, {"a": 3}), "3 is no member"),
        (lambda: route(3, {"a": says("a")}), "3 is no member"),
        (lambda: route(by_word, {"a": says("x"), "b": says("x")}), "two members are called 'x'"),
        (lambda: route(says("x"), {"a": says("x"), "b": says("y")}), "both who decides"),
        (lambda: route(by_word, {"a": says("route"), "b": says("y")}), "both who decides"),
    ],
)
def test_who_is_no_member_is_refused(build: Any, told: str) -> None:
    """At build, by name."""
    with pytest.raises(InvalidMember, match=told):
        build()


async def test_two_of_them_side_by_side_may_share_a_state() -> None:
    """Where none of their members writes the same field."""

    def one(name: str) -> Any:
        graph = route(_sized, {"small": says(f"{name}1"), "large": says(f"{name}2")}, state=Order)
        return graph.compile(name=name)

    out = await ask(parallel(one("a"), one("b"), state=Order), "x", total=5.0)
    assert out["results"] == {"a": "a1 did it", "b": "b1 did it"}
