"""Two versions of a node: what it is made of, how it is bounded, where its work differs."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from langchain_core.runnables.base import RunnableBindingBase

from stretto.comparing.agents import compare_agents, tool_changes
from stretto.comparing.change import Change
from stretto.comparing.values import same, value_changes
from stretto.members.writes import WRITES_KEY
from stretto.patterns.runs import RUNS_KEY, TIMES_KEY, TOGETHER_KEY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Function, Node

_TOLD = frozenset({"agent", "version", WRITES_KEY, RUNS_KEY, TIMES_KEY, TOGETHER_KEY})
"""Metadata of a node that is told of elsewhere, or follows from what is."""


def node_changes(old: Node, new: Node) -> Iterator[Change]:
    """Tell what is otherwise in a node that both versions have, graphs within it apart."""
    name = new.name
    was, now = kind_of(old), kind_of(new)
    if was != now:
        yield Change("behaviour", name, f"was {was}, is {now} now")
    elif old.agent is not None and new.agent is not None:
        found = compare_agents(old.agent, new.agent)
        yield from (_at(each, name) for each in found)
    else:
        yield from _tools(old, new)
        if not same_work(old, new):
            yield Change("behaviour", name, "does its work otherwise")
    yield from _bounds(old, new)


def _at(change: Change, node: str) -> Change:
    """A change of an agent, seen at its node."""
    where = node if change.where == node else f"{node}/{change.where}"
    return Change(change.kind, where, change.text, change.breaking)


def kind_of(node: Node) -> str:
    """What a node is, in words."""
    if node.agent is not None:
        return "an agent"
    if node.graph is not None:
        return "a graph"
    if node.tools:
        return "a node of tools"
    return "a function"


def _tools(old: Node, new: Node) -> Iterator[Change]:
    before, after = ({each.name: each for each in node.tools} for node in (old, new))
    for name in sorted({*before, *after}):
        if name not in after:
            yield Change("interface", new.name, f"tool {name!r} is gone", breaking=True)
        elif name not in before:
            yield Change("interface", new.name, f"tool {name!r} is new")
        else:
            for each in tool_changes(before[name], after[name]):
                yield Change(each.kind, new.name, each.text, each.breaking)


def same_work(old: Node, new: Node) -> bool:
    """Whether the functions of two nodes say the same; what their graphs do is apart."""
    return same(work_of(old), work_of(new))


def work_of(node: Node) -> Any:
    """The function that does a node's work; for a member what it was made of."""
    if node.member is not None:
        return node.member.source if node.graph is None and node.agent is None else None
    runnable: Any = getattr(node.live, "runnable", None)
    while isinstance(runnable, RunnableBindingBase):
        runnable = runnable.bound
    function = getattr(runnable, "func", None) or getattr(runnable, "afunc", None)
    return function if function is not None else type(runnable)


def questions(code: Function | None) -> list[str]:
    """What a function asks people, in the order of its source."""
    calls = code.interrupts if code is not None else ()
    return [", ".join(ast.unparse(each) for each in _given(call.tree)) for call in calls]


def _given(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(word.value for word in call.keywords)]


def kept_calls(code: Function | None) -> list[str]:
    """The calls of a function whose results are kept by their order: tasks, and effects."""
    if code is None:
        return []
    found: list[str] = []
    for call in code.calls:
        live = code.scope.value(call.tree.func)
        is_task = type(live).__name__ == "_TaskFunction"
        if is_task or call.name.endswith("members.effects.effect") or call.name == "stretto.effect":
            found.append(f"{call.name}{' in a loop' if call.looped else ''}")
    return found


def _bounds(old: Node, new: Node) -> Iterator[Change]:
    name = new.name
    if old.agent is None or old.agent.spec is None:  # an agent's own policy is told of with it
        for text in value_changes("policy", old.policy, new.policy):
            yield Change("bounds", name, text)
    for what, before, after in (
        ("timeout", old.timeout, new.timeout),
        (
            "retry",
            [(r.max_attempts, r.on) for r in old.retry],
            [(r.max_attempts, r.on) for r in new.retry],
        ),
        ("error handler", old.handler, new.handler),
        ("runs at most", old.metadata.get(RUNS_KEY), new.metadata.get(RUNS_KEY)),
    ):
        for text in value_changes(what, before or None, after or None):
            yield Change("bounds", name, text)
    if old.defer != new.defer:
        told = "runs last now, when all else has" if new.defer else "does not run last any more"
        yield Change("behaviour", name, told)
    yield from _member(old, new)
    yield from _metadata(old, new)


def _member(old: Node, new: Node) -> Iterator[Change]:
    for what in ("when", "takes", "gives", "detach"):
        before, after = (getattr(node.member, what, None) for node in (old, new))
        for text in value_changes(what, before or None, after or None):
            yield Change("behaviour", new.name, text)


def _metadata(old: Node, new: Node) -> Iterator[Change]:
    known = (node.agent is not None and node.agent.spec is not None for node in (old, new))
    skipped = _TOLD | ({"role"} if all(known) else frozenset[str]())
    for key in sorted({*map(str, old.metadata), *map(str, new.metadata)} - skipped):
        for text in value_changes(key, old.metadata.get(key), new.metadata.get(key)):
            yield Change("wording" if key == "role" else "behaviour", new.name, text)
