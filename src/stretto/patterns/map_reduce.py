"""`map_reduce`: a source that streams is worked on chunk by chunk, and the results are folded.

A superstep takes the next chunks by reference, each an `@task` whose result is stored as it is
done, folds the results into what is accumulated, and loops until the source ends. What the state
holds does not grow with the source.
"""

from __future__ import annotations

import asyncio
import inspect
import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, cast

from langgraph.graph import END, START, StateGraph
from pydantic import BaseModel

from stretto.errors import ChunksFailed, InvalidInput
from stretto.members import Member, check_team
from stretto.members.decisions import decided
from stretto.patterns.accumulate import beyond, folded, through
from stretto.patterns.chunks import Missed, Window, run_window, stops_run
from stretto.patterns.context import seen
from stretto.patterns.fields import shape, type_of
from stretto.patterns.made import remembered
from stretto.patterns.mapped import Worker
from stretto.patterns.pace import Pace
from stretto.patterns.reading import Reading, keep
from stretto.patterns.results import answer_of, answer_update, result_of, result_update
from stretto.patterns.runs import at_most
from stretto.patterns.source import opened, source_of
from stretto.patterns.team import team_of
from stretto.patterns.writers import about, quiet
from stretto.state import Mapped, Typed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from langchain_core.runnables import RunnableConfig
    from langgraph.graph.state import CompiledStateGraph

    from stretto.members import Brief, Reply, Update
    from stretto.patterns.chunks import Done
    from stretto.patterns.rows import Chunk
    from stretto.patterns.source import Source
    from stretto.policy import Budget

PATTERN = "map_reduce"
OPEN, MAP = "open", "map"
ROUNDS = 8
"""A superstep takes so many chunks for each that is worked on at once: a slow one holds up little,
and LangGraph's bound on supersteps is far."""


@remembered
def map_reduce(
    source: Any,
    worker: object,
    reduce: Callable[[Any, Any], Any],
    *,
    finish: object | None = None,
    chunk: int = 100,
    width: int = 4,
    initial: Any = None,
    tree: bool = False,
    max_failed: float | None = None,
    state: Any = None,
    budget: Budget | None = None,
) -> StateGraph[Any, Any, Any, Any]:
    """Build a graph that works through a source chunk by chunk, as an uncompiled graph.

    What is accumulated is the turn's answer, and stands under the worker's name in `results`;
    `mapped` tells how far the source is through and which chunks failed.

    Args:
        source: A `Path` or `File`; the name of a field of `state` that holds a list; or a function
            that opens an iterator, an async iterator or a cursor. It may take the `state`, and the
            `offset` from which on it is to give items (else those before are skipped); a path that
            it gives is read as a file.
        worker: A member that makes a partial result of a chunk. A function is given the list of
            items; an agent gets them in its brief; a graph gets both `messages` and `items`.
        reduce: Takes what is accumulated and a partial result, in the source's order, and gives
            what is accumulated then.
        finish: A member that makes the answer of what is accumulated.
        chunk: Records in a chunk.
        width: Chunks that are worked on at once.
        initial: What is accumulated before the first; by default the first partial result is.
        tree: Reduce the results of a superstep pair by pair first. Only for a `reduce` that is
            associative and gives what it takes.
        max_failed: How many chunks may fail (an `int`), or what share of them (a `float` below 1),
            before the run does; `None` for any, but not all.
        state: A `TypedDict` of fields of your own.
        budget: What all members together may spend.

    Raises:
        InvalidMember: Worker or finish is no member, or called as a node of the pattern.
        InvalidInput: Source, reduce, a number, the state or the budget cannot be used.
    """
    if not callable(reduce) or isinstance(reduce, type):
        raise InvalidInput(
            f"{PATTERN}: the reduce {reduce!r} is no function. Give one that takes what is "
            "accumulated and a partial result; a member that ends the work is `finish=`."
        )
    _check_numbers(chunk, width, max_failed)
    things = [worker] if finish is None else [worker, finish]
    team = team_of(PATTERN, things, budget, taken=frozenset({OPEN, MAP}))
    check_team(budget, team, PATTERN)
    one, last = next(iter(team.values())), list(team.values())[1] if finish is not None else None
    total = _returned(reduce) | type_of(one)
    fields = shape(
        PATTERN,
        [replace(one, value_type=total), *([last] if last else [])],
        state,
        accumulated=total,
        mapped=Annotated[Mapped | None, Typed],
    )
    given = source_of(source, fields.own, PATTERN)
    ready = Worker.of(one)
    bounds = _Bounds(chunk, width, max_failed)
    graph: StateGraph[Any, Any, Any, Any] = StateGraph(fields.state, **fields.schemas())
    told = {"role": "opens the source", **quiet(fields)}
    graph.add_node(OPEN, _open(given, team), metadata={**told, **at_most(1)})
    role = f"works on {width} chunks of {chunk} at once"
    loops = at_most(f"1 + {1 / (ROUNDS * width):.6f} * chunks", times=ROUNDS * width)
    step = _Step(given, ready, _Fold(reduce, initial, tree), bounds, is_last=last is None)
    graph.add_node(MAP, _map(step, ready.pool), metadata={**told, "role": role, **loops})
    graph.add_edge(START, OPEN)
    graph.add_edge(OPEN, MAP)
    after = END if last is None else last.name
    graph.add_conditional_edges(MAP, _next(after), [MAP, after])
    if last is not None:
        brief, settle = _brief(last, one.name), _settle(last.name)
        skip = _skip(one.name)
        node = last.node(brief, settle, fields=fields.own, skip=skip)
        graph.add_node(last.name, node, metadata=about(last, fields))
        graph.add_edge(last.name, END)
    return graph


@dataclass(frozen=True, slots=True)
class _Bounds:
    chunk: int
    width: int
    max_failed: float | None


@dataclass(frozen=True, slots=True)
class _Fold:
    reduce: Callable[[Any, Any], Any]
    initial: Any
    tree: bool


def _check_numbers(chunk: Any, width: Any, max_failed: Any) -> None:
    for name, value, what in (
        ("chunk", chunk, "records in a chunk"),
        ("width", width, "chunks that are worked on at once"),
    ):
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise InvalidInput(f"{PATTERN}: {name}={value!r} cannot be. Give the {what}, from 1.")
    share = isinstance(max_failed, float) and 0 <= max_failed < 1
    number = isinstance(max_failed, int) and not isinstance(max_failed, bool) and max_failed >= 0
    if max_failed is not None and not share and not number:
        raise InvalidInput(
            f"{PATTERN}: max_failed={max_failed!r} cannot be. Give a number of chunks as an int, "
            "or a share of them as a float below 1; `None` bounds nothing."
        )


def _returned(reduce: Callable[..., Any]) -> Any:
    """The type that a reduce says it gives, where a checkpoint must know it."""
    try:
        told = inspect.get_annotations(reduce, eval_str=True).get("return")
    except (NameError, TypeError, AttributeError, SyntaxError):
        return Any
    return told if inspect.isclass(told) and issubclass(told, BaseModel) else Any


def _open(source: Source, team: Mapping[str, Member]) -> Any:
    async def open_source(state: Any) -> Update:
        """Note what the source is like, and let the turn begin with nothing of an earlier one."""
        reader, token = await opened(source, state, {}), uuid.uuid4().hex
        told = Mapped(
            token=token,
            position=reader.position,
            source=reader.fingerprint,
            total=reader.total,
        )
        await keep(token, reader)
        nothing: dict[str, Any] = dict.fromkeys(team)
        return {"mapped": told, "accumulated": None, "results": nothing, "failed": nothing}

    return open_source


def _map(step: _Step, pool: CompiledStateGraph[Any, Any, Any, Any]) -> Any:
    async def work_through(state: Any, config: RunnableConfig) -> Update:
        return await step.run(state, pool, config)

    return work_through


@dataclass(frozen=True, slots=True)
class _Step:
    """A superstep of the map: the next chunks, folded."""

    source: Source
    worker: Worker
    fold: _Fold
    bounds: _Bounds
    is_last: bool

    async def run(
        self,
        state: Mapping[str, Any],
        pool: CompiledStateGraph[Any, Any, Any, Any],
        config: RunnableConfig,
    ) -> Update:
        """Work on the next chunks; give the state's update."""
        mapped: Mapped = state["mapped"]
        reading = Reading(self.source, state, mapped.token, mapped.source)
        attempts = dict[int, int]()

        async def work(number: int, chunk: Chunk) -> dict[str, Any]:
            given = {**state, "items": chunk.items, "chunk": number}
            return await self.worker.run(pool, given, config, attempts=attempts)

        try:
            outcomes = await self._outcomes(mapped, reading, work)
            now = through(mapped, outcomes, lambda one: attempts.get(one.done["chunk"], 1))
            self._refuse_failing(now)
            total = await self._folded(state.get("accumulated"), outcomes)
        except BaseException:
            await _shielded(reading.close())
            raise
        await (reading.close() if now.ended else reading.keep())
        update: Update = {"mapped": now, "accumulated": total}
        return update if not now.ended else {**update, **await self._ended(now, total)}

    async def _outcomes(self, mapped: Mapped, reading: Reading, work: Any) -> list[Done | Missed]:
        name, bounds = self.worker.member.name, self.bounds
        window = Window(mapped.chunks + 1, bounds.width * ROUNDS, bounds.chunk, bounds.width)
        pace = Pace(name, mapped.token, mapped.items, mapped.total)
        left = bounds.max_failed if isinstance(bounds.max_failed, int) else None
        failed = mapped.failed_chunks

        def heard(one: Done | Missed) -> bool:
            nonlocal failed
            failed += isinstance(one, Missed)
            done = one.done if isinstance(one, Missed) else one
            if done["start"]:
                pace.tell(done["items"], done.get("share"))
            return left is None or failed <= left

        return await run_window(
            window,
            mapped.position,
            reading.take,
            work,
            name=self.worker.task_name,
            stops=lambda error: stops_run(error, name),
            heard=heard,
        )

    async def _folded(self, accumulated: Any, outcomes: list[Done | Missed]) -> Any:
        initial, reduce, tree = self.fold.initial, self.fold.reduce, self.fold.tree
        before = initial if accumulated is None else accumulated
        partials = [o["partial"] for o in outcomes if not isinstance(o, Missed) and "partial" in o]
        return await folded(reduce, before, self.worker.typed(partials), tree=tree)

    def _refuse_failing(self, now: Mapped) -> None:
        why = beyond(now, self.bounds.max_failed)
        if not why:
            return
        first = now.failed[0]
        raise ChunksFailed(
            f"{PATTERN}: {now.failed_chunks:,} of {now.chunks:,} chunks failed in "
            f"{self.worker.member.name!r}, {why}; the first is chunk {first.chunk}, from record "
            f"{first.start['record'] + 1:,} on: {first.error}. Mend the worker and resume: what is "
            "done is kept, and the chunks that failed last are tried again. Or raise `max_failed`.",
            now.failed_chunks,
            now.chunks,
        )

    async def _ended(self, now: Mapped, total: Any) -> Update:
        """What the source's end adds to the update."""
        name = self.worker.member.name
        if now.failed_rows and not now.items:
            raise InvalidInput(
                f"{PATTERN}: none of the {now.failed_rows:,} records of {self.source.told} could "
                f"be read; {now.rows[0].where}: {now.rows[0].error}. Give its `format` and "
                "`encoding`, with `File(path, ...)`."
            )
        told = summary(now)
        await decided(PATTERN, "mapped", reason=told, data=now.model_dump(exclude={"source"}))
        failed = told if now.failed_chunks or now.failed_rows else None
        update: Update = {"results": {name: total}, "failed": {name: failed}}
        if not self.is_last:
            return update
        if total is None:
            return {**update, **answer_update(name, f"Nothing to work on: {told}.")}
        return {**update, **answer_of(name, total)}


async def _shielded(closing: Any) -> None:
    """Let a source close, also when the run is being cancelled."""
    await asyncio.shield(asyncio.ensure_future(closing))


def summary(now: Mapped) -> str:
    """Word what became of a source: items, chunks, and what failed."""
    told = [f"{now.items:,} items in {now.chunks:,} chunks"]
    if now.skipped:
        told.append(f"{now.skipped:,} chunks skipped")
    if now.failed_chunks:
        first = now.failed[0]
        told.append(
            f"{now.failed_chunks:,} chunks failed, with {now.failed_items:,} items; the first is "
            f"chunk {first.chunk}: {first.error}"
        )
    if now.failed_rows:
        first_row = now.rows[0]
        told.append(
            f"{now.failed_rows:,} records could not be read; {first_row.where}: {first_row.error}"
        )
    return "; ".join(told)


def _next(after: str) -> Any:
    def next_step(state: Any) -> str:
        return after if cast("Mapped", state["mapped"]).ended else MAP

    return next_step


def _brief(last: Member, worker: str) -> Brief:
    if last.function is not None:
        return dict

    async def brief(state: Mapping[str, Any]) -> dict[str, Any]:
        results = {worker: state["accumulated"]}
        return {**state, "messages": await seen("last", state, results)}

    return brief


def _settle(name: str) -> Any:
    def settle(_state: Any, said: Reply) -> Update:
        update = result_update(name, said)
        return update if said.silent else update | answer_of(name, result_of(said))

    return settle


def _skip(worker: str) -> Any:
    def skip(state: Mapping[str, Any], _why: str) -> Update:
        return answer_of(worker, state.get("accumulated"))

    return skip
