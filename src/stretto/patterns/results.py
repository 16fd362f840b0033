"""What a member's reply does to a pattern's state, and how a turn's result is told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage

from stretto.members.reply import text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stretto.members import Reply, Update

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_-]+")


def result_of(said: Reply) -> Any:
    """What a reply leaves in `results`: its typed output, or its text."""
    return said.text if said.value is None else said.value


def result_update(name: str, said: Reply) -> Update:
    """The update of a member's reply: fields of the state, and its result under its name."""
    if said.silent:
        return dict(said.update)
    return {**said.update, "results": {name: result_of(said)}}


def no_result(name: str, state: Mapping[str, Any] | None = None) -> Update:
    """The update of a member that gave no result in this turn: one of an earlier turn goes."""
    if state is not None and name not in (state.get("results") or {}):
        return {}
    return {"results": {name: None}}


def author(name: str) -> str:
    """A member's name as that of a message's author, in letters that all providers take."""
    return _NOT_IN_NAMES.sub("_", name)[:64]


def answer_update(name: str, text: str, value: Any = None) -> Update:
    """The update that ends a turn: its words as a message of `name`, its typed result beside.

    A result without words gives no message.
    """
    told: Update = {"messages": [AIMessage(text, name=author(name))]} if text.strip() else {}
    return {**told, "structured_response": value}


def answer_of(name: str, result: Any) -> Update:
    """The same, of what stands in `results`."""
    if result is None:
        return {"structured_response": None}
    typed = None if isinstance(result, str) else result
    return answer_update(name, text_of(result), typed)


def latest(results: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Those of `results` that are of these members, in their order."""
    return {name: results[name] for name in names if name in results}
