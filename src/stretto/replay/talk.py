"""The conversation of an imported thread, put together again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_core.messages import BaseMessage, convert_to_messages

from stretto.errors import Unreplayable
from stretto.records import ModelEnded, ModelStarted, RunStarted, ToolEnded

if TYPE_CHECKING:
    from stretto.replay.recording import Recording


def is_imported(recording: Recording) -> bool:
    """Whether the thread was imported from a log, so that no graph of ours belongs to it."""
    return any(isinstance(r, RunStarted) and r.origin for r in recording.records)


def conversation_of(recording: Recording) -> list[BaseMessage]:
    """The messages of an imported thread: prompt, users, answers and tool results, in order.

    Raises:
        Unreplayable: Part of it was not kept, or the thread was not imported.
    """
    if not is_imported(recording):
        raise Unreplayable(
            f"thread {recording.thread!r} was not imported: it is no single conversation. "
            "Replay it on its graph."
        )
    found: list[BaseMessage] = list(_prompt(recording))
    for record in recording.records:
        if isinstance(record, RunStarted) and record.input:
            found += recording.value(record.input)["messages"]
        elif isinstance(record, ModelEnded | ToolEnded) and record.output:
            found.append(recording.value(record.output))
    return found


def _prompt(recording: Recording) -> list[BaseMessage]:
    first = next((r for r in recording.records if isinstance(r, ModelStarted)), None)
    messages = recording.request(first.input)["messages"] if first is not None else []
    if not messages or messages[0]["type"] != "system":
        return []
    return convert_to_messages([{"role": "system", "content": messages[0]["content"]}])
