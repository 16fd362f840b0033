"""The worker of a `map_reduce`: any member, given a chunk instead of the team's state."""

from __future__ import annotations

import json
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, cast

from langchain_core.runnables import RunnableLambda
from langgraph.config import get_config
from langgraph.graph import END, START, StateGraph
from pydantic import BaseModel, TypeAdapter
from typing_extensions import TypedDict

from stretto.errors import MemberFailed
from stretto.members.reply import Reply
from stretto.patterns.brief import brief_message, request_of, tag
from stretto.patterns.fields import type_of
from stretto.patterns.results import result_of
from stretto.records import TASK_KEY
from stretto.resilience.trouble import trouble_of
from stretto.spec.tool import EFFECT_KEY, effect_of
from stretto.state import Typed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from langchain_core.runnables import RunnableConfig
    from langgraph.graph.state import CompiledStateGraph

    from stretto.members import Member, Update

_given: ContextVar[Mapping[str, Any]] = ContextVar("stretto_chunk")
"""What the worker is given of its chunk. Not in any state: a checkpoint must not hold the items."""


@dataclass(slots=True)
class _Tries:
    """How often the worker was called for a chunk."""

    made: int = 0


_tries: ContextVar[_Tries] = ContextVar("stretto_chunk_tries")
"""How often the worker was called for the chunk at work."""


class ChunkState(TypedDict, total=False):
    """What a chunk's own graph holds: its number, and what the worker made of it."""

    chunk: int
    partial: Any
    skipped: str


@dataclass(frozen=True)
class Worker:
    """A member that works on chunks.

    A plain function is called in the chunk's `@task` itself; all else runs in a graph of its own,
    so that nested steps are stored, shown and resumed.
    """

    member: Member
    pool: CompiledStateGraph[Any, Any, Any, Any]
    """A graph whose only node is the worker; the map node closes over it."""
    node: Any

    @classmethod
    def of(cls, one: Member) -> Worker:
        """Make a member one that works on chunks."""
        taken = one if one.function is None else _on_items(one)
        if (when := one.when) is not None:

            def holds(_state: Any) -> Any:
                return when(_given.get())

            taken = replace(taken, when=holds)
        node = taken.node(_brief if one.function is None else _items, _settle, skip=_skip)
        kind = type_of(one) if one.value_type is None else Annotated[one.value_type, Typed]
        made: Any = TypedDict  # its fields are only known now, so no type checker can follow
        state = made("ChunkState", {"chunk": int, "partial": kind, "skipped": str}, total=False)
        graph: StateGraph[Any, Any, Any, Any] = StateGraph(state)
        graph.add_node(one.name, node, metadata=one.metadata)
        graph.add_edge(START, one.name)
        graph.add_edge(one.name, END)
        return cls(taken, graph.compile(name="worker"), node)

    def task_name(self, number: int) -> str:
        """What the `@task` of a chunk is called."""
        return self.member.name if self.member.function is not None else f"chunk {number}"

    async def run(
        self,
        pool: CompiledStateGraph[Any, Any, Any, Any],
        given: Mapping[str, Any],
        config: RunnableConfig,
        *,
        attempts: dict[int, int],
    ) -> dict[str, Any]:
        """Let the worker make a partial result of a chunk, under `partial`; else `skipped`.

        Args:
            pool: The graph that the map node closes over.
            given: The team's state, and the chunk's `items` and number.
            config: The map node's.
            attempts: Is told how often the worker was called, where it failed.

        Raises:
            Exception: What the worker raised, its retries included.
        """
        number: int = given["chunk"]
        tries = _Tries()
        holding, counting = _given.set(given), _tries.set(tries)
        try:
            update = await self._called(pool, number, config)
        except Exception as error:
            attempts[number] = tries.made or self._supposed(error)
            raise
        finally:
            _given.reset(holding)
            _tries.reset(counting)
        return {name: update[name] for name in ("partial", "skipped") if name in update}

    async def _called(
        self, pool: CompiledStateGraph[Any, Any, Any, Any], number: int, config: RunnableConfig
    ) -> Update:
        if self.member.function is not None:
            update: Update = await self.node({"chunk": number}, get_config())
            return update
        about = {**config.get("metadata", {}), TASK_KEY: f"chunk {number}"}
        named: RunnableConfig = {"metadata": about, "run_name": f"chunk {number}"}
        out: Update = await pool.ainvoke({"chunk": number}, named)
        return out

    def _supposed(self, error: Exception) -> int:
        """How often another worker than a function was called, by what its policy says."""
        policy = self.member.policy
        retry = policy.retry if policy is not None and self.member.agent is None else None
        return retry.attempts if retry is not None and trouble_of(error) in retry.on else 1

    def typed(self, partials: Sequence[Any]) -> list[Any]:
        """Partial results as the worker's own type: a checkpoint may have brought them as JSON."""
        kind = self.member.value_type
        if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
            return list(partials)
        read = TypeAdapter[Any](kind).validate_python
        return [read(one) if isinstance(one, dict) else one for one in partials]


def _on_items(one: Member) -> Member:
    """A function as one that is given the items alone, and may give any value."""
    function = cast("Callable[[Any], Awaitable[Any]]", one.function)

    async def on_items(_state: Any) -> Reply:
        _tries.get().made += 1
        value = await function(_given.get()["items"])
        if value is None:
            raise MemberFailed(
                f"{one.name!r} gave nothing of its chunk. Return a partial result, such as a "
                "number, a list or a dictionary."
            )
        return Reply(value) if isinstance(value, str) else Reply("", value)

    async def boxed(state: Any) -> dict[str, Any]:
        return {"structured_response": result_of(await on_items(state))}

    setattr(boxed, EFFECT_KEY, effect_of(getattr(one.runnable, "afunc", None) or function))
    runnable: RunnableLambda[Any, Any] = RunnableLambda(boxed, name=one.name)
    return replace(one, function=on_items, runnable=runnable)


def _items(_state: Any) -> dict[str, Any]:
    """A chunk for a function."""
    given = _given.get()
    return {"items": given["items"], "chunk": given["chunk"]}


def _brief(_state: Any) -> dict[str, Any]:
    """A chunk as messages, its items in tags, and as `items`."""
    given = dict(_given.get())
    asked, material = request_of((given.get("messages") or [])[-1:])
    items = "\n".join(_line(number, item) for number, item in enumerate(given["items"], 1))
    parts = [tag("request", asked), material, tag("items", items, chunk=given["chunk"])]
    return {**given, "messages": [brief_message(parts)]}


def _line(number: int, item: Any) -> str:
    if isinstance(item, BaseModel):
        item = item.model_dump(mode="json")
    told = item if isinstance(item, str) else json.dumps(item, ensure_ascii=False, default=str)
    return tag("item", told, number=number)


def _settle(_state: Any, said: Reply) -> Update:
    return {"partial": result_of(said)}


def _skip(_state: Any, why: str) -> Update:
    return {"skipped": why}
