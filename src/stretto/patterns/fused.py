"""Several steps in one node: the drawing keeps them, LangGraph's supersteps between them go.

A fused pattern costs about a quarter of the wired one. What is lost are breakpoints, forks and
checkpoints between its steps; each step tells of itself in a custom stream part, and in a journaled
run each is an entry of the ledger, so a resume does none of them twice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, cast, get_origin

from langgraph.config import get_stream_writer
from langgraph.errors import GraphInterrupt
from langgraph.graph import END, START, StateGraph
from langgraph.pregel.protocol import PregelProtocol
from langgraph.pregel.remote import RemoteGraph
from langgraph.types import Command
from pydantic import BaseModel, TypeAdapter

from stretto.errors import InvalidInput
from stretto.members.effects import effect
from stretto.members.where import here
from stretto.members.writes import WRITES_KEY
from stretto.patterns.fields import has_reducer
from stretto.patterns.writers import about
from stretto.spec.tool import EFFECT_KEY
from stretto.state import merge_messages

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig

    from stretto.members import Member, Update
    from stretto.patterns.fields import Shape

Step = Callable[..., Awaitable[Any]]
"""The node function of a step."""
After = Callable[[str, Mapping[str, Any]], str]
"""Which step comes after one, given the state; `END` for none."""

_ASKING = frozenset({"interrupt", "ask_person"})
_MERGED = frozenset({"results", "failed"})


def fuse_into(
    graph: StateGraph[Any, Any, Any, Any],
    wired: StateGraph[Any, Any, Any, Any],
    steps: Mapping[str, tuple[Member, Step]],
    after: After,
    *,
    pattern: str,
    fields: Shape,
) -> None:
    """Add one node that runs all steps, and closes over the graph that is wired of them.

    Args:
        graph: What gets the node.
        wired: The same steps as nodes: what the drawing shows.
        steps: Members and node functions by name, the first one first.
        after: Which step comes after one.
        pattern: Its name; the node's, too.
        fields: The state.

    Raises:
        InvalidInput: A step is a graph, or may ask a person.
    """
    for one, _ in steps.values():
        _refuse(pattern, one)
    told: dict[str, Any] = {"role": "steps in one", "agents": ", ".join(steps)}
    writes = [about(one, fields).get(WRITES_KEY) for one, _ in steps.values()]
    if fields.own and None not in writes:
        told |= {WRITES_KEY: sorted({name for each in writes for name in each or ()})}
    graph.add_node(pattern, _node(wired, steps, after, fields), metadata=told)
    graph.add_edge(START, pattern)
    graph.add_edge(pattern, END)


def _node(
    wired: StateGraph[Any, Any, Any, Any],
    steps: Mapping[str, tuple[Member, Step]],
    after: After,
    fields: Shape,
) -> Any:
    drawn = wired.compile(name="steps")
    first, runs = next(iter(steps)), {name: _runner(*step) for name, step in steps.items()}
    reducers = _reducers(fields)

    async def run(state: Any, config: RunnableConfig) -> Any:
        _ = drawn  # LangGraph finds the steps' graph by this
        made = _Made(state, reducers)
        tell, at = get_stream_writer(), here(config)
        name, number = first, 0
        while name != END:
            number += 1
            if at is not None:  # effects within a step are counted apart from those of the others
                at.branched(number)
            update = await runs[name](made.state, config, "" if at is None else f"{number}")
            made.take(update)
            tell({"step": name, "number": number})
            name = after(name, made.state)
        return made.update()

    return run


def _runner(one: Member, node: Step) -> Callable[[Any, Any, str], Awaitable[Update]]:
    declared: Any = getattr(one.runnable, "func", None) or getattr(one.runnable, "afunc", None)
    kind: Any = getattr(declared, EFFECT_KEY, None)
    # a step that was cut off runs again, as a node would; "reads" waits for one write less
    kind = kind if kind in {"idempotent", "fail"} else "reads"

    async def run(state: Any, config: Any, key: str) -> Update:
        async def work() -> Update:
            return cast("Update", await node(state, config))

        try:
            if not key:
                return await work()
            update = await effect(one.name, work, effect=kind, key=key)
        except GraphInterrupt as error:
            raise InvalidInput(
                f"step {one.name!r} asks a person, and fused steps cannot wait. Leave `fuse` out."
            ) from error
        return _typed(one, update)

    return run


def _typed(one: Member, update: Update) -> Update:
    """A recorded result comes back as a dict: make it what the step declares."""
    results = update.get("results") or {}
    value, kind = results.get(one.name), one.value_type
    if not isinstance(value, dict) or not isinstance(kind, type):
        return update
    if not issubclass(kind, BaseModel):
        return update
    return {**update, "results": {**results, one.name: TypeAdapter(kind).validate_python(value)}}


class _Made:
    """The state while steps change it, and all their writes as one update."""

    def __init__(
        self, state: Mapping[str, Any], reducers: Mapping[str, Callable[[Any, Any], Any]]
    ) -> None:
        self.state = dict(state)
        self._reducers = reducers
        self._last: dict[str, Any] = {}
        self._each: list[tuple[str, Any]] = []

    def take(self, update: Mapping[str, Any]) -> None:
        """Let a step's update change the state."""
        for key, value in update.items():
            reducer = self._reducers.get(key)
            if reducer is None:
                self.state[key] = self._last[key] = value
                continue
            self.state[key] = reducer(self.state.get(key), value)
            if key in _MERGED and isinstance(value, Mapping):
                self._last[key] = {**(self._last.get(key) or {}), **value}
            else:
                self._each.append((key, value))

    def update(self) -> Any:
        """All writes; a field with a reducer gets each of them."""
        if not self._each:
            return self._last
        return [Command(update=self._last), *(Command(update={k: v}) for k, v in self._each)]


def _reducers(fields: Shape) -> dict[str, Callable[[Any, Any], Any]]:
    found: dict[str, Callable[[Any, Any], Any]] = {
        "messages": lambda old, new: merge_messages(old or [], [new])
    }
    for name, kind in fields.types.items():
        if name == "messages" or get_origin(kind) is not Annotated or not has_reducer(kind):
            continue
        reducer = kind.__metadata__[-1]
        if not callable(reducer) or isinstance(reducer, type):
            raise InvalidInput(
                f"the field {name!r} has a channel of its own, which steps in one node cannot "
                "write. Leave `fuse` out, or give it a reducer."
            )
        found[name] = _begun(reducer, kind)
    return found


def _begun(reducer: Callable[[Any, Any], Any], kind: Any) -> Callable[[Any, Any], Any]:
    """A reducer that begins where LangGraph does: with the type's own empty value."""
    empty = getattr(kind, "__origin__", None)
    empty = get_origin(empty) or empty

    def reduce(old: Any, new: Any) -> Any:
        if old is None and isinstance(empty, type):
            old = empty()
        return reducer(old, new)

    return reduce


def _refuse(pattern: str, one: Member) -> None:
    if isinstance(one.runnable, PregelProtocol) or isinstance(one.source, RemoteGraph):
        raise InvalidInput(
            f"{pattern}: {one.name!r} is a graph, and steps in one node cannot hold its "
            "checkpoints. Leave `fuse` out."
        )
    if one.detach:
        raise InvalidInput(f"{pattern}: nobody waits for {one.name!r}. Leave `fuse` out.")
    if one.successors:
        raise InvalidInput(
            f"{pattern}: {one.name!r} has a fallback, whose effects could not be told from those "
            "of other steps in one node. Leave `fuse` or the fallback out."
        )
    if getattr(one.source, EFFECT_KEY, None) == "ask":
        raise InvalidInput(
            f"{pattern}: {one.name!r} is declared effect='ask', and steps in one node cannot ask "
            "whether it happened. Leave `fuse` out, or declare it 'idempotent' or 'fail'."
        )
    if (asks := _asks(getattr(one.source, "__code__", None))) is not None:
        raise InvalidInput(
            f"{pattern}: {one.name!r} calls {asks!r}, and steps in one node cannot wait for a "
            "person. Leave `fuse` out."
        )


def _asks(code: Any) -> str | None:
    """What a function calls to ask a person, if it does so itself."""
    if code is None:
        return None
    for name in code.co_names:
        if name in _ASKING:
            return str(name)
    inner: Sequence[Any] = [each for each in code.co_consts if hasattr(each, "co_names")]
    return next((found for each in inner if (found := _asks(each)) is not None), None)
