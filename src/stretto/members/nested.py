"""Which run of a nested graph a call is, in LangGraph's own numbering.

A graph that is called within a node keeps its checkpoints under the node's place, a second call
under that and a number. A call that is made again after a failure must be the same one, so that it
goes on where it failed instead of doing everything anew; another target must be another.
"""

from __future__ import annotations

import dataclasses
import itertools
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig

# LangGraph's own names in a config; none of them is a promised API.
_SCRATCHPAD = "__pregel_scratchpad"
_RESUMING = "__pregel_resuming"


def resumes(config: RunnableConfig) -> bool:
    """Whether the run goes on with work that was begun before."""
    return bool((config.get("configurable") or {}).get(_RESUMING))


def numbered(config: RunnableConfig, number: int, *, again: bool) -> RunnableConfig:
    """The config for the call of a nested graph that is the `number`-th of its node, from 0.

    Args:
        config: The node's.
        number: The same for all attempts of one target, another for each target.
        again: Whether it was tried before and goes on from there.
    """
    inside: dict[str, Any] = dict(config.get("configurable") or {})
    pad: Any = inside.get(_SCRATCHPAD)
    if pad is None or not dataclasses.is_dataclass(pad):
        return config
    inside[_SCRATCHPAD] = dataclasses.replace(cast("Any", pad), subgraph_counter=lambda: number)
    if again:
        inside[_RESUMING] = True
    return {**config, "configurable": inside}


def restarted(config: RunnableConfig) -> RunnableConfig:
    """The config for a node that runs again: the graphs it calls are numbered from the first one.

    LangGraph counts on when it retries a node, so that each attempt would begin them anew.
    """
    inside: dict[str, Any] = dict(config.get("configurable") or {})
    pad: Any = inside.get(_SCRATCHPAD)
    if pad is None or not dataclasses.is_dataclass(pad):
        return config
    counter = itertools.count().__next__
    inside[_SCRATCHPAD] = dataclasses.replace(cast("Any", pad), subgraph_counter=counter)
    inside[_RESUMING] = True
    return {**config, "configurable": inside}
