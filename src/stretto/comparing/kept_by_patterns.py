"""What patterns keep beside their fields: results by the order of calls, positions, counts."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from langgraph.constants import START

from stretto.comparing.reason import Reason
from stretto.comparing.values import said, same
from stretto.patterns.made import made_of
from stretto.patterns.pipeline import FLOW, WINDOW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stretto.check.facts import Graph
    from stretto.patterns.made import Made

_ENDS_RUN = ("max_delegations", "max_handoffs", "repeats", "budget")
"""What lets a run fail that has had more of it."""
_PLANNED = frozenset({"prepare", "planner", "answer"})
"""The nodes of a plan behind which no task of the plan in the state is begun."""


def pattern_reasons(old: Graph, new: Graph, name: str) -> Iterator[Reason]:
    """Tell what of a pattern's own bookkeeping does not fit the new version.

    Args:
        old: The graph that a thread waits in.
        new: Its new version.
        name: The node that it waits in; both have it.
    """
    made = same_pattern(old, new)
    if made is None:
        return
    before, after = made
    for key in _ENDS_RUN:
        one, other = before.given.get(key), after.given.get(key)
        if not same(one, other) and not _raised(one, other):
            told = f"{key}: {said(one)} -> {said(other)}, and what such a thread has had counts"
            yield Reason(told, fatal=False)
    if before.pattern in _KEPT:
        yield from _KEPT[before.pattern](_Both(old, new, before, after), name)


def same_pattern(old: Graph, new: Graph) -> tuple[Made, Made] | None:
    """How both were made, where one pattern made them."""
    before, after = (made_of(each.live or each.builder) for each in (old, new))
    if before is None or after is None or before.pattern != after.pattern:
        return None
    return before, after


def _raised(old: Any, new: Any) -> bool:
    numbers = isinstance(old, int | float) and isinstance(new, int | float)
    return numbers and old <= new


class _Both:
    """Two graphs of one pattern, with what they were made of."""

    def __init__(self, old: Graph, new: Graph, before: Made, after: Made) -> None:
        self.old, self.new, self._made = old, new, (before, after)
        self.pattern, self.keys = before.pattern, {*before.given, *after.given}

    def given(self, key: str) -> tuple[Any, Any]:
        """What both were given, or the default."""
        from stretto import patterns

        factory = getattr(patterns, self._made[0].pattern)
        default = inspect.signature(factory).parameters[key].default
        one, other = (made.given.get(key, default) for made in self._made)
        return one, other

    def within(self, name: str) -> tuple[list[str], list[str]]:
        """The members that a node runs by itself."""
        return _members(self.old, name), _members(self.new, name)


def _members(graph: Graph, name: str) -> list[str]:
    inner = graph.nodes[name].graph
    return [] if inner is None else list(inner.nodes)


def _plan(both: _Both, name: str) -> Iterator[Reason]:
    if name in _PLANNED:
        return
    was, now = both.within("execute")
    for gone in sorted({*was} - {*now}):
        yield Reason(f"a task of the plan may be for {gone!r}, which is no executor any more")
    asked = ["tasks" in _listed(each) for each in both.given("approve")]
    if name == "execute" and asked[0] != asked[1]:
        yield Reason(
            "the results of its tasks are kept by the order of calls, and whether each is approved "
            "changes it: what was done would be done again"
        )


def _listed(given: Any) -> list[str]:
    return [given] if isinstance(given, str) else list(given)


def _map_reduce(both: _Both, name: str) -> Iterator[Reason]:
    if name != "map":
        return
    was, now = both.within("map")
    if was != now:
        yield Reason(
            f"chunks that are done are kept under the name of {said(was)}, which is {said(now)} "
            "now: they would be done again"
        )
    one, other = both.given("chunk")
    if one != other:
        yield Reason(
            f"chunk: {one} -> {other}, and chunks that are done are kept by their number: records "
            "would be left out or counted twice"
        )
    one, other = both.given("width")
    if other < one:
        yield Reason(
            f"width: {one} -> {other}, so fewer chunks are taken at once: what is done of the "
            "others would be done again"
        )
    one, other = both.given("source")
    if not same(one, other):
        yield Reason("its position is that in the old source, which is another one now")


def _group_chat(both: _Both, name: str) -> Iterator[Reason]:
    del name
    if any(each is not None for each in both.given("moderator")):
        return
    was, now = list(both.old.nodes), list(both.new.nodes)
    if now[: len(was)] != was:
        yield Reason(
            "whose turn it is follows from how many have spoken, and the members stand in another "
            "order now: one may be left out, or speak twice",
            fatal=False,
        )


def _chain(both: _Both, name: str) -> Iterator[Reason]:
    """Of steps that work in one node, whose results are kept by the order of calls."""
    was, now = both.within(name)
    if name == FLOW and "items" in both.keys:
        fits = was == now
        one, other = (max(WINDOW, 4 * each) for each in both.given("width"))
        if other < one:
            yield Reason("fewer items are taken at once: what is done would be done again")
    elif name == both.pattern and set(both.old.nodes) == {name}:
        fits = now[: len(was)] == was
    else:
        return
    if not fits:
        yield Reason(
            f"what its steps have done is kept by their order, and that changed: {said(was)} -> "
            f"{said(now)}"
        )


def _parallel(both: _Both, name: str) -> Iterator[Reason]:
    was, now = (frozenset(b for a, b in g.edges if a == START) for g in (both.old, both.new))
    if name not in was:
        return
    for added in sorted(now - was):
        yield Reason(
            f"{added!r} is new beside it, and does not work in such a thread: it is missed"
        )


_KEPT: dict[str, Callable[[_Both, str], Iterator[Reason]]] = {
    "plan": _plan,
    "map_reduce": _map_reduce,
    "group_chat": _group_chat,
    "parallel": _parallel,
    "sequential": _chain,
    "refine": _chain,
}
