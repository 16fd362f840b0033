"""The nodes of a root graph in order, and their updates of the state, set against the recorded."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta
from enum import Enum
from itertools import groupby
from pathlib import PurePath
from typing import Any, NamedTuple, cast
from uuid import UUID

from langchain_core.messages import BaseMessage
from pydantic import BaseModel
from typing_extensions import override

from stretto.journal.handler import JournalHandler
from stretto.journal.requests import message_json
from stretto.replay.recording import matches

_IDS = frozenset({"turn", "token", "mark"})
_MADE_UP = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Ended(NamedTuple):
    """A node that ended well."""

    node: str
    has_update: bool
    """Whether its update is known: it gave one, and it was not too large to be kept."""
    update: Any
    step: int = 0
    """Of the graph; equal for nodes that ran beside each other. Only known now."""


class Unlike(NamedTuple):
    """The first node that is not as it was recorded."""

    node: str
    """Empty where another node ran."""
    told: str
    recorded: Any
    now: Any


class StepHandler(JournalHandler):
    """Notes too in which step of the graph each node of the root graph runs, by its place."""

    def __init__(self, steps: dict[str, int], *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._steps = steps

    @override
    def on_chain_start(self, *args: Any, **told: Any) -> Any:
        known = told.get("metadata") or {}
        self._steps[str(known.get("langgraph_checkpoint_ns"))] = int(known.get("langgraph_step", 0))
        return super().on_chain_start(*args, **told)


def compare_nodes(then: Sequence[Ended], now: Sequence[Ended]) -> tuple[int, Unlike | None]:
    """How many updates were found to be the same, and the first thing that is not.

    Nodes of one step may end in any order. Updates that are not known, or hold what cannot be
    compared, are not counted.
    """
    count, place = 0, 0
    ordered = sorted(now, key=lambda one: one.step)
    for _, some in groupby(ordered, key=lambda one: one.step):
        group = list(some)
        left = list(group)
        missed: list[Ended] = []
        for one in then[place : place + len(group)]:
            known = [(other, _same(one, other)) for other in left if other.node == one.node]
            found = next(((o, same) for o, same in known if same is not False), None)
            if found is None:
                missed.append(one)
            else:
                left.remove(found[0])
                count += found[1] is True
        if left:
            return count, _unlike(missed, left)
        place += len(group)
    if place < len(then):
        gone = then[place]
        return count, Unlike(gone.node, "this node does not run any more.", _shown(gone), None)
    return count, None


def _unlike(missed: Sequence[Ended], left: Sequence[Ended]) -> Unlike:
    for one in missed:
        for other in left:
            if one.node == other.node:
                told = "the state is updated with something else."
                return Unlike(one.node, told, _shown(one), _shown(other))
    other = left[0]
    if not missed:
        return Unlike(other.node, "this node runs, and did not.", None, _shown(other))
    told = f"the node {other.node} runs where {missed[0].node} did."
    return Unlike("", told, _shown(missed[0]), _shown(other))


def _shown(one: Ended) -> dict[str, Any]:
    told: dict[str, Any] = {"node": one.node}
    try:
        return told | ({"update": _plain(one.update)} if one.has_update else {})
    except (_Unknown, RecursionError):
        return told


def _same(then: Ended, now: Ended) -> bool | None:
    """`None` where it cannot be told."""
    if not then.has_update or not now.has_update:
        return None
    try:
        return matches(_plain(then.update), _plain(now.update))
    except (_Unknown, RecursionError):
        return None


class _Unknown(Exception):
    """A value that cannot be compared."""


def _plain(value: Any) -> Any:
    """A value as JSON; without ids that are made up, times and what providers tell of an answer."""
    told = value
    match value:
        case None | str() | bool() | int():
            pass
        case BaseMessage():
            told = message_json(value)
        case date() | time() | timedelta():
            told = f"<{type(value).__name__}>"
        case Enum():
            told = _plain(value.value)
        case float():
            told = value if math.isfinite(value) else repr(value)
        case bytes() | PurePath() | UUID():
            told = str(value)
        case set() | frozenset():
            told = sorted(map(_plain, cast("set[Any]", value)), key=repr)
        case list() | tuple():
            told = [_plain(item) for item in cast("Sequence[Any]", value)]
        case _:
            fields = _fields(value)
            told = {
                k if isinstance(k, str) else repr(k): "<id>" if _is_id(k, v) else _plain(v)
                for k, v in fields.items()
            }
    return told


def _is_id(key: Any, value: Any) -> bool:
    """Whether it is an id that a pattern makes up, or takes from a message."""
    return key in _IDS and isinstance(value, str) and _MADE_UP.fullmatch(value) is not None


def _fields(value: Any) -> Mapping[Any, Any]:
    if isinstance(value, Mapping):
        return value
    names: Sequence[str] = ()
    if isinstance(value, BaseModel):
        names = list(type(value).model_fields)
    elif dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value)]
    else:
        names = list(getattr(type(value), "__slots__", ()))  # Send
    if not names:
        raise _Unknown
    return {name: getattr(value, name, None) for name in names}
