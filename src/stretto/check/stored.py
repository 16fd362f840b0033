"""Which threads a checkpointer holds that wait in a node, read from their last checkpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langgraph.checkpoint.memory import InMemorySaver

from stretto.check.facts import Stored

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointTuple

    from stretto.check.facts import Graph

_BRANCH = "branch:to:"
_JOIN = "join:"
_SENDS = "__pregel_tasks"
_DIVIDES = "|"
"""Between the nodes of a checkpoint's namespace; the task's id follows each behind a colon."""


async def stored_threads(graph: Graph, saver: BaseCheckpointSaver[Any]) -> tuple[Stored, ...]:
    """Find the threads of a graph that wait to go on.

    All checkpoints are gone through once, one of each thread and namespace is kept in memory.

    Args:
        graph: The facts of the graph as it is now.
        saver: Any checkpointer, open.

    Returns:
        What `Graph.stored` takes; threads that share neither nodes nor fields with the graph are
        left out, since several graphs may use one checkpointer.
    """
    last: dict[tuple[str, str], CheckpointTuple] = {}
    async for each in saver.alist(None):
        _keep(last, each)
    return tuple(_waiting(graph, last))


def held_in_memory(graph: Graph, saver: object) -> tuple[Stored, ...]:
    """Find them in a checkpointer of this process; none in any other.

    Args:
        graph: The facts of the graph as it is now.
        saver: The checkpointer that it was compiled with.
    """
    if not isinstance(saver, InMemorySaver):
        return ()
    last: dict[tuple[str, str], CheckpointTuple] = {}
    for each in saver.list(None):
        _keep(last, each)
    return tuple(_waiting(graph, last))


def _keep(last: dict[tuple[str, str], CheckpointTuple], each: CheckpointTuple) -> None:
    given: Mapping[str, Any] = each.config.get("configurable", {})
    key = str(given.get("thread_id", "")), str(given.get("checkpoint_ns", ""))
    known = last.get(key)
    if known is None or known.checkpoint["id"] < each.checkpoint["id"]:
        last[key] = each


def _waiting(graph: Graph, last: Mapping[tuple[str, str], CheckpointTuple]) -> Iterator[Stored]:
    for (thread, space), each in last.items():
        root = last.get((thread, ""))
        if root is None or not _belongs(graph, root.checkpoint):
            continue
        path = tuple(part.partition(":")[0] for part in space.split(_DIVIDES) if part)
        above = last.get((thread, space.rpartition(_DIVIDES)[0])) if path else None
        nodes = tuple(dict.fromkeys(_pending(each.checkpoint)))
        left = bool(path) and (above is None or path[-1] not in _pending(above.checkpoint))
        if nodes and not left:
            seen = bool(_ran(root.checkpoint) & set(graph.nodes))
            yield Stored(thread, nodes, path, seen)


def _belongs(graph: Graph, checkpoint: Mapping[str, Any]) -> bool:
    """Whether a thread may be one of this graph's: of its fields, and of a node where one ran."""
    channels = [str(each) for each in checkpoint["channel_versions"]]
    fields = {each for each in channels if ":" not in each and not each.startswith("__")}
    ran = _ran(checkpoint)
    return bool(fields) and fields <= set(graph.fields) and (not ran or bool(ran & {*graph.nodes}))


def _ran(checkpoint: Mapping[str, Any]) -> set[str]:
    return {str(each) for each in checkpoint["versions_seen"] if not each.startswith("__")}


def _pending(checkpoint: Mapping[str, Any]) -> Iterable[str]:
    """The nodes that a checkpoint goes on with."""
    found: list[str] = []
    versions: Mapping[str, Any] = checkpoint["channel_versions"]
    seen: Mapping[str, Mapping[str, Any]] = checkpoint["versions_seen"]
    for name, value in checkpoint["channel_values"].items():
        if name == _SENDS:
            found += [str(send.node) for send in value or ()]
            continue
        node = _triggered(name, value)
        if node and name in versions and versions[name] != seen.get(node, {}).get(name):
            found.append(node)
    return found


def _triggered(channel: str, value: Any) -> str:
    """The node that a channel starts as it is now; empty for none."""
    if channel.startswith(_BRANCH):
        return channel.removeprefix(_BRANCH)
    if channel.startswith(_JOIN) and isinstance(value, set | frozenset | list | tuple):
        sources, _, target = channel.removeprefix(_JOIN).rpartition(":")
        return target if set(sources.split("+")) == set(map(str, value)) else ""
    return ""
