"""A turn that began in an older version of a team is taken over into this one."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, cast

from langgraph.graph import END, START
from langgraph.types import StateSnapshot, StateUpdate

from stretto.errors import InvalidInput, StrettoError
from stretto.runs.pinning import in_version, migration

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig

    from stretto.records import RunStarted
    from stretto.runs.storage import Storage
    from stretto.spec.target import AnyGraph


async def migrate(
    graph: AnyGraph, storage: Storage, address: RunnableConfig, began: RunStarted
) -> None:
    """Let a thread that is held go on in this graph, as the team's migration says.

    The function is given the state's values as the older version sees them and the names of the
    nodes that the turn waits in. It gives the name of the node of this version behind which the
    turn goes on, "" for its beginning, and what changes in the state.

    Raises:
        InvalidInput: The team declares no migration from that version, or the function gives
            something else, or a node that this version does not have. Nothing is changed then.
    """
    function = migration(graph, began.team_version)
    values, waiting = await _state(graph, storage, address, began)
    told = function(values, waiting)
    after, update = _read(await told if inspect.isawaitable(told) else told, graph)
    ended = [StateUpdate(None, END)]
    await graph.abulk_update_state(address, [ended, [StateUpdate(update, after)]])


async def _state(
    graph: AnyGraph, storage: Storage, address: RunnableConfig, began: RunStarted
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The values, and the nodes that wait; through the graph that began, where it can be had."""
    try:
        old = await in_version(graph, began.team_version, storage.store)
    except StrettoError:
        old = graph
    saved = old.copy({"checkpointer": storage.checkpointer})
    snapshot = await saved.aget_state(address)
    while _half(snapshot):
        snapshot = await saved.aget_state(cast("Any", snapshot.parent_config))
    return dict(snapshot.values), tuple(task.name for task in snapshot.tasks)


def _half(snapshot: StateSnapshot) -> bool:
    """Whether a migration was killed between ending the older turn and beginning the new one."""
    updated = (snapshot.metadata or {}).get("source") == "update"
    return updated and not snapshot.tasks and snapshot.parent_config is not None


def _read(told: Any, graph: AnyGraph) -> tuple[str, dict[str, Any]]:
    if isinstance(told, tuple) and len(told) == 2:
        after, update = told
        if after in ("", *graph.nodes) and isinstance(update, dict):
            return after or START, cast("dict[str, Any]", update)
    nodes = ", ".join(sorted(name for name in graph.nodes if not name.startswith("__")))
    raise InvalidInput(
        f"the migration gave {told!r}. Give the node behind which the turn goes on ({nodes}; '' "
        "for the beginning) and a dictionary of what changes in the state."
    )
