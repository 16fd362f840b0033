"""What a turn of any graph came to: its answer, or its last message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from langchain_core.messages import BaseMessage
from langgraph.types import Command
from pydantic import BaseModel

from stretto.journal.requests import message_json


def final(updates: Sequence[tuple[str, Any]]) -> dict[str, Any] | None:
    """The last `answer` and the last message in the updates of a root graph's nodes, as JSON.

    `None` when there is neither.
    """
    found: dict[str, Any] = {}
    for _, update in updates:
        for told in _told(update):
            if isinstance(answer := told.get("answer"), BaseModel):
                found["answer"] = answer.model_dump(mode="json")
            messages = told.get("messages")
            last = messages[-1] if isinstance(messages, list) and messages else messages
            if isinstance(last, BaseMessage) and last.type != "human":
                found["message"] = message_json(last)
    return found or None


def _told(update: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(update, Command):
        yield from _told(update.update)
    elif isinstance(update, Mapping):
        yield cast("Mapping[str, Any]", update)
    elif isinstance(update, list | tuple):
        for one in cast("Sequence[Any]", update):
            yield from _told(one)
