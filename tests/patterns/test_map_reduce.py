"""A source is worked on chunk by chunk, once each, and folded in its order."""

from __future__ import annotations

import asyncio
import operator
import sqlite3
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
from stretto import Agent, Budget, Policy, Retry, member
from stretto.errors import (
    ChunksFailed,
    InvalidInput,
    InvalidMember,
    MemberFailed,
    SourceChanged,
    SourceUnusable,
)
from stretto.members.human import ask_person
from stretto.patterns import File, map_reduce, sequential
from stretto.patterns.map_reduce import ROUNDS
from stretto.records import Decided
from stretto.testing import Reply, ScriptedModel

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from stretto import Storage


class Own(TypedDict, total=False):
    """Fields of the user's own."""

    numbers: list[int]
    path: str


class Count(BaseModel):
    """A typed result."""

    n: int
    total: int = 0


async def listed(items: list[Any]) -> list[Any]:
    """A chunk as it is, in a list."""
    return [items]


def plus(one: Any, other: Any) -> Any:
    """Order shows in it."""
    return one + other


def numbers(count: int) -> Any:
    """A source of so many."""

    def source() -> Iterator[int]:
        yield from range(count)

    return source


CONFIG: Any = {"configurable": {"thread_id": "t"}}
GO: Any = {"messages": [("human", "go")]}


class Worker:
    """Joins a chunk; fails, or lets the process die, where it is told to."""

    def __init__(self, fails: set[int] | None = None, crash: int | None = None) -> None:
        self.fails, self.crash = fails or set(), crash
        self.ended: Counter[int] = Counter()
        self.main: asyncio.Task[Any] | None = None
        self.running = self.most = 0

    async def __call__(self, items: list[int]) -> list[list[int]]:
        """Work on a chunk, named by its first item."""
        first = items[0]
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            for _ in range(first * 7 % 5):
                await asyncio.sleep(0)
            if first == self.crash and self.main is not None:
                self.main.cancel()
                await asyncio.Event().wait()
            if first in self.fails:
                raise ValueError(f"no {first}")
        finally:
            self.running -= 1
        self.ended[first] += 1
        return [items]


async def run(graph: Any, given: Any, worker: Worker, **config: Any) -> Any:
    """Run to the end or the crash."""
    worker.main = asyncio.ensure_future(
        graph.ainvoke(given, {**CONFIG, **config}, durability="sync")
    )
    return await worker.main


def chunks_of(count: int, size: int) -> list[list[int]]:
    """The chunks of a source of numbers."""
    return [list(range(i, min(count, i + size))) for i in range(0, count, size)]


@settings(max_examples=40)
@given(
    count=st.integers(0, 60),
    size=st.integers(1, 7),
    width=st.integers(1, 3),
    failing=st.sets(st.integers(0, 8), max_size=2),
    tree=st.booleans(),
    data=st.data(),
)
async def test_a_crash_anywhere_repeats_no_chunk_and_keeps_the_order(
    *, count: int, size: int, width: int, failing: set[int], tree: bool, data: st.DataObject
) -> None:
    """The reduce is the plain fold over the chunks that did not fail, each worked on once."""
    chunks = chunks_of(count, size)
    crash = data.draw(st.sampled_from([c[0] for c in chunks])) if chunks else None
    fails = {chunks[i][0] for i in failing if i < len(chunks) - 1} - {crash}
    saver, first, second = InMemorySaver(), Worker(fails, crash), Worker(fails)
    made: dict[str, Any] = {"chunk": size, "width": width, "tree": tree}

    def graph_of(worker: Worker) -> Any:
        graph = map_reduce(numbers(count), member(worker, name="w"), plus, **made)
        return graph.compile(checkpointer=saver)

    if crash is not None:
        with pytest.raises(asyncio.CancelledError):
            await run(graph_of(first), GO, first)
        stored = stored_chunks(saver)
        out = await run(graph_of(second), None, second)
        assert not stored & set(second.ended)
        assert max(second.ended.values()) == 1
        ended = set(first.ended) | set(second.ended)
        assert ended == {c[0] for c in chunks} - fails
        assert first.most <= width
        assert second.most <= width
    else:
        out = await run(graph_of(second), GO, second)
    kept = [c for c in chunks if c[0] not in fails]
    assert (out["accumulated"] or []) == kept
    assert out["mapped"].chunks == len(chunks)
    assert out["mapped"].items == count
    assert out["mapped"].failed_chunks == len(fails)
    assert {one.start["record"] for one in out["mapped"].failed} == fails
    assert out["mapped"].ended


def stored_chunks(saver: InMemorySaver) -> set[int]:
    """First items of the chunks whose results a resume will find."""
    held = saver.get_tuple(CONFIG)
    assert held is not None
    folded = held.checkpoint["channel_values"].get("accumulated") or []
    writes = [value for _, channel, value in held.pending_writes or [] if channel == "__return__"]
    partials = [c for done in writes for c in done.get("partial", [])]
    return {chunk[0] for chunk in [*folded, *partials]}


async def test_what_is_accumulated_is_the_answer() -> None:
    """As a typed response, as a message, and under the worker's name."""

    async def size(items: list[int]) -> int:
        return len(items)

    graph = map_reduce(numbers(250), size, operator.add, initial=1000)
    out = await graph.compile().ainvoke(GO)
    assert out["structured_response"] == out["accumulated"] == out["results"]["size"] == 1250
    assert out["messages"][-1].text == "1250"
    assert out["failed"] == {}


async def test_a_second_turn_begins_anew() -> None:
    """Nothing of the turn before is counted, kept or left over, also when it did not end."""
    worker = Worker({0, 10, 20})
    source = numbers(30)
    made = map_reduce(source, member(worker, name="w"), plus, chunk=10)
    graph = made.compile(checkpointer=InMemorySaver())
    with pytest.raises(ChunksFailed):
        await graph.ainvoke(GO, CONFIG)
    worker.fails = {10}
    out = await graph.ainvoke(GO, CONFIG)
    assert "1 chunks failed" in out["failed"]["w"]
    worker.fails = set()
    out = await graph.ainvoke(GO, CONFIG)
    assert out["accumulated"] == chunks_of(30, 10)
    assert out["failed"] == {}
    assert out["mapped"].chunks == 3


@pytest.mark.parametrize("checkpointed", [True, False])
async def test_every_kind_of_source(tmp_path: Path, *, checkpointed: bool) -> None:
    """An iterator, a list, an async iterator, a cursor, a field, a file, a file of the state."""
    path = tmp_path / "numbers.jsonl"
    path.write_text("".join(f"{n}\n" for n in range(25)))
    base = tmp_path / "base.sqlite"
    database = sqlite3.connect(base)
    database.execute("create table t (n)")
    database.executemany("insert into t values (?)", [(n,) for n in range(25)])
    database.commit()
    database.close()

    async def flowing() -> AsyncIterator[int]:
        for n in range(25):
            await asyncio.sleep(0)
            yield n

    def cursor(offset: int) -> Iterator[int]:
        connection = sqlite3.connect(base)
        try:
            for (n,) in connection.execute(
                "select n from t order by n limit -1 offset ?", (offset,)
            ):
                yield n
        finally:
            connection.close()

    async def later() -> list[int]:
        return list(range(25))

    sources: list[Any] = [
        numbers(25),
        lambda: list(range(25)),
        flowing,
        cursor,
        later,
        "numbers",
        lambda state: state["numbers"],
        path,
        File(path),
        lambda state: type(path)(state["path"]),
    ]
    given = {**GO, "numbers": list(range(25)), "path": str(path)}
    for source in sources:
        graph = map_reduce(source, listed, plus, chunk=2, width=1, state=Own).compile(
            checkpointer=InMemorySaver() if checkpointed else None
        )
        out = await graph.ainvoke(given, CONFIG)
        assert out["accumulated"] == chunks_of(25, 2)
        assert out["mapped"].ended


async def test_a_source_is_read_once_in_one_process() -> None:
    """The next superstep goes on with what is open, and what is open is closed at the end."""
    opened: list[str] = []

    def source(offset: int) -> Iterator[int]:
        opened.append(f"opened at {offset}")
        try:
            yield from range(offset, 100)
        finally:
            opened.append("closed")

    graph = map_reduce(source, listed, plus, chunk=2, width=2).compile()
    out = await graph.ainvoke(GO)
    assert out["accumulated"] == chunks_of(100, 2)
    assert opened == ["opened at 0", "closed"]


async def test_an_empty_source_gives_what_it_begins_with() -> None:
    """Or, without that, says that there was nothing."""
    out = await map_reduce(numbers(0), listed, plus, initial=[7]).compile().ainvoke(GO)
    assert out["structured_response"] == [7]
    out = await map_reduce(numbers(0), listed, plus).compile().ainvoke(GO)
    assert out["structured_response"] is None
    assert out["messages"][-1].text == "Nothing to work on: 0 items in 0 chunks."
    assert "listed" not in out["results"]


async def test_a_source_that_raises_keeps_what_was_done() -> None:
    """A resume opens it again and goes on there."""
    breaks = True

    def source() -> Iterator[int]:
        for n in range(50):
            if n == 33 and breaks:
                raise OSError("the disk is gone")
            yield n

    worker = Worker()
    graph = map_reduce(source, member(worker, name="w"), plus, chunk=5).compile(
        checkpointer=InMemorySaver()
    )
    with pytest.raises(OSError, match="the disk is gone") as raised:
        await run(graph, GO, worker)
    assert "after item 30" in raised.value.__notes__[0]
    breaks = False
    out = await run(graph, None, worker)
    assert out["accumulated"] == chunks_of(50, 5)
    assert set(worker.ended.values()) == {1}


async def test_a_source_that_changed_is_refused(tmp_path: Path) -> None:
    """A file of another size, or an iterator that has become shorter, between crash and resume."""
    path = tmp_path / "numbers.jsonl"
    path.write_text("".join(f"{n}\n" for n in range(100)))
    worker = Worker(crash=80)
    saver = InMemorySaver()
    made = map_reduce(path, member(worker, name="w"), plus, chunk=2, width=1)
    graph = made.compile(checkpointer=saver)
    with pytest.raises(asyncio.CancelledError):
        await run(graph, GO, worker)
    worker.crash = None
    path.write_text("".join(f"{n}\n" for n in range(101)))
    with pytest.raises(SourceChanged, match=r"numbers\.jsonl has changed.*Put it back"):
        await run(graph, None, worker)

    length = 100
    worker.crash = 80

    def source() -> Iterator[int]:
        yield from range(length)

    made = map_reduce(source, member(worker, name="w"), plus, chunk=2, width=1)
    graph = made.compile(checkpointer=InMemorySaver())
    with pytest.raises(asyncio.CancelledError):
        await run(graph, GO, worker)
    worker.crash, length = None, 40
    with pytest.raises(SourceChanged, match="'source' ends before item 81"):
        await run(graph, None, worker)


async def test_records_that_cannot_be_read_are_counted(tmp_path: Path) -> None:
    """The rest is worked on, and the turn tells which failed."""
    path = tmp_path / "a.jsonl"
    path.write_text('1\n2\nx\n3\n{"half"')
    out = await map_reduce(path, listed, plus, chunk=2).compile().ainvoke(GO)
    assert out["accumulated"] == [[1, 2], [3]]
    assert out["mapped"].failed_rows == 2
    assert [row.where for row in out["mapped"].rows] == ["line 3", "line 5"]
    assert "2 records could not be read; line 3" in out["failed"]["listed"]
    path.write_text("x\ny\n")
    with pytest.raises(InvalidInput, match=r"none of the 2 records.*Give its `format`"):
        await map_reduce(path, listed, plus).compile().ainvoke(GO)
    with pytest.raises(SourceUnusable, match="Give a file that is there"):
        await map_reduce(tmp_path / "no", listed, plus).compile().ainvoke(GO)


async def test_a_chunk_is_tried_again_by_the_workers_policy() -> None:
    """What fails after that is listed with its reference, its error and its attempts."""
    calls: Counter[int] = Counter()

    async def flaky(items: list[int]) -> list[Any]:
        calls[items[0]] += 1
        if items[0] == 20 or (items[0] == 10 and calls[10] < 3):
            raise ValueError(f"no {items[0]}")
        return [items]

    rule = Policy(retry=Retry(attempts=3, wait=0.001, on="error"))
    graph = map_reduce(numbers(40), member(flaky, policy=rule), plus, chunk=10).compile()
    out = await graph.ainvoke(GO)
    assert out["accumulated"] == [c for c in chunks_of(40, 10) if c[0] != 20]
    assert calls == {0: 1, 10: 3, 20: 3, 30: 1}
    (failed,) = out["mapped"].failed
    assert (failed.chunk, failed.start, failed.rows) == (3, {"record": 20}, 10)
    assert (failed.error, failed.attempts) == ("ValueError: no 20", 3)


async def test_too_many_failed_chunks_fail_the_run() -> None:
    """No further ones are begun; once the worker is mended, a resume tries them again."""
    worker = Worker(set(range(0, 200, 4)))
    graph = map_reduce(
        numbers(200), member(worker, name="w"), plus, chunk=2, width=1, max_failed=2
    ).compile(checkpointer=InMemorySaver())
    with pytest.raises(ChunksFailed, match=r"3 of 5 chunks failed in 'w'.*Mend the worker") as e:
        await run(graph, GO, worker)
    assert e.value.failed == 3
    assert set(worker.ended) == {2, 6}
    worker.fails = set()
    out = await run(graph, None, worker)
    assert out["accumulated"] == chunks_of(200, 2)
    assert set(worker.ended.values()) == {1}


async def test_all_may_not_fail() -> None:
    """Without a bound the run still fails when nothing succeeds."""
    worker = Worker(set(range(1000)))
    graph = map_reduce(numbers(1000), member(worker, name="w"), plus, chunk=1, width=1)
    with pytest.raises(ChunksFailed, match="all; the first is chunk 1, from record 1 on"):
        await graph.compile().ainvoke(GO)


async def test_the_state_does_not_grow_with_the_source() -> None:
    """A checkpoint late in the source is as large as an early one."""

    async def size(items: list[int]) -> int:
        return len(items)

    sizes: dict[int, int] = {}
    for count in (200, 4000):
        saver = InMemorySaver()
        graph = map_reduce(numbers(count), size, operator.add, chunk=5).compile(checkpointer=saver)
        await graph.ainvoke(GO, CONFIG, durability="sync")
        sizes[count] = max(
            len(saver.serde.dumps_typed(held.checkpoint)[1]) for held in saver.list(CONFIG)
        )
    assert sizes[4000] < sizes[200] * 1.1


async def test_the_worker_may_be_an_agent_and_the_end_another() -> None:
    """An agent finds its items in its brief, and another makes the answer of what is folded."""
    model = ScriptedModel([Reply("A"), Reply("B"), Reply("A and B")])
    reader = Agent(name="reader", role="reads", prompt="Read.", model=model)
    writer = Agent(name="writer", role="writes", prompt="Write.", model=model)
    graph = map_reduce(
        lambda: ["one", "two", {"three": 3}], reader, plus, chunk=2, width=1, finish=writer
    )
    out = await graph.compile().ainvoke(GO)
    assert out["results"] == {"reader": "AB", "writer": "A and B"}
    assert out["messages"][-1].text == "A and B"
    asked = [call.messages[-1].text for call in model.calls]
    assert asked[0] == (
        '<request>go</request>\n<items chunk="1">\n<item number="1">one</item>\n'
        '<item number="2">two</item>\n</items>'
    )
    assert '<item number="1">{"three": 3}</item>' in asked[1]
    assert asked[2] == '<request>go</request>\n<result agent="reader">AB</result>'


async def test_typed_results_stay_typed_over_a_resume() -> None:
    """A partial result and what is accumulated come back as what they were."""
    crash = True

    async def count(items: list[int]) -> Count:
        if crash and items[0] == 6:
            raise ValueError("no")
        return Count(n=len(items), total=sum(items))

    def add(one: Count, other: Count) -> Count:
        return Count(n=one.n + other.n, total=one.total + other.total)

    graph = map_reduce(numbers(40), count, add, chunk=2, width=1, max_failed=0).compile(
        checkpointer=InMemorySaver()
    )
    with pytest.raises(ChunksFailed):
        await graph.ainvoke(GO, CONFIG, durability="sync")
    crash = False
    out = await graph.ainvoke(None, CONFIG, durability="sync")
    assert out["structured_response"] == Count(n=40, total=sum(range(40)))


async def test_chunks_ask_at_once_and_are_answered_in_any_order() -> None:
    """All interrupts of a superstep are raised as one; other chunks are done meanwhile."""
    begun: Counter[int] = Counter()

    async def careful(items: list[int]) -> list[Any]:
        begun[items[0]] += 1
        if items[0] in {0, 4}:
            ask_person("use", {"item": items[0]}, f"Use {items[0]}?")
        return [items]

    graph = map_reduce(numbers(6), careful, plus, chunk=2).compile(checkpointer=InMemorySaver())
    await graph.ainvoke(GO, CONFIG, durability="sync")
    asked = (await graph.aget_state(CONFIG)).interrupts
    assert len(asked) == 2
    yes = {"decisions": [{"type": "approve"}]}
    for one in reversed(asked):
        out = await graph.ainvoke(Command(resume={one.id: yes}), CONFIG, durability="sync")
    assert out["accumulated"] == [[0, 1], [2, 3], [4, 5]]
    assert begun[2] == 1


async def test_a_nested_graph_resumes_where_it_stopped() -> None:
    """A chain as the worker: its first step is not repeated when the second one asked."""
    begun: Counter[str] = Counter()

    async def first(state: Any) -> list[Any] | dict[str, Any]:
        begun["first"] += 1
        return {"seen": list(state["items"])}

    async def second(state: Any) -> dict[str, Any]:
        begun["second"] += 1
        ask_person("go on", {"n": 1}, "Go on?")
        return {"sum": sum(state["results"]["first"]["seen"])}

    class Chunks(TypedDict, total=False):
        items: list[int]

    chain = member(sequential(first, second, state=Chunks), name="chain")

    def merge(one: Any, other: Any) -> Any:
        return {"sum": one["sum"] + other["sum"]}

    graph = map_reduce(numbers(4), chain, merge, chunk=2, initial={"sum": 0}).compile(
        checkpointer=InMemorySaver()
    )
    await graph.ainvoke(GO, CONFIG, durability="sync")
    asked = (await graph.aget_state(CONFIG)).interrupts
    yes = {"decisions": [{"type": "approve"}]}
    out = await graph.ainvoke(Command(resume={a.id: yes for a in asked}), CONFIG, durability="sync")
    assert out["accumulated"] == {"sum": 6}
    assert begun == {"first": 2, "second": 4}


async def test_it_nests_in_a_chain() -> None:
    """Its answer is what the next step sees, its source a field of the chain's state."""

    async def add(items: list[int]) -> int:
        return sum(items)

    async def told(state: Any) -> str:
        return f"it is {state['results']['sums']}"

    mapping = map_reduce("numbers", add, operator.add, state=Own)
    chain = sequential(member(mapping, name="sums"), told, state=Own)
    out = await chain.compile().ainvoke({**GO, "numbers": [1, 2, 3]})
    assert out["messages"][-1].text == "it is 6"


async def test_a_worker_may_be_left_out() -> None:
    """Its `when` sees the chunk; what is left out is counted."""
    one = member(listed, when=lambda state: state["items"][0] != 2 or "not that")
    out = await map_reduce(numbers(6), one, plus, chunk=2).compile().ainvoke(GO)
    assert out["accumulated"] == [[0, 1], [4, 5]]
    assert (out["mapped"].chunks, out["mapped"].skipped) == (3, 1)


async def test_a_worker_must_give_something() -> None:
    """What returns nothing is told so."""

    async def silent(items: list[int]) -> None:
        pass

    graph = map_reduce(numbers(6), silent, plus, max_failed=0).compile()
    with pytest.raises(ChunksFailed, match="'silent' gave nothing of its chunk"):
        await graph.ainvoke(GO)


async def test_synchronous_functions_and_falsy_results_count() -> None:
    """A worker and a reduce that block, and partial results of zero and nothing."""

    def zero(items: list[int]) -> int:
        return 0

    out = await map_reduce(numbers(6), zero, operator.add, chunk=2).compile().ainvoke(GO)
    assert out["structured_response"] == 0

    def empty(items: list[int]) -> dict[str, int]:
        return {}

    out = await map_reduce(numbers(6), empty, operator.or_, chunk=2).compile().ainvoke(GO)
    assert out["structured_response"] == {}


async def test_progress_is_told_to_the_custom_stream() -> None:
    """Items done, in all, a second, and seconds left, as each chunk ends."""
    graph = map_reduce(lambda: list(range(40)), listed, plus, chunk=10).compile()
    parts = [part async for part in graph.astream(GO, stream_mode="custom")]
    assert [part["done"] for part in parts] == [10, 20, 30, 40]
    assert {(part["progress"], part["total"]) for part in parts} == {("listed", 40)}
    assert parts[-1]["left"] == 0


async def test_what_became_of_it_is_journaled(storage: Storage) -> None:
    """One decision tells items, chunks and failures; a turn that was killed goes on."""
    worker = Worker({5}, crash=15)
    made = map_reduce(numbers(30), member(worker, name="w"), plus, chunk=5)
    worker.main = asyncio.ensure_future(stretto.run(made, "go", thread="t", storage=storage))
    with pytest.raises(asyncio.CancelledError):
        await worker.main
    worker.crash = None
    result = await stretto.run(made, stretto.Resume(), thread="t", storage=storage)
    assert result.value["accumulated"] == [c for c in chunks_of(30, 5) if c[0] != 5]
    again = [first for first, times in worker.ended.items() if times > 1]
    assert len(again) <= 4  # those whose end was not stored yet when the process was killed
    records = await storage.journal.records("t")
    (told,) = [r for r in records if isinstance(r, Decided)]
    assert (told.by, told.decision) == ("map_reduce", "mapped")
    assert told.reason.startswith("30 items in 6 chunks; 1 chunks failed, with 5 items; the first")


async def test_a_fork_goes_on_from_any_superstep() -> None:
    """From an earlier checkpoint the rest is read again, and only the rest."""
    count = 5 * ROUNDS
    worker = Worker()
    graph = map_reduce(numbers(count), member(worker, name="w"), plus, chunk=1, width=1).compile(
        checkpointer=InMemorySaver()
    )
    await graph.ainvoke(GO, CONFIG, durability="sync")
    past = [s async for s in graph.aget_state_history(CONFIG)]
    (third,) = [s for s in past if s.values.get("mapped") and s.values["mapped"].chunks == 24]
    worker.ended.clear()
    out = await graph.ainvoke(None, third.config)
    assert out["accumulated"] == chunks_of(count, 1)
    assert set(worker.ended) == set(range(24, count))


def test_the_drawing_is_complete() -> None:
    """The worker stands under the map, every node can be reached, and each tells its role."""

    async def told(state: Any) -> str:
        return "done"

    graph = map_reduce(numbers(1), listed, plus, finish=told).compile()
    drawn = graph.get_graph(xray=True)
    assert {"open", "map:listed", "told"} <= set(drawn.nodes)
    pairs = {(edge.source, edge.target) for edge in drawn.edges}
    assert {("open", "map:listed"), ("map:listed", "map:listed"), ("map:listed", "told")} <= pairs
    assert all(node.metadata for name, node in drawn.nodes.items() if not name.startswith("__"))


async def test_a_budget_of_all_bounds_all() -> None:
    """What the members together have used up stops the run; nothing is counted as failed."""
    model = ScriptedModel([Reply("x")] * 9)
    reader = Agent(name="reader", role="reads", prompt="Read.", model=model)
    graph = map_reduce(numbers(9), reader, plus, chunk=1, width=1, budget=Budget(calls=2))
    with pytest.raises(stretto.errors.BudgetExceeded):
        await stretto.run(graph, "go")
    assert len(model.calls) == 2


@pytest.mark.parametrize(
    ("how", "problem"),
    [
        ({"chunk": 0}, "chunk=0 cannot be. Give the records in a chunk, from 1"),
        ({"width": 0}, "width=0 cannot be"),
        ({"width": True}, "width=True cannot be"),
        ({"chunk": 2.5}, "chunk=2.5 cannot be"),
        ({"max_failed": -1}, "max_failed=-1 cannot be. Give a number"),
        ({"max_failed": 1.5}, "max_failed=1.5 cannot be"),
        ({"reduce": None}, "reduce None is no function. Give one that takes"),
        ({"reduce": dict}, "is no function"),
        ({"source": "numbers.txt"}, "no field 'numbers.txt'.*for a file give a `pathlib.Path`"),
        ({"source": [1, 2]}, r"\[1, 2\] is no source. Give"),
        ({"source": lambda a, b: []}, "takes 'a', 'b'. Let it take `state`, `offset`"),
        ({"worker": None}, "None is no member"),
        ({"worker": member(listed, name="map")}, "is called 'map', which is a node"),
        ({"finish": listed}, "two members are called 'listed'"),
        ({"state": dict}, "is no TypedDict"),
    ],
)
def test_what_cannot_work_is_refused(how: dict[str, Any], problem: str) -> None:
    """Each at build, with place and remedy."""
    given: dict[str, Any] = {"source": numbers(1), "worker": listed, "reduce": plus, **how}
    with pytest.raises((InvalidInput, InvalidMember), match=problem):
        map_reduce(given.pop("source"), given.pop("worker"), given.pop("reduce"), **given)


@pytest.mark.parametrize("given", ["text", None, {"a": 1}, 7])
async def test_a_source_must_hold_items(given: Any) -> None:
    """Text, a dictionary and nothing are no items."""
    with pytest.raises(InvalidInput, match=r"which holds no items\. Give a list"):
        await map_reduce(lambda: given, listed, plus).compile().ainvoke(GO)
    graph = map_reduce("numbers", listed, plus, state=Own).compile()
    with pytest.raises(InvalidInput, match="which holds no items"):
        await graph.ainvoke({**GO, "numbers": given})


async def test_a_reduce_that_fails_fails_the_run() -> None:
    """What the reduce raises is raised; the chunks are not repeated."""
    worker, breaks = Worker(), True

    def reduce(one: Any, other: Any) -> Any:
        if breaks:
            raise ZeroDivisionError
        return one + other

    graph = map_reduce(numbers(4), member(worker, name="w"), reduce, chunk=2).compile(
        checkpointer=InMemorySaver()
    )
    with pytest.raises(ZeroDivisionError):
        await run(graph, GO, worker)
    breaks = False
    assert (await run(graph, None, worker))["accumulated"] == [[0, 1], [2, 3]]
    assert set(worker.ended.values()) == {1}


def test_a_nonsense_worker_is_told_of() -> None:
    """The error classes are children of one."""
    assert issubclass(ChunksFailed, stretto.StrettoError)
    assert issubclass(MemberFailed, stretto.StrettoError)
