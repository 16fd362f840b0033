"""Two versions of a graph, and of all graphs within: what changed, in words."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, cast

from langgraph.constants import END, START
from langgraph.pregel import Pregel

from stretto.comparing.change import Change
from stretto.comparing.fields import field_changes
from stretto.comparing.nodes import kind_of, node_changes, same_work
from stretto.comparing.schemas import differences
from stretto.comparing.teams import team_changes
from stretto.comparing.values import same, value_changes
from stretto.patterns.made import made_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stretto.check.facts import Branch, Graph, Node
    from stretto.comparing.change import Kind
    from stretto.comparing.schemas import Side


def compare_graphs(old: Graph, new: Graph) -> list[Change]:
    """Tell what is otherwise in the new version of a graph and of the graphs within it.

    Args:
        old: The facts of the old version, by `stretto.check.reading.compiled.read_graph`.
        new: The facts of the new one.

    Returns:
        The changes, from the outermost graph inwards; none where both say the same.
    """
    found = list(dict.fromkeys([*_schemas(old, new), *_graph(old, new)]))
    return [*team_changes(old, new, changed=bool(found)), *found]


def _graph(old: Graph, new: Graph) -> Iterator[Change]:
    yield from _pattern(old, new)
    yield from field_changes(old, new)
    renamed = renames(old, new)
    yield from _nodes(old, new, renamed)
    yield from _edges(old, new, renamed)
    yield from _around(old, new)
    for name, node in new.nodes.items():
        before = old.nodes.get(renamed.get(name, name))
        if before is None:
            continue
        yield from node_changes(before, node)
        if before.graph and node.graph and not (before.agent and node.agent):
            yield from (each.within(name) for each in _graph(before.graph, node.graph))


def renames(old: Graph, new: Graph) -> dict[str, str]:
    """The nodes that have another name in the new version, each with its old one."""
    gone = [name for name in old.nodes if name not in new.nodes]
    found: dict[str, str] = {}
    for name, node in new.nodes.items():
        if name in old.nodes:
            continue
        same_ones = [g for g in gone if g not in found.values() and _alike(old.nodes[g], node)]
        if same_ones:
            found[name] = same_ones[0]
    return found


def _alike(old: Node, new: Node) -> bool:
    """Whether a node is most likely the other under another name."""
    if kind_of(old) != kind_of(new):
        return False
    if old.agent is not None and new.agent is not None:
        one, other = old.agent, new.agent
        return one.name == other.name or (bool(one.prompt) and one.prompt == other.prompt)
    if old.graph is not None and new.graph is not None:
        return {*old.graph.nodes} == {*new.graph.nodes} and old.graph.edges == new.graph.edges
    return same_work(old, new)


def _nodes(old: Graph, new: Graph, renamed: Mapping[str, str]) -> Iterator[Change]:
    for name in old.nodes:
        if name not in new.nodes and name not in renamed.values():
            yield Change("behaviour", name, f"{kind_of(old.nodes[name])} that is gone")
    for name in new.nodes:
        if name in renamed:
            told = f"is most likely what was called {renamed[name]!r}"
            yield Change("behaviour", name, told)
        elif name not in old.nodes:
            yield Change("behaviour", name, f"{kind_of(new.nodes[name])} that is new")


def _edges(old: Graph, new: Graph, renamed: Mapping[str, str]) -> Iterator[Change]:
    names = {before: after for after, before in renamed.items()}
    there = frozenset(new.nodes) | {START, END}
    was = {(names.get(a, a), names.get(b, b)) for a, b in old.edges}
    for a, b in sorted(was - new.edges):
        if a in there and b in there:  # else the node itself is told of
            yield Change("behaviour", _said(a), f"does not lead to {_said(b)} any more")
    for a, b in sorted(new.edges - was):
        yield Change("behaviour", _said(a), f"leads to {_said(b)} now")
    joined = {(tuple(names.get(a, a) for a in s), names.get(b, b)) for s, b in old.joins}
    for sources, to in sorted(joined - new.joins):
        yield Change("behaviour", to, f"does not wait for {_all(sources)} together any more")
    for sources, to in sorted(new.joins - joined):
        yield Change("behaviour", to, f"waits for {_all(sources)} now")
    yield from _branches(old, new, names)


def _branches(old: Graph, new: Graph, names: Mapping[str, str]) -> Iterator[Change]:
    before = {(names.get(b.source, b.source), b.name): b for b in old.branches}
    after = {(b.source, b.name): b for b in new.branches}
    for key in sorted({*before, *after}):
        one, other = before.get(key), after.get(key)
        source = _said(key[0])
        if other is None:
            if key[0] in new.nodes or key[0] == START:
                yield Change("behaviour", source, f"does not choose by {key[1]!r} any more")
        elif one is None:
            yield Change("behaviour", source, f"chooses by {key[1]!r} now, among {_ends(other)}")
        else:
            targets = {names.get(t, t) for t in one.targets or ()}
            if targets != set(other.targets or ()):
                told = f"{_ends(one)} -> {_ends(other)}"
                yield Change("behaviour", source, f"chooses among others by {key[1]!r}: {told}")
            if not _same_branch(one, other):
                yield Change("behaviour", source, f"chooses otherwise by {key[1]!r}")


def _same_branch(old: Branch, new: Branch) -> bool:
    if old.code is None or new.code is None:
        return (old.code is None) == (new.code is None)
    return same(old.code.live, new.code.live)


def _ends(branch: Branch) -> str:
    targets = branch.targets
    return "what it says" if targets is None else _all(sorted(map(_said, targets)))


def _all(names: Any) -> str:
    return ", ".join(map(str, names)) or "nothing"


def _said(name: str) -> str:
    return {START: "the start", END: "the end"}.get(name, name)


def _around(old: Graph, new: Graph) -> Iterator[Change]:
    """What surrounds the whole graph."""
    for what, before, after in (
        ("recursion_limit", old.recursion_limit, new.recursion_limit),
        ("max_concurrency", old.max_concurrency, new.max_concurrency),
        ("stops before", sorted(old.interrupts_before), sorted(new.interrupts_before)),
        ("stops after", sorted(old.interrupts_after), sorted(new.interrupts_after)),
        ("keeps its state between runs", old.remembers, new.remembers),
        ("checkpointer", old.checkpointing, new.checkpointing),
    ):
        kind: Kind = "bounds" if what in {"recursion_limit", "max_concurrency"} else "behaviour"
        for text in value_changes(what, before, after):
            yield Change(kind, "", text)


def _pattern(old: Graph, new: Graph) -> Iterator[Change]:
    """What a pattern was given, its members apart."""
    before, after = (made_of(each.live or each.builder) for each in (old, new))
    if before is None or after is None:
        return
    if before.pattern != after.pattern:
        yield Change("behaviour", "", f"pattern: {before.pattern} -> {after.pattern}")
        return
    for key in dict.fromkeys([*before.given, *after.given]):
        one, other = before.given.get(key), after.given.get(key)
        if _holds_members(one) or _holds_members(other) or key in {"state", "members"}:
            continue
        for text in value_changes(key, one, other):
            yield Change("bounds" if _bounding(key) else "behaviour", "", text)


def _bounding(key: str) -> bool:
    return key.startswith("max_") or key in {
        "budget", "authority", "deadline", "width", "remind", "escalate", "limits", "span",
    }  # fmt: skip


def _holds_members(value: Any) -> bool:
    """Whether a value is or holds members, which are nodes and told of as such."""
    from langgraph.graph import StateGraph

    from stretto.members import Member
    from stretto.spec.agent import Agent

    if isinstance(value, Agent | Member | StateGraph | Pregel):
        return True
    if isinstance(value, dict):
        return any(map(_holds_members, value.values()))
    return isinstance(value, list | tuple) and any(
        _holds_members(each) or callable(each) for each in value
    )


def _schemas(old: Graph, new: Graph) -> Iterator[Change]:
    """What callers of the outermost graph give and read."""
    asked: tuple[tuple[str, Side, str], ...] = (
        ("get_input_jsonschema", "given", "input"),
        ("get_output_jsonschema", "read", "output"),
        ("get_context_jsonschema", "given", "context"),
    )
    for name, side, what in asked:
        before, after = _schema(old, name), _schema(new, name)
        if before is None and after is None:
            continue
        empty: Mapping[str, Any] = {"properties": {}}
        for each in differences(before or empty, after or empty, side):
            yield Change("interface", what, each.text, each.breaking)


def _schema(graph: Graph, name: str) -> Mapping[str, Any] | None:
    live = graph.live
    if live is None and graph.builder is not None:
        live = graph.builder.compile()
    make = getattr(live, name, None)
    if make is None:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return cast("Mapping[str, Any]", make())
    except Exception:  # noqa: BLE001 - not every type has a schema; its fields are known by name
        fields = graph.input if "input" in name else graph.output
        return {"properties": {key: {} for key in fields}}
