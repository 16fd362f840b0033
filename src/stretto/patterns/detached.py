"""Members that nobody waits for: they work when all else has, and their failures are dead letters.

They are LangGraph's deferred nodes: they begin when nothing else of their graph is left to do, and
the run ends when they have.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from langgraph.errors import GraphBubbleUp
from langgraph.graph import END
from langgraph.runtime import get_runtime

from stretto.members.decisions import told
from stretto.patterns.branch import BRANCHES, ends_the_run, settle_branch, skip_branch, why_failed
from stretto.patterns.writers import about

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_core.messages import AnyMessage
    from langgraph.graph import StateGraph

    from stretto.members import Brief, Member, Update
    from stretto.members.node import Rescue
    from stretto.patterns.fields import Shape


def add_detached(
    graph: StateGraph[Any, Any, Any, Any],
    one: Member,
    brief: Brief,
    *,
    after: str,
    fields: Shape,
    then: str = END,
    more: Mapping[str, Any] | None = None,
) -> None:
    """Add a member to a graph that nobody waits for.

    Args:
        graph: The pattern's.
        one: The member.
        brief: Makes its input. A function sees the state at the graph's end, others the
            conversation as it was when the turn was asked for.
        after: The node behind which it stands.
        fields: The pattern's state.
        then: What follows it.
        more: More of what its node tells of it.
    """
    name = one.name

    def called(_: Any) -> str:
        return name

    node = one.node(
        brief if one.function is not None else _as_asked(brief),
        _plain(settle_branch(called)),
        fields=fields.own,
        skip=_plain(skip_branch(called)),
        rescue=_rescue(name),
    )
    metadata = {**about(one, fields), "detached": True, **(more or {})}
    graph.add_node(name, node, metadata=metadata, defer=True)
    graph.add_edge(after, name)
    graph.add_edge(name, then)


def _as_asked(brief: Brief) -> Brief:
    """The brief of the turn's request: at the graph's end its answer is the last message."""

    def asked(state: Mapping[str, Any]) -> Any:
        return brief({**state, "messages": _until_request(state)})

    return asked


def _until_request(state: Mapping[str, Any]) -> list[AnyMessage]:
    """The conversation up to what a person said last."""
    messages = list(state.get("messages") or [])
    while messages and messages[-1].type != "human":
        messages.pop()
    return messages


def _plain(update_of: Any) -> Any:
    """The same update without what only a join reads."""

    def plain(state: Any, said: Any) -> Update:
        update: Update = update_of(state, said)
        return {key: value for key, value in update.items() if key != BRANCHES}

    return plain


def _rescue(name: str) -> Rescue:
    """Makes a dead letter of what a member failed with, instead of ending the run."""

    async def rescue(state: Mapping[str, Any], error: Exception) -> Update:
        if isinstance(error, GraphBubbleUp) or ends_the_run(error, name):
            raise error
        await _give_up(state, name, error)
        return {"results": {name: None}, "failed": {name: why_failed(error)}}

    return rescue


async def _give_up(state: Mapping[str, Any], name: str, error: Exception) -> None:
    """Leave it to a person, with what the member was given."""
    messages = _until_request(state)
    given = {key: value for key, value in state.items() if key != "messages"}
    asked = {"request": messages[-1].text} if messages else {}
    await told(
        "dead_lettered",
        letter=_letter(name),
        kind="branch",
        name=name,
        attempts=1,
        error=why_failed(error),
        args={**asked, **given},
    )


def _letter(name: str) -> str:
    """The letter's id: the same when the same work is begun again on a resume."""
    info = get_runtime().execution_info
    place = "" if info is None else f"{info.thread_id}\n{info.task_id}"
    return hashlib.sha256(f"{place}\n{name}".encode()).hexdigest()[:8]
