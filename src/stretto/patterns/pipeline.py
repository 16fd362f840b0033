"""A chain through which many items flow: one is in the second step while the next is in the first.

All pieces of work, items times steps, are `@task`s that are called at once in the items' order, and
wait inside their bodies: for the step before, for room behind the step, for a slot in it. Each
result is stored as it exists. A superstep takes a window of items.
"""

from __future__ import annotations

import asyncio
import inspect
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import GenericAlias
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from langgraph.config import get_config
from langgraph.errors import GraphInterrupt
from langgraph.func import task as langgraph_task
from langgraph.graph import END, START, StateGraph

from stretto.errors import InvalidInput, MemberFailed
from stretto.members.reply import text_of
from stretto.patterns.brief import brief_message, request_of, tag
from stretto.patterns.chunks import Halted, stops_run
from stretto.patterns.fields import shape, type_of
from stretto.patterns.pace import Pace
from stretto.patterns.results import answer_update
from stretto.patterns.runs import at_most
from stretto.records import TASK_KEY

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig
    from langgraph.graph.state import CompiledStateGraph

    from stretto.members import Member, Update
    from stretto.patterns.fields import Shape

LIST, FLOW = "items", "pipeline"
"""The nodes of a pipeline beside its steps."""
WINDOW = 32
"""Items of a superstep, or four for each that may be in one step at once."""

Stage: TypeAlias = "tuple[str, Callable[[Any, RunnableConfig], Awaitable[Update]]]"
"""A step's name, and its node: given the state of an item, it gives an update of `results`."""
Items: TypeAlias = str | Callable[[Any], Any]
"""The name of a field of the state that holds a list, or a function of the state that gives one."""


def valid_items(items: Any, own: frozenset[str], width: Any, buffer: Any) -> Items:
    """Give back what lists the items of a pipeline.

    Raises:
        InvalidInput: It is neither a field of the state nor a function, or a number is below 1.
    """
    for name, value in (("width", width), ("buffer", buffer)):
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise InvalidInput(f"sequential: {name}={value!r} cannot be. Give a number from 1.")
    if isinstance(items, str) and items not in own:
        raise InvalidInput(
            f"sequential: the state has no field {items!r} of items, only "
            f"{', '.join(sorted(own)) or 'those of the pattern'}. Name one of `state=`."
        )
    if not isinstance(items, str) and not callable(items):
        raise InvalidInput(
            f"sequential: items={items!r} lists no items. Name a field of the state, or give a "
            "function of the state that gives a list."
        )
    return cast("Items", items)


def piped_shape(team: Iterable[Member], own: Any) -> Shape:
    """Make the state of a pipeline: a list of results by step, and how far the items are."""
    listing = [replace(one, value_type=_list_of(type_of(one))) for one in team]
    return shape("sequential", listing, own, listed=list[Any] | None, piped=dict[str, Any])


def _list_of(kind: Any) -> Any:
    return GenericAlias(list, (kind,))


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The steps of a chain, as stages that items flow through."""

    stages: Sequence[Stage]
    items: Items
    width: int
    """Items in one step at once."""
    buffer: int
    """Items that may wait between two steps, beside those at work."""

    def add_to(
        self,
        graph: StateGraph[Any, Any, Any, Any],
        chain: StateGraph[Any, Any, Any, Any],
        more: Mapping[str, Any],
    ) -> None:
        """Add the nodes of the pipeline to its graph.

        Args:
            graph: The pipeline's.
            chain: The steps, for the drawing.
            more: Metadata of the nodes.
        """
        flow = _flow(self, chain.compile(name="steps"))
        graph.add_node(LIST, _listing(self), metadata={**more, "role": "lists the items"})
        role = f"{len(self.stages)} steps, {self.width} items in each at once"
        told = {**more, "role": role, **at_most("1 + items")}
        graph.add_node(FLOW, flow, metadata=told)
        graph.add_edge(START, LIST)
        graph.add_edge(LIST, FLOW)
        graph.add_conditional_edges(FLOW, _next, [FLOW, END])

    async def listed(self, state: Mapping[str, Any]) -> Sequence[Any]:
        """List the items.

        Raises:
            InvalidInput: It is no list.
        """
        if isinstance(self.items, str):
            given = state.get(self.items)
        else:
            made = self.items(state)
            given = await made if inspect.isawaitable(made) else made
        if not isinstance(given, Sequence) or isinstance(given, str | bytes):
            raise InvalidInput(
                f"sequential: the items are {given!r:.80}, which is no list. Give one in the "
                "state's field, or by the function."
            )
        listed: Sequence[Any] = given
        return listed

    async def advance(self, state: Mapping[str, Any], config: RunnableConfig) -> Update:
        """Let the next items flow through all steps; give the state's update."""
        piped: dict[str, Any] = state["piped"]
        kept = state.get("listed")
        items = await self.listed(state) if kept is None else cast("Sequence[Any]", kept)
        first, count = piped["next"], max(WINDOW, 4 * self.width)
        window = dict(enumerate(items[first : first + count], first + 1))
        pace = Pace(FLOW, piped["token"], first, len(items))
        flowing = _Flowing(self, window, state, config, lambda: pace.tell(1, None))
        results, failed = await flowing.through()
        earlier: Mapping[str, Any] = state.get("results") or {}
        told: dict[str, Any] = {
            name: [*(earlier.get(name) or []), *results[name]] for name, _ in self.stages
        }
        after = first + len(window)
        update: Update = {
            "results": told,
            "failed": failed,
            "piped": {**piped, "next": after, "ended": after >= len(items)},
        }
        if after < len(items):
            return update
        return {
            **update,
            **self._answer(told, {**(state.get("failed") or {}), **failed}, len(items)),
        }

    def _answer(self, results: Mapping[str, Any], failed: Mapping[str, str], count: int) -> Update:
        """What the last step gave of each item."""
        last = self.stages[-1][0]
        if count and len(failed) == count:
            number, why = next(iter(failed.items()))
            raise MemberFailed(
                f"sequential: all {count} items failed; {number}: {why}. Mend the step and resume."
            )
        lines = [f"{n}. {text_of(v)}" for n, v in enumerate(results[last], 1) if v is not None]
        text = "\n".join(lines) if count else "There are no items."
        return answer_update(last, text, results[last])


def _listing(pipeline: Pipeline) -> Any:
    async def list_items(state: Any) -> Update:
        """List the items, and let the turn begin with nothing of an earlier one."""
        items = await pipeline.listed(state)
        kept = None if isinstance(pipeline.items, str) else list(items)
        piped = {"next": 0, "token": uuid.uuid4().hex, "ended": False}
        return {"listed": kept, "piped": piped, "results": None, "failed": None}

    return list_items


def _flow(pipeline: Pipeline, chain: CompiledStateGraph[Any, Any, Any, Any]) -> Any:
    async def flow(state: Any, config: RunnableConfig) -> Update:
        _ = chain  # closed over, so that the drawing shows the steps
        return await pipeline.advance(state, config)

    return flow


def _next(state: Any) -> str:
    return END if state["piped"]["ended"] else FLOW


class _Flowing:
    """The items of a superstep on their way through the steps."""

    def __init__(
        self,
        pipeline: Pipeline,
        window: Mapping[int, Any],
        state: Mapping[str, Any],
        config: RunnableConfig,
        passed: Callable[[], None],
    ) -> None:
        loop, names = asyncio.get_running_loop(), [name for name, _ in pipeline.stages]
        self._stages, self._window, self._passed = pipeline.stages, window, passed
        self._state, self._config = state, config
        self._slots = [asyncio.Semaphore(pipeline.width) for _ in names]
        self._room = [asyncio.Semaphore(pipeline.width + pipeline.buffer) for _ in names[1:]]
        """Behind each step but the last: for items that are in it, or wait for the next one."""
        self._holds = set[tuple[int, int]]()
        self._done: dict[tuple[int, int], asyncio.Future[Any]] = {
            (number, at): loop.create_future() for number in window for at in range(len(names))
        }

    async def through(self) -> tuple[dict[str, list[Any]], dict[str, str]]:
        """Let all flow through.

        Returns:
            By step what it gave of each item, `None` where it gave nothing; and by item why it
            failed.

        Raises:
            GraphInterrupt: Some wait for a person.
            Exception: What stopped the run; finished work is stored all the same.
        """
        calls = [self._settle(*place, self._call(*place)) for place in self._done]
        outcomes = dict(
            zip(self._done, await asyncio.gather(*calls, return_exceptions=True), strict=True)
        )
        stopped = [o for o in outcomes.values() if isinstance(o, BaseException)]
        stopped = [o for o in stopped if not isinstance(o, Halted)]
        names = [name for name, _ in self._stages]
        if errors := [o for o in stopped if stops_run(o, "") and not isinstance(o, GraphInterrupt)]:
            raise errors[0]
        if asked := [o for o in stopped if isinstance(o, GraphInterrupt)]:
            raise GraphInterrupt([i for o in asked for i in o.args[0]])
        failed = {
            f"item {number}": f"{names[at]}: {type(o).__name__}: {o}"
            for (number, at), o in outcomes.items()
            if isinstance(o, Exception) and not isinstance(o, Halted)
        }
        results: dict[str, list[Any]] = {name: [] for name in names}
        for (_, at), outcome in outcomes.items():
            results[names[at]].append(None if isinstance(outcome, BaseException) else outcome)
        return results, failed

    def _call(self, number: int, at: int) -> Awaitable[dict[str, Any]]:
        async def body(number: int, at: int) -> dict[str, Any]:
            return {"item": number, "step": at, "result": await self._work(number, at)}

        body.__name__ = self._stages[at][0]
        return langgraph_task(body)(number, at)

    async def _settle(self, number: int, at: int, result: Awaitable[dict[str, Any]]) -> Any:
        """Wait for a piece of work, and let the item's next step know."""
        future = self._done[number, at]
        try:
            done = await result
            if (done["item"], done["step"]) != (number, at):
                raise MemberFailed(
                    f"the result stored for item {number}, step {at + 1}, is that of item "
                    f"{done['item']}. The thread's checkpoints are damaged; fork it before this "
                    "step."
                )
        except BaseException as error:
            future.set_exception(Halted())
            future.exception()  # looked at, also when there is no next step
            if isinstance(error, Exception):  # when all is cancelled, nothing is to begin any more
                self._leave(number, at)
            raise
        future.set_result(done["result"])
        if at == len(self._stages) - 1:
            self._passed()
        return done["result"]

    async def _work(self, number: int, at: int) -> Any:
        """Wait until the step may begin with the item, and do it."""
        name, node = self._stages[at]
        before = {n: await self._done[number, i] for i, (n, _) in enumerate(self._stages[:at])}
        if at < len(self._room):
            await self._room[at].acquire()
            self._holds.add((number, at))
        async with self._slots[at]:
            self._leave(number, at - 1)
            about = {**self._config.get("metadata", {}), TASK_KEY: f"item {number}"}
            config: RunnableConfig = {**get_config(), "metadata": about}
            update = await node(self._given(number, before), config)
        return (update.get("results") or {}).get(name)

    def _leave(self, number: int, at: int) -> None:
        """Give back the room behind a step, when its item goes on or goes no further."""
        if (number, at) in self._holds:
            self._holds.discard((number, at))
            self._room[at].release()

    def _given(self, number: int, before: Mapping[str, Any]) -> dict[str, Any]:
        """The state of one item: as of a chain that works on it alone."""
        item = self._window[number]
        asked, material = request_of((self._state.get("messages") or [])[-1:])
        parts = [tag("request", asked), material, tag("item", text_of(item), number=number)]
        return {
            **self._state,
            "item": item,
            "number": number,
            "messages": [brief_message(parts)],
            "results": {name: value for name, value in before.items() if value is not None},
            "failed": {},
        }
