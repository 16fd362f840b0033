"""Where branches come together: whether enough have succeeded, and what all of it comes to."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from langgraph.runtime import get_runtime

from stretto.errors import BranchesFailed
from stretto.members.decisions import decided
from stretto.members.nested import resumes
from stretto.members.reply import text_of
from stretto.patterns.branch import BRANCHES
from stretto.patterns.quorum import enough
from stretto.patterns.results import answer_update, latest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from langchain_core.runnables import RunnableConfig

    from stretto.members import ConfigNode, Node, Update
    from stretto.patterns.quorum import Require

    Names = Callable[[Mapping[str, Any]], tuple[str, ...]]
    Ends = Callable[[Any, Mapping[str, Any], Mapping[str, str]], Update]

GATHER = "gather"
"""The node where branches come together."""


def is_enough(state: Mapping[str, Any], names: tuple[str, ...], require: Require) -> bool:
    """Whether so many branches have succeeded in this turn that the join runs."""
    ended = state.get(BRANCHES) or {}
    return enough(require, Counter(ended.get(name, "failed") for name in names))


def to_repeat(state: Mapping[str, Any], names: tuple[str, ...]) -> list[str]:
    """The branches that neither succeeded nor were left out."""
    ended = state.get(BRANCHES) or {}
    return [name for name in names if ended.get(name) not in {"done", "skipped"}]


def gather_node(pattern: str, names: Names, require: Require, ends: Ends) -> ConfigNode:
    """Make the node where branches come together.

    Args:
        pattern: The pattern's name, for the journal and errors.
        names: What the branches are called, of the state.
        require: How many must succeed.
        ends: Makes the update of the state, the results and the failures, by name.

    Raises (in the node):
        BranchesFailed: Too few have succeeded. On a resume those that failed work again.
    """

    async def gather(state: Any, config: RunnableConfig) -> Update:
        called = names(state)
        failed = latest(state.get("failed") or {}, called)
        if is_enough(state, called, require):
            await _tell(pattern, state, called, require)
            return ends(state, latest(state.get("results") or {}, called), failed)
        if resumes(config) and _attempt() == 1:
            return {}  # back to those that failed
        raise BranchesFailed(pattern, failed, require)

    return gather


def joined(
    pattern: str, value: Any, results: Mapping[str, Any], failed: Mapping[str, str]
) -> Update:
    """The update that ends a turn with all results together, in words one part each."""
    parts = [f"{name}: {text_of(result)}" for name, result in results.items()]
    parts += [f"Without {name}: {why}" for name, why in failed.items()]
    if value == []:  # a list without elements is a result
        return answer_update(pattern, "There are no items.", value)
    return answer_update(pattern, "\n\n".join(parts), value if results else None)


def published(names: tuple[str, ...]) -> Node:
    """Make the node that tells who was told, and for whom it came to a dead letter."""

    async def told(state: Any) -> Update:
        failed = latest(state.get("failed") or {}, names)
        parts = [f"Published to {', '.join(names)}."]
        parts += [f"{name} failed, and is a dead letter: {why}" for name, why in failed.items()]
        return answer_update("publish", "\n".join(parts))

    return told


async def _tell(
    pattern: str, state: Mapping[str, Any], names: tuple[str, ...], require: Require
) -> None:
    ended = {name: (state.get(BRANCHES) or {}).get(name, "") for name in names}
    done = sum(status == "done" for status in ended.values())
    data = {"branches": ended, "failed": latest(state.get("failed") or {}, names)}
    reason = f"{done} of {len(names)} succeeded; required: {require}"
    await decided(pattern, "join", reason=reason, alternatives=("join", "fail"), data=data)


def _attempt() -> int:
    """The how-many-th execution of the node this is in this run, from 1."""
    info = get_runtime().execution_info
    return 1 if info is None else info.node_attempt
