"""Items flow through a chain: one in the second step while the next is in the first."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from pydantic import BaseModel
from typing_extensions import TypedDict

import stretto
from stretto import Agent, Policy, Retry, member
from stretto.errors import InvalidInput, InvalidMember, MemberFailed
from stretto.members.human import ask_person
from stretto.patterns import sequential
from stretto.patterns.pipeline import WINDOW
from stretto.testing import Reply, ScriptedModel

if TYPE_CHECKING:
    from stretto import Storage


class Own(TypedDict, total=False):
    """Fields of the user's own."""

    docs: list[Any]


class Note(BaseModel):
    """A typed result."""

    text: str


CONFIG: Any = {"configurable": {"thread_id": "t"}}
GO: Any = {"messages": [("human", "go")]}


class Steps:
    """Steps that tell when they begin and end, fail, or let the process die."""

    def __init__(
        self, fails: set[tuple[int, int]] | None = None, crash: tuple[int, int] | None = None
    ) -> None:
        self.fails, self.crash = fails or set(), crash
        self.ended: Counter[tuple[int, int]] = Counter()
        self.running: Counter[int] = Counter()
        self.most: Counter[int] = Counter()
        self.between: Counter[int] = Counter()
        self.widest: Counter[int] = Counter()
        self.main: asyncio.Task[Any] | None = None

    def step(self, at: int) -> Any:
        """The step at a place, from 0."""

        async def work(state: Any) -> str:
            number = state["number"]
            self.running[at] += 1
            self.most[at] = max(self.most[at], self.running[at])
            self.between[at] += 1
            self.between[at - 1] -= 1
            self.widest[at] = max(self.widest[at], self.between[at])
            try:
                for _ in range((number * 7 + at * 3) % 5):
                    await asyncio.sleep(0)
                if (number, at) == self.crash and self.main is not None:
                    self.main.cancel()
                    await asyncio.Event().wait()
                if (number, at) in self.fails:
                    self.between[at] -= 1  # it goes no further
                    raise ValueError(f"no {number}")
            finally:
                self.running[at] -= 1
            self.ended[number, at] += 1
            before = list(state["results"].values())
            return f"{before[-1] if before else state['item']}>{at}"

        work.__name__ = f"s{at}"
        return work

    async def run(self, graph: Any, given: Any) -> Any:
        """Run to the end or the crash."""
        self.main = asyncio.ensure_future(graph.ainvoke(given, CONFIG, durability="sync"))
        return await self.main


@settings(max_examples=40)
@given(
    count=st.integers(0, 9),
    steps=st.integers(1, 3),
    width=st.integers(1, 3),
    buffer=st.integers(1, 2),
    fails=st.sets(st.tuples(st.integers(1, 9), st.integers(0, 2)), max_size=2),
    data=st.data(),
)
async def test_a_crash_anywhere_repeats_no_finished_piece(
    *,
    count: int,
    steps: int,
    width: int,
    buffer: int,
    fails: set[tuple[int, int]],
    data: st.DataObject,
) -> None:
    """Each item goes through each step once, in bounds, or fails by itself and is named."""
    fails = {(n, at) for n, at in fails if n < count and at < steps}
    fails = {(n, at) for n, at in fails if not any(m == n and b < at for m, b in fails)}
    places = [(n, at) for n in range(1, count + 1) for at in range(steps)]
    reached = [p for p in places if not any(p[0] == n and p[1] > at for n, at in fails)]
    may_crash = [p for p in reached if p not in fails]
    crash = data.draw(st.sampled_from(may_crash)) if may_crash else None
    saver, first, second = InMemorySaver(), Steps(fails, crash), Steps(fails)

    def graph_of(worker: Steps) -> Any:
        chain = [worker.step(at) for at in range(steps)]
        made = sequential(*chain, items="docs", width=width, buffer=buffer, state=Own)
        return made.compile(checkpointer=saver)

    given_ = {**GO, "docs": [f"d{n}" for n in range(1, count + 1)]}
    if crash is not None:
        with pytest.raises(asyncio.CancelledError):
            await first.run(graph_of(first), given_)
        stored = stored_pieces(saver)
        out = await second.run(graph_of(second), None)
        assert not stored & set(second.ended)
    else:
        out = await second.run(graph_of(second), given_)
    assert set(first.ended) | set(second.ended) == set(reached) - fails
    assert max([*second.ended.values(), *first.ended.values()], default=1) == 1
    assert max([*first.most.values(), *second.most.values()], default=0) <= width
    assert max((first.widest[at] for at in range(steps - 1)), default=0) <= width + buffer
    for at in range(steps):
        assert (out["results"].get(f"s{at}") or []) == [
            None if any(m == n and b <= at for m, b in fails) else
            f"d{n}" + "".join(f">{i}" for i in range(at + 1))
            for n in range(1, count + 1)
        ]  # fmt: skip
    assert set(out["failed"]) == {f"item {n}" for n, _ in fails}


def stored_pieces(saver: InMemorySaver) -> set[tuple[int, int]]:
    """What a resume finds done."""
    held = saver.get_tuple(CONFIG)
    assert held is not None
    writes = [value for _, channel, value in held.pending_writes or [] if channel == "__return__"]
    return {(done["item"], done["step"]) for done in writes}


async def test_the_next_item_is_in_the_first_step_meanwhile() -> None:
    """Item 2 is in the first step while item 1 is in the second."""
    met = asyncio.Barrier(2)

    async def a(state: Any) -> str:
        if state["number"] == 2:
            await met.wait()
        return "a"

    async def b(state: Any) -> str:
        if state["number"] == 1:
            await met.wait()
        return "b"

    graph = sequential(a, b, items=lambda _: [1, 2]).compile()
    out = await graph.ainvoke(GO)
    assert out["results"] == {"a": ["a", "a"], "b": ["b", "b"]}
    assert out["structured_response"] == ["b", "b"]
    assert out["messages"][-1].text == "1. b\n2. b"


async def test_many_items_go_through_in_windows() -> None:
    """Each superstep takes some; the results are those of all, in the items' order."""
    steps = Steps()
    graph = sequential(steps.step(0), steps.step(1), items="docs", state=Own).compile(
        checkpointer=InMemorySaver()
    )
    count = WINDOW * 2 + 3
    out = await steps.run(graph, {**GO, "docs": list(range(count))})
    assert out["results"]["s1"] == [f"{n}>0>1" for n in range(count)]
    past = [s async for s in graph.aget_state_history(CONFIG)]
    assert next(s.values["piped"]["next"] for s in past if "pipeline" in s.next) == WINDOW * 2
    out = await steps.run(graph, {**GO, "docs": ["x"]})
    assert out["results"] == {"s0": ["x>0"], "s1": ["x>0>1"]}


async def test_an_item_that_fails_is_named_and_the_others_go_on() -> None:
    """With the step and the reason; a step's policy tries again first."""
    calls: Counter[int] = Counter()

    async def first(state: Any) -> str:
        calls[state["item"]] += 1
        if state["item"] == 2 or calls[state["item"]] == 1:
            raise ValueError(f"no {state['item']}")
        return f"did {state['item']}"

    rule = Policy(retry=Retry(attempts=2, wait=0.001, on="error"))

    async def second(state: Any) -> Note:
        return Note(text=state["results"]["first"])

    made = sequential(member(first, policy=rule), second, items=lambda _: [1, 2, 3])
    out = await made.compile(checkpointer=InMemorySaver()).ainvoke(GO, CONFIG)
    assert out["results"]["second"] == [Note(text="did 1"), None, Note(text="did 3")]
    assert out["failed"] == {"item 2": "first: ValueError: no 2"}
    assert calls == {1: 2, 2: 2, 3: 2}
    assert out["messages"][-1].text == "1. did 1\n3. did 3"


async def test_when_all_fail_the_run_does() -> None:
    """And once the step is mended, a resume goes on."""
    steps = Steps({(1, 0), (2, 0)})
    graph = sequential(steps.step(0), items=lambda _: ["a", "b"]).compile(
        checkpointer=InMemorySaver()
    )
    with pytest.raises(MemberFailed, match="all 2 items failed; item 1: s0: ValueError: no 1"):
        await steps.run(graph, GO)
    steps.fails = set()
    assert (await steps.run(graph, None))["results"] == {"s0": ["a>0", "b>0"]}


async def test_items_ask_at_once() -> None:
    """All interrupts are raised as one, answered in any order; what is done is not repeated."""
    begun: Counter[int] = Counter()

    async def draft(state: Any) -> str:
        begun[state["number"]] += 1
        return f"draft {state['item']}"

    async def approve(state: Any) -> str:
        ask_person("send", {"item": state["item"]}, f"Send {state['item']}?")
        return f"sent {state['item']}"

    graph = sequential(draft, approve, items=lambda _: ["a", "b", "c"]).compile(
        checkpointer=InMemorySaver()
    )
    await graph.ainvoke(GO, CONFIG, durability="sync")
    asked = (await graph.aget_state(CONFIG)).interrupts
    assert len(asked) == 3
    yes = {"decisions": [{"type": "approve"}]}
    for one in reversed(asked):
        out = await graph.ainvoke(Command(resume={one.id: yes}), CONFIG, durability="sync")
    assert out["results"]["approve"] == ["sent a", "sent b", "sent c"]
    assert begun == {1: 1, 2: 1, 3: 1}


async def test_agents_find_the_item_in_their_brief() -> None:
    """With the request, and what the step before gave of it."""
    model = ScriptedModel([Reply("one"), Reply("two")])
    first = Agent(name="first", role="reads", prompt="Read.", model=model)
    second = Agent(name="second", role="judges", prompt="Judge.", model=model)
    graph = sequential(first, second, items=lambda _: [{"n": 1}]).compile()
    out = await graph.ainvoke(GO)
    assert out["results"] == {"first": ["one"], "second": ["two"]}
    asked = [call.messages[-1].text for call in model.calls]
    assert asked[0] == '<request>go</request>\n<item number="1">1</item>'
    assert asked[1] == f'{asked[0]}\n<result agent="first">one</result>'


async def test_a_step_may_be_left_out_for_an_item() -> None:
    """Its `when` sees the item; the next step goes on with what came before."""

    async def a(state: Any) -> str:
        return f"a{state['item']}"

    async def b(state: Any) -> str:
        return f"b{state['item']}"

    async def last(state: Any) -> str:
        return "+".join(state["results"].values())

    some = member(b, when=lambda state: state["item"] != 2)
    out = await sequential(a, some, last, items=lambda _: [1, 2]).compile().ainvoke(GO)
    assert out["results"]["b"] == ["b1", None]
    assert out["results"]["last"] == ["a1+b1", "a2"]
    assert out["failed"] == {}


async def test_it_runs_with_journal_and_nests(storage: Storage) -> None:
    """In a chain, as the step between two others; the second turn starts anew."""

    async def split(state: Any) -> dict[str, Any]:
        return {"docs": state["messages"][-1].text.split()}

    async def upper(state: Any) -> str:
        return str(state["item"]).upper()

    async def told(state: Any) -> str:
        return " ".join(state["results"]["flow"])

    flow = member(sequential(upper, items="docs", state=Own), name="flow")
    made = sequential(split, flow, told, state=Own)
    first = await stretto.run(made, "a b", thread="t", storage=storage)
    assert first.value["messages"][-1].text == "A B"
    again = await stretto.run(made, "c", thread="t", storage=storage)
    assert again.value["messages"][-1].text == "C"


async def test_no_items_are_no_failure() -> None:
    """The turn says so."""
    steps = Steps()
    out = await sequential(steps.step(0), items=lambda _: []).compile().ainvoke(GO)
    assert out["results"] == {"s0": []}
    assert out["messages"][-1].text == "There are no items."


def test_the_drawing_shows_the_steps() -> None:
    """They stand under the pipeline, each with its place."""
    steps = Steps()
    graph = sequential(steps.step(0), steps.step(1), items=lambda _: []).compile()
    drawn = graph.get_graph(xray=True)
    assert {"items", "pipeline:s0", "pipeline:s1"} <= set(drawn.nodes)
    assert (drawn.nodes["pipeline:s1"].metadata or {})["step"] == "2 of 2"
    pairs = {(edge.source, edge.target) for edge in drawn.edges}
    assert {("items", "pipeline:s0"), ("pipeline:s0", "pipeline:s1")} <= pairs
    assert ("pipeline:s1", "__end__") in pairs


@pytest.mark.parametrize(
    ("how", "problem"),
    [
        ({"items": "docz"}, "no field 'docz' of items, only docs. Name one of `state=`"),
        ({"items": [1]}, r"items=\[1\] lists no items"),
        ({"width": 0}, "width=0 cannot be"),
        ({"buffer": 0}, "buffer=0 cannot be"),
    ],
)
def test_what_cannot_flow_is_refused(how: dict[str, Any], problem: str) -> None:
    """Each at build, with place and remedy."""
    given_: dict[str, Any] = {"items": "docs", "state": Own, **how}
    with pytest.raises(InvalidInput, match=problem):
        sequential(Steps().step(0), **given_)


def test_steps_may_not_take_the_pipelines_names() -> None:
    """Nor be detached."""
    one = Steps().step(0)
    with pytest.raises(InvalidMember, match="is called 'items', which is a node"):
        sequential(member(one, name="items"), items=lambda _: [])
    with pytest.raises(InvalidInput, match="is detached, and items wait for each step"):
        sequential(one, member(one, name="x", detach=True), items=lambda _: [])


@pytest.mark.parametrize("given_", ["text", None, {"a": 1}])
async def test_items_must_be_a_list(given_: Any) -> None:
    """Text, a dictionary and nothing are no lists."""
    graph = sequential(Steps().step(0), items="docs", state=Own).compile()
    with pytest.raises(InvalidInput, match="which is no list"):
        await graph.ainvoke({**GO, "docs": given_})
