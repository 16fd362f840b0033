"""Wholes beside the previews: what went in and came out of a step, as payloads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from langchain_core.messages import BaseMessageChunk, HumanMessage, message_chunk_to_message
from langgraph.types import Command

from stretto.journal.payloads import Payload, object_payload
from stretto.journal.requests import request_payloads

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from langchain_core.messages import BaseMessage
    from langchain_core.outputs import LLMResult

UPDATE = 100_000
"""Bytes up to which a node's update is kept; its checkpoint holds it in any case."""


def whole(value: object, most: int | None = None) -> Payload | None:
    """A value as a payload; `None` when LangGraph cannot store it, or it exceeds `most` bytes."""
    try:
        payload = object_payload(value)
    except Exception:  # noqa: BLE001 - an object may raise anything when it is taken apart
        return None
    return None if most is not None and len(payload.body) > most else payload


def update(outputs: object) -> Payload | None:
    """A node's update of the state, if it is not too large; `None` for a node that gave none.

    `create_agent` gives a list of one command that only updates.
    """
    if isinstance(outputs, list) and len(cast("list[object]", outputs)) == 1:
        only = cast("list[object]", outputs)[0]
        if isinstance(only, Command) and not (only.goto or only.graph or only.resume):
            outputs = only.update
    return None if outputs is None else whole(outputs, UPDATE)


def request(
    batches: Sequence[Sequence[BaseMessage]] | Sequence[str], told: Mapping[str, Any]
) -> tuple[str, list[Payload]]:
    """A model's request by what its callback tells: its digest and payloads, its own the last."""
    params: Mapping[str, Any] = told.get("invocation_params") or {}
    return request_payloads(messages(batches), params.get("tools") or (), params)


def messages(batches: Sequence[Sequence[BaseMessage]] | Sequence[str]) -> list[BaseMessage]:
    """The messages that a model is given, also where it is given a text."""
    found: list[BaseMessage] = []
    for batch in batches:
        found += [HumanMessage(batch)] if isinstance(batch, str) else batch
    return found


def message(response: LLMResult) -> Payload | None:
    """The message that a model answered with, or its text where it gives no messages."""
    generation = next((batch[0] for batch in response.generations if batch), None)
    found = getattr(generation, "message", None)
    if isinstance(found, BaseMessageChunk):
        found = message_chunk_to_message(found)
    return whole(found if found is not None else getattr(generation, "text", ""))
